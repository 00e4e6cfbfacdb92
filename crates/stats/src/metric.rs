use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Task;

/// A figure of merit, by its name in the project file and in every report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Area under the receiver operating characteristic; for several classes the mean of one against the rest.
    RocAuc,
    /// Area under the precision–recall curve, as average precision.
    AveragePrecision,
    /// Mean negative log-likelihood, in nats.
    LogLoss,
    /// Mean squared error of the probabilities (summed over classes when there are more than two).
    Brier,
    /// Share of rows whose most probable class is the true one.
    Accuracy,
    /// Harmonic mean of precision and recall; for several classes the unweighted mean.
    F1,
    /// Root mean squared error, in the target's unit.
    Rmse,
    /// Mean absolute error, in the target's unit.
    Mae,
    /// Share of the target's variance that is explained.
    R2,
}

impl Metric {
    /// Every metric, in the order of the documentation.
    pub const ALL: [Self; 9] = [
        Self::RocAuc,
        Self::AveragePrecision,
        Self::LogLoss,
        Self::Brier,
        Self::Accuracy,
        Self::F1,
        Self::Rmse,
        Self::Mae,
        Self::R2,
    ];

    /// The metric's name in the project file.
    pub fn name(self) -> &'static str {
        match self {
            Self::RocAuc => "roc_auc",
            Self::AveragePrecision => "average_precision",
            Self::LogLoss => "log_loss",
            Self::Brier => "brier",
            Self::Accuracy => "accuracy",
            Self::F1 => "f1",
            Self::Rmse => "rmse",
            Self::Mae => "mae",
            Self::R2 => "r2",
        }
    }

    /// Whether a larger figure is a better one.
    pub fn higher_is_better(self) -> bool {
        matches!(self, Self::RocAuc | Self::AveragePrecision | Self::Accuracy | Self::F1 | Self::R2)
    }

    /// Whether the metric means anything for this task.
    pub fn suits(self, task: Task) -> bool {
        matches!(self, Self::Rmse | Self::Mae | Self::R2) == (task == Task::Regression)
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}
