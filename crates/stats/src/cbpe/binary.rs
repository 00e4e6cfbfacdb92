//! Estimates for a model of two classes.

use serde::{Deserialize, Serialize};

use crate::{
    cbpe::{
        Calibration, Estimated, Measure, Worth,
        estimated::Errors,
        expected::Ranked,
        sampling::{Component, components},
    },
    standard_error,
};

/// Rows whose labels are known, and which the model has not learned from.
#[derive(Debug, Clone, Copy)]
pub struct Reference<'a> {
    /// The probability of the positive class that the model gave.
    pub scores: &'a [f64],
    /// Whether the row was positive.
    pub labels: &'a [bool],
    /// The score from which on the decision is yes.
    pub threshold: f64,
}

/// What the reference taught about a model's scores.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Binary {
    calibration: Calibration,
    components: Vec<(Measure, Component)>,
    threshold: f64,
}

/// The scores of a window, with what they mean.
#[derive(Debug, Clone)]
pub struct Window<'a> {
    fitted: &'a Binary,
    /// In falling order.
    scores: Vec<f64>,
    /// The calibrated probabilities.
    probabilities: Vec<f64>,
    /// The same by each resampled calibration.
    replicates: Vec<Vec<f64>>,
}

impl Binary {
    /// Learns what scores mean. Rows whose score is not finite are passed over; nothing unless both classes are left.
    ///
    /// # Panics
    /// When there is not one label a score.
    pub fn fit(reference: Reference<'_>) -> Option<Self> {
        let Reference { scores, labels, threshold } = reference;
        let calibration = Calibration::fit(scores, labels)?;
        let rows = scores.iter().copied().zip(labels.iter().copied());
        let (scores, labels): (Vec<f64>, Vec<bool>) = rows.filter(|(score, _)| score.is_finite()).unzip();
        Some(Self { calibration, components: components(&scores, &labels, threshold), threshold })
    }

    /// How scores are calibrated.
    pub fn calibration(&self) -> &Calibration {
        &self.calibration
    }

    /// Makes a window's scores ready for any number of questions. Those that are not finite are passed over; nothing
    /// when none is left.
    pub fn window(&self, scores: &[f64]) -> Option<Window<'_>> {
        let mut scores: Vec<f64> = scores.iter().copied().filter(|score| score.is_finite()).collect();
        if scores.is_empty() {
            return None;
        }
        scores.sort_unstable_by(|one, other| other.total_cmp(one));
        let probabilities = scores.iter().map(|score| self.calibration.apply(*score)).collect();
        let by = |position| scores.iter().map(|score| self.calibration.replicate(position, *score)).collect();
        let replicates = (0..self.calibration.replicates()).map(by).collect();
        Some(Window { fitted: self, scores, probabilities, replicates })
    }
}

impl Window<'_> {
    /// The measure to be expected, with its interval at this confidence.
    ///
    /// Nothing where it is not defined: an area when only one class is expected, a share whose denominator is
    /// empty, or one that was empty in the reference, so that its spread is not known.
    pub fn estimate(&self, measure: Measure, confidence: f64) -> Option<Estimated> {
        let value = self.ranked(&self.probabilities).measure(measure)?;
        let (_, component) = self.fitted.components.iter().find(|(known, _)| *known == measure)?;
        let errors = Errors {
            sampling: component.error(self.scores.len()),
            reference: self.reference_error(|ranked| ranked.measure(measure)),
        };
        Some(Estimated::new(value, errors, self.scores.len(), (confidence, measure.range())))
    }

    /// The value of 1,000 decisions to be expected, in the unit of `worth`.
    pub fn value_per_1000(&self, worth: &Worth, confidence: f64) -> Option<Estimated> {
        let (value, variance) = self.ranked(&self.probabilities).value(worth)?;
        let of_one = self.reference_error(|ranked| ranked.value(worth).map(|(value, _)| value));
        let errors = Errors {
            sampling: 1_000.0 * (variance / self.scores.len() as f64).sqrt(),
            reference: 1_000.0 * of_one,
        };
        let anything = (f64::NEG_INFINITY, f64::INFINITY);
        Some(Estimated::new(1_000.0 * value, errors, self.scores.len(), (confidence, anything)))
    }

    fn reference_error(&self, of: impl Fn(Ranked<'_>) -> Option<f64>) -> f64 {
        let values: Vec<f64> = self.replicates.iter().filter_map(|one| of(self.ranked(one))).collect();
        standard_error(&values).unwrap_or(0.0)
    }

    fn ranked<'a>(&'a self, probabilities: &'a [f64]) -> Ranked<'a> {
        Ranked { scores: &self.scores, probabilities, threshold: self.fitted.threshold }
    }
}
