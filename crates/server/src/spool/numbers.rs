//! The numbers of a spool's writes.

use std::{
    collections::VecDeque,
    sync::{
        Mutex, MutexGuard, PoisonError,
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

    /// A write of this number goes through while nothing waits. When no other is under way, all before it are dealt with.
    pub(super) fn goes_through(&self, sequence: u64, now: Instant) {
        let mut settled = self.lock();
        let is_due = settled.back().is_none_or(|(last, _)| now.saturating_duration_since(*last) >= OFTEN);
        if is_due && self.under_way.load(Ordering::SeqCst) <= 1 {
            settled.push_back((now, sequence));
        }
    }

    /// Below which number no write is sent any more, nor can be on its way.
    pub(super) fn settled(&self, now: Instant) -> u64 {
        let mut settled = self.lock();
        let is_late = |entry: Option<&(Instant, u64)>| {
            entry.is_some_and(|(at, _)| now.saturating_duration_since(*at) >= LATE)
        };
        while is_late(settled.get(1)) {
            settled.pop_front();
        }
        if is_late(settled.front()) { settled.front().map_or(0, |(_, number)| *number) } else { 0 }
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<(Instant, u64)>> {
        self.settled.lock().unwrap_or_else(PoisonError::into_inner)
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
    fn a_write_is_settled_ten_minutes_after_one_went_through_alone() {
        let numbers = Numbers::of("a".to_owned());
        let start = Instant::now();
        let at = |minutes: u64| start + Duration::from_secs(minutes * 60);
        for _ in 0..5 {
            drop(numbers.take());
        }
        let sixth = numbers.take();
        assert_eq!(sixth.sequence, 6);
        numbers.goes_through(6, at(1));
        let seventh = numbers.take();
        // Another is under way: which are dealt with is not known.
        numbers.goes_through(7, at(3));
        drop(sixth);
        // Soon after the last time nothing is noted.
        numbers.goes_through(7, at(1));
        assert_eq!(numbers.settled(at(10)), 0);
        assert_eq!(numbers.settled(at(11)), 6);
        numbers.goes_through(7, at(12));
        drop(seventh);
        assert_eq!(numbers.settled(at(21)), 6);
        assert_eq!(numbers.settled(at(22)), 7);
    }
}
