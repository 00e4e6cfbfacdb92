//! A metric with its uncertainty, for one model and for two on the same rows.

use stats::{Auc, Difference, Estimate, Metric, Resamples, Task, paired_auc, standard_error};

use crate::sample::Sample;

/// Resamples for a standard error: its own relative error is then about 1/√(2·400), 3.5 %.
const RESAMPLES: usize = 400;

/// A metric of one model; nothing when these rows do not define it.
pub(crate) fn estimate(metric: Metric, sample: &Sample, confidence: f64, seed: u64) -> Option<Estimate> {
    measured(metric, sample, confidence, seed).map(|estimate| within(metric, estimate))
}

fn measured(metric: Metric, sample: &Sample, confidence: f64, seed: u64) -> Option<Estimate> {
    let rows = sample.rows();
    if let Some(auc) = auc(metric, sample) {
        return Some(Estimate::normal(auc.value, auc.variance()?.max(0.0).sqrt(), rows, confidence));
    }
    let prepared = sample.prepare(metric);
    let value = prepared.value(&vec![1.0; rows])?;
    if let Some(losses) = prepared.losses() {
        let error = standard_error(losses)? / (rows as f64).sqrt();
        return Some(Estimate::normal(value, error, rows, confidence));
    }
    let drawn = Resamples::new(rows, RESAMPLES, seed).collect(|counts| prepared.value(counts));
    let error = standard_error(&drawn.into_iter().flatten().collect::<Vec<_>>())?;
    Some(Estimate::normal(value, error, rows, confidence))
}

/// How much better `model` is than `other` on the same rows; nothing when these rows do not define it.
pub(crate) fn difference(metric: Metric, model: &Sample, other: &Sample, seed: u64) -> Option<Difference> {
    if let (Some(model), Some(other)) = (auc(metric, model), auc(metric, other)) {
        return paired_auc(&model, &other);
    }
    let rows = model.rows();
    let (model, other) = (model.prepare(metric), other.prepare(metric));
    let sign = if metric.higher_is_better() { 1.0 } else { -1.0 };
    let better = |counts: &[f64]| Some(sign * (model.value(counts)? - other.value(counts)?));
    let value = better(&vec![1.0; rows])?;
    if let (Some(own), Some(others)) = (model.losses(), other.losses()) {
        let apart: Vec<f64> = own.iter().zip(others).map(|(own, other)| own - other).collect();
        let standard_error = standard_error(&apart)? / (rows as f64).sqrt();
        return Some(Difference { value, standard_error, rows: rows as u64 });
    }
    let drawn = Resamples::new(rows, RESAMPLES, seed).collect(|counts| better(counts));
    let standard_error = standard_error(&drawn.into_iter().flatten().collect::<Vec<_>>())?;
    Some(Difference { value, standard_error, rows: rows as u64 })
}

/// The interval cut off where the metric cannot go.
fn within(metric: Metric, estimate: Estimate) -> Estimate {
    let least = if metric == Metric::R2 { f64::NEG_INFINITY } else { 0.0 };
    let most = match metric {
        Metric::LogLoss | Metric::Brier | Metric::Rmse | Metric::Mae => f64::INFINITY,
        _ => 1.0,
    };
    Estimate { lower: estimate.lower.max(least), upper: estimate.upper.min(most), ..estimate }
}

/// The area under the curve with DeLong's variance, where that is the metric.
fn auc(metric: Metric, sample: &Sample) -> Option<Auc> {
    if metric != Metric::RocAuc || sample.task() != Task::Binary {
        return None;
    }
    Auc::of(&sample.probabilities(1), &sample.positives())
}
