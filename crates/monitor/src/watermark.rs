//! The monitor's clock: an event time that one wrong clock among the clients cannot move.
//!
//! The capture reader in `engine` feeds it every row, and keeps it beside the windows.

use std::time::Duration;

use base::Timestamp;
use serde::{Deserialize, Serialize};

/// How far ahead of the wall clock an event may lie.
pub const FUTURE: Duration = Duration::from_secs(86_400);

/// How far event time has come: the n-th greatest event time seen.
///
/// Events later than the wall clock by more than [`FUTURE`] are not counted, so that fewer than n rows of a clock
/// that runs ahead, by however much, close no window. Before n rows were seen it is the least of those there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watermark {
    /// How many event times must have come as far.
    rows: usize,
    /// The greatest event times, ascending; at most `rows`.
    greatest: Vec<Timestamp>,
}

impl Default for Watermark {
    fn default() -> Self {
        Self::new(20)
    }
}

impl Watermark {
    /// A watermark at this many rows, at least 1.
    pub fn new(rows: usize) -> Self {
        Self { rows: rows.max(1), greatest: Vec::new() }
    }

    /// Counts an event; whether it was counted, or is one of the future.
    pub fn observe(&mut self, event: Timestamp, now: Timestamp) -> bool {
        let ahead = event.micros().saturating_sub(now.micros());
        if i128::from(ahead) > FUTURE.as_micros() as i128 {
            return false;
        }
        if self.greatest.len() == self.rows {
            if self.greatest.first().is_some_and(|least| *least >= event) {
                return true;
            }
            self.greatest.remove(0);
        }
        let place = self.greatest.partition_point(|other| *other <= event);
        self.greatest.insert(place, event);
        true
    }

    /// The event time reached; nothing before the first event.
    pub fn time(&self) -> Option<Timestamp> {
        self.greatest.first().copied()
    }
}

#[cfg(test)]
mod tests {
    use base::Timestamp;

    use super::Watermark;

    fn hour(hours: f64) -> Timestamp {
        Timestamp::from_micros((hours * 3_600e6) as i64)
    }

    /// A watermark that saw an event a minute for 100 minutes, at a wall clock of 1,000 hours.
    fn steady() -> Watermark {
        let mut watermark = Watermark::default();
        for minute in 0..100 {
            assert!(watermark.observe(hour(f64::from(minute) / 60.0), hour(1_000.0)));
        }
        watermark
    }

    #[test]
    fn nineteen_rows_of_a_clock_that_runs_ahead_do_not_move_it_past_the_others() {
        let mut watermark = steady();
        (0..19).for_each(|_| assert!(watermark.observe(hour(1_010.0), hour(1_000.0))));
        assert_eq!(watermark.time(), Some(hour(99.0 / 60.0)));
    }

    #[test]
    fn rows_of_the_future_never_move_it_however_many() {
        let (mut watermark, before) = (steady(), steady());
        (0..1_000).for_each(|_| assert!(!watermark.observe(hour(1_024.1), hour(1_000.0))));
        assert!(!watermark.observe(Timestamp::from_micros(i64::MAX), hour(1_000.0)));
        assert_eq!(watermark, before);
    }

    #[test]
    fn a_clock_that_jumps_back_does_not_take_it_back() {
        let mut watermark = steady();
        let before = watermark.time();
        (0..1_000).for_each(|row| assert!(watermark.observe(hour(f64::from(-row)), hour(1.0))));
        assert!(watermark.observe(Timestamp::from_micros(i64::MIN), hour(0.0)));
        assert_eq!(watermark.time(), before);
    }

    #[test]
    fn few_rows_have_the_least_of_their_times() {
        let mut watermark = Watermark::default();
        assert_eq!(watermark.time(), None);
        [3.0, 5.0, 4.0].iter().for_each(|hours| assert!(watermark.observe(hour(*hours), hour(9.0))));
        assert_eq!(watermark.time(), Some(hour(3.0)));
    }
}
