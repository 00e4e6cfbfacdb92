use serde::{Deserialize, Serialize};
use stats::{Metric, Task};

/// Everything a verdict rests on besides the predictions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Terms {
    /// The layout of this record.
    pub version: u32,
    /// What the model predicts.
    pub task: Task,
    /// The classes, for a binary task negative and positive; none for a regression.
    pub classes: Vec<String>,
    /// The metrics to report.
    pub metrics: Vec<Metric>,
    /// What decisions are worth, for a binary task.
    pub value: Option<Value>,
    /// The probability from which a binary model says yes; chosen on validation rows.
    pub threshold: Option<f64>,
    /// The champion's threshold.
    pub champion_threshold: Option<f64>,
    /// The champion's version, when there is one.
    pub champion_version: Option<u64>,
    /// Why the champion could not be scored on these rows, if it could not.
    pub champion_missing: Option<String>,
    /// How long each of some one-row predictions took, in milliseconds.
    pub latency_ms: Vec<f64>,
    /// Seeds the bootstrap.
    pub seed: u64,
    /// The rules.
    pub policy: Policy,
}

impl Terms {
    /// The layout that this release writes.
    pub const VERSION: u32 = 1;
}

/// The promotion policy of a model: the `gate` table of the project file, resolved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    /// By how much the candidate must beat the baseline.
    pub beat_baseline: Option<Beat>,
    /// By how much it may be worse than the champion.
    pub no_worse_than_champion: Option<NoWorse>,
    /// The 99th percentile of the latency of one row, in milliseconds.
    pub max_latency_p99_ms: Option<f64>,
    /// The least value of 1,000 decisions, in the value matrix's currency.
    pub min_value_per_1000: Option<f64>,
    /// The confidence of intervals and of tests that name none.
    pub confidence: f64,
    /// Slices with fewer rows than this are reported and not judged.
    pub min_slice_rows: u64,
}

/// By how much the candidate must beat the baseline.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Beat {
    /// On which metric.
    pub metric: Metric,
    /// By how much, in the metric's unit.
    pub by: f64,
}

/// By how much the candidate may be worse than the champion.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct NoWorse {
    /// On which metric.
    pub metric: Metric,
    /// By how much, in the metric's unit.
    pub margin: f64,
    /// How sure the gate must be.
    pub confidence: f64,
}

/// What a decision of a binary model is worth.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Value {
    /// Said yes, was yes.
    pub true_positive: f64,
    /// Said yes, was no.
    pub false_positive: f64,
    /// Said no, was no.
    pub true_negative: f64,
    /// Said no, was yes.
    pub false_negative: f64,
    /// The unit.
    pub currency: String,
}

impl Value {
    /// The worth of one decision against the truth.
    pub fn of(&self, decision: bool, truth: bool) -> f64 {
        match (decision, truth) {
            (true, true) => self.true_positive,
            (true, false) => self.false_positive,
            (false, false) => self.true_negative,
            (false, true) => self.false_negative,
        }
    }
}
