use std::sync::atomic::{
    AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};

use super::{
    bytes::Reader,
    latencies::{self, BUCKETS, Latencies},
    outcome::Outcome,
};

/// What a service did in an interval, counted for every request, whether it was recorded or not.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Totals {
    /// When the interval began, in microseconds since 1970.
    pub from: i64,
    /// When it ended.
    pub until: i64,
    /// Requests answered with predictions.
    pub answered: u64,
    /// Requests refused for something their callers can correct.
    pub client_errors: u64,
    /// Requests that failed, or came too late, through the server's fault.
    pub server_errors: u64,
    /// Requests that the sampling rate left out.
    pub left_out: u64,
    /// Requests that were to be recorded and were not, for want of room.
    pub dropped: u64,
    /// How long the answered requests took.
    pub latencies: Latencies,
}

impl Totals {
    /// All requests.
    pub fn requests(&self) -> u64 {
        self.answered + self.client_errors + self.server_errors
    }

    /// Whether nothing was counted.
    pub(super) fn is_empty(&self) -> bool {
        self.requests() + self.left_out + self.dropped == 0
    }

    /// Adds a later interval.
    pub fn add(&mut self, later: &Self) {
        self.until = later.until;
        self.answered += later.answered;
        self.client_errors += later.client_errors;
        self.server_errors += later.server_errors;
        self.left_out += later.left_out;
        self.dropped += later.dropped;
        self.latencies.add(&later.latencies);
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.from.to_le_bytes());
        out.extend_from_slice(&self.until.to_le_bytes());
        for count in [self.answered, self.client_errors, self.server_errors, self.left_out, self.dropped] {
            out.extend_from_slice(&count.to_le_bytes());
        }
        for (bucket, count) in self.latencies.buckets() {
            out.extend_from_slice(&bucket.to_le_bytes());
            out.extend_from_slice(&count.to_le_bytes());
        }
    }

    pub(super) fn decode(payload: &[u8]) -> Option<Self> {
        let mut reader = Reader(payload);
        let (from, until) = (reader.i64()?, reader.i64()?);
        let mut counts = [0; 5];
        for count in &mut counts {
            *count = reader.u64()?;
        }
        let mut buckets = Vec::new();
        while !reader.0.is_empty() {
            buckets.push((reader.u16().filter(|bucket| usize::from(*bucket) < BUCKETS)?, reader.u64()?));
        }
        let sorted = buckets.is_sorted_by(|(one, _), (other, _)| one < other);
        let [answered, client_errors, server_errors, left_out, dropped] = counts;
        let latencies = Latencies::of(buckets);
        sorted.then_some(Self {
            from,
            until,
            answered,
            client_errors,
            server_errors,
            left_out,
            dropped,
            latencies,
        })
    }
}

/// Counts as they grow, from any number of threads.
pub(super) struct Counters {
    outcomes: [AtomicU64; 3],
    pub(super) left_out: AtomicU64,
    pub(super) dropped: AtomicU64,
    latencies: [AtomicU64; BUCKETS],
}

impl Counters {
    pub(super) fn new() -> Self {
        let zero = || AtomicU64::new(0);
        Self {
            outcomes: std::array::from_fn(|_| zero()),
            left_out: zero(),
            dropped: zero(),
            latencies: std::array::from_fn(|_| zero()),
        }
    }

    pub(super) fn count(&self, outcome: Outcome, latency: u32) {
        // Whoever takes this sees what the request did before it was counted.
        self.outcomes[usize::from(outcome.code())].fetch_add(1, Release);
        if outcome == Outcome::Answered {
            self.latencies[latencies::bucket(latency)].fetch_add(1, Relaxed);
        }
    }

    /// What was counted since the last call, without the times.
    pub(super) fn take(&self) -> Totals {
        let taken = |counter: &AtomicU64| counter.swap(0, Acquire);
        let [answered, client_errors, server_errors] = std::array::from_fn(|at| taken(&self.outcomes[at]));
        let buckets = self.latencies.iter().enumerate().map(|(at, counter)| (at as u16, taken(counter)));
        Totals {
            answered,
            client_errors,
            server_errors,
            left_out: taken(&self.left_out),
            dropped: taken(&self.dropped),
            latencies: Latencies::of(buckets),
            ..Totals::default()
        }
    }
}
