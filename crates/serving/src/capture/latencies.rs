//! Latencies in buckets that grow with what they hold: 16 to a doubling, so that a value read from
//! them is at most 6.25 % above the true one.

/// Buckets to each doubling.
const STEPS: u32 = 16;
const STEP_BITS: u32 = STEPS.trailing_zeros();
/// Enough for every u32 of microseconds, which is 71 minutes.
pub(super) const BUCKETS: usize = ((32 - STEP_BITS + 1) * STEPS) as usize;

/// How many requests took how long, sparse and in order of time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Latencies(Vec<(u16, u64)>);

/// The bucket of a latency in microseconds.
pub(super) fn bucket(micros: u32) -> usize {
    if micros < STEPS {
        return micros as usize;
    }
    let shift = 31 - micros.leading_zeros() - STEP_BITS;
    ((shift + 1) * STEPS + ((micros >> shift) - STEPS)) as usize
}

/// The largest latency of a bucket, in microseconds.
fn most(bucket: u16) -> u64 {
    let bucket = u64::from(bucket);
    let steps = u64::from(STEPS);
    if bucket < steps {
        return bucket;
    }
    let shift = bucket / steps - 1;
    ((bucket % steps + steps + 1) << shift) - 1
}

impl Latencies {
    pub(super) fn of(counts: impl IntoIterator<Item = (u16, u64)>) -> Self {
        Self(counts.into_iter().filter(|(_, count)| *count > 0).collect())
    }

    /// The buckets that are not empty, with their counts.
    pub(super) fn buckets(&self) -> &[(u16, u64)] {
        &self.0
    }

    /// How many requests these are.
    pub fn count(&self) -> u64 {
        self.0.iter().map(|(_, count)| count).sum()
    }

    /// The latency in microseconds that a share of the requests does not exceed, by nearest rank;
    /// at most 6.25 % above the true one. Nothing without requests.
    pub fn quantile(&self, share: f64) -> Option<u64> {
        let rank = (share.clamp(0.0, 1.0) * self.count() as f64).ceil().max(1.0) as u64;
        let mut below = 0;
        let reaches = |(_, count): &&(u16, u64)| {
            below += count;
            below >= rank
        };
        self.0.iter().find(reaches).map(|(bucket, _)| most(*bucket))
    }

    /// How many took longer than this many microseconds; those within 6.25 % of it may be taken
    /// for either side.
    pub fn above(&self, micros: u64) -> u64 {
        self.0.iter().filter(|(bucket, _)| most(*bucket) > micros).map(|(_, count)| count).sum()
    }

    /// Adds another's requests.
    pub fn add(&mut self, other: &Self) {
        for (bucket, count) in &other.0 {
            match self.0.binary_search_by_key(bucket, |(bucket, _)| *bucket) {
                Ok(place) => self.0[place].1 += count,
                Err(place) => self.0.insert(place, (*bucket, *count)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{BUCKETS, Latencies, bucket, most};

    #[test]
    fn every_latency_has_a_bucket_that_overstates_it_by_a_sixteenth_at_most() {
        let mut before = 0;
        for micros in (0..100_000).chain((0..10_000).map(|step| 100_000 + step * 429_000)) {
            let bucket = bucket(micros);
            assert!(bucket < BUCKETS && bucket >= before, "{micros}");
            let most = most(bucket as u16);
            assert!(
                most >= u64::from(micros) && most as f64 <= f64::from(micros) * 1.0625,
                "{micros}: {most}"
            );
            before = bucket;
        }
        assert_eq!(bucket(u32::MAX), BUCKETS - 1);
    }

    #[test]
    fn quantiles_and_counts_above_are_those_of_the_buckets() {
        let mut latencies = Latencies::of([(bucket(10) as u16, 98)]);
        latencies.add(&Latencies::of([(bucket(5_000) as u16, 2)]));
        assert_eq!(latencies.count(), 100);
        assert_eq!(latencies.quantile(0.5), Some(10));
        assert!((5_000..5_313).contains(&latencies.quantile(0.99).unwrap()));
        assert_eq!((latencies.above(1_000), latencies.above(6_000)), (2, 0));
        assert_eq!(Latencies::default().quantile(0.5), None);
    }
}
