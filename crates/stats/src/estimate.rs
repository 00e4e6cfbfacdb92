use serde::{Deserialize, Serialize};

use crate::{normal_cdf, normal_quantile};

/// A figure with its uncertainty.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The figure.
    pub value: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// The lower end of the two-sided interval.
    pub lower: f64,
    /// The upper end of the two-sided interval.
    pub upper: f64,
    /// The rows it rests on.
    pub rows: u64,
}

impl Estimate {
    /// The normal interval `value ± z·se` at this two-sided confidence, such as 0.95.
    pub fn normal(value: f64, standard_error: f64, rows: usize, confidence: f64) -> Self {
        let reach = normal_quantile(0.5 + confidence / 2.0) * standard_error;
        Self { value, standard_error, lower: value - reach, upper: value + reach, rows: rows as u64 }
    }
}

/// How much better one model is than another on the same rows.
///
/// Positive is better, whatever the direction of the metric.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// The improvement.
    pub value: f64,
    /// Its standard error, from pairing the rows.
    pub standard_error: f64,
    /// The rows it rests on.
    pub rows: u64,
}

impl Difference {
    /// The one-sided lower bound at this confidence.
    pub fn lower(&self, confidence: f64) -> f64 {
        self.value - normal_quantile(confidence) * self.standard_error
    }

    /// The one-sided upper bound at this confidence.
    pub fn upper(&self, confidence: f64) -> f64 {
        self.value + normal_quantile(confidence) * self.standard_error
    }

    /// The one-sided p-value of the null hypothesis that the improvement is at most `at_most`.
    ///
    /// Without any spread it is 0 when the improvement is larger and 1 when it is not.
    pub fn p_value(&self, at_most: f64) -> f64 {
        let surplus = self.value - at_most;
        if self.standard_error == 0.0 {
            return if surplus > 0.0 { 0.0 } else { 1.0 };
        }
        normal_cdf(-surplus / self.standard_error)
    }
}
