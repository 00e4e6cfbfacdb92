/// Root mean squared error, in the target's unit. `weights` counts each row so many times.
pub fn rmse(predicted: &[f64], target: &[f64], weights: &[f64]) -> Option<f64> {
    let total: f64 = weights.iter().sum();
    let rows = predicted.iter().zip(target).zip(weights);
    let squares: f64 = rows.map(|((predicted, target), weight)| weight * (predicted - target).powi(2)).sum();
    (total > 0.0).then(|| (squares / total).sqrt())
}

/// The share of the target's variance that the predictions explain; nothing for a constant target.
pub fn r2(predicted: &[f64], target: &[f64], weights: &[f64]) -> Option<f64> {
    let total: f64 = weights.iter().sum();
    let mean = target.iter().zip(weights).map(|(target, weight)| weight * target).sum::<f64>() / total;
    let (mut residual, mut spread) = (0.0, 0.0);
    for ((predicted, target), weight) in predicted.iter().zip(target).zip(weights) {
        residual += weight * (predicted - target).powi(2);
        spread += weight * (target - mean).powi(2);
    }
    (total > 0.0 && spread > 0.0).then(|| 1.0 - residual / spread)
}
