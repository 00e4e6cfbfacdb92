use std::time::Duration;

use serde::{Deserialize, Serialize};
use stats::Task;

/// What to train and within which bounds; the `[model.x]` table of the project file, resolved.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// What the model predicts.
    pub task: Task,
    /// The column to predict.
    pub target: String,
    /// The class whose probability a binary model gives; chosen by the target's kind when absent.
    pub positive: Option<String>,
    /// The columns to predict from.
    pub features: Vec<String>,
    /// The event-time column; needed when `split_by_time`.
    pub time: Option<String>,
    /// Whether later rows are held out, rather than random ones.
    pub split_by_time: bool,
    /// The share of rows held out for the final evaluation.
    pub test_share: f64,
    /// Which learners may compete.
    pub builtin: Builtin,
    /// How long all of training may take; fits end early rather than overrun it.
    pub budget: Duration,
    /// Seeds everything random.
    pub seed: u64,
    /// Threads to use; 0 means one a core. The model does not depend on it.
    pub threads: usize,
    /// What decisions are worth, for the threshold of a binary model.
    pub value: Option<gate::Value>,
}

/// Which learners may compete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Builtin {
    /// Every learner; the best on validation rows wins.
    Auto,
    /// Gradient-boosted trees alone.
    Gbm,
    /// The linear or logistic model alone.
    Linear,
    /// No learning: class shares or the mean.
    Baseline,
}

#[cfg(test)]
pub(crate) mod tests {
    use std::time::Duration;

    use stats::Task;

    use super::{Builtin, Settings};

    pub(crate) fn settings(task: Task, target: &str, features: &[&str]) -> Settings {
        Settings {
            task,
            target: target.to_owned(),
            positive: None,
            features: features.iter().map(|name| (*name).to_owned()).collect(),
            time: None,
            split_by_time: false,
            test_share: 0.2,
            builtin: Builtin::Auto,
            budget: Duration::from_secs(60),
            seed: 0,
            threads: 2,
            value: None,
        }
    }
}
