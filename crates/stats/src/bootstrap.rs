use base::Random;

/// Resamples of rows with replacement, as counts: how many times each row is drawn.
///
/// The same seed gives the same resamples, so that two models see the same ones: that is what
/// pairs them (Efron and Tibshirani, "An Introduction to the Bootstrap", 1993).
#[derive(Debug)]
pub struct Resamples {
    rows: usize,
    count: usize,
    seed: u64,
}

impl Resamples {
    /// `count` resamples of `rows` rows.
    pub fn new(rows: usize, count: usize, seed: u64) -> Self {
        Self { rows, count, seed }
    }

    /// Calls `statistic` with the counts of each resample and collects what it gives.
    pub fn collect<T>(&self, mut statistic: impl FnMut(&[f64]) -> T) -> Vec<T> {
        let mut random = Random::new(self.seed);
        let mut counts = vec![0.0; self.rows];
        let mut collected = Vec::with_capacity(self.count);
        for _ in 0..self.count {
            counts.fill(0.0);
            for _ in 0..self.rows {
                counts[random.below(self.rows)] += 1.0;
            }
            collected.push(statistic(&counts));
        }
        collected
    }
}

/// The standard deviation of a statistic over its resamples; nothing with fewer than two.
pub fn standard_error(values: &[f64]) -> Option<f64> {
    if values.len() < 2 {
        return None;
    }
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    Some((squares / (values.len() - 1) as f64).sqrt())
}
