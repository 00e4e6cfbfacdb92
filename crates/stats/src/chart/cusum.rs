//! The two-sided tabular cumulative sum, for small shifts that last.

use serde::{Deserialize, Serialize};

use crate::chart::{Baseline, Departure, Rule, Side};

/// Sums of what exceeds the mean by more than an allowance, on either side (Page, "Continuous inspection schemes",
/// Biometrika 41, 1954; Montgomery, "Introduction to Statistical Quality Control", section 9.1).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Cusum {
    /// The allowance k in deviations: half the shift that is to be seen.
    pub allowance: f64,
    /// The decision interval h in deviations: above it the sum departs.
    pub decision: f64,
}

/// The sums after a point, and since how many points each is above 0: that many back lies the likely onset.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Sums {
    /// The sum of what is too high, in the series' unit.
    pub above: f64,
    /// The sum of what is too low, in the series' unit.
    pub below: f64,
    /// Points since the upper sum was 0.
    pub above_run: usize,
    /// Points since the lower sum was 0.
    pub below_run: usize,
}

impl Default for Cusum {
    /// k = 0.5 and h = 5: 465 points between false alarms, 10.4 until a shift of one deviation is seen.
    fn default() -> Self {
        Self { allowance: 0.5, decision: 5.0 }
    }
}

impl Cusum {
    /// The sums of a series without NaN. They are not reset when they depart.
    pub fn chart(&self, series: &[f64], baseline: Baseline) -> Vec<Sums> {
        let allowance = self.allowance * baseline.deviation;
        let mut sums = Sums::default();
        let mut chart = Vec::with_capacity(series.len());
        for value in series {
            let distance = value - baseline.mean;
            sums.above = (sums.above + distance - allowance).max(0.0);
            sums.below = (sums.below - distance - allowance).max(0.0);
            sums.above_run = if sums.above > 0.0 { sums.above_run + 1 } else { 0 };
            sums.below_run = if sums.below > 0.0 { sums.below_run + 1 } else { 0 };
            chart.push(sums);
        }
        chart
    }

    /// Of standardised points, whether a sum is above the decision interval.
    pub(super) fn fired(&self, index: usize, sums: &Sums) -> Option<Departure> {
        let side = match sums {
            Sums { above, .. } if *above > self.decision => Side::Above,
            Sums { below, .. } if *below > self.decision => Side::Below,
            _ => return None,
        };
        Some(Departure { index, rule: Rule::Cusum, side })
    }
}
