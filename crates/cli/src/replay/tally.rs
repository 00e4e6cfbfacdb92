use serde::Serialize;

use super::latency::Latencies;

/// What has happened so far.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) sent: u64,
    pub(crate) failed: u64,
    pub(crate) labels: u64,
    pub(crate) labels_failed: u64,
    pub(crate) latencies: Latencies,
    /// What the first refused request was told.
    pub(crate) refusal: Option<String>,
}

/// How far a replay is, once a second.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Snapshot {
    /// The event time that is reached.
    pub(crate) at: base::Timestamp,
    /// Rows sent and answered.
    pub(crate) sent: u64,
    /// Rows a second, over the last second.
    pub(crate) rate: f64,
    /// Rows that were refused.
    pub(crate) failed: u64,
    /// Labels acknowledged.
    pub(crate) labels: u64,
    /// How far behind its schedule it is, in seconds.
    pub(crate) behind: f64,
}

/// What a replay came to.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Summary {
    /// Rows sent and answered.
    pub(crate) sent: u64,
    /// Rows that were refused.
    pub(crate) failed: u64,
    /// Labels acknowledged.
    pub(crate) labels: u64,
    /// Labels that were refused.
    pub(crate) labels_failed: u64,
    /// How long it took, in seconds.
    pub(crate) seconds: f64,
    /// The median latency of a request, in milliseconds.
    pub(crate) p50_ms: Option<f64>,
    /// The latency that one request in a hundred exceeds.
    pub(crate) p99_ms: Option<f64>,
    /// What the first refused request was told.
    pub(crate) refusal: Option<String>,
    /// The event time to go on from, when it did not come to its end: of the first row that was not sent with its label.
    pub(crate) resume: Option<base::Timestamp>,
    /// Why it did not.
    pub(crate) ended: Option<String>,
}

impl Tally {
    pub(crate) fn refused(&mut self, rows: u64, message: String) {
        self.failed += rows;
        self.refusal.get_or_insert(message);
    }
}
