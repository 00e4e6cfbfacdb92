/// Latencies counted in buckets 2 % wide, so that any number of them takes the same memory.
#[derive(Debug, Clone)]
pub(crate) struct Latencies {
    buckets: Vec<u64>,
    count: u64,
}

/// Each bucket ends this many times where it begins.
const WIDTH: f64 = 1.02;
/// Enough for an hour, in microseconds.
const BUCKETS: usize = 1_120;

impl Default for Latencies {
    fn default() -> Self {
        Self { buckets: vec![0; BUCKETS], count: 0 }
    }
}

impl Latencies {
    pub(crate) fn add(&mut self, micros: u64) {
        let bucket = (micros.max(1) as f64).ln() / WIDTH.ln();
        self.buckets[(bucket as usize).min(BUCKETS - 1)] += 1;
        self.count += 1;
    }

    /// The latency in milliseconds below which this share lies, to within 2 %.
    pub(crate) fn quantile(&self, share: f64) -> Option<f64> {
        let wanted = (share * self.count as f64).ceil().max(1.0) as u64;
        let mut seen = 0;
        for (bucket, count) in self.buckets.iter().enumerate() {
            seen += count;
            if seen >= wanted {
                return Some(WIDTH.powi(bucket as i32 + 1) / 1e3);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::Latencies;

    #[test]
    fn quantiles_are_within_two_percent() {
        let mut latencies = Latencies::default();
        assert_eq!(latencies.quantile(0.5), None);
        (1..=10_000).for_each(|micros| latencies.add(micros));
        for (share, exact) in [(0.5, 5.0), (0.99, 9.9)] {
            let found = latencies.quantile(share).unwrap();
            assert!((found / exact - 1.0).abs() < 0.021, "{share}: {found}");
        }
    }
}
