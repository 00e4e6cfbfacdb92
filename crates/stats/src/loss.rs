/// Probabilities are kept this far from 0 and 1 before the logarithm, as scikit-learn does for
/// 64-bit floats (the distance from 1.0 to the next float).
pub const PROBABILITY_FLOOR: f64 = f64::EPSILON;

/// Each row's negative log-likelihood in nats: `classes` probabilities a row, `target` the index
/// of the true class.
///
/// # Panics
/// When a target is not a class or `probabilities` is shorter than the targets need.
pub fn log_loss_rows(probabilities: &[f64], target: &[usize], classes: usize) -> Vec<f64> {
    let of = |(row, class): (usize, &usize)| {
        let probability = probabilities[row * classes + class];
        -probability.clamp(PROBABILITY_FLOOR, 1.0 - PROBABILITY_FLOOR).ln()
    };
    target.iter().enumerate().map(of).collect()
}

/// Each row's squared distance between the probabilities and the true class (Brier, 1950). For two classes
/// the squared error of the positive one, as is usual; for more the sum over classes.
///
/// # Panics
/// When a target is not a class or `probabilities` is shorter than the targets need.
pub fn brier_rows(probabilities: &[f64], target: &[usize], classes: usize) -> Vec<f64> {
    let of = |(row, truth): (usize, &usize)| {
        let row = &probabilities[row * classes..(row + 1) * classes];
        let error = |class: usize| row[class] - if class == *truth { 1.0 } else { 0.0 };
        if classes == 2 { error(1).powi(2) } else { (0..classes).map(|class| error(class).powi(2)).sum() }
    };
    target.iter().enumerate().map(of).collect()
}
