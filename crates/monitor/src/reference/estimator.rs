use serde::{Deserialize, Serialize};
use stats::{Estimate, Task, cbpe};

use crate::{Measure, Reading, quality::Labelled};

/// What tells the quality of predictions without labels: confidence-based performance estimation of a classifier.
/// That of a regression comes with the traffic, from a model of its losses.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Estimator {
    /// Of two classes.
    Binary(Box<cbpe::Binary>, cbpe::Worth),
    /// Of more.
    Multiclass(Box<cbpe::Multiclass>, usize),
    /// Nothing can be told: a regression, or one class alone.
    Nothing,
}

/// A window's predictions, ready for any number of questions.
pub(crate) enum Estimation<'a> {
    Binary(cbpe::Window<'a>, cbpe::Worth),
    Multiclass(&'a cbpe::Multiclass, cbpe::Rows<'a>),
}

impl Estimator {
    pub(super) fn fit(reading: &Reading, rows: &Labelled) -> Self {
        match reading.task {
            Task::Binary => {
                let labels: Vec<bool> = rows.targets.iter().map(|target| *target > 0.5).collect();
                let reference = cbpe::Reference {
                    scores: &rows.predictions,
                    labels: &labels,
                    threshold: reading.threshold,
                };
                let worth = reading.value.as_ref().map(crate::Value::worth).unwrap_or_default();
                cbpe::Binary::fit(reference).map_or(Self::Nothing, |fit| Self::Binary(Box::new(fit), worth))
            }
            Task::Multiclass => {
                let classes: Vec<usize> = rows.targets.iter().map(|target| *target as usize).collect();
                let predicted = cbpe::Rows { probabilities: &rows.predictions, classes: reading.classes };
                let fit = cbpe::Multiclass::fit(predicted, &classes);
                fit.map_or(Self::Nothing, |fit| Self::Multiclass(Box::new(fit), reading.classes))
            }
            Task::Regression => Self::Nothing,
        }
    }

    pub(crate) fn window<'a>(&'a self, predictions: &'a [f64]) -> Option<Estimation<'a>> {
        match self {
            Self::Binary(fit, worth) => {
                fit.window(predictions).map(|window| Estimation::Binary(window, *worth))
            }
            Self::Multiclass(fit, classes) => {
                let rows = cbpe::Rows { probabilities: predictions, classes: *classes };
                (!predictions.is_empty()).then_some(Estimation::Multiclass(fit, rows))
            }
            Self::Nothing => None,
        }
    }
}

impl Estimation<'_> {
    pub(crate) fn estimate(&self, measure: Measure, confidence: f64) -> Option<Estimate> {
        let estimated = match (self, measure) {
            (Self::Binary(window, _), Measure::Metric(metric)) => {
                window.estimate(cbpe::Measure::of(metric)?, confidence)
            }
            (Self::Binary(window, worth), Measure::ValuePer1000) => window.value_per_1000(worth, confidence),
            (Self::Multiclass(fit, rows), Measure::Metric(metric)) => {
                fit.estimate(*rows, cbpe::Measure::of(metric)?, confidence)
            }
            (Self::Multiclass(..), Measure::ValuePer1000) => None,
        }?;
        let estimate = estimated.estimate;
        (estimate.value.is_finite() && estimate.standard_error.is_finite()).then_some(estimate)
    }

    pub(super) fn value(&self, measure: Measure) -> Option<f64> {
        self.estimate(measure, 0.95).map(|estimate| estimate.value)
    }
}
