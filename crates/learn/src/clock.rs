//! The time budget of training.

use std::time::Duration;

use base::Clock;

/// A moment after which work should end.
#[derive(Clone, Copy)]
pub(crate) struct Deadline<'a> {
    clock: &'a dyn Clock,
    end: Duration,
}

/// A budget that began to run when training did.
#[derive(Clone, Copy)]
pub(crate) struct Budget<'a> {
    clock: &'a dyn Clock,
    start: Duration,
    length: Duration,
}

impl<'a> Budget<'a> {
    pub(crate) fn start(clock: &'a dyn Clock, length: Duration) -> Self {
        Self { clock, start: clock.elapsed(), length }
    }

    /// The moment at which this share of the budget is spent.
    pub(crate) fn until(&self, share: f64) -> Deadline<'a> {
        let end = self.start.saturating_add(self.length.mul_f64(share));
        Deadline { clock: self.clock, end }
    }
}

impl Deadline<'_> {
    pub(crate) fn passed(&self) -> bool {
        self.clock.elapsed() >= self.end
    }
}
