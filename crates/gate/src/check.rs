use serde::{Deserialize, Serialize};

/// How a check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The evidence is for the candidate.
    Passed,
    /// The evidence is against it.
    Failed,
    /// There is too little evidence to tell.
    Undecided,
    /// It is shown, and decides nothing.
    Reported,
}

/// One rule of the policy with the numbers behind its outcome.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// The rule's name, such as `no_worse_than_champion`.
    pub name: String,
    /// How it came out.
    pub status: Status,
    /// In words, with the numbers.
    pub explanation: String,
    /// What was measured.
    pub estimate: Option<f64>,
    /// The lower bound of its one-sided interval.
    pub lower: Option<f64>,
    /// The upper bound of its one-sided interval.
    pub upper: Option<f64>,
    /// What it is held against.
    pub threshold: Option<f64>,
    /// The one-sided p-value, adjusted where there are several of a kind.
    pub p_value: Option<f64>,
    /// The confidence of the bounds.
    pub confidence: Option<f64>,
    /// The rows it rests on.
    pub rows: Option<u64>,
    /// The rows that would decide it, when it is undecided and that can be told.
    pub rows_needed: Option<u64>,
}

impl Check {
    pub(crate) fn new(name: impl Into<String>, status: Status, explanation: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            status,
            explanation: explanation.into(),
            estimate: None,
            lower: None,
            upper: None,
            threshold: None,
            p_value: None,
            confidence: None,
            rows: None,
            rows_needed: None,
        }
    }
}
