//! What the learners minimise: the log loss of one or several classes, or the squared error.

use stats::Task;

/// A loss over margins: the raw outputs of a model before they become probabilities.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Objective {
    /// Log loss of two classes; one margin, the log odds of the positive one.
    Logistic,
    /// Log loss of this many classes; a margin each.
    Softmax(usize),
    /// Squared error; the margin is the prediction.
    Squared,
}

/// First and second derivative of a row's loss by its margin.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Gradient {
    pub(crate) first: f32,
    pub(crate) second: f32,
}

impl Objective {
    pub(crate) fn new(task: Task, classes: usize) -> Self {
        match task {
            Task::Binary => Self::Logistic,
            Task::Multiclass => Self::Softmax(classes),
            Task::Regression => Self::Squared,
        }
    }

    /// Margins a row.
    pub(crate) fn outputs(self) -> usize {
        match self {
            Self::Softmax(classes) => classes,
            Self::Logistic | Self::Squared => 1,
        }
    }

    /// The constant margins with the least loss.
    pub(crate) fn start(self, targets: &[f64]) -> Vec<f64> {
        let rows = targets.len() as f64;
        let mean = targets.iter().sum::<f64>() / rows;
        // Half a row is added to each class, so that a class absent here keeps a finite margin.
        match self {
            Self::Squared => vec![mean],
            Self::Logistic => vec![((mean * rows + 0.5) / ((1.0 - mean) * rows + 0.5)).ln()],
            Self::Softmax(classes) => {
                let mut counts = vec![0.5; classes];
                targets.iter().for_each(|target| counts[*target as usize] += 1.0);
                counts.into_iter().map(|count: f64| (count / rows).ln()).collect()
            }
        }
    }

    /// Each row's derivatives by the margin of output `output`; `margins` are row-major.
    pub(crate) fn gradients(self, margins: &[f64], targets: &[f64], output: usize, into: &mut [Gradient]) {
        match self {
            Self::Squared => {
                for ((gradient, margin), target) in into.iter_mut().zip(margins).zip(targets) {
                    *gradient = Gradient { first: (margin - target) as f32, second: 1.0 };
                }
            }
            Self::Logistic => {
                for ((gradient, margin), target) in into.iter_mut().zip(margins).zip(targets) {
                    *gradient = log_loss_gradient(sigmoid(*margin), *target);
                }
            }
            Self::Softmax(classes) => {
                let rows = margins.chunks_exact(classes).zip(targets);
                for (gradient, (margins, target)) in into.iter_mut().zip(rows) {
                    let hit = f64::from(u8::from(*target as usize == output));
                    *gradient = log_loss_gradient(softmax_of(margins, output), hit);
                }
            }
        }
    }

    /// Probabilities (of the positive class; of every class) or predictions, row-major.
    pub(crate) fn predictions(self, margins: &[f64]) -> Vec<f64> {
        match self {
            Self::Squared => margins.to_vec(),
            Self::Logistic => margins.iter().map(|margin| sigmoid(*margin)).collect(),
            Self::Softmax(classes) => {
                let mut predictions = Vec::with_capacity(margins.len());
                for row in margins.chunks_exact(classes) {
                    predictions.extend((0..classes).map(|class| softmax_of(row, class)));
                }
                predictions
            }
        }
    }
}

fn log_loss_gradient(probability: f64, target: f64) -> Gradient {
    let second = (probability * (1.0 - probability)).max(1e-12);
    Gradient { first: (probability - target) as f32, second: second as f32 }
}

pub(crate) fn sigmoid(margin: f64) -> f64 {
    1.0 / (1.0 + (-margin).exp())
}

fn softmax_of(margins: &[f64], class: usize) -> f64 {
    let total: f64 = margins.iter().map(|margin| (margin - margins[class]).exp()).sum();
    1.0 / total
}

#[cfg(test)]
mod tests {
    use super::Objective;
    use crate::loss;

    #[test]
    fn gradients_are_the_slope_of_the_loss() {
        let cases = [
            (Objective::Logistic, vec![0.3, -1.2], vec![1.0, 0.0]),
            (Objective::Squared, vec![0.3, -1.2], vec![2.0, 0.5]),
            (Objective::Softmax(3), vec![0.1, -0.4, 0.9, 1.0, 0.0, -1.0], vec![2.0, 1.0]),
        ];
        for (objective, margins, targets) in cases {
            for output in 0..objective.outputs() {
                let mut gradients = [super::Gradient::default(); 2];
                objective.gradients(&margins, &targets, output, &mut gradients);
                for (row, gradient) in gradients.iter().enumerate() {
                    let at = |shift: f64| {
                        let mut margins = margins.clone();
                        margins[row * objective.outputs() + output] += shift;
                        loss::rows(objective, &objective.predictions(&margins), &targets)[row]
                    };
                    // The squared error's gradient is halved, as is usual, so that its curvature is 1.
                    let factor = if objective == Objective::Squared { 0.5 } else { 1.0 };
                    let slope = factor * (at(1e-5) - at(-1e-5)) / 2e-5;
                    let curvature = factor * (at(1e-3) - 2.0 * at(0.0) + at(-1e-3)) / 1e-6;
                    assert!((slope - f64::from(gradient.first)).abs() < 1e-5, "{objective:?}");
                    assert!((curvature - f64::from(gradient.second)).abs() < 1e-4, "{objective:?}");
                }
            }
        }
    }

    #[test]
    fn the_starting_margins_are_the_shares_of_the_classes() {
        let targets: Vec<f64> = (0..10_000).map(|row| f64::from(u8::from(row % 4 == 0))).collect();
        let binary = Objective::Logistic.predictions(&Objective::Logistic.start(&targets));
        assert!((binary[0] - 0.25).abs() < 1e-3);
        let several = Objective::Softmax(2).predictions(&Objective::Softmax(2).start(&targets));
        assert!((several[1] - 0.25).abs() < 1e-3);
    }
}
