//! Metrics in expectation: each row counts as a positive with its calibrated probability.

use serde::{Deserialize, Serialize};

use crate::{
    Confusion, PROBABILITY_FLOOR,
    cbpe::{Measure, curve},
};

/// What a decision is worth, in the business's unit, by what was decided and what was true.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Worth {
    /// Said yes, was yes.
    pub true_positive: f64,
    /// Said yes, was no.
    pub false_positive: f64,
    /// Said no, was no.
    pub true_negative: f64,
    /// Said no, was yes.
    pub false_negative: f64,
}

/// Rows in falling order of score: what the model said, and what is likely.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ranked<'a> {
    pub(super) scores: &'a [f64],
    pub(super) probabilities: &'a [f64],
    pub(super) threshold: f64,
}

impl Ranked<'_> {
    pub(super) fn measure(&self, measure: Measure) -> Option<f64> {
        match measure {
            Measure::RocAuc => curve::roc_auc(self.probabilities),
            Measure::AveragePrecision => curve::average_precision(self.probabilities),
            Measure::LogLoss => crate::mean(&self.losses(log_loss)),
            Measure::Brier => crate::mean(&self.losses(|score, truth| (score - truth).powi(2))),
            _ => of_confusion(measure, &self.confusion()),
        }
    }

    /// The expected counts.
    fn confusion(&self) -> Confusion {
        let mut confusion = Confusion::default();
        for (score, probability) in self.scores.iter().zip(self.probabilities) {
            let decision = *score >= self.threshold;
            confusion.count(decision, true, *probability);
            confusion.count(decision, false, 1.0 - probability);
        }
        confusion
    }

    /// Each row's expectation of a loss of score and truth, 0 or 1.
    fn losses(&self, loss: impl Fn(f64, f64) -> f64) -> Vec<f64> {
        let rows = self.scores.iter().zip(self.probabilities);
        rows.map(|(score, chance)| chance * loss(*score, 1.0) + (1.0 - chance) * loss(*score, 0.0)).collect()
    }

    /// The mean value of a decision, and the variance of one decision's.
    pub(super) fn value(&self, worth: &Worth) -> Option<(f64, f64)> {
        let of = |score: f64, truth: f64| worth.of(score >= self.threshold, truth > 0.5);
        let mean = crate::mean(&self.losses(of))?;
        let squares = crate::mean(&self.losses(|score, truth| (of(score, truth) - mean).powi(2)))?;
        Some((mean, squares))
    }
}

impl Worth {
    /// Of one decision.
    pub fn of(&self, decision: bool, truth: bool) -> f64 {
        match (decision, truth) {
            (true, true) => self.true_positive,
            (true, false) => self.false_positive,
            (false, false) => self.true_negative,
            (false, true) => self.false_negative,
        }
    }
}

/// A measure of counted decisions, expected or true; nothing when nothing is counted in its denominator.
pub(super) fn of_confusion(measure: Measure, counts: &Confusion) -> Option<f64> {
    let share = |part: f64, other: f64| (part + other > 0.0).then(|| part / (part + other));
    match measure {
        Measure::F1 => counts.f1(),
        Measure::Precision => counts.precision(),
        Measure::Recall => counts.recall(),
        Measure::Specificity => share(counts.true_negative, counts.false_positive),
        Measure::Accuracy => {
            share(counts.true_positive + counts.true_negative, counts.false_positive + counts.false_negative)
        }
        Measure::RocAuc | Measure::AveragePrecision | Measure::LogLoss | Measure::Brier => None,
    }
}

/// The negative log-likelihood of a truth of 0 or 1.
pub(super) fn log_loss(score: f64, truth: f64) -> f64 {
    let likelihood = if truth > 0.5 { score } else { 1.0 - score };
    -likelihood.clamp(PROBABILITY_FLOOR, 1.0 - PROBABILITY_FLOOR).ln()
}
