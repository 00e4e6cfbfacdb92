use serde::{Deserialize, Serialize};

use crate::{Check, Error, Evaluation, Predictions, Status, Terms, checks, evaluate, evaluation::Samples};

/// What becomes of the candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// It may become champion.
    Promote,
    /// There is too little evidence to tell.
    Hold,
    /// The evidence is against it.
    Reject,
}

/// The gate's decision with every number behind it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// The layout of this record.
    pub version: u32,
    /// What becomes of the candidate.
    pub decision: Decision,
    /// The champion it was compared with.
    pub champion_version: Option<u64>,
    /// The rules, in the order of the documentation.
    pub checks: Vec<Check>,
    /// What was measured.
    pub evaluation: Evaluation,
}

impl Verdict {
    /// The layout that this release writes.
    pub const VERSION: u32 = 1;
}

/// Judges a candidate by its evidence alone; the same evidence gives the same verdict.
///
/// # Errors
/// When the predictions are not fit to be judged.
pub fn judge(terms: &Terms, predictions: &Predictions) -> Result<Verdict, Error> {
    let evaluation = evaluate(terms, predictions)?;
    let samples = Samples::of(terms, predictions, None);
    let policy = &terms.policy;
    let mut found = vec![checks::enough_rows(terms, &evaluation)];
    found.extend(policy.beat_baseline.map(|rule| checks::beat_baseline(terms, rule, &samples)));
    let champion = policy.no_worse_than_champion;
    found.extend(champion.and_then(|rule| checks::no_worse_than_champion(terms, rule, &samples)));
    found.extend(checks::slices(terms, &evaluation));
    found.extend(policy.max_latency_p99_ms.map(|most| checks::latency(&evaluation, most)));
    found.extend(checks::value(terms, &evaluation));
    Ok(Verdict {
        version: Verdict::VERSION,
        decision: decide(&found),
        champion_version: terms.champion_version,
        checks: found,
        evaluation,
    })
}

/// Without enough rows no other check can speak, neither for the candidate nor against it.
fn decide(checks: &[Check]) -> Decision {
    let any = |status| checks.iter().any(|check| check.status == status);
    let too_few = checks.iter().any(|check| check.name == "enough_rows" && check.status == Status::Undecided);
    if too_few {
        Decision::Hold
    } else if any(Status::Failed) {
        Decision::Reject
    } else if any(Status::Undecided) {
        Decision::Hold
    } else {
        Decision::Promote
    }
}
