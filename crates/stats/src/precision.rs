/// The area under the precision–recall curve as average precision: the mean of the precision at each
/// threshold, weighted by the gain in recall (scikit-learn's `average_precision_score`).
///
/// `weights` counts each row so many times. Nothing without a positive row.
///
/// # Panics
/// When the slices differ in length.
pub fn average_precision(scores: &[f64], labels: &[bool], weights: &[f64]) -> Option<f64> {
    Ranking::new(scores, labels)?.average_precision(weights)
}

/// Rows from the highest score to the lowest, sorted once for any number of resamples.
#[derive(Debug)]
pub struct Ranking {
    /// Position, whether positive, and whether the next row has a lower score.
    rows: Vec<(usize, bool, bool)>,
}

impl Ranking {
    /// The ranking of these rows; nothing when a score is NaN.
    ///
    /// # Panics
    /// When the slices differ in length.
    pub fn new(scores: &[f64], labels: &[bool]) -> Option<Self> {
        assert_eq!(scores.len(), labels.len(), "one label a score");
        if scores.iter().any(|score| score.is_nan()) {
            return None;
        }
        let mut order: Vec<usize> = (0..scores.len()).collect();
        order.sort_unstable_by(|one, other| scores[*other].total_cmp(&scores[*one]).then(one.cmp(other)));
        let mut rows = Vec::with_capacity(order.len());
        for (place, row) in order.iter().enumerate() {
            let last = order.get(place + 1).is_none_or(|next| scores[*next] != scores[*row]);
            rows.push((*row, labels[*row], last));
        }
        Some(Self { rows })
    }

    /// See [`average_precision`].
    pub fn average_precision(&self, weights: &[f64]) -> Option<f64> {
        let (mut seen, mut positive, mut counted, mut area) = (0.0, 0.0, 0.0, 0.0);
        for (row, label, last) in &self.rows {
            let weight = weights[*row];
            seen += weight;
            positive += if *label { weight } else { 0.0 };
            if *last && positive > counted {
                area += positive / seen * (positive - counted);
                counted = positive;
            }
        }
        (positive > 0.0).then(|| area / positive)
    }
}
