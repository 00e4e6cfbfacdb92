//! The exponentially weighted moving average, for slow movements.

use serde::{Deserialize, Serialize};

use crate::chart::{Baseline, Departure, Rule, Side};

/// A chart of `z = weight·x + (1 − weight)·z` from the baseline's mean on (Roberts, "Control chart tests based on
/// geometric moving averages", Technometrics 1, 1959; Montgomery, "Introduction to Statistical Quality Control",
/// section 9.2).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Ewma {
    /// The share of the newest point, λ in (0, 1]: the smaller, the slower the movement that is seen.
    pub weight: f64,
    /// Half the width of the limits in deviations of `z`, L.
    pub width: f64,
}

/// The average after a point, and its limits there.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// The average.
    pub value: f64,
    /// Below this it departs.
    pub lower: f64,
    /// Above this it departs.
    pub upper: f64,
}

impl Default for Ewma {
    /// λ = 0.2 and L = 2.962: 500 points between false alarms (Lucas and Saccucci, Technometrics 32, 1990).
    fn default() -> Self {
        Self { weight: 0.2, width: 2.962 }
    }
}

impl Ewma {
    /// The chart of a series without NaN. The limits are exact for each point: narrow at first, since an average
    /// of few points moves little, and steady later.
    pub fn chart(&self, series: &[f64], baseline: Baseline) -> Vec<Point> {
        let kept = 1.0 - self.weight;
        let mut average = baseline.mean;
        let mut forgotten = 1.0;
        let mut points = Vec::with_capacity(series.len());
        for value in series {
            average = self.weight * value + kept * average;
            forgotten *= kept * kept;
            let variance = self.weight / (2.0 - self.weight) * (1.0 - forgotten);
            let reach = self.width * baseline.deviation * variance.sqrt();
            points.push(Point { value: average, lower: baseline.mean - reach, upper: baseline.mean + reach });
        }
        points
    }
}

pub(super) fn fired((index, point): (usize, &Point)) -> Option<Departure> {
    let side = match point.value {
        value if value > point.upper => Side::Above,
        value if value < point.lower => Side::Below,
        _ => return None,
    };
    Some(Departure { index, rule: Rule::Ewma, side })
}
