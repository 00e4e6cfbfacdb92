//! How much the reference's own windows differ among themselves. Weather, weekdays and storms come in stretches, so that
//! windows of real traffic differ by more than random samples of as many rows would.

use serde::{Deserialize, Serialize};

use crate::{Expected, Point, SignalName};

/// Fewer windows say nothing of how windows vary.
const LEAST: usize = 3;
/// A point within so many deviations of the reference's own windows is one of them. NannyML draws its thresholds there too.
const WIDTH: f64 = 3.0;

/// How a signal varied over the windows of the reference.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Variation {
    mean: f64,
    deviation: f64,
    windows: usize,
}

impl Variation {
    /// The variation of these values; nothing of too few.
    pub(super) fn of(name: &SignalName, values: &[f64]) -> Option<Self> {
        let windows = values.len();
        if windows < LEAST {
            return None;
        }
        // Each window is a part of what it was compared with, which makes its drift smaller by just this share.
        let share = match name {
            SignalName::Drift(_) | SignalName::DriftPrediction => windows as f64 / (windows - 1) as f64,
            _ => 1.0,
        };
        let values: Vec<f64> = values.iter().map(|value| value * share).collect();
        let mean = stats::mean(&values)?;
        let deviation = stats::standard_error(&values)?;
        Some(Self { mean, deviation, windows })
    }

    /// Takes a point's verdict back when the reference's own windows are like it, and widens what its chart expects.
    pub(super) fn temper(self, point: &mut Point) {
        let spread = self.deviation * (1.0 + 1.0 / self.windows as f64).sqrt();
        if let Some(expected) = &mut point.expected {
            let deviation = expected.deviation.max(spread);
            *expected = Expected { deviation, ..*expected };
        }
        if point.departs && (point.value - self.mean).abs() <= WIDTH * spread {
            point.departs = false;
            point.overwhelming = false;
            point.detail = Some("as large as among the windows of the reference".to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use base::Timestamp;

    use super::Variation;
    use crate::{Point, SignalName, Window};

    fn departing(value: f64) -> Point {
        let window = Window { start: Timestamp::from_micros(0), end: Timestamp::from_micros(1) };
        Point { departs: true, ..Point::new(window, 1, value, 100) }
    }

    #[test]
    fn a_point_like_the_reference_s_own_windows_does_not_depart() {
        let missing = SignalName::Missing("pressure".to_owned());
        let variation = Variation::of(&missing, &[0.02, 0.22, 0.10, 0.15]).unwrap();
        for (value, departs) in [(0.20, false), (0.30, false), (0.60, true)] {
            let mut point = departing(value);
            variation.temper(&mut point);
            assert_eq!(point.departs, departs, "{value}");
        }
    }

    #[test]
    fn two_windows_say_nothing_of_how_windows_vary() {
        assert_eq!(Variation::of(&SignalName::Traffic, &[1.0, 2.0]), None);
    }
}
