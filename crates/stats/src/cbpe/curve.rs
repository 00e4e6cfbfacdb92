//! The expected ROC curve and precision–recall curve.
//!
//! Of rows in falling order of score, `probabilities` are the calibrated ones. Cumulated counts are rounded to five
//! digits, as NannyML does, so that what is left over by rounding does not open the curve anew.

/// The area under the expected ROC curve, by trapezoids; nothing when no positive or no negative is expected.
pub(super) fn roc_auc(probabilities: &[f64]) -> Option<f64> {
    let (mut cumulated, mut area) = (0.0, 0.0);
    let (mut true_positives, mut false_positives) = (0.0, 0.0);
    for (place, probability) in probabilities.iter().enumerate() {
        cumulated += probability;
        let (hits, misses) = (rounded(cumulated), rounded((place + 1) as f64 - cumulated));
        area += (misses - false_positives) * (hits + true_positives) / 2.0;
        (true_positives, false_positives) = (hits, misses);
    }
    let whole = true_positives * false_positives;
    (whole > 0.0).then(|| area / whole)
}

/// The expected average precision; nothing when no positive is expected.
pub(super) fn average_precision(probabilities: &[f64]) -> Option<f64> {
    let (mut cumulated, mut area, mut true_positives) = (0.0, 0.0, 0.0);
    for (place, probability) in probabilities.iter().enumerate() {
        cumulated += probability;
        let hits = rounded(cumulated);
        area += (hits - true_positives) * hits / (place + 1) as f64;
        true_positives = hits;
    }
    (true_positives > 0.0).then(|| area / true_positives)
}

fn rounded(count: f64) -> f64 {
    (count * 1e5).round_ties_even() / 1e5
}
