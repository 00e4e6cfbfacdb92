use std::collections::{BTreeMap, HashSet};

use base::Random;

use super::Binned;

/// Draws at least as far apart after which no more are needed.
const ENOUGH: u32 = 20;

/// The p-value of drift over bins by random relabelling, for tables too sparse for chi-square.
///
/// The rows of both samples are put together and as many as the smaller sample has are drawn
/// anew; the p-value is the share of draws whose chi-square statistic is at least as large, the
/// real one among them (Phipson and Smyth, "Permutation p-values should never be zero", 2010).
/// It stops at 20 such draws, which settles a large p-value early (Besag and Clifford,
/// "Sequential Monte Carlo p-values", 1991), or after `most`; a draw costs the rows of the
/// smaller sample.
pub fn permutation(binned: &Binned, most: u32, seed: u64) -> f64 {
    let (reference, current) = binned.totals();
    let smaller: Vec<u64> =
        binned.rows().map(|(one, other)| if current <= reference { other } else { one }).collect();
    let both: Vec<u64> = binned.rows().map(|(one, other)| one + other).collect();
    let observed: f64 = smaller.iter().zip(&both).map(|(rows, all)| weight(*rows, *all)).sum();
    let mut urn = Urn::new(&both, seed);
    let rows = reference.min(current) as usize;
    let mut as_far = 0;
    for drawn in 1..=most {
        // Rounding must not make an equal table look smaller.
        as_far += u32::from(urn.draw(rows) >= observed * (1.0 - 1e-12));
        if as_far == ENOUGH {
            return f64::from(ENOUGH) / f64::from(drawn);
        }
    }
    f64::from(as_far + 1) / f64::from(most + 1)
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
        let mut bins: BTreeMap<usize, u64> = BTreeMap::new();
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
        let binned = Binned::new(vec![3, 0], vec![0, 3]).unwrap();
        let mean = (0..400).map(|seed| permutation(&binned, 9_999, seed)).sum::<f64>() / 400.0;
        assert!((mean - 0.1).abs() < 0.01, "{mean}");
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
