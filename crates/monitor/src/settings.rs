//! What a monitor is told to watch for: filled by the engine from `[monitor.NAME]` and the service's objectives.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};
use stats::Metric;

use crate::{Silence, drift};

/// How a window is assessed and when an incident opens.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// How drift is judged.
    pub drift: drift::Settings,
    /// The chance, at the most, that a window in which nothing changed moves any control chart beyond its limits.
    /// It is shared among the signals.
    pub false_alarm_rate: f64,
    /// The two-sided confidence of the intervals that are shown.
    pub confidence: f64,
    /// How much worse a metric may be than in the reference, in its unit, before it matters.
    /// A metric that is not named has [`margin`]'s.
    pub margins: BTreeMap<Metric, f64>,
    /// The share of the reference's value per 1,000 decisions whose loss matters.
    pub value_margin: f64,
    /// Fewer rows than this estimate nothing, and fewer labelled ones measure nothing.
    pub min_rows: u64,
    /// From how many first windows the limits of traffic, latency and errors are taken.
    pub baseline_windows: usize,
    /// After how many quiet windows running an incident is resolved.
    pub resolve_after: u32,
    /// An incident that returns within so many windows of its resolution is the same one.
    pub reopen_within: u32,
    /// A signal without a point for more than so many windows, such as a metric whose labels ceased to come, neither
    /// opens an incident nor holds one open.
    pub patience: u32,
    /// The service's objectives.
    pub objectives: Option<Objectives>,
    /// What people asked not to hear of.
    pub silences: Vec<Silence>,
}

/// What a service promises.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Objectives {
    /// The share of requests that must succeed, such as 0.999.
    pub availability: Option<f64>,
    /// The share of requests that must be quicker than the latency objective, such as 0.99.
    pub latency: Option<f64>,
    /// The time in which the error budget may be spent.
    pub period: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            drift: drift::Settings::default(),
            false_alarm_rate: 0.000_3,
            confidence: 0.95,
            margins: BTreeMap::new(),
            value_margin: 0.1,
            min_rows: 30,
            baseline_windows: 8,
            resolve_after: 2,
            reopen_within: 4,
            patience: 12,
            objectives: None,
            silences: Vec::new(),
        }
    }
}

/// How much worse a metric may be before it matters, unless the project says: 0.02 of those between 0 and 1 of
/// which more is better, 5 % of the reference's figure for losses and errors.
pub fn margin(metric: Metric, reference: f64) -> f64 {
    if metric.higher_is_better() { 0.02 } else { 0.05 * reference.abs() }
}
