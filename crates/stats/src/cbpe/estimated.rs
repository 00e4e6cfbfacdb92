use serde::{Deserialize, Serialize};

use crate::Estimate;

/// A figure estimated without labels, with the two reasons why it may be off.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Estimated {
    /// The figure; its standard error and interval join both reasons, `rows` are the window's.
    pub estimate: Estimate,
    /// The standard error because the window has so few rows: how far the metric measured on it would lie from the
    /// expectation. NannyML's sampling error.
    pub sampling_error: f64,
    /// The standard error because the reference has so few rows: how far the figure moves when what was learned
    /// from them is learned from a resample.
    pub reference_error: f64,
}

/// The two standard errors of a figure.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Errors {
    pub(crate) sampling: f64,
    pub(crate) reference: f64,
}

impl Estimated {
    /// The normal interval at this confidence, kept within the `range` that the figure can take.
    pub(crate) fn new(
        value: f64,
        errors: Errors,
        rows: usize,
        (confidence, range): (f64, (f64, f64)),
    ) -> Self {
        let mut estimate = Estimate::normal(value, errors.sampling.hypot(errors.reference), rows, confidence);
        estimate.lower = estimate.lower.max(range.0);
        estimate.upper = estimate.upper.min(range.1);
        Self { estimate, sampling_error: errors.sampling, reference_error: errors.reference }
    }
}
