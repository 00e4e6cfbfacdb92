use serde::{Deserialize, Serialize};

/// What counts as drift.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// The expected share of false ones among the drifts found, over all tests of one call.
    pub false_discovery_rate: f64,
    /// From which Wasserstein-1 distance, in standard deviations of the reference, numbers drift.
    pub wasserstein: f64,
    /// From which Jensen–Shannon distance (base 2) categories and numbers of few values drift.
    pub jensen_shannon: f64,
    /// By how much the share of missing rows must change to matter, in either direction.
    pub missing: f64,
    /// By how much the share of rows of unseen categories must exceed what is expected.
    pub unseen: f64,
    /// By how much the share of rows outside the reference's range must exceed what is expected.
    pub out_of_range: f64,
    /// From which change of the reconstruction error, in standard deviations of the reference's
    /// rows, all columns together drift.
    pub reconstruction: f64,
    /// Fewer rows than this in either sample are not tested: a single odd row is no drift.
    pub least_rows: u64,
    /// Up to how many distinct numbers, each coming five times on average, are compared as
    /// categories are.
    pub few_values: usize,
    /// How many bins a histogram has at most.
    pub bins: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            false_discovery_rate: 0.01,
            wasserstein: 0.1,
            jensen_shannon: 0.1,
            missing: 0.02,
            unseen: 0.01,
            out_of_range: 0.01,
            reconstruction: 0.1,
            least_rows: 10,
            few_values: 10,
            bins: 20,
        }
    }
}
