//! One model's predictions with the truth, and its metrics on resampled rows.

use stats::{Confusion, Metric, Task};

/// One model's predictions on some rows.
pub(crate) struct Sample {
    task: Task,
    classes: usize,
    /// The class of each row; empty for a regression.
    labels: Vec<usize>,
    /// The value of each row; empty for a classification.
    values: Vec<f64>,
    /// For a binary task both probabilities, so that all classifications look alike.
    predicted: Vec<f64>,
    /// The probability from which a binary model says yes.
    threshold: f64,
}

impl Sample {
    /// The predictions on these rows of the evidence.
    pub(crate) fn new(
        evidence: &crate::Predictions,
        predicted: &[f64],
        rows: Option<&[usize]>,
        threshold: f64,
    ) -> Self {
        let all: Vec<usize>;
        let rows = match rows {
            Some(rows) => rows,
            None => {
                all = (0..evidence.target.len()).collect();
                &all
            }
        };
        let width = evidence.width();
        let mut sample = Self {
            task: evidence.task,
            classes: evidence.classes,
            labels: Vec::new(),
            values: Vec::new(),
            predicted: Vec::with_capacity(rows.len() * width.max(evidence.classes)),
            threshold,
        };
        for row in rows {
            let scores = &predicted[row * width..(row + 1) * width];
            match evidence.task {
                Task::Regression => sample.values.push(evidence.target[*row]),
                Task::Binary | Task::Multiclass => sample.labels.push(evidence.target[*row] as usize),
            }
            if evidence.task == Task::Binary {
                sample.predicted.extend([1.0 - scores[0], scores[0]]);
            } else {
                sample.predicted.extend(scores);
            }
        }
        sample
    }

    pub(crate) fn task(&self) -> Task {
        self.task
    }

    pub(crate) fn rows(&self) -> usize {
        self.labels.len().max(self.values.len())
    }

    /// For a binary task, whether each row is positive.
    pub(crate) fn positives(&self) -> Vec<bool> {
        self.labels.iter().map(|label| *label == 1).collect()
    }

    /// For a class, its probability in each row.
    pub(crate) fn probabilities(&self, class: usize) -> Vec<f64> {
        self.predicted.iter().skip(class).step_by(self.classes.max(1)).copied().collect()
    }

    /// For a binary task, whether each row is said to be positive.
    pub(crate) fn decisions(&self) -> Vec<bool> {
        self.probabilities(1).into_iter().map(|probability| probability >= self.threshold).collect()
    }

    /// What a metric needs, computed once, so that each resample costs one pass.
    pub(crate) fn prepare(&self, metric: Metric) -> Prepared<'_> {
        let losses = match metric {
            Metric::LogLoss => stats::log_loss_rows(&self.predicted, &self.labels, self.classes),
            Metric::Brier => stats::brier_rows(&self.predicted, &self.labels, self.classes),
            Metric::Accuracy => self.correct(),
            Metric::Mae => {
                self.predicted.iter().zip(&self.values).map(|(found, truth)| (found - truth).abs()).collect()
            }
            _ => Vec::new(),
        };
        let rankings = match metric {
            Metric::AveragePrecision => self.rankings(),
            _ => Vec::new(),
        };
        Prepared { sample: self, metric, losses, said: self.said(), rankings }
    }

    fn rankings(&self) -> Vec<stats::Ranking> {
        let classes = if self.task == Task::Binary { 1..2 } else { 0..self.classes };
        let mut rankings = Vec::new();
        for class in classes {
            let labels: Vec<bool> = self.labels.iter().map(|label| *label == class).collect();
            rankings.extend(stats::Ranking::new(&self.probabilities(class), &labels));
        }
        rankings
    }

    fn correct(&self) -> Vec<f64> {
        let said = self.said();
        let right = |(said, label): (&usize, &usize)| if said == label { 1.0 } else { 0.0 };
        said.iter().zip(&self.labels).map(right).collect()
    }

    /// The class that each row is said to be: by the threshold when there are two, else the most probable.
    fn said(&self) -> Vec<usize> {
        match self.task {
            Task::Regression => Vec::new(),
            Task::Binary => self.decisions().into_iter().map(usize::from).collect(),
            Task::Multiclass => self.predicted.chunks_exact(self.classes).map(largest).collect(),
        }
    }
}

/// A metric of a sample, ready to be computed with any weights.
pub(crate) struct Prepared<'a> {
    sample: &'a Sample,
    metric: Metric,
    losses: Vec<f64>,
    said: Vec<usize>,
    /// For average precision, the rows by score, class by class.
    rankings: Vec<stats::Ranking>,
}

impl Prepared<'_> {
    /// Each row's part in a metric that is a mean over rows; nothing for the other metrics.
    pub(crate) fn losses(&self) -> Option<&[f64]> {
        let mean = matches!(self.metric, Metric::LogLoss | Metric::Brier | Metric::Accuracy | Metric::Mae);
        mean.then_some(self.losses.as_slice())
    }

    /// The metric with each row counted so many times; nothing when these rows do not define it.
    pub(crate) fn value(&self, weights: &[f64]) -> Option<f64> {
        let sample = self.sample;
        match self.metric {
            Metric::LogLoss | Metric::Brier | Metric::Accuracy | Metric::Mae => {
                let total: f64 = weights.iter().sum();
                let sum: f64 = self.losses.iter().zip(weights).map(|(loss, weight)| loss * weight).sum();
                (total > 0.0).then(|| sum / total)
            }
            Metric::Rmse => stats::rmse(&sample.predicted, &sample.values, weights),
            Metric::R2 => stats::r2(&sample.predicted, &sample.values, weights),
            Metric::F1 => self.f1(weights),
            Metric::AveragePrecision => {
                let values: Option<Vec<f64>> =
                    self.rankings.iter().map(|ranking| ranking.average_precision(weights)).collect();
                stats::mean(&values?)
            }
            Metric::RocAuc => self.over_classes(|scores, labels| weighted_auc(scores, labels, weights)),
        }
    }

    fn f1(&self, weights: &[f64]) -> Option<f64> {
        let mut scores = Vec::new();
        for class in self.classes() {
            let mut confusion = Confusion::default();
            for ((said, label), weight) in self.said.iter().zip(&self.sample.labels).zip(weights) {
                confusion.count(*said == class, *label == class, *weight);
            }
            // As scikit-learn: a class that never comes and is never said counts as 0.
            scores.push(confusion.f1().unwrap_or(0.0));
        }
        stats::mean(&scores)
    }

    /// The mean over classes of one against the rest; for a binary task the positive class alone.
    fn over_classes(&self, score: impl Fn(&[f64], &[bool]) -> Option<f64>) -> Option<f64> {
        let mut scores = Vec::new();
        for class in self.classes() {
            let labels: Vec<bool> = self.sample.labels.iter().map(|label| *label == class).collect();
            scores.push(score(&self.sample.probabilities(class), &labels)?);
        }
        stats::mean(&scores)
    }

    fn classes(&self) -> std::ops::Range<usize> {
        if self.sample.task == Task::Binary { 1..2 } else { 0..self.sample.classes }
    }
}

/// The area under the ROC curve with each row counted so many times, ties counting half.
fn weighted_auc(scores: &[f64], labels: &[bool], weights: &[f64]) -> Option<f64> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_unstable_by(|one, other| scores[*one].total_cmp(&scores[*other]));
    let (mut below, mut won, mut positive) = (0.0, 0.0, 0.0);
    let mut start = 0;
    while start < order.len() {
        let score = scores[order[start]];
        let tied = order[start..].iter().take_while(|row| scores[**row] == score).count().max(1);
        let (mut here_positive, mut here_negative) = (0.0, 0.0);
        for row in &order[start..start + tied] {
            if labels[*row] { here_positive += weights[*row] } else { here_negative += weights[*row] }
        }
        won += here_positive * (below + here_negative / 2.0);
        below += here_negative;
        positive += here_positive;
        start += tied;
    }
    (positive > 0.0 && below > 0.0).then(|| won / (positive * below))
}

fn largest(row: &[f64]) -> usize {
    let mut best = 0;
    for (class, probability) in row.iter().enumerate() {
        if *probability > row[best] {
            best = class;
        }
    }
    best
}
