use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use stats::{Confusion, Difference, Estimate, Metric, Reliability, Task};

use crate::{
    Error, Predictions, Terms, Value,
    compare::{difference, estimate},
    sample::Sample,
};

/// Bins of the reliability curve.
const BINS: usize = 10;

/// What the models are worth on the held-out rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// The held-out rows.
    pub rows: u64,
    /// For a classification, the rows of each class, in the order of the classes.
    pub class_rows: Vec<u64>,
    /// Each metric of the candidate; nothing where these rows do not define it.
    pub candidate: BTreeMap<Metric, Option<Estimate>>,
    /// Each metric of the baseline.
    pub baseline: BTreeMap<Metric, Option<Estimate>>,
    /// Each metric of the champion.
    pub champion: Option<BTreeMap<Metric, Option<Estimate>>>,
    /// How far the candidate's probabilities can be taken at their word; for a binary task.
    pub calibration: Option<Calibration>,
    /// The candidate's decisions at its threshold; for a binary task.
    pub confusion: Option<Confusion>,
    /// The probability from which the candidate says yes.
    pub threshold: Option<f64>,
    /// What 1,000 decisions are worth.
    pub value: Option<Worth>,
    /// How the candidate does in parts of the rows.
    pub slices: Vec<SliceScore>,
    /// How long one row takes.
    pub latency: Option<Latency>,
}

/// How far probabilities can be taken at their word.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// The expected calibration error, over ten bins of equal mass.
    pub error: Option<f64>,
    /// The bins.
    pub curve: Vec<Reliability>,
}

/// What 1,000 decisions are worth, in the value matrix's currency.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Worth {
    /// The unit.
    pub currency: String,
    /// The candidate's.
    pub candidate: Estimate,
    /// The baseline's, which decides for every row alike, whichever way is worth more.
    pub baseline: Estimate,
    /// The champion's.
    pub champion: Option<Estimate>,
    /// How much more the candidate's are worth than the champion's, row by row.
    pub over_champion: Option<Difference>,
}

/// How the candidate does on the rows that have one value in one column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SliceScore {
    /// The column.
    pub column: String,
    /// The value; empty where it is missing.
    pub value: String,
    /// The rows.
    pub rows: u64,
    /// On which metric.
    pub metric: Metric,
    /// The candidate's figure.
    pub candidate: Option<Estimate>,
    /// How much better it is than the champion, or without one than the baseline.
    pub better: Option<Difference>,
}

/// How long a prediction of one row takes, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    /// The median.
    pub p50_ms: f64,
    /// The 99th percentile.
    pub p99_ms: f64,
    /// Of how many predictions.
    pub predictions: u64,
}

/// The samples of the models that are compared.
pub(crate) struct Samples {
    pub(crate) candidate: Sample,
    pub(crate) baseline: Sample,
    pub(crate) champion: Option<Sample>,
}

impl Samples {
    /// The models' predictions on these rows, or on all.
    pub(crate) fn of(terms: &Terms, predictions: &Predictions, rows: Option<&[usize]>) -> Self {
        let threshold = terms.threshold.unwrap_or(0.5);
        let champion_threshold = terms.champion_threshold.unwrap_or(threshold);
        let sample = |scores: &[f64], threshold| Sample::new(predictions, scores, rows, threshold);
        Self {
            candidate: sample(&predictions.candidate, threshold),
            baseline: sample(&predictions.baseline, 0.5),
            champion: predictions.champion.as_ref().map(|scores| sample(scores, champion_threshold)),
        }
    }

    /// What the candidate is compared with: the champion, or before the first one the baseline.
    pub(crate) fn rival(&self) -> &Sample {
        self.champion.as_ref().unwrap_or(&self.baseline)
    }
}

/// Measures candidate, baseline and champion on the held-out rows.
///
/// # Errors
/// When the predictions are not fit to be judged.
pub fn evaluate(terms: &Terms, predictions: &Predictions) -> Result<Evaluation, Error> {
    predictions.check()?;
    if (terms.task, terms.classes.len()) != (predictions.task, predictions.classes) {
        return Err(Error::Mismatch);
    }
    let samples = Samples::of(terms, predictions, None);
    let metrics = metrics(terms);
    let figures = |sample: &Sample| -> BTreeMap<Metric, Option<Estimate>> {
        let of = |metric: &Metric| (*metric, estimate(*metric, sample, terms.policy.confidence, terms.seed));
        metrics.iter().map(of).collect()
    };
    let binary = terms.task == Task::Binary;
    Ok(Evaluation {
        rows: predictions.target.len() as u64,
        class_rows: class_rows(predictions),
        candidate: figures(&samples.candidate),
        baseline: figures(&samples.baseline),
        champion: samples.champion.as_ref().map(figures),
        calibration: binary.then(|| calibration(&samples.candidate)),
        confusion: binary.then(|| confusion(&samples.candidate)),
        threshold: terms.threshold,
        value: terms.value.as_ref().filter(|_| binary).map(|value| worth(value, terms, &samples)),
        slices: slices(terms, predictions),
        latency: latency(&terms.latency_ms),
    })
}

/// What is asked for, what the policy needs, and what the task is usually judged by.
fn metrics(terms: &Terms) -> BTreeSet<Metric> {
    let usual: &[Metric] = match terms.task {
        Task::Binary => {
            &[Metric::RocAuc, Metric::AveragePrecision, Metric::LogLoss, Metric::Brier, Metric::F1]
        }
        Task::Multiclass => &[Metric::LogLoss, Metric::Accuracy, Metric::F1],
        Task::Regression => &[Metric::Rmse, Metric::Mae, Metric::R2],
    };
    let mut metrics: BTreeSet<Metric> = usual.iter().chain(&terms.metrics).copied().collect();
    metrics.extend(terms.policy.beat_baseline.map(|rule| rule.metric));
    metrics.extend(terms.policy.no_worse_than_champion.map(|rule| rule.metric));
    metrics.retain(|metric| metric.suits(terms.task));
    metrics
}

fn class_rows(predictions: &Predictions) -> Vec<u64> {
    let mut rows = vec![0; predictions.classes];
    if predictions.task != Task::Regression {
        for target in &predictions.target {
            rows[*target as usize] += 1;
        }
    }
    rows
}

fn calibration(sample: &Sample) -> Calibration {
    let curve = stats::reliability(&sample.probabilities(1), &sample.positives(), BINS);
    Calibration { error: stats::calibration_error(&curve), curve }
}

fn confusion(sample: &Sample) -> Confusion {
    let mut confusion = Confusion::default();
    for (decision, truth) in sample.decisions().into_iter().zip(sample.positives()) {
        confusion.count(decision, truth, 1.0);
    }
    confusion
}

fn worth(value: &Value, terms: &Terms, samples: &Samples) -> Worth {
    let rows = |decisions: Vec<bool>| -> Vec<f64> {
        let truths = samples.candidate.positives();
        decisions
            .into_iter()
            .zip(truths)
            .map(|(decision, truth)| 1000.0 * value.of(decision, truth))
            .collect()
    };
    let all = |decision| rows(vec![decision; samples.candidate.rows()]);
    let (always, never) = (all(true), all(false));
    let baseline = if stats::mean(&always) > stats::mean(&never) { always } else { never };
    let candidate = rows(samples.candidate.decisions());
    let champion = samples.champion.as_ref().map(|sample| rows(sample.decisions()));
    let over_champion = champion.as_ref().map(|champion| {
        let surplus: Vec<f64> = candidate.iter().zip(champion).map(|(own, other)| own - other).collect();
        let (value, standard_error) = mean_with_error(&surplus);
        Difference { value, standard_error, rows: surplus.len() as u64 }
    });
    let estimate = |rows: &[f64]| {
        let (value, error) = mean_with_error(rows);
        Estimate::normal(value, error, rows.len(), terms.policy.confidence)
    };
    Worth {
        currency: value.currency.clone(),
        candidate: estimate(&candidate),
        baseline: estimate(&baseline),
        champion: champion.as_deref().map(estimate),
        over_champion,
    }
}

/// The mean of some rows, at least one, and its standard error.
fn mean_with_error(rows: &[f64]) -> (f64, f64) {
    let mean = stats::mean(rows).unwrap_or(0.0);
    let deviation = stats::standard_error(rows).unwrap_or(0.0);
    (mean, deviation / (rows.len() as f64).sqrt())
}

fn slices(terms: &Terms, predictions: &Predictions) -> Vec<SliceScore> {
    let metric = slice_metric(terms);
    let mut scores = Vec::new();
    for slice in &predictions.slices {
        let mut parts: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (row, value) in slice.values.iter().enumerate() {
            parts.entry(value).or_default().push(row);
        }
        for (value, rows) in parts {
            let samples = Samples::of(terms, predictions, Some(&rows));
            let enough = rows.len() as u64 >= terms.policy.min_slice_rows;
            scores.push(SliceScore {
                column: slice.column.clone(),
                value: value.to_owned(),
                rows: rows.len() as u64,
                metric,
                candidate: estimate(metric, &samples.candidate, terms.policy.confidence, terms.seed),
                better: enough
                    .then(|| difference(metric, &samples.candidate, samples.rival(), terms.seed))
                    .flatten(),
            });
        }
    }
    scores
}

/// Slices are held to the champion's rule; without one to the metric every task of the kind has.
pub(crate) fn slice_metric(terms: &Terms) -> Metric {
    let usual = if terms.task == Task::Regression { Metric::Rmse } else { Metric::LogLoss };
    terms.policy.no_worse_than_champion.map_or(usual, |rule| rule.metric)
}

fn latency(measured: &[f64]) -> Option<Latency> {
    let mut sorted = measured.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    Some(Latency {
        p50_ms: stats::quantile(&sorted, 0.5)?,
        p99_ms: stats::quantile(&sorted, 0.99)?,
        predictions: sorted.len() as u64,
    })
}
