use base::Random;
use statrs::distribution::{ChiSquared, ContinuousCDF};

use super::Binned;

/// Pearson's test that two samples come from the same shares.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChiSquare {
    /// The sum of (observed − expected)² / expected over the 2×k table.
    pub statistic: f64,
    /// The chance of a statistic at least so large without drift.
    pub p_value: f64,
    /// Degrees of freedom, k − 1.
    pub degrees: usize,
    /// Cramér's V: the root of the statistic over all rows, in [0, 1] (Cramér, 1946).
    pub cramers_v: f64,
}

/// Pearson's chi-square test of homogeneity on the 2×k table, without Yates' correction
/// (Pearson, 1900); one bin is no drift, with a p-value of 1.
pub fn chi_square(binned: &Binned) -> ChiSquare {
    let (reference, current) = binned.totals();
    let all = (reference + current) as f64;
    let shares = (reference as f64 / all, current as f64 / all);
    let mut statistic = 0.0;
    for (one, other) in binned.rows() {
        let both = (one + other) as f64;
        statistic += deviation(one, both * shares.0) + deviation(other, both * shares.1);
    }
    let degrees = binned.bins() - 1;
    ChiSquare { statistic, p_value: tail(statistic, degrees), degrees, cramers_v: (statistic / all).sqrt() }
}

fn deviation(observed: u64, expected: f64) -> f64 {
    (observed as f64 - expected).powi(2) / expected
}

/// The chance that a chi-square variable is at least so large.
pub(crate) fn tail(statistic: f64, degrees: usize) -> f64 {
    if degrees == 0 || statistic <= 0.0 {
        return 1.0;
    }
    // Far in the tail the library's continued fraction has nothing left to say.
    if statistic > 1_500.0 + 2.0 * degrees as f64 {
        return 0.0;
    }
    ChiSquared::new(degrees as f64).map_or(1.0, |chi_squared| chi_squared.sf(statistic))
}

/// The same table with rare bins put together until each expects at least this many rows on
/// both sides.
///
/// Bins are joined in the order of their rows on both sides taken together, which says nothing
/// about drift, so the test stays valid; nothing when fewer than two bins would be left.
pub fn pooled(binned: &Binned, least_expected: f64) -> Option<Binned> {
    let (reference, current) = binned.totals();
    let smaller = reference.min(current) as f64 / (reference + current) as f64;
    let mut bins: Vec<(u64, u64)> = binned.rows().collect();
    // Among equals by lot, because names, such as rising numbers, may follow time.
    Random::new(0).shuffle(&mut bins);
    bins.sort_by_key(|(one, other)| std::cmp::Reverse(one + other));
    let (mut ones, mut others) = (Vec::new(), Vec::new());
    let mut open = (0, 0);
    for (one, other) in bins {
        open = (open.0 + one, open.1 + other);
        if (open.0 + open.1) as f64 * smaller >= least_expected {
            ones.push(open.0);
            others.push(open.1);
            open = (0, 0);
        }
    }
    if let (Some(one), Some(other)) = (ones.last_mut(), others.last_mut()) {
        (*one, *other) = (*one + open.0, *other + open.1);
    }
    Binned::new(ones, others).filter(|pooled| pooled.bins() > 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_test_agrees_with_scipy() {
        // scipy.stats.chi2_contingency([[10, 20, 30], [6, 9, 25]], correction=False)
        let found = chi_square(&Binned::new(vec![10, 20, 30], vec![6, 9, 25]).unwrap());
        assert!((found.statistic - 1.694_749_216_300_941).abs() < 1e-12, "{found:?}");
        assert!((found.p_value - 0.428_538_537_945_043_15).abs() < 1e-9, "{found:?}");
        assert_eq!(found.degrees, 2);
    }

    #[test]
    fn one_bin_is_no_drift() {
        let found = chi_square(&Binned::new(vec![10], vec![6]).unwrap());
        assert_eq!((found.statistic, found.p_value, found.degrees), (0.0, 1.0, 0));
    }

    #[test]
    fn rare_bins_are_joined_until_each_expects_enough() {
        let binned = Binned::new(vec![100, 3, 3, 3, 1], vec![100, 2, 3, 1, 4]).unwrap();
        let pooled = pooled(&binned, 5.0).unwrap();
        assert_eq!(pooled.rows().collect::<Vec<_>>(), [(100, 100), (10, 10)]);
        assert_eq!(super::pooled(&Binned::new(vec![4, 4], vec![4, 3]).unwrap(), 5.0), None);
    }
}
