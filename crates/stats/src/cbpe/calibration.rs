//! From a model's score to the probability of the event, as the reference rows show it.

use serde::{Deserialize, Serialize};

use crate::{Isotonic, Resamples, cbpe::splits, isotonic::Sorted, roc_auc};

/// Resampled curves, whose spread is the curve's uncertainty: enough to know it to about a sixth.
const REPLICATES: usize = 20;
/// Splits on which calibration must prove itself, and the bins of the error.
const SPLITS: usize = 10;
const BINS: usize = 10;
const SEED: u64 = 42;
/// A ranking this good leaves nothing to calibrate.
const PERFECT: f64 = 0.999;

/// What a score means.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// The correction; none where the scores are as good without.
    curve: Option<Isotonic>,
    /// The curves of resampled rows.
    replicates: Vec<Isotonic>,
}

impl Calibration {
    /// What the scores of these rows mean. A row whose score is not finite is passed over.
    ///
    /// The scores are corrected by isotonic regression if, over ten random splits (stratified; a tenth held back),
    /// that lowers the expected calibration error of the rows held back, all splits together. Nothing unless both
    /// classes are there.
    ///
    /// # Panics
    /// When the slices differ in length.
    pub fn fit(scores: &[f64], labels: &[bool]) -> Option<Self> {
        assert_eq!(scores.len(), labels.len(), "one label a score");
        let known: Vec<usize> = (0..scores.len()).filter(|row| scores[*row].is_finite()).collect();
        let scores: Vec<f64> = known.iter().map(|row| scores[*row]).collect();
        let labels: Vec<bool> = known.iter().map(|row| labels[*row]).collect();
        let area = roc_auc(&scores, &labels)?;

        let sorted = Sorted::new(&scores);
        let target = |row: usize| f64::from(u8::from(labels[row]));
        let needed = area <= PERFECT && is_needed(&sorted, &scores, &labels);
        let curve = needed.then(|| sorted.fit(target, &vec![1.0; scores.len()])).flatten();
        let resamples = Resamples::new(scores.len(), REPLICATES, SEED);
        let replicates =
            resamples.collect(|weights| sorted.fit(target, weights)).into_iter().flatten().collect();
        Some(Self { curve, replicates })
    }

    /// Scores taken as they are: for a class that the reference does not show.
    pub(super) fn none() -> Self {
        Self { curve: None, replicates: Vec::new() }
    }

    /// Whether the scores needed a correction.
    pub fn was_needed(&self) -> bool {
        self.curve.is_some()
    }

    /// The probability that a score means.
    pub fn apply(&self, score: f64) -> f64 {
        self.curve.as_ref().map_or(score.clamp(0.0, 1.0), |curve| curve.at(score))
    }

    /// What it would mean by the resampled curve of this position.
    pub(super) fn replicate(&self, position: usize, score: f64) -> f64 {
        self.replicates.get(position).map_or(score.clamp(0.0, 1.0), |curve| curve.at(score))
    }

    pub(super) fn replicates(&self) -> usize {
        self.replicates.len()
    }
}

fn is_needed(sorted: &Sorted<'_>, scores: &[f64], labels: &[bool]) -> bool {
    let (mut before, mut after, mut truth) = (Vec::new(), Vec::new(), Vec::new());
    for rows in splits::held_back(labels, SPLITS) {
        let mut weights = vec![1.0; labels.len()];
        rows.iter().for_each(|row| weights[*row] = 0.0);
        let Some(curve) = sorted.fit(|row| f64::from(u8::from(labels[row])), &weights) else { return false };
        for row in rows {
            before.push(scores[row]);
            after.push(curve.at(scores[row]));
            truth.push(labels[row]);
        }
    }
    error(&before, &truth) > error(&after, &truth)
}

/// The expected calibration error over bins of equally many rows, the last with what is left over.
///
/// Equal scores may fall into two bins, as they do for NannyML. [`crate::reliability`] keeps them together, which after
/// an isotonic fit leaves few and uneven bins.
fn error(scores: &[f64], labels: &[bool]) -> f64 {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|one, other| scores[*one].total_cmp(&scores[*other]));
    let width = (scores.len() / BINS).max(1);
    let distance = |bin: usize| {
        let end = if bin + 1 == BINS { order.len() } else { ((bin + 1) * width).min(order.len()) };
        let rows = order[(bin * width).min(end)..end].iter();
        rows.map(|row| scores[*row] - f64::from(u8::from(labels[*row]))).sum::<f64>().abs()
    };
    (0..BINS).map(distance).sum::<f64>() / scores.len() as f64
}
