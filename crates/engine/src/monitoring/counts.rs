use std::collections::BTreeMap;

use base::Timestamp;
use monitor::{Stretch, Window};
use serving::capture::Totals;

use super::frames::HELD;

/// How many stretches are kept for burn rates: three days at a minute each.
const STRETCHES: usize = 4_320;
/// Shorter intervals are joined to stretches of about this length.
const STRETCH: i64 = 60_000_000;

/// What a service did, window by window, whether its requests were captured or not.
#[derive(Debug, Default)]
pub(super) struct Counts {
    windows: BTreeMap<Window, Totals>,
    stretches: Vec<Stretch>,
}

impl Counts {
    /// Adds an interval to a window. `slow` is the latency objective in microseconds.
    pub(super) fn add(&mut self, window: Window, totals: &Totals, slow: Option<u64>) {
        self.windows.entry(window).or_default().add(totals);
        let oldest = window.shifted(-HELD);
        self.windows.retain(|window, _| *window >= oldest);
        self.stretch(totals, slow);
    }

    pub(super) fn of(&self, window: Window) -> Totals {
        self.windows.get(&window).cloned().unwrap_or_default()
    }

    /// The stretches up to the end of a window, oldest first.
    pub(super) fn stretches(&self, until: Timestamp) -> Vec<Stretch> {
        self.stretches.iter().copied().filter(|stretch| stretch.start < until).collect()
    }

    fn stretch(&mut self, totals: &Totals, slow: Option<u64>) {
        let slow = slow.map_or(0, |slow| totals.latencies.above(slow));
        let (requests, errors) = (totals.requests(), totals.server_errors);
        match self.stretches.last_mut() {
            Some(last) if totals.until - last.start.micros() <= STRETCH => {
                last.requests += requests;
                last.errors += errors;
                last.slow += slow;
            }
            _ => self.stretches.push(Stretch {
                start: Timestamp::from_micros(totals.from),
                requests,
                errors,
                slow,
            }),
        }
        if self.stretches.len() > STRETCHES {
            self.stretches.remove(0);
        }
    }
}
