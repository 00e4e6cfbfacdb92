//! What the labels say once they are there: the same measures, counted.

use crate::{
    cbpe::{
        Measure,
        expected::{log_loss, of_confusion},
        sampling::counted,
    },
    precision, roc_auc,
};

/// The measure on rows whose labels are known; nothing when it is not defined on them, or a score is NaN.
///
/// # Panics
/// When the slices differ in length.
pub fn realised(measure: Measure, scores: &[f64], labels: &[bool], threshold: f64) -> Option<f64> {
    assert_eq!(scores.len(), labels.len(), "one label a score");
    if scores.iter().any(|score| score.is_nan()) {
        return None;
    }
    let mean = |loss: fn(f64, f64) -> f64| {
        let rows = scores.iter().zip(labels);
        crate::mean(&rows.map(|(score, label)| loss(*score, f64::from(u8::from(*label)))).collect::<Vec<_>>())
    };
    match measure {
        Measure::RocAuc => roc_auc(scores, labels),
        Measure::AveragePrecision => precision::average_precision(scores, labels, &vec![1.0; labels.len()]),
        Measure::LogLoss => mean(log_loss),
        Measure::Brier => mean(|score, truth| (score - truth).powi(2)),
        _ => of_confusion(measure, &counted(scores, labels, threshold)),
    }
}

/// The limits of a measure from its values on chunks of the reference: mean ± 3 standard deviations (divisor n), within
/// what it can take, as NannyML sets them. Nothing of no values.
pub fn limits(measure: Measure, values: &[f64]) -> Option<(f64, f64)> {
    let mean = crate::mean(values)?;
    let squares: Vec<f64> = values.iter().map(|value| (value - mean).powi(2)).collect();
    let reach = 3.0 * crate::mean(&squares)?.sqrt();
    let (least, most) = measure.range();
    Some(((mean - reach).max(least), (mean + reach).min(most)))
}
