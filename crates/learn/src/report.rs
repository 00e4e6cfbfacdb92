use serde::{Deserialize, Serialize};
use stats::{Metric, Task};

use crate::{candidates::Candidate, feasibility::Feasibility, warnings::Warning};

/// How a model was found; the same for the same data, seed and budget that sufficed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Whether the target can be predicted, and whether more rows would help.
    pub feasibility: Feasibility,
    /// What the reader should know about the data.
    pub warnings: Vec<Warning>,
    /// What was predicted.
    pub task: Task,
    /// The target column.
    pub target: String,
    /// The candidates' metric on validation rows.
    pub metric: Metric,
    /// Every candidate's score.
    pub candidates: Vec<CandidateScore>,
    /// The one that was chosen.
    pub chosen: Candidate,
    /// Whether its probabilities were corrected on validation rows.
    pub calibrated: bool,
    /// The raw columns the model reads.
    pub features: Vec<String>,
    /// Rows by use.
    pub rows: Rows,
    /// The seed.
    pub seed: u64,
    /// Threads that were used.
    pub threads: usize,
}

/// A candidate's score on validation rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CandidateScore {
    /// Which.
    pub candidate: Candidate,
    /// Its score; lower is better.
    pub score: f64,
    /// Rounds of trees that were best.
    pub rounds: Option<usize>,
    /// Whether the budget ended it.
    pub out_of_time: bool,
}

/// Rows by use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rows {
    /// Learned from while candidates were compared (in the first fold, when there are several).
    pub train: usize,
    /// Compared on.
    pub validation: usize,
    /// How many times rows were divided into train and validation.
    pub folds: usize,
    /// Held out.
    pub test: usize,
    /// Left out because their target is missing.
    pub dropped: usize,
}
