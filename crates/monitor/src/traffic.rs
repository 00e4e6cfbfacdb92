//! What one window of a service's traffic looks like, as the engine collects it from the capture.

use std::collections::BTreeMap;

use base::Timestamp;
use stats::Metric;
use table::Table;

use crate::Window;

/// The traffic of one window. Row for row: features, predictions, labels, delays and expected losses.
#[derive(Debug, Clone)]
pub struct Traffic<'a> {
    /// The window.
    pub window: Window,
    /// The inputs of the rows that were captured.
    pub features: &'a Table,
    /// What the model said: the positive probability, one probability a class, or the value.
    pub predictions: &'a [f64],
    /// The truth where it is known by now: the number of the class, or the value.
    pub labels: &'a [Option<f64>],
    /// For each label, how long after its prediction it came, in seconds; empty when that is not known.
    pub label_delays: &'a [Option<f64>],
    /// For a regression, what each row's loss is expected to be (direct loss estimation), by metric: the absolute
    /// error for `mae`, the squared error for `rmse`.
    pub expected_losses: &'a BTreeMap<Metric, Vec<f64>>,
    /// How the service did.
    pub service: Service<'a>,
}

/// How the service did in a window.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Service<'a> {
    /// Requests, failed ones included, captured or not.
    pub requests: u64,
    /// Requests that failed through the service's fault.
    pub errors: u64,
    /// Latencies of a sample of the requests, in milliseconds.
    pub latencies_ms: &'a [f64],
    /// The counts of short stretches up to the end of the window, oldest first, from which burn rates are computed;
    /// they may reach back beyond its start.
    pub stretches: &'a [Stretch],
}

/// Requests of a short stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Stretch {
    /// When it began; it ended where the next began.
    pub start: Timestamp,
    /// Requests.
    pub requests: u64,
    /// Those that failed.
    pub errors: u64,
    /// Those slower than the latency objective.
    pub slow: u64,
}
