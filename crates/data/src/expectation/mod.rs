//! Expectations of data, tested on a snapshot.
//!
//! All tests of single values share one pass: each becomes a condition that a violating row meets, and
//! one query counts them all. Rows are only looked for where a count says that there are some.

mod condition;
mod counted;
mod custom;
mod repeated;
mod rows;

use base::{Severity, grouped};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Error, Limits, View, session::Session};
use spec::{Expectation, Test};

/// Example rows in a finding, at most.
const EXAMPLES: usize = 10;

/// What testing one expectation found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// The expectation's name: `columns.carrier.one_of`.
    pub name: String,
    /// What it means when it did not pass.
    pub severity: Severity,
    /// Whether the data are as expected.
    pub passed: bool,
    /// What was found, with figures.
    pub message: String,
    /// How many rows are not as expected; for a number of rows, how many are missing or too many.
    pub violations: u64,
    /// Some of those rows, as objects by column.
    pub examples: Vec<Value>,
}

/// What a test came to, before it has a name.
#[derive(Debug, Clone, Default)]
struct Outcome {
    passed: bool,
    message: String,
    violations: u64,
    examples: Vec<Value>,
}

impl Outcome {
    fn pass(message: impl Into<String>) -> Self {
        Self { passed: true, message: message.into(), ..Self::default() }
    }

    fn fail(message: impl Into<String>, violations: u64) -> Self {
        Self { passed: false, message: message.into(), violations, examples: Vec::new() }
    }
}

/// A test that cannot be made as it is declared, and why: an error whatever its severity.
struct Impossible(String);

/// Tests the expectations on the view, in order.
///
/// # Errors
/// When the data cannot be read. An expectation that does not fit the data, such as one of a column
/// that is not there or of SQL that is not understood, is a finding.
pub async fn test(view: &View, expectations: &[Expectation], limits: &Limits) -> Result<Vec<Finding>, Error> {
    let session = Session::new(std::slice::from_ref(view), limits)?;
    let mut conditions = Vec::new();
    for expectation in expectations {
        conditions.push(condition::of(&view.manifest, &expectation.test));
    }
    let wanted = conditions.iter().filter_map(|condition| condition.as_ref().ok()?.as_ref());
    let mut counts = counted::count(&session, view, wanted).await?.into_iter();
    let mut findings = Vec::new();
    for (expectation, condition) in expectations.iter().zip(&conditions) {
        let outcome = match (condition, &expectation.test) {
            (Err(impossible), _) => Err(Impossible(impossible.0.clone())),
            (Ok(Some(condition)), test) => {
                let counts = counts.next().unwrap_or_default();
                Ok(counted::judge(&session, view, (test, condition), counts).await?)
            }
            (Ok(None), Test::Rows { min, max }) => Ok(rows_between(view.manifest.rows, *min, *max)),
            (Ok(None), Test::Unique { column }) => Ok(repeated::judge(&session, view, column).await?),
            (Ok(None), Test::Sql { query }) => custom::judge(&session, query).await?,
            (Ok(None), _) => Ok(Outcome::pass("every value is missing, so none is wrong")),
        };
        findings.push(finding(expectation, outcome));
    }
    Ok(findings)
}

fn finding(expectation: &Expectation, outcome: Result<Outcome, Impossible>) -> Finding {
    let name = expectation.name.clone();
    let declared = match expectation.severity {
        spec::Severity::Error => Severity::Error,
        spec::Severity::Warn => Severity::Warning,
    };
    match outcome {
        Ok(Outcome { passed, message, violations, examples }) => {
            Finding { name, severity: declared, passed, message, violations, examples }
        }
        Err(Impossible(message)) => {
            let (severity, examples) = (Severity::Error, Vec::new());
            Finding { name, severity, passed: false, message, violations: 0, examples }
        }
    }
}

fn rows_between(rows: u64, min: Option<u64>, max: Option<u64>) -> Outcome {
    let shown = grouped(rows);
    match (min, max) {
        (Some(min), _) if rows < min => {
            Outcome::fail(format!("{shown} rows, where at least {} are expected", grouped(min)), min - rows)
        }
        (_, Some(max)) if rows > max => {
            Outcome::fail(format!("{shown} rows, where at most {} are expected", grouped(max)), rows - max)
        }
        _ => Outcome::pass(format!("{shown} rows")),
    }
}

#[cfg(test)]
mod tests {
    use super::rows_between;

    #[test]
    fn the_bounds_of_a_number_of_rows_are_included() {
        assert!(rows_between(10, Some(10), Some(10)).passed);
        let few = rows_between(9, Some(10), None);
        assert!(!few.passed && few.violations == 1 && few.message.contains("at least 10"));
        assert_eq!(rows_between(12, None, Some(10)).violations, 2);
    }
}
