use serde::{Deserialize, Serialize};

/// Rows of similar predicted probability, and how often the event came.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Reliability {
    /// Rows in the bin.
    pub rows: u64,
    /// Their mean predicted probability.
    pub predicted: f64,
    /// The share in which the event came.
    pub observed: f64,
}

/// The predictions in `bins` bins of about equal mass, from the least to the most probable.
///
/// Equal probabilities stay together, so that the order of the rows makes no difference.
pub fn reliability(probabilities: &[f64], labels: &[bool], bins: usize) -> Vec<Reliability> {
    let mut order: Vec<usize> = (0..probabilities.len()).collect();
    order.sort_unstable_by(|one, other| {
        probabilities[*one].total_cmp(&probabilities[*other]).then(one.cmp(other))
    });
    let mut curve = Vec::new();
    let mut start = 0;
    for bin in 0..bins {
        let mut end = (order.len() * (bin + 1) / bins).max(start);
        while end > start && end < order.len() && probabilities[order[end]] == probabilities[order[end - 1]] {
            end += 1;
        }
        let rows = &order[start..end];
        start = end;
        if rows.is_empty() {
            continue;
        }
        let count = rows.len() as f64;
        let predicted = rows.iter().map(|row| probabilities[*row]).sum::<f64>() / count;
        let observed = rows.iter().filter(|row| labels[**row]).count() as f64 / count;
        curve.push(Reliability { rows: rows.len() as u64, predicted, observed });
    }
    curve
}

/// The expected calibration error: the mean distance between predicted and observed, weighted
/// by rows (Naeini, Cooper and Hauskrecht, 2015, with bins of equal mass).
pub fn calibration_error(curve: &[Reliability]) -> Option<f64> {
    let rows: u64 = curve.iter().map(|bin| bin.rows).sum();
    let distance: f64 = curve.iter().map(|bin| bin.rows as f64 * (bin.predicted - bin.observed).abs()).sum();
    (rows > 0).then(|| distance / rows as f64)
}
