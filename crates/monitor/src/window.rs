//! Windows of event time: how the stream is cut, and which windows are closed.
//!
//! The engine asks [`Windows::closed`] which windows to assess next, with the [`crate::Watermark`] as the clock.

use std::time::Duration;

use base::Timestamp;
use serde::{Deserialize, Serialize};

/// A stretch of event time: from `start` up to, but not including, `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Window {
    /// The first instant within.
    pub start: Timestamp,
    /// The first instant after.
    pub end: Timestamp,
}

impl Window {
    /// The length, in microseconds; at least 1.
    pub fn micros(self) -> i64 {
        self.end.micros().saturating_sub(self.start.micros()).max(1)
    }

    /// Whether an event of this time belongs to it.
    pub fn contains(self, time: Timestamp) -> bool {
        self.start <= time && time < self.end
    }

    /// The window of the same length that ends where this one starts.
    #[must_use]
    pub fn previous(self) -> Self {
        self.shifted(-1)
    }

    /// The window of the same length that starts where this one ends.
    #[must_use]
    pub fn next(self) -> Self {
        self.shifted(1)
    }

    /// The window of the same length so many windows later; earlier when negative.
    #[must_use]
    pub fn shifted(self, windows: i64) -> Self {
        let by = self.micros().saturating_mul(windows);
        let moved = |time: Timestamp| Timestamp::from_micros(time.micros().saturating_add(by));
        Self { start: moved(self.start), end: moved(self.end) }
    }

    /// How many windows of its length lie between its start and that of an earlier window; negative for a later.
    pub fn since(self, earlier: Self) -> i64 {
        self.start.micros().saturating_sub(earlier.start.micros()).div_euclid(self.micros())
    }
}

/// How event time is cut: windows of one width, aligned to the epoch, closed when the watermark has passed them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Windows {
    /// The width, in microseconds; at least 1.
    width: i64,
    /// How long after its end a window still takes events, in microseconds.
    lateness: i64,
}

impl Windows {
    /// Windows of this width (a microsecond at the least), which close so long after their end.
    pub fn new(width: Duration, lateness: Duration) -> Self {
        let micros = |duration: Duration| i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Self { width: micros(width).max(1), lateness: micros(lateness) }
    }

    /// The window of an event.
    pub fn of(self, time: Timestamp) -> Window {
        let start = time.micros().div_euclid(self.width).saturating_mul(self.width);
        let end = start.saturating_add(self.width);
        Window { start: Timestamp::from_micros(start), end: Timestamp::from_micros(end) }
    }

    /// Whether the watermark has passed the window's end by the allowed lateness.
    pub fn is_closed(self, window: Window, watermark: Timestamp) -> bool {
        window.end.micros().saturating_add(self.lateness) <= watermark.micros()
    }

    /// The closed windows from the one that holds `first` on, oldest first, empty ones included.
    ///
    /// `after` is the last window that was assessed, if any: what is returned comes after it. The iterator is lazy,
    /// so that a caller that finds the clock years ahead takes as many as it wants.
    pub fn closed(
        self,
        first: Timestamp,
        after: Option<Window>,
        watermark: Timestamp,
    ) -> impl Iterator<Item = Window> {
        let start = after.map_or(self.of(first), |window| self.of(window.end));
        let closed = move |window: &Window| self.is_closed(*window, watermark);
        std::iter::successors(Some(start), |window| Some(window.next())).take_while(closed)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use base::Timestamp;

    use super::Windows;

    const DAY: Duration = Duration::from_secs(86_400);

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn windows_are_aligned_to_the_epoch_on_both_sides_of_it() {
        let windows = Windows::new(DAY, Duration::ZERO);
        assert_eq!(windows.of(time("2013-04-08T13:00:00Z")).start, time("2013-04-08"));
        let before = windows.of(time("1969-12-31T23:00:00Z"));
        assert_eq!((before.start, before.end), (time("1969-12-31"), time("1970-01-01")));
        assert!(before.contains(before.start) && !before.contains(before.end));
    }

    #[test]
    fn a_window_closes_when_the_watermark_passes_its_end_and_the_lateness() {
        let windows = Windows::new(DAY, Duration::from_secs(3_600));
        let first = time("2013-04-08T05:00:00Z");
        let count = |watermark: &str| windows.closed(first, None, time(watermark)).count();
        assert_eq!(count("2013-04-09T00:59:59Z"), 0);
        assert_eq!(count("2013-04-09T01:00:00Z"), 1);
        assert_eq!(count("2013-04-12T01:00:00Z"), 4);
    }

    #[test]
    fn windows_without_traffic_are_closed_too_and_none_comes_twice() {
        let windows = Windows::new(DAY, Duration::ZERO);
        let done = windows.of(time("2013-04-08"));
        let next: Vec<_> = windows.closed(time("2013-04-01"), Some(done), time("2013-04-11")).collect();
        assert_eq!(next.first().map(|window| window.start), Some(time("2013-04-09")));
        assert_eq!(next.len(), 2);
        assert_eq!(next[1].since(done), 2);
    }

    #[test]
    fn the_ends_of_time_are_windows_like_any_other() {
        let windows = Windows::new(DAY, DAY);
        for micros in [i64::MIN, i64::MAX] {
            let window = windows.of(Timestamp::from_micros(micros));
            let _ = (window.next().next(), window.previous().previous(), window.micros());
            assert_eq!(
                windows.closed(window.start, None, time("1970-01-01")).take(3).count() > 0,
                micros < 0
            );
        }
    }
}
