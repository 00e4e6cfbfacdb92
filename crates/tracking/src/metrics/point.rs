//! A point of a metric, and which of two is the later.

use std::cmp::Ordering;

use serde::{Serialize, Serializer};

/// What was logged under a key, once.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Point {
    pub(crate) timestamp: i64,
    pub(crate) step: i64,
    pub(crate) value: f64,
}

impl Point {
    /// A point as it is kept.
    pub(crate) fn of(timestamp: i64, step: i64, value: f64) -> Self {
        Self { timestamp, step, value: kept(value) }
    }

    /// The value as it is compared: NaN as 0.
    pub(crate) fn compared(self) -> f64 {
        if self.value.is_nan() { 0.0 } else { self.value }
    }

    /// The order of a history. Equal are only points that are the same to the bit.
    pub(crate) fn order(&self, other: &Self) -> Ordering {
        let by_time = self.timestamp.cmp(&other.timestamp).then(self.step.cmp(&other.step));
        let by_value = || self.compared().total_cmp(&other.compared());
        by_time.then_with(by_value).then_with(|| self.value.is_nan().cmp(&other.value.is_nan()))
    }

    /// Whether it takes the place of `other` as the latest: by step, then time, then value.
    pub(crate) fn is_later(self, other: Self) -> bool {
        let by_step = self.step.cmp(&other.step).then(self.timestamp.cmp(&other.timestamp));
        let by_value = || self.compared().partial_cmp(&other.compared()).unwrap_or(Ordering::Equal);
        by_step.then_with(by_value) == Ordering::Greater
    }
}

/// A value as it is kept: what is infinite as the greatest number there is.
pub(crate) fn kept(value: f64) -> f64 {
    if value.is_nan() { f64::NAN } else { value.clamp(f64::MIN, f64::MAX) }
}

/// A point of a run, as clients see it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Latest {
    /// Of what.
    pub key: String,
    /// The value, which may be NaN and is never infinite.
    #[serde(serialize_with = "number")]
    pub value: f64,
    /// When, in milliseconds since 1970.
    pub timestamp: i64,
    /// At which step.
    pub step: i64,
}

/// A number in JSON; NaN, which JSON lacks, as a text.
pub(crate) fn number<S: Serializer>(value: &f64, out: S) -> Result<S::Ok, S::Error> {
    if value.is_nan() { out.serialize_str("NaN") } else { out.serialize_f64(*value) }
}
