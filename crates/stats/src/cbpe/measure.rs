use serde::{Deserialize, Serialize};

use crate::Metric;

/// What can be estimated of a classifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Area under the receiver operating characteristic; of several classes the mean of one against the rest.
    RocAuc,
    /// Area under the precision–recall curve, as average precision.
    AveragePrecision,
    /// Harmonic mean of precision and recall.
    F1,
    /// Of those said yes, the share that were.
    Precision,
    /// Of those that were yes, the share said so.
    Recall,
    /// Of those that were no, the share said so.
    Specificity,
    /// Share of right decisions.
    Accuracy,
    /// Mean negative log-likelihood, in nats.
    LogLoss,
    /// Mean squared error of the probabilities, summed over classes when there are more than two.
    Brier,
}

impl Measure {
    /// Those of a binary classifier: all.
    pub const BINARY: [Self; 9] = [
        Self::RocAuc,
        Self::AveragePrecision,
        Self::F1,
        Self::Precision,
        Self::Recall,
        Self::Specificity,
        Self::Accuracy,
        Self::LogLoss,
        Self::Brier,
    ];

    /// Those of a classifier with several classes.
    pub const MULTICLASS: [Self; 4] = [Self::RocAuc, Self::Accuracy, Self::LogLoss, Self::Brier];

    /// The measure of this metric; nothing of a regressor's.
    pub fn of(metric: Metric) -> Option<Self> {
        match metric {
            Metric::RocAuc => Some(Self::RocAuc),
            Metric::AveragePrecision => Some(Self::AveragePrecision),
            Metric::LogLoss => Some(Self::LogLoss),
            Metric::Brier => Some(Self::Brier),
            Metric::Accuracy => Some(Self::Accuracy),
            Metric::F1 => Some(Self::F1),
            Metric::Rmse | Metric::Mae | Metric::R2 => None,
        }
    }

    /// Its name in reports and signals.
    pub fn name(self) -> &'static str {
        match self {
            Self::RocAuc => "roc_auc",
            Self::AveragePrecision => "average_precision",
            Self::F1 => "f1",
            Self::Precision => "precision",
            Self::Recall => "recall",
            Self::Specificity => "specificity",
            Self::Accuracy => "accuracy",
            Self::LogLoss => "log_loss",
            Self::Brier => "brier",
        }
    }

    /// The least and the largest figure that it can take.
    pub(crate) fn range(self) -> (f64, f64) {
        match self {
            Self::LogLoss => (0.0, f64::INFINITY),
            // Two for several classes: all the probability on a wrong one.
            Self::Brier => (0.0, 2.0),
            _ => (0.0, 1.0),
        }
    }
}
