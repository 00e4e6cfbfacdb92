use base::Timestamp;
use monitor::{Stretch, Window};
use serde::{Deserialize, Serialize};
use serving::capture::Totals;

use super::frames::HELD;

/// How many stretches are kept for burn rates: three days of them.
const STRETCHES: usize = 864;
/// Shorter intervals are joined to stretches of about this length, the shortest window of a burn rate: five minutes.
const STRETCH: i64 = 300_000_000;

/// What a service did, window by window, whether its requests were captured or not.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    windows: Vec<(Window, Count)>,
    stretches: Vec<Stretch>,
}

/// The requests of one window.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    pub(super) requests: u64,
    pub(super) errors: u64,
}

impl Counts {
    /// Adds an interval to a window, at a time of the monitor's clock. `slow` is the latency objective in microseconds.
    pub(super) fn add(&mut self, (window, at): (Window, Timestamp), totals: &Totals, slow: Option<u64>) {
        let oldest = window.shifted(-HELD);
        self.windows.retain(|(window, _)| *window >= oldest);
        match self.windows.iter_mut().find(|(other, _)| *other == window) {
            Some((_, count)) => count.add(totals),
            None => {
                let mut count = Count::default();
                count.add(totals);
                self.windows.push((window, count));
            }
        }
        self.stretch(at, totals, slow);
    }

    pub(super) fn of(&self, window: Window) -> Count {
        let found = self.windows.iter().find(|(other, _)| *other == window);
        found.map(|(_, count)| *count).unwrap_or_default()
    }

    /// The stretches up to the end of a window, oldest first.
    pub(super) fn stretches(&self, until: Timestamp) -> Vec<Stretch> {
        self.stretches.iter().copied().filter(|stretch| stretch.start < until).collect()
    }

    fn stretch(&mut self, at: Timestamp, totals: &Totals, slow: Option<u64>) {
        let slow = slow.map_or(0, |slow| totals.latencies.above(slow));
        let (requests, errors) = (totals.requests(), totals.server_errors);
        match self.stretches.last_mut() {
            Some(last) if at.micros() - last.start.micros() <= STRETCH => {
                last.requests += requests;
                last.errors += errors;
                last.slow += slow;
            }
            _ => self.stretches.push(Stretch { start: at, requests, errors, slow }),
        }
        if self.stretches.len() > STRETCHES {
            self.stretches.remove(0);
        }
    }
}

impl Count {
    fn add(&mut self, totals: &Totals) {
        self.requests += totals.requests();
        self.errors += totals.server_errors;
    }
}
