use std::collections::{HashMap, HashSet};

use base::Random;

use super::Binned;

/// The p-value of drift over bins by random relabelling, for tables too sparse for chi-square.
///
/// The rows of both samples are put together and as many as the smaller sample has are drawn
/// anew, `draws` times; the p-value is the share of draws, the real one among them, whose
/// chi-square statistic is at least as large (Phipson and Smyth, "Permutation p-values should
/// never be zero", 2010). Costs `draws` times the rows of the smaller sample.
pub fn permutation(binned: &Binned, draws: u32, seed: u64) -> f64 {
    let (reference, current) = binned.totals();
    let smaller: Vec<u64> =
        binned.rows().map(|(one, other)| if current <= reference { other } else { one }).collect();
    let both: Vec<u64> = binned.rows().map(|(one, other)| one + other).collect();
    let observed: f64 = smaller.iter().zip(&both).map(|(rows, all)| weight(*rows, *all)).sum();
    let mut urn = Urn::new(&both, seed);
    let rows = reference.min(current) as usize;
    // Rounding must not make an equal table look smaller.
    let at_least = (0..draws).filter(|_| urn.draw(rows) >= observed * (1.0 - 1e-12)).count();
    (at_least + 1) as f64 / f64::from(draws + 1)
}

/// What a bin adds to the statistic: with both margins fixed, chi-square grows with the sum of
/// these over the smaller sample.
fn weight(rows: u64, both: u64) -> f64 {
    (rows * rows) as f64 / both as f64
}

/// All rows of both samples, to be drawn from without putting back.
struct Urn {
    /// Rows up to and with each bin.
    upto: Vec<u64>,
    both: Vec<u64>,
    random: Random,
}

impl Urn {
    fn new(both: &[u64], seed: u64) -> Self {
        let mut sum = 0;
        let add = |rows: &u64| {
            sum += rows;
            sum
        };
        Self { upto: both.iter().map(add).collect(), both: both.to_vec(), random: Random::new(seed) }
    }

    /// The statistic of so many rows drawn at random.
    fn draw(&mut self, rows: usize) -> f64 {
        let all = self.upto.last().copied().unwrap_or(0) as usize;
        let mut taken: HashSet<usize> = HashSet::with_capacity(rows);
        let mut bins: HashMap<usize, u64> = HashMap::new();
        // Floyd's sampling without replacement (Bentley and Floyd, 1987).
        for last in all - rows..all {
            let pick = self.random.below(last + 1);
            let row = if taken.insert(pick) { pick } else { last };
            taken.insert(row);
            *bins.entry(self.upto.partition_point(|upto| *upto <= row as u64)).or_default() += 1;
        }
        bins.into_iter().map(|(bin, rows)| weight(rows, self.both[bin])).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_table_gets_about_its_exact_chance() {
        // Of the 20 ways to choose three of six rows, 2 are as far apart as this one.
        let p_value = permutation(&Binned::new(vec![3, 0], vec![0, 3]).unwrap(), 9_999, 1);
        assert!((p_value - 0.1).abs() < 0.01, "{p_value}");
    }

    #[test]
    fn many_rare_categories_against_few_rows_find_a_replaced_one() {
        let mut reference = vec![1_000; 500];
        let mut current = vec![0; 500];
        current[..40].fill(1);
        reference.push(10);
        current.push(10);
        let binned = Binned::new(reference, current).unwrap();
        assert!(permutation(&binned, 999, 2) <= 0.001);
    }
}
