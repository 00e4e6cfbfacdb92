//! The constant every candidate has to beat.

use serde::{Deserialize, Serialize};
use stats::Task;

use crate::objective::Objective;

/// What is predicted for every row when nothing is learned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Baseline {
    /// The share of the positive class; the share of every class; or the mean.
    pub constants: Vec<f64>,
}

impl Baseline {
    /// The class shares or the mean of these targets.
    pub(crate) fn fit(objective: Objective, targets: &[f64]) -> Self {
        Self { constants: objective.predictions(&objective.start(targets)) }
    }

    /// The same prediction for this many rows, in the shape of [`onnx::score()`].
    pub fn predictions(&self, rows: usize) -> Vec<f64> {
        self.constants.repeat(rows)
    }

    /// What it predicts, in words.
    pub fn describe(&self, task: Task) -> String {
        match task {
            Task::Binary => format!("the share of the positive class, {:.4}", self.constants[0]),
            Task::Multiclass => "the share of each class".to_owned(),
            Task::Regression => format!("the mean, {:.4}", self.constants[0]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Baseline;
    use crate::objective::Objective;

    #[test]
    fn the_baseline_is_the_mean_or_the_share_of_each_class() {
        assert_eq!(Baseline::fit(Objective::Squared, &[1.0, 2.0, 6.0]).predictions(2), [3.0, 3.0]);
        let targets: Vec<f64> = (0..3_000).map(|row| f64::from(row % 3 / 2)).collect();
        let share = Baseline::fit(Objective::Logistic, &targets).predictions(1)[0];
        assert!((share - 1.0 / 3.0).abs() < 1e-3);
    }
}
