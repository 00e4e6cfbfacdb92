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
/// smaller sample, and memory is 4 bytes a row of both.
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

/// The rows of both samples, to be drawn from without putting back; 4 bytes a row.
struct Urn {
    /// The bin of each row, in whatever order the draws left.
    bins: Vec<u32>,
    both: Vec<u64>,
    drawn: Vec<u64>,
    random: Random,
}

impl Urn {
    fn new(both: &[u64], seed: u64) -> Self {
        let rows = both.iter().zip(0_u32..).flat_map(|(rows, bin)| std::iter::repeat_n(bin, *rows as usize));
        Self {
            bins: rows.collect(),
            both: both.to_vec(),
            drawn: vec![0; both.len()],
            random: Random::new(seed),
        }
    }

    /// The statistic of so many rows drawn at random: the first steps of a shuffle.
    fn draw(&mut self, rows: usize) -> f64 {
        let mut statistic = 0.0;
        for place in 0..rows {
            let pick = place + self.random.below(self.bins.len() - place);
            self.bins.swap(place, pick);
            let bin = self.bins[place] as usize;
            // From c² to (c + 1)².
            statistic += (2 * self.drawn[bin] + 1) as f64 / self.both[bin] as f64;
            self.drawn[bin] += 1;
        }
        self.bins[..rows].iter().for_each(|bin| self.drawn[*bin as usize] = 0);
        statistic
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
