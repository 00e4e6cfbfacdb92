//! What is to be predicted: the classes of a column, or its numbers.

use std::collections::BTreeMap;

use base::nearest;
use stats::Task;
use table::{Column, Kind, Table, Values};

use crate::{error::Error, settings::Settings};

/// More classes than this is an identifier, not a target.
const MOST_CLASSES: usize = 100;

/// The target of a table, read for a task.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Target {
    /// The rows of the table whose target is known, in order.
    pub(crate) rows: Vec<usize>,
    /// Their targets: class numbers, or values.
    pub(crate) values: Vec<f64>,
    /// The classes by number; `[negative, positive]` for two; none for regression.
    pub(crate) classes: Vec<String>,
    /// What the column holds.
    pub(crate) kind: Kind,
    /// Rows whose target is missing.
    pub(crate) dropped: usize,
}

/// Reads the target column and checks that the task can be learned from it.
pub(crate) fn read(table: &Table, settings: &Settings) -> Result<Target, Error> {
    let column = column(table, &settings.target, "the target")?;
    if table.rows() == 0 {
        return Err(Error::NoRows(
            "the table is empty; check the data's source and its time window".to_owned(),
        ));
    }
    let kind = column.values.kind();
    let classes = match settings.task {
        Task::Regression => {
            check_kind(column)?;
            Vec::new()
        }
        Task::Binary | Task::Multiclass => classes(column, settings)?,
    };
    let all = values(column, &classes);
    let rows: Vec<usize> = (0..all.len()).filter(|row| all[*row].is_finite()).collect();
    let values: Vec<f64> = rows.iter().map(|row| all[*row]).collect();
    if rows.is_empty() {
        let problem = format!("the target `{}` is missing in every row", settings.target);
        return Err(Error::NoRows(problem));
    }
    if settings.task == Task::Regression {
        check_varied(column, &values)?;
    }
    let dropped = table.rows() - rows.len();
    Ok(Target { rows, values, classes, kind, dropped })
}

/// The targets of a table's rows, as the model of these classes numbers them (no classes: as they are).
///
/// A missing target, and one of a class the model does not know, is NaN.
///
/// # Errors
/// When the table has no such column.
pub fn labels(table: &Table, target: &str, classes: &[String]) -> Result<Vec<f64>, Error> {
    Ok(values(column(table, target, "the target")?, classes))
}

/// The column of this name, or an error that names a near one.
pub(crate) fn column<'a>(table: &'a Table, name: &str, role: &'static str) -> Result<&'a Column, Error> {
    table.column(name).ok_or_else(|| {
        let names = table.columns().iter().map(|column| column.name.as_str());
        let near = nearest(name, names).map(str::to_owned);
        Error::UnknownColumn { name: name.to_owned(), role, near }
    })
}

fn error(column: &str, problem: impl Into<String>, fix: impl Into<String>) -> Error {
    Error::Target { column: column.to_owned(), problem: problem.into(), fix: fix.into() }
}

fn values(column: &Column, classes: &[String]) -> Vec<f64> {
    if classes.is_empty() {
        return match &column.values {
            Values::Number(values) => values.clone(),
            Values::Boolean(values) => values
                .iter()
                .map(|value| value.map_or(f64::NAN, |value| f64::from(u8::from(value))))
                .collect(),
            Values::Text(_) | Values::Time(_) => vec![f64::NAN; column.values.len()],
        };
    }
    let numbers: BTreeMap<&str, f64> =
        classes.iter().enumerate().map(|(number, class)| (class.as_str(), number as f64)).collect();
    let number = |label: Option<String>| {
        label.and_then(|label| numbers.get(label.as_str()).copied()).unwrap_or(f64::NAN)
    };
    (0..column.values.len()).map(|row| number(column.values.label(row))).collect()
}

fn check_kind(column: &Column) -> Result<(), Error> {
    if !matches!(column.values.kind(), Kind::Number | Kind::Boolean) {
        let problem = format!("it holds {}, not numbers", column.values.kind());
        return Err(error(&column.name, problem, "choose a number column, or task = \"multiclass\""));
    }
    Ok(())
}

fn check_varied(column: &Column, values: &[f64]) -> Result<(), Error> {
    if values.iter().all(|value| *value == values[0]) {
        let problem = format!("it is {} in every row", values[0]);
        return Err(error(&column.name, problem, "choose a column that varies, or data in which it does"));
    }
    Ok(())
}

/// The classes in their order, with the number of rows of each checked.
fn classes(column: &Column, settings: &Settings) -> Result<Vec<String>, Error> {
    let name = &column.name;
    if column.values.kind() == Kind::Time {
        return Err(error(name, "it holds times, not classes", "choose another column"));
    }
    if let Values::Number(values) = &column.values
        && let Some(value) = values.iter().find(|value| value.is_finite() && !is_whole(**value))
    {
        let problem = format!("{value} is not a class, which must be whole numbers, text or booleans");
        return Err(error(name, problem, "set task = \"regression\", or derive a class column in a step"));
    }
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for row in 0..column.values.len() {
        if let Some(label) = column.values.label(row).filter(|label| label != "inf" && label != "-inf") {
            *counts.entry(label).or_default() += 1;
        }
        if counts.len() > MOST_CLASSES {
            let problem = format!("it has more than {MOST_CLASSES} classes");
            return Err(error(name, problem, "group rare classes in a step, or set task = \"regression\""));
        }
    }
    let classes = sorted(counts.keys().cloned().collect(), column.values.kind());
    match (settings.task, classes.len()) {
        (_, 0) => Err(Error::NoRows(format!("the target `{name}` is missing in every row"))),
        (_, 1) => {
            let problem = format!("every row is `{}`", classes[0]);
            Err(error(name, problem, "use data that holds both outcomes, or another target"))
        }
        (Task::Binary, 2) => positive_last(classes, &counts, column, settings.positive.as_deref()),
        (Task::Binary, count) => {
            let problem = format!("task = \"binary\" needs two classes and it has {count}");
            Err(error(name, problem, "set task = \"multiclass\""))
        }
        _ => Ok(classes),
    }
}

fn is_whole(value: f64) -> bool {
    // Beyond 2^53 neighbouring whole numbers share one double.
    value.fract() == 0.0 && value.abs() <= 9_007_199_254_740_992.0
}

fn sorted(mut classes: Vec<String>, kind: Kind) -> Vec<String> {
    if kind == Kind::Number {
        classes.sort_by_key(|class| class.parse::<i64>().unwrap_or_default());
    }
    classes
}

/// Puts the positive of two classes last: as configured, `true`, the larger number or the rarer text.
fn positive_last(
    mut classes: Vec<String>,
    counts: &BTreeMap<String, usize>,
    column: &Column,
    positive: Option<&str>,
) -> Result<Vec<String>, Error> {
    let positive = match positive {
        Some(positive) => classes.iter().position(|class| class == positive).ok_or_else(|| {
            let problem = format!("no row is `{positive}`, the positive class");
            error(&column.name, problem, format!("set positive to `{}` or `{}`", classes[0], classes[1]))
        })?,
        None if column.values.kind() == Kind::Text => usize::from(counts[&classes[1]] <= counts[&classes[0]]),
        None => 1,
    };
    if positive == 0 {
        classes.reverse();
    }
    Ok(classes)
}

#[cfg(test)]
mod tests;
