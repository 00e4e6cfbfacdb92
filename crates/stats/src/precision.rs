/// The area under the precision–recall curve as average precision: the mean of the precision at each
/// threshold, weighted by the gain in recall (scikit-learn's `average_precision_score`).
///
/// `weights` counts each row so many times. Nothing without a positive row.
///
/// # Panics
/// When the slices differ in length.
pub fn average_precision(scores: &[f64], labels: &[bool], weights: &[f64]) -> Option<f64> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_unstable_by(|one, other| scores[*other].total_cmp(&scores[*one]));
    let all_positive: f64 =
        labels.iter().zip(weights).filter(|(label, _)| **label).map(|(_, weight)| weight).sum();
    if all_positive <= 0.0 || scores.iter().any(|score| score.is_nan()) {
        return None;
    }
    let (mut seen, mut positive, mut area) = (0.0, 0.0, 0.0);
    let mut start = 0;
    while start < order.len() {
        let score = scores[order[start]];
        let tied = order[start..].iter().take_while(|row| scores[**row] == score).count().max(1);
        let mut gained = 0.0;
        for row in &order[start..start + tied] {
            seen += weights[*row];
            if labels[*row] {
                gained += weights[*row];
            }
        }
        positive += gained;
        if seen > 0.0 {
            area += (positive / seen) * (gained / all_positive);
        }
        start += tied;
    }
    Some(area)
}
