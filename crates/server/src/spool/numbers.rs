//! The numbers of a spool's writes.

use std::{
    collections::VecDeque,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// For how long a server may still meet a write that was given up: it may have lain on a connection all the time.
const LATE: Duration = Duration::from_secs(10 * 60);
/// How often it is noted which writes are settled.
const OFTEN: Duration = Duration::from_secs(60);

pub(super) struct Numbers {
    spool: String,
    next: AtomicU64,
    under_way: AtomicU64,
    /// When all writes below a number had been dealt with, oldest first.
    settled: Mutex<VecDeque<(Instant, u64)>>,
}

/// A number, until its write is answered.
pub(super) struct Numbered<'a> {
    numbers: &'a Numbers,
    pub(super) sequence: u64,
}

impl Numbers {
    /// Those of a spool of this name, which no other has.
    pub(super) fn of(spool: String) -> Self {
        let (next, under_way) = (AtomicU64::new(1), AtomicU64::new(0));
        Self { spool, next, under_way, settled: Mutex::default() }
    }

    pub(super) fn spool(&self) -> &str {
        &self.spool
    }

    pub(super) fn take(&self) -> Numbered<'_> {
        self.under_way.fetch_add(1, Ordering::SeqCst);
        Numbered { numbers: self, sequence: self.next.fetch_add(1, Ordering::SeqCst) }
    }

    /// Below which number no write is sent any more, nor can be on its way.
    pub(super) fn settled(&self, nothing_waits: bool, now: Instant) -> u64 {
        let mut settled = self.settled.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = settled.back().is_none_or(|(last, _)| now.saturating_duration_since(*last) >= OFTEN);
        // The one that asks is under way itself.
        if nothing_waits && is_due && self.under_way.load(Ordering::SeqCst) <= 1 {
            let next = self.next.load(Ordering::SeqCst);
            settled.push_back((now, next.saturating_sub(1)));
        }
        let is_late = |entry: Option<&(Instant, u64)>| {
            entry.is_some_and(|(at, _)| now.saturating_duration_since(*at) >= LATE)
        };
        while is_late(settled.get(1)) {
            settled.pop_front();
        }
        if is_late(settled.front()) { settled.front().map_or(0, |(_, number)| *number) } else { 0 }
    }
}

impl Drop for Numbered<'_> {
    fn drop(&mut self) {
        self.numbers.under_way.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::Numbers;

    #[test]
    fn a_write_is_settled_ten_minutes_after_it_was_dealt_with_and_not_while_anything_waits() {
        let numbers = Numbers::of("a".to_owned());
        let start = Instant::now();
        let at = |minutes: u64| start + Duration::from_secs(minutes * 60);
        for _ in 0..5 {
            drop(numbers.take());
        }
        let sixth = numbers.take();
        assert_eq!(sixth.sequence, 6);
        assert_eq!(numbers.settled(false, at(0)), 0);
        assert_eq!(numbers.settled(true, at(1)), 0);
        drop(sixth);
        let under_way = (numbers.take(), numbers.take());
        // Two are under way: nothing is noted now, and what was noted is old enough only later.
        assert_eq!(numbers.settled(true, at(5)), 0);
        assert_eq!(numbers.settled(true, at(11)), 6);
        drop(under_way);
        assert_eq!(numbers.settled(true, at(12)), 6);
        assert_eq!(numbers.settled(false, at(21)), 6);
        assert_eq!(numbers.settled(false, at(22)), 8);
    }
}
