//! The linear candidate: ridge, logistic and multinomial regression on standardised columns.
//!
//! One method for all three: the penalised loss is minimised by L-BFGS. Missing values count as the
//! column's mean. Called by `candidates` and `train`.

use crate::{
    gbdt::Data,
    lbfgs,
    matrix::Matrix,
    objective::{Gradient, Objective},
};

/// Standard scores are cut off here, so that a freak value cannot decide alone.
pub(crate) const LIMIT: f64 = 10.0;
/// Penalty on the squared weights of the standardised columns, for the summed loss.
const PENALTY: f64 = 1.0;
const ITERATIONS: usize = 200;

/// Margins that are weighted sums of standard scores.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Model {
    /// The mean of each column.
    pub(crate) means: Vec<f64>,
    /// One over the standard deviation of each column; 0 where it does not vary.
    pub(crate) scales: Vec<f64>,
    /// A weight for each column, output by output.
    pub(crate) weights: Vec<f64>,
    /// The constant of each output.
    pub(crate) intercepts: Vec<f64>,
}

/// Learns from these rows.
pub(crate) fn fit(objective: Objective, data: Data<'_>) -> Model {
    let (means, scales) = standard(data.matrix);
    let columns = means.len();
    let start = objective.start(data.targets);
    let mut model = Model { means, scales, weights: vec![0.0; columns * start.len()], intercepts: start };
    // Weights grow with the spread of a number to predict: the penalty must not depend on its unit.
    let spread = if objective == Objective::Squared { deviation(data.targets) } else { 1.0 };
    let problem = Problem::new(objective, &model, data, spread);
    let solution = lbfgs::minimise(vec![0.0; problem.parameters()], ITERATIONS, &mut |at, gradient| {
        problem.evaluate(at, gradient)
    });
    let (weights, intercepts) = solution.split_at(model.weights.len());
    model.weights = weights.iter().map(|weight| weight * spread).collect();
    for (constant, shift) in model.intercepts.iter_mut().zip(intercepts) {
        *constant += shift * spread;
    }
    model
}

impl Model {
    /// Constant margins whatever the row.
    pub(crate) fn constant(margins: Vec<f64>, columns: usize) -> Self {
        Self {
            means: vec![0.0; columns],
            scales: vec![0.0; columns],
            weights: vec![0.0; columns * margins.len()],
            intercepts: margins,
        }
    }

    /// The margins of every row, row-major.
    pub(crate) fn margins(&self, matrix: &Matrix) -> Vec<f64> {
        let mut margins = Vec::with_capacity(matrix.rows() * self.intercepts.len());
        let mut scores = vec![0.0; self.means.len()];
        for row in 0..matrix.rows() {
            self.standardise(matrix.row(row), &mut scores);
            for (weights, intercept) in self.weights.chunks_exact(self.means.len()).zip(&self.intercepts) {
                margins.push(intercept + dot(weights, &scores));
            }
        }
        margins
    }

    fn standardise(&self, row: &[f32], scores: &mut [f64]) {
        for (column, score) in scores.iter_mut().enumerate() {
            let raw = (f64::from(row[column]) - self.means[column]) * self.scales[column];
            *score = if raw.is_nan() { 0.0 } else { raw.clamp(-LIMIT, LIMIT) };
        }
    }
}

pub(crate) fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(left, right)| left * right).sum()
}

fn deviation(values: &[f64]) -> f64 {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / values.len() as f64;
    if variance > 0.0 { variance.sqrt() } else { 1.0 }
}

/// Mean and one over the standard deviation of each column, of its finite values.
fn standard(matrix: &Matrix) -> (Vec<f64>, Vec<f64>) {
    let mut means = Vec::with_capacity(matrix.columns());
    let mut scales = Vec::with_capacity(matrix.columns());
    for column in 0..matrix.columns() {
        let finite = || matrix.column(column).filter(|value| value.is_finite()).map(f64::from);
        let count = finite().count().max(1) as f64;
        let mean = finite().sum::<f64>() / count;
        let variance = finite().map(|value| (value - mean).powi(2)).sum::<f64>() / count;
        let deviation = variance.sqrt();
        means.push(mean);
        // A spread at the limit of f32's digits is rounding.
        scales.push(if deviation > mean.abs() * 1e-6 { deviation.recip() } else { 0.0 });
    }
    (means, scales)
}

/// The penalised mean loss as a function of weights and shifts of the intercepts.
struct Problem<'a> {
    objective: Objective,
    targets: Vec<f64>,
    /// Standard scores by row.
    scores: Vec<f64>,
    columns: usize,
    start: &'a [f64],
    spread: f64,
}

impl<'a> Problem<'a> {
    fn new(objective: Objective, model: &'a Model, data: Data<'_>, spread: f64) -> Self {
        let columns = model.means.len();
        let mut scores = vec![0.0; data.matrix.rows() * columns];
        for (row, scores) in scores.chunks_exact_mut(columns).enumerate() {
            model.standardise(data.matrix.row(row), scores);
        }
        let targets = data.targets.iter().map(|target| target / spread).collect();
        Self { objective, targets, scores, columns, start: &model.intercepts, spread }
    }

    fn parameters(&self) -> usize {
        (self.columns + 1) * self.start.len()
    }

    fn evaluate(&self, at: &[f64], slope: &mut [f64]) -> f64 {
        let outputs = self.start.len();
        let rows = self.targets.len() as f64;
        let (weights, shifts) = at.split_at(self.columns * outputs);
        let mut margins = Vec::with_capacity(self.targets.len() * outputs);
        for scores in self.scores.chunks_exact(self.columns) {
            for output in 0..outputs {
                let own = &weights[output * self.columns..(output + 1) * self.columns];
                margins.push(self.start[output] / self.spread + shifts[output] + dot(own, scores));
            }
        }
        let penalty = PENALTY / rows;
        for (slope, weight) in slope.iter_mut().zip(weights) {
            *slope = penalty * weight;
        }
        slope[weights.len()..].fill(0.0);
        let mut gradients = vec![Gradient::default(); self.targets.len()];
        for output in 0..outputs {
            self.objective.gradients(&margins, &self.targets, output, &mut gradients);
            let (own, constants) = slope.split_at_mut(weights.len());
            let own = &mut own[output * self.columns..(output + 1) * self.columns];
            for (scores, gradient) in self.scores.chunks_exact(self.columns).zip(&gradients) {
                let first = f64::from(gradient.first) / rows;
                own.iter_mut().zip(scores).for_each(|(slope, score)| *slope += first * score);
                constants[output] += first;
            }
        }
        let losses = crate::loss::rows(self.objective, &self.objective.predictions(&margins), &self.targets);
        // The gradient of the squared error is that of its half.
        let half = if self.objective == Objective::Squared { 0.5 } else { 1.0 };
        half * losses.iter().sum::<f64>() / rows + 0.5 * penalty * dot(weights, weights)
    }
}

#[cfg(test)]
mod tests {
    use base::Random;

    use super::fit;
    use crate::{gbdt::Data, matrix::Matrix, objective::Objective};

    fn columns(rows: usize) -> (Vec<f32>, Vec<f32>) {
        let mut random = Random::new(11);
        (0..rows).map(|_| (random.unit() as f32 * 100.0 + 50.0, random.unit() as f32)).unzip()
    }

    #[test]
    fn a_plane_is_found() {
        let (one, other) = columns(500);
        let targets: Vec<f64> =
            one.iter().zip(&other).map(|(x, y)| 1e6 + 3e3 * f64::from(*x) - 2e4 * f64::from(*y)).collect();
        let matrix = Matrix::from_columns(&[one, other]);
        let model = fit(Objective::Squared, Data { matrix: &matrix, targets: &targets });
        // The penalty shrinks a weight by about its share of one row.
        let slopes: Vec<f64> =
            model.weights.iter().zip(&model.scales).map(|(weight, scale)| weight * scale).collect();
        assert!((slopes[0] / 3e3 - 1.0).abs() < 0.01, "{slopes:?}");
        assert!((slopes[1] / -2e4 - 1.0).abs() < 0.01, "{slopes:?}");
        let worst = model
            .margins(&matrix)
            .iter()
            .zip(&targets)
            .map(|(margin, target)| (margin - target).abs())
            .fold(0.0, f64::max);
        assert!(worst < 2e3, "{worst}");
    }

    #[test]
    fn log_odds_are_found_and_a_missing_value_counts_as_the_mean() {
        let (one, other) = columns(20_000);
        let mut random = Random::new(5);
        let targets: Vec<f64> = one
            .iter()
            .map(|x| crate::objective::sigmoid((f64::from(*x) - 100.0) / 20.0))
            .map(|probability| f64::from(u8::from(random.unit() < probability)))
            .collect();
        let matrix = Matrix::from_columns(&[one, other]);
        let model = fit(Objective::Logistic, Data { matrix: &matrix, targets: &targets });
        let slope = model.weights[0] * model.scales[0];
        assert!((slope - 0.05).abs() < 0.004, "{slope}");
        let missing = Matrix::from_columns(&[vec![f32::NAN], vec![f32::NAN]]);
        assert_eq!(model.margins(&missing), model.intercepts);
    }

    #[test]
    fn a_column_that_does_not_vary_or_overflows_changes_nothing_else() {
        let odd = vec![f32::INFINITY, f32::NEG_INFINITY, 1.0, 2.0];
        let matrix = Matrix::from_columns(&[odd, vec![3.0; 4]]);
        let model = fit(Objective::Squared, Data { matrix: &matrix, targets: &[1.0, 2.0, 3.0, 4.0] });
        assert!(model.margins(&matrix).iter().all(|margin| margin.is_finite()));
    }

    #[test]
    fn several_classes_are_told_apart() {
        let values: Vec<f32> = (0..300).map(|row| (row % 3) as f32).collect();
        let targets: Vec<f64> = values.iter().map(|value| f64::from(*value)).collect();
        let matrix = Matrix::from_columns(&[values]);
        let model = fit(Objective::Softmax(3), Data { matrix: &matrix, targets: &targets });
        for (row, margins) in model.margins(&matrix).chunks_exact(3).enumerate() {
            assert!((0..3).all(|class| margins[class] <= margins[row % 3]), "{margins:?}");
        }
    }
}
