//! How good predictions were: every metric of rows with labels, with its standard error.
//!
//! A mean over rows has the error of a mean; areas have DeLong's; the root of a mean has that of the mean by the
//! delta method; the others are resampled.

use serde::{Deserialize, Serialize};
use stats::{Auc, Confusion, Metric, Ranking, Resamples, Task, cbpe::Worth, standard_error};

use crate::Measure;

/// Resamples of what has no formula, and the most rows drawn for all of them together.
const RESAMPLES: usize = 60;
const MOST_DRAWN: usize = 4_000_000;

/// What a decision is worth, by what was decided and what was true.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Value {
    /// Said yes, was yes.
    pub true_positive: f64,
    /// Said yes, was no.
    pub false_positive: f64,
    /// Said no, was no.
    pub true_negative: f64,
    /// Said no, was yes.
    pub false_negative: f64,
    /// The unit.
    pub currency: String,
}

/// How predictions are read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// What the model predicts.
    pub task: Task,
    /// The number of classes; 0 for a regression.
    pub classes: usize,
    /// The probability from which a binary model says yes.
    pub threshold: f64,
    /// The figures that are watched.
    pub metrics: Vec<Metric>,
    /// What decisions are worth; for a binary task.
    pub value: Option<Value>,
}

/// Predictions with their truth.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Labelled {
    /// As many a row as [`Reading::width`].
    pub(crate) predictions: Vec<f64>,
    /// The number of the class, or the value.
    pub(crate) targets: Vec<f64>,
}

/// A figure and its standard error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Figure {
    pub(crate) value: f64,
    pub(crate) error: f64,
}

impl Value {
    /// The same without its unit.
    pub fn worth(&self) -> Worth {
        Worth {
            true_positive: self.true_positive,
            false_positive: self.false_positive,
            true_negative: self.true_negative,
            false_negative: self.false_negative,
        }
    }
}

impl Reading {
    /// Predictions a row.
    pub fn width(&self) -> usize {
        if self.task == Task::Multiclass { self.classes.max(1) } else { 1 }
    }

    /// The figures that can be measured.
    pub fn measures(&self) -> Vec<Measure> {
        let suits = |metric: &&Metric| metric.suits(self.task);
        let mut measures: Vec<Measure> =
            self.metrics.iter().filter(suits).map(|metric| Measure::Metric(*metric)).collect();
        if self.task == Task::Binary && self.value.is_some() {
            measures.push(Measure::ValuePer1000);
        }
        measures
    }

    /// Whether a target is one that the model can predict.
    pub(crate) fn is_target(&self, target: f64) -> bool {
        let class = target.fract() == 0.0 && target >= 0.0 && target < self.classes.max(2) as f64;
        if self.task == Task::Regression { target.is_finite() } else { class }
    }

    /// A figure of these rows; nothing where they do not define it.
    pub(crate) fn measure(&self, measure: Measure, rows: &Labelled) -> Option<Figure> {
        if rows.targets.is_empty() {
            return None;
        }
        let figure = match measure {
            Measure::ValuePer1000 => Figure::mean(&self.values(rows)?),
            Measure::Metric(Metric::LogLoss | Metric::Brier | Metric::Accuracy | Metric::Mae) => {
                Figure::mean(&self.losses(measure, rows))
            }
            Measure::Metric(Metric::RocAuc) => self.area(rows),
            Measure::Metric(Metric::Rmse) => root(Figure::mean(&self.losses(measure, rows))?),
            Measure::Metric(metric) => self.resampled(metric, rows),
        }?;
        (figure.value.is_finite() && figure.error.is_finite()).then_some(figure)
    }

    /// Each row's part in a mean.
    fn losses(&self, measure: Measure, rows: &Labelled) -> Vec<f64> {
        let Measure::Metric(metric) = measure else { return Vec::new() };
        let errors = || rows.predictions.iter().zip(&rows.targets).map(|(said, truth)| said - truth);
        match metric {
            Metric::Mae => errors().map(f64::abs).collect(),
            Metric::Rmse => errors().map(|error| error * error).collect(),
            Metric::Accuracy => {
                let right = self.said(rows).into_iter().zip(rows.classes());
                right.map(|(said, truth)| if said == truth { 1.0 } else { 0.0 }).collect()
            }
            Metric::LogLoss => {
                stats::log_loss_rows(&self.probabilities(rows), &rows.classes(), self.classes.max(2))
            }
            _ => stats::brier_rows(&self.probabilities(rows), &rows.classes(), self.classes.max(2)),
        }
    }

    fn values(&self, rows: &Labelled) -> Option<Vec<f64>> {
        let worth = self.value.as_ref()?.worth();
        let decisions = rows.predictions.iter().map(|score| *score >= self.threshold);
        Some(decisions.zip(&rows.targets).map(|(yes, truth)| 1_000.0 * worth.of(yes, *truth > 0.5)).collect())
    }

    /// A probability for each class of each row.
    fn probabilities(&self, rows: &Labelled) -> Vec<f64> {
        match self.task {
            Task::Binary => rows.predictions.iter().flat_map(|yes| [1.0 - yes, *yes]).collect(),
            _ => rows.predictions.clone(),
        }
    }

    /// The class that each row is said to be.
    pub(crate) fn said(&self, rows: &Labelled) -> Vec<usize> {
        match self.task {
            Task::Regression => Vec::new(),
            Task::Binary => rows.predictions.iter().map(|yes| usize::from(*yes >= self.threshold)).collect(),
            Task::Multiclass => rows.predictions.chunks_exact(self.width()).map(largest).collect(),
        }
    }

    /// The classes that are held against the rest.
    fn against_rest(&self) -> std::ops::Range<usize> {
        if self.task == Task::Binary { 0..1 } else { 0..self.width() }
    }

    fn scores(&self, rows: &Labelled, class: usize) -> (Vec<f64>, Vec<bool>) {
        let positive = if self.task == Task::Binary { 1 } else { class };
        let scores = rows.predictions.iter().skip(class).step_by(self.width()).copied().collect();
        (scores, rows.classes().into_iter().map(|truth| truth == positive).collect())
    }

    fn area(&self, rows: &Labelled) -> Option<Figure> {
        let (mut values, mut variances) = (Vec::new(), Vec::new());
        for class in self.against_rest() {
            let (scores, labels) = self.scores(rows, class);
            let area = Auc::of(&scores, &labels)?;
            values.push(area.value);
            variances.push(area.variance()?);
        }
        let error = variances.iter().sum::<f64>().max(0.0).sqrt() / values.len() as f64;
        Some(Figure { value: stats::mean(&values)?, error })
    }

    fn resampled(&self, metric: Metric, rows: &Labelled) -> Option<Figure> {
        let prepared = Prepared::new(self, metric, rows);
        let count = rows.targets.len();
        let value = prepared.value(&vec![1.0; count])?;
        let resamples = RESAMPLES.min(MOST_DRAWN / count.max(1)).max(10);
        let found = Resamples::new(count, resamples, count as u64).collect(|weights| prepared.value(weights));
        let found: Vec<f64> = found.into_iter().flatten().collect();
        Some(Figure { value, error: standard_error(&found)? })
    }
}

impl Labelled {
    fn classes(&self) -> Vec<usize> {
        self.targets.iter().map(|target| *target as usize).collect()
    }

    /// The rows at these positions, of predictions `width` a row.
    pub(crate) fn take(&self, rows: impl IntoIterator<Item = usize>, width: usize) -> Self {
        let mut taken = Self::default();
        for row in rows {
            taken.predictions.extend(&self.predictions[row * width..(row + 1) * width]);
            taken.targets.push(self.targets[row]);
        }
        taken
    }
}

impl Figure {
    /// The mean and its error; of one row the error is unknown, and so is the figure.
    pub(crate) fn mean(rows: &[f64]) -> Option<Self> {
        let error = standard_error(rows)? / (rows.len() as f64).sqrt();
        Some(Self { value: stats::mean(rows)?, error })
    }

    /// The metric of a regression whose rows have these losses in expectation.
    pub(crate) fn expected_loss(metric: Metric, losses: &[f64]) -> Option<Self> {
        match metric {
            Metric::Mae => Self::mean(losses),
            Metric::Rmse => root(Self::mean(losses)?),
            _ => None,
        }
    }
}

/// What a resampled metric needs, computed once.
struct Prepared<'a> {
    metric: Metric,
    classes: usize,
    rows: &'a Labelled,
    said: Vec<usize>,
    truth: Vec<usize>,
    rankings: Vec<Ranking>,
}

impl<'a> Prepared<'a> {
    fn new(reading: &Reading, metric: Metric, rows: &'a Labelled) -> Self {
        let mut rankings = Vec::new();
        if metric == Metric::AveragePrecision {
            for class in reading.against_rest() {
                let (scores, labels) = reading.scores(rows, class);
                rankings.extend(Ranking::new(&scores, &labels));
            }
        }
        let truth = if reading.task == Task::Regression { Vec::new() } else { rows.classes() };
        Self { metric, classes: reading.classes.max(2), rows, said: reading.said(rows), truth, rankings }
    }

    fn value(&self, weights: &[f64]) -> Option<f64> {
        match self.metric {
            Metric::AveragePrecision => {
                let of = |ranking: &Ranking| ranking.average_precision(weights);
                stats::mean(&self.rankings.iter().map(of).collect::<Option<Vec<f64>>>()?)
            }
            Metric::F1 => self.f1(weights),
            _ => stats::r2(&self.rows.predictions, &self.rows.targets, weights),
        }
    }

    fn f1(&self, weights: &[f64]) -> Option<f64> {
        let mut counts = vec![Confusion::default(); self.classes];
        for ((said, truth), weight) in self.said.iter().zip(&self.truth).zip(weights) {
            for (class, confusion) in counts.iter_mut().enumerate() {
                confusion.count(*said == class, *truth == class, *weight);
            }
        }
        if self.classes == 2 {
            return counts[1].f1();
        }
        stats::mean(&counts.iter().filter_map(Confusion::f1).collect::<Vec<_>>())
    }
}

/// The root of a mean, and its error by the delta method.
fn root(mean: Figure) -> Option<Figure> {
    let value = mean.value.max(0.0).sqrt();
    let error = if value > 0.0 { mean.error / (2.0 * value) } else { 0.0 };
    Some(Figure { value, error })
}

/// The most probable class, the first among equals.
fn largest(row: &[f64]) -> usize {
    (1..row.len()).fold(0, |best, class| if row[class] > row[best] { class } else { best })
}
