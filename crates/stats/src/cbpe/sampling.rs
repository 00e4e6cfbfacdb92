//! How far a metric measured on a few rows lies from its expectation, from its spread over reference rows.

use serde::{Deserialize, Serialize};

use crate::{
    Confusion, Ranking,
    cbpe::{Measure, expected::log_loss},
};

/// Resamples for average precision, whose spread has no closed form, and the most rows of each.
const RESAMPLES: usize = 50;
const MOST_ROWS: usize = 50_000;
const SEED: u64 = 42;

/// The spread of one row's part in a metric, and the share of rows that take part.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Component {
    deviation: f64,
    share: f64,
}

impl Component {
    /// The standard error on this many rows.
    pub(super) fn error(self, rows: usize) -> f64 {
        self.deviation / (rows as f64 * self.share).sqrt()
    }

    /// Of a mean over all rows.
    pub(super) fn of_mean(values: &[f64]) -> Option<Self> {
        Some(Self { deviation: spread(values)?, share: 1.0 })
    }

    /// Of the area under the ROC curve, as the mean over the rarer class of the share of the other that it beats.
    pub(super) fn of_area(scores: &[f64], labels: &[bool]) -> Option<Self> {
        let positives = labels.iter().filter(|label| **label).count();
        let rarer = positives * 2 <= labels.len();
        let mut order: Vec<usize> = (0..scores.len()).collect();
        order.sort_by(|one, other| scores[*one].total_cmp(&scores[*other]));
        if !rarer {
            order.reverse();
        }
        let (mut beaten, mut placements) = (0.0, Vec::new());
        for row in order {
            if labels[row] == rarer {
                placements.push(beaten);
            } else {
                beaten += 1.0;
            }
        }
        let share = placements.len() as f64 / labels.len() as f64;
        (beaten > 0.0).then_some(())?;
        Some(Self { deviation: spread(&placements)? / beaten, share })
    }
}

/// The component of each measure of a binary classifier; one whose denominator is empty has none.
pub(super) fn components(scores: &[f64], labels: &[bool], threshold: f64) -> Vec<(Measure, Component)> {
    let truth = |row: usize| f64::from(u8::from(labels[row]));
    let rows = 0..scores.len();
    let log_losses: Vec<f64> = rows.clone().map(|row| log_loss(scores[row], truth(row))).collect();
    let squares: Vec<f64> = rows.map(|row| (scores[row] - truth(row)).powi(2)).collect();
    let mut components = of_counts(&counted(scores, labels, threshold));
    components.push((Measure::RocAuc, Component::of_area(scores, labels)));
    components.push((Measure::AveragePrecision, of_average_precision(scores, labels)));
    components.push((Measure::LogLoss, Component::of_mean(&log_losses)));
    components.push((Measure::Brier, Component::of_mean(&squares)));
    components.into_iter().filter_map(|(measure, component)| Some((measure, component?))).collect()
}

/// True decisions by a threshold.
pub(super) fn counted(scores: &[f64], labels: &[bool], threshold: f64) -> Confusion {
    let mut counts = Confusion::default();
    for (score, label) in scores.iter().zip(labels) {
        counts.count(*score >= threshold, *label, 1.0);
    }
    counts
}

fn of_counts(counts: &Confusion) -> Vec<(Measure, Option<Component>)> {
    let Confusion { true_positive, false_positive, true_negative, false_negative } = *counts;
    let rows = true_positive + false_positive + true_negative + false_negative;
    let share = |part: f64, other: f64| {
        let whole = part + other;
        let hit = part / whole;
        (whole > 0.0).then(|| Component { deviation: (hit * (1.0 - hit)).sqrt(), share: whole / rows })
    };
    let wrong = false_positive + false_negative;
    // F1 as a share of the rows that are or were said yes, stretched because a wrong one counts half in it.
    let stretch = (true_positive + wrong) / (true_positive + wrong / 2.0);
    let f1 = share(true_positive, wrong)
        .map(|component| Component { deviation: component.deviation * stretch, ..component });
    vec![
        (Measure::F1, f1),
        (Measure::Precision, share(true_positive, false_positive)),
        (Measure::Recall, share(true_positive, false_negative)),
        (Measure::Specificity, share(true_negative, false_positive)),
        (Measure::Accuracy, share(true_positive + true_negative, wrong)),
    ]
}

fn of_average_precision(scores: &[f64], labels: &[bool]) -> Option<Component> {
    let rows = scores.len();
    let ranking = Ranking::new(scores, labels)?;
    let drawn = (rows / 2).clamp(1, MOST_ROWS);
    let mut random = base::Random::new(SEED);
    let mut draw = || {
        let mut weights = vec![0.0; rows];
        (0..drawn).for_each(|_| weights[random.below(rows)] += 1.0);
        ranking.average_precision(&weights)
    };
    let values: Vec<f64> = (0..RESAMPLES).filter_map(|_| draw()).collect();
    Some(Component { deviation: spread(&values)? * (drawn as f64).sqrt(), share: 1.0 })
}

/// The standard deviation with divisor n; nothing of no values.
fn spread(values: &[f64]) -> Option<f64> {
    let mean = crate::mean(values)?;
    Some(crate::mean(&values.iter().map(|value| (value - mean).powi(2)).collect::<Vec<_>>())?.sqrt())
}
