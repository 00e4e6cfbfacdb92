//! The loss candidates are compared by: log loss for classes, squared error for numbers.

use stats::{Metric, PROBABILITY_FLOOR};

use crate::objective::Objective;

/// Each row's loss; `predictions` as [`Objective::predictions`] gives them.
pub(crate) fn rows(objective: Objective, predictions: &[f64], targets: &[f64]) -> Vec<f64> {
    let pairs = predictions.chunks_exact(objective.outputs()).zip(targets);
    match objective {
        Objective::Squared => pairs.map(|(row, target)| (row[0] - target).powi(2)).collect(),
        Objective::Logistic => pairs
            .map(|(row, target)| if *target > 0.5 { row[0] } else { 1.0 - row[0] })
            .map(|probability| -probability.max(PROBABILITY_FLOOR).ln())
            .collect(),
        Objective::Softmax(_) => {
            pairs.map(|(row, target)| -row[*target as usize].max(PROBABILITY_FLOOR).ln()).collect()
        }
    }
}

/// The metric's value: mean log loss, or root mean squared error.
pub(crate) fn total(objective: Objective, predictions: &[f64], targets: &[f64]) -> f64 {
    let rows = rows(objective, predictions, targets);
    let mean = rows.iter().sum::<f64>() / rows.len().max(1) as f64;
    if objective == Objective::Squared { mean.sqrt() } else { mean }
}

/// What [`total`] measures.
pub(crate) fn metric(objective: Objective) -> Metric {
    match objective {
        Objective::Squared => Metric::Rmse,
        Objective::Logistic | Objective::Softmax(_) => Metric::LogLoss,
    }
}
