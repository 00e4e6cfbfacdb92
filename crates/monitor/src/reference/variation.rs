//! How much the reference's own windows differ among themselves. Weather, weekdays and storms come in stretches, so that
//! windows of real traffic differ by more than random samples of as many rows would.

use serde::{Deserialize, Serialize};

use crate::{Point, SignalName};

/// Fewer windows say nothing of how windows vary.
const LEAST: usize = 4;
/// The chance that a window like those of the reference lies beyond their limits, on one side.
const TAIL: f64 = 0.005;
/// However much quality varies, a loss of so many margins stands.
const MARGINS: f64 = 3.0;

/// How a signal varied over the windows of the reference.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Variation {
    mean: f64,
    deviation: f64,
    windows: usize,
}

impl Variation {
    /// The variation of these values; nothing of too few, and nothing of shares that are 0 in the reference's own windows
    /// by their definition.
    pub(super) fn of(name: &SignalName, values: &[f64]) -> Option<Self> {
        let windows = values.len();
        if windows < LEAST || matches!(name, SignalName::Unseen(_) | SignalName::OutOfRange(_)) {
            return None;
        }
        // Each window is a part of what it was compared with, which makes its drift smaller by just this share: exactly so
        // for the Wasserstein distance and windows of one size.
        let share = if is_size(name) { windows as f64 / (windows - 1) as f64 } else { 1.0 };
        let values: Vec<f64> = values.iter().map(|value| value * share).collect();
        let mean = stats::mean(&values)?;
        let deviation = stats::standard_error(&values)?;
        Some(Self { mean, deviation, windows })
    }

    /// Takes a point's verdict back when the reference's own windows are like it, and lets its chart expect what they show.
    pub(super) fn temper(self, name: &SignalName, point: &mut Point) {
        // Without a test, as of a column that is of another type now, there is nothing to temper.
        if point.p_value.is_none() {
            return;
        }
        let count = self.windows as f64;
        let reach = self.reach();
        self.widen(name, point);
        if !point.departs || (point.value - self.mean).abs() > reach || is_far(name, point) {
            return;
        }
        point.departs = false;
        point.overwhelming = false;
        let said = format!("as large as among the {count:.0} windows of the reference");
        point.detail = Some(point.detail.take().map_or(said.clone(), |detail| format!("{detail}; {said}")));
    }

    /// How far from their mean a window like those of the reference lies: a prediction interval by Student's t.
    fn reach(self) -> f64 {
        let count = self.windows as f64;
        stats::student_quantile(1.0 - TAIL, count - 1.0) * self.deviation * (1.0 + 1.0 / count).sqrt()
    }

    fn widen(self, name: &SignalName, point: &mut Point) {
        let Some(expected) = &mut point.expected else { return };
        expected.deviation = expected.deviation.max(self.deviation);
        expected.error = expected.error.max(self.deviation / (self.windows as f64).sqrt());
        if is_size(name) {
            expected.value = expected.value.max(self.mean);
            point.limit = point.limit.map(|limit| limit.max(self.mean + self.reach()));
        }
    }
}

fn is_size(name: &SignalName) -> bool {
    matches!(name, SignalName::Drift(_) | SignalName::DriftPrediction)
}

/// Whether a figure of quality is beyond so many margins that no variation excuses it.
fn is_far(name: &SignalName, point: &Point) -> bool {
    name.measure().is_some() && crate::departure::progress(point).is_some_and(|progress| progress >= MARGINS)
}

#[cfg(test)]
mod tests {
    use base::Timestamp;

    use super::Variation;
    use crate::{Expected, Measure, Point, SignalName, Window};

    fn departing(value: f64) -> Point {
        let window = Window { start: Timestamp::from_micros(0), end: Timestamp::from_micros(1) };
        let expected = Some(Expected { value: 0.1, deviation: 0.01, error: 0.01 });
        let (p_value, limit) = (Some(1e-9), Some(0.2));
        Point {
            departs: true,
            overwhelming: true,
            p_value,
            expected,
            limit,
            ..Point::new(window, 1, value, 100)
        }
    }

    fn departs(variation: Variation, name: &SignalName, mut point: Point) -> bool {
        variation.temper(name, &mut point);
        point.departs
    }

    #[test]
    fn a_point_like_the_reference_s_own_windows_does_not_depart_and_one_beyond_them_does() {
        let missing = SignalName::Missing("pressure".to_owned());
        let variation = Variation::of(&missing, &[0.02, 0.22, 0.10, 0.15, 0.12]).unwrap();
        assert!(!departs(variation, &missing, departing(0.30)));
        assert!(departs(variation, &missing, departing(0.60)));
    }

    #[test]
    fn a_column_of_another_type_departs_however_much_its_drift_varied() {
        let drift = SignalName::Drift("temp".to_owned());
        let variation = Variation::of(&drift, &[0.1, 0.5, 0.3, 0.2]).unwrap();
        let point = Point { p_value: None, ..departing(0.3) };
        assert!(departs(variation, &drift, point));
        assert!(!departs(variation, &drift, departing(0.3)));
    }

    #[test]
    fn a_loss_of_many_margins_departs_however_much_quality_varied() {
        let loss = SignalName::Measured(Measure::Metric(stats::Metric::LogLoss));
        let variation = Variation::of(&loss, &[0.1, 0.9, 0.2, 0.8]).unwrap();
        assert!(!departs(variation, &loss, departing(0.35)));
        assert!(departs(variation, &loss, departing(0.45)), "3.5 margins");
    }

    #[test]
    fn the_detail_that_was_there_stays() {
        let missing = SignalName::Missing("pressure".to_owned());
        let variation = Variation::of(&missing, &[0.02, 0.22, 0.10, 0.15]).unwrap();
        let mut point = Point { detail: Some("labels of 62 %".to_owned()), ..departing(0.2) };
        variation.temper(&missing, &mut point);
        assert!(point.detail.unwrap().starts_with("labels of 62 %; as large as"));
    }

    #[test]
    fn few_windows_and_shares_that_are_nothing_by_definition_say_nothing() {
        assert_eq!(Variation::of(&SignalName::Traffic, &[1.0, 2.0, 3.0]), None);
        let unseen = SignalName::Unseen("carrier".to_owned());
        assert_eq!(Variation::of(&unseen, &[0.0; 8]), None);
    }
}
