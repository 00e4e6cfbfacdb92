//! The two-sample Kolmogorov–Smirnov test, two-sided.

use super::{Gaps, NumberCounts};

mod exact;
mod kolmogorov;

/// Rows of the larger sample up to which the p-value is exact.
pub const EXACT_ROWS: u64 = 10_000;

/// The outcome of the test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ks {
    /// The largest distance between the two cumulative distributions, in [0, 1].
    pub statistic: f64,
    /// The chance of one at least so large without drift.
    pub p_value: f64,
}

/// The two-sided test (Smirnov, 1939); nothing when either sample has no finite number.
///
/// The p-value is exact while neither sample has more than [`EXACT_ROWS`] rows, and else that
/// of Kolmogorov's distribution at the effective sample size m·n / (m + n), rounded. Ties are
/// taken as if they were broken at random, which makes the p-value cautious.
pub fn ks(reference: &NumberCounts, current: &NumberCounts) -> Option<Ks> {
    Gaps::between(reference, current).map(|gaps| Ks::of(&gaps, reference.total(), current.total()))
}

impl Ks {
    /// From gaps that are known already, and the finite rows of the two samples.
    pub fn of(gaps: &Gaps, reference: u64, current: u64) -> Self {
        let statistic = gaps.largest;
        let p_value = if reference.max(current) <= EXACT_ROWS {
            exact::p_value(reference, current, statistic)
        } else {
            let (one, other) = (reference as f64, current as f64);
            kolmogorov::p_value((one * other / (one + other)).round_ties_even(), statistic)
        };
        Self { statistic, p_value: p_value.clamp(0.0, 1.0) }
    }
}

#[cfg(test)]
mod tests;
