//! Signals: the series that a monitor watches, their points, and the history of them.
//!
//! [`crate::assess()`] makes the points of one window, the engine stores them, [`crate::advance`] reads their history.

mod name;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use self::name::{Measure, NameError, SignalName};
use crate::Window;

/// What a signal is in the reference, to which its points are held.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Expected {
    /// The reference's own figure, in the signal's unit.
    pub value: f64,
    /// The standard deviation of the signal over reference windows of as many rows.
    pub deviation: f64,
    /// The standard error of `value`: the reference is a sample as well.
    pub error: f64,
}

impl Expected {
    /// The standard deviation of a point about the reference's figure.
    pub fn spread(self) -> f64 {
        self.deviation.hypot(self.error)
    }
}

/// One signal in one window. All figures are finite.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// The window.
    pub window: Window,
    /// The model version whose reference it was held to.
    pub version: u64,
    /// How often that reference had moved to newer rows; see [`crate::Basis::epoch`].
    #[serde(default)]
    pub epoch: u64,
    /// The figure, in the signal's unit.
    pub value: f64,
    /// The lower end of its interval, where it has one.
    pub lower: Option<f64>,
    /// The upper end of its interval, where it has one.
    pub upper: Option<f64>,
    /// The rows, or requests, it rests on.
    pub rows: u64,
    /// The p-value of the test behind `departs`, adjusted for the number of columns where several were tested.
    pub p_value: Option<f64>,
    /// What the reference has.
    pub expected: Option<Expected>,
    /// From where on it matters: the drift threshold, or the reference's figure moved by the margin.
    pub limit: Option<f64>,
    /// Whether it departs by its own verdict: large enough to matter and not by chance.
    pub departs: bool,
    /// Whether it departs so clearly that a second window need not be waited for.
    pub overwhelming: bool,
    /// Whether it can be part of an incident: what a column that the model does not rely on does is recorded, no more.
    #[serde(default = "matters")]
    pub matters: bool,
    /// What a person should know about it, such as `coverage 62 %, median delay 3h`.
    pub detail: Option<String>,
}

/// Points of earlier releases all did.
fn matters() -> bool {
    true
}

impl Point {
    /// The reference it was held to: points of another say nothing about this one's.
    pub(crate) fn standard(&self) -> (u64, u64) {
        (self.version, self.epoch)
    }

    /// A point without verdict, of the version's reference.
    pub fn new(window: Window, version: u64, value: f64, rows: u64) -> Self {
        Self {
            window,
            version,
            epoch: 0,
            value,
            lower: None,
            upper: None,
            rows,
            p_value: None,
            expected: None,
            limit: None,
            departs: false,
            overwhelming: false,
            matters: true,
            detail: None,
        }
    }
}

/// The points of one signal, at most one a window, oldest first.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Series(Vec<Point>);

impl Series {
    /// Adds the point of a window, in the place of an earlier one of the same window.
    pub fn put(&mut self, point: Point) {
        let place = self.0.partition_point(|other| other.window < point.window);
        match self.0.get_mut(place) {
            Some(other) if other.window == point.window => *other = point,
            _ => self.0.insert(place, point),
        }
    }

    /// The points, oldest first.
    pub fn points(&self) -> &[Point] {
        &self.0
    }

    /// The point of a window.
    pub fn at(&self, window: Window) -> Option<&Point> {
        let place = self.0.binary_search_by(|point| point.window.cmp(&window)).ok()?;
        self.0.get(place)
    }

    /// The points up to and including a window.
    pub fn until(&self, window: Window) -> &[Point] {
        &self.0[..self.0.partition_point(|point| point.window <= window)]
    }
}

impl FromIterator<Point> for Series {
    fn from_iter<I: IntoIterator<Item = Point>>(points: I) -> Self {
        let mut series = Self::default();
        points.into_iter().for_each(|point| series.put(point));
        series
    }
}

/// Every signal's series.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct History {
    /// The series, by signal.
    pub series: BTreeMap<SignalName, Series>,
}

impl History {
    /// Adds points, each in the place of an earlier one of the same signal and window.
    pub fn put(&mut self, points: impl IntoIterator<Item = (SignalName, Point)>) {
        for (name, point) in points {
            self.series.entry(name).or_default().put(point);
        }
    }

    /// Forgets the points of windows before this one.
    pub fn forget_before(&mut self, window: Window) {
        for series in self.series.values_mut() {
            series.0.retain(|point| point.window >= window);
        }
    }

    /// The point of a signal in a window.
    pub fn at(&self, name: &SignalName, window: Window) -> Option<&Point> {
        self.series.get(name)?.at(window)
    }

    /// The signals and points of a window.
    pub fn window(&self, window: Window) -> impl Iterator<Item = (&SignalName, &Point)> {
        self.series.iter().filter_map(move |(name, series)| Some((name, series.at(window)?)))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use base::Timestamp;

    use super::{Expected, History, Point, SignalName};
    use crate::{Window, Windows};

    fn window(number: i64) -> Window {
        Windows::new(Duration::from_secs(60), Duration::ZERO).of(Timestamp::from_micros(number * 60_000_000))
    }

    #[test]
    fn a_revised_point_takes_the_place_of_the_first() {
        let mut history = History::default();
        for (number, value) in [(2, 1.0), (1, 2.0), (2, 3.0)] {
            history.put([(SignalName::Traffic, Point::new(window(number), 1, value, 10))]);
        }
        let values: Vec<f64> =
            history.series[&SignalName::Traffic].points().iter().map(|point| point.value).collect();
        assert_eq!(values, [2.0, 3.0]);
        assert_eq!(history.window(window(2)).count(), 1);
    }

    #[test]
    fn a_history_reads_back_as_it_was_written() {
        let mut history = History::default();
        let expected = Some(Expected { value: 0.1, deviation: 0.02, error: 0.003 });
        let point = Point { expected, departs: true, ..Point::new(window(4), 3, 0.5, 200) };
        history.put([(SignalName::Drift("dew point".to_owned()), point)]);
        let text = serde_json::to_string(&history).unwrap();
        assert_eq!(serde_json::from_str::<History>(&text).unwrap(), history);
    }
}
