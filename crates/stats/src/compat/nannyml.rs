//! The numbers of NannyML 0.13.1 (`nannyml.drift.univariate`).
//!
//! Its peculiarities: bins of the reference by Doane's rule, and one more for all of current
//! that lies outside; Kolmogorov–Smirnov and Wasserstein from 10,000 equally wide bins once the
//! reference has 10,000 rows, with one row too many counted for each end that current exceeds;
//! Yates' correction for two categories; thresholds of three standard deviations around the
//! reference chunks.

use serde::Serialize;

use super::histogram;
use crate::drift::{
    Binned, CategoryCounts, Gaps, NumberCounts, chi_square, chi_square_tail, hellinger, jensen_shannon,
    l_infinity,
};

/// Reference rows from which it estimates from bins, and how many bins it takes.
const BINS: usize = 10_000;

/// What it says of a column of numbers, under its own method names.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Numbers {
    /// The Kolmogorov–Smirnov statistic, estimated for a large reference.
    pub kolmogorov_smirnov: f64,
    /// Jensen–Shannon distance, base 2.
    pub jensen_shannon: f64,
    /// Wasserstein-1 in the column's unit, estimated for a large reference.
    pub wasserstein: f64,
    /// Hellinger distance.
    pub hellinger: f64,
}

/// What it says of a column of categories, under its own method names.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Categories {
    /// The chi-square statistic, corrected for two categories.
    pub chi2: f64,
    /// Its p-value, which alone decides the alert, below 0.05.
    pub chi2_p_value: f64,
    /// Jensen–Shannon distance, base 2.
    pub jensen_shannon: f64,
    /// Hellinger distance.
    pub hellinger: f64,
    /// The largest difference of shares.
    pub l_infinity: f64,
}

/// Compares two columns of numbers; nothing when either has no finite number.
pub fn numbers(reference: &NumberCounts, current: &NumberCounts) -> Option<Numbers> {
    let range = reference.range()?;
    let edges = histogram::edges(range, histogram::doane(reference));
    let binned = with_outside(reference, current, &edges)?;
    let gaps = if reference.total() < BINS as u64 {
        Gaps::between(reference, current)?
    } else {
        estimated(reference, current, range)
    };
    Some(Numbers {
        kolmogorov_smirnov: gaps.largest,
        jensen_shannon: jensen_shannon(&binned),
        wasserstein: gaps.area,
        hellinger: hellinger(&binned),
    })
}

/// Compares two columns of categories; nothing when either has no rows.
pub fn categories(reference: &CategoryCounts, current: &CategoryCounts) -> Option<Categories> {
    let binned = Binned::by_category(reference, current)?;
    let unseen_together = unseen_together(reference, current)?;
    let (chi2, degrees) = corrected_chi_square(&binned);
    Some(Categories {
        chi2,
        chi2_p_value: chi_square_tail(chi2, degrees),
        jensen_shannon: jensen_shannon(&unseen_together),
        hellinger: hellinger(&unseen_together),
        l_infinity: l_infinity(&binned),
    })
}

/// The alert thresholds from the values of the reference chunks: the mean less and plus three
/// standard deviations (ddof 0), the lower one not below 0 and then left out.
pub fn thresholds(reference_chunks: &[f64]) -> Option<(Option<f64>, f64)> {
    let mean = crate::mean(reference_chunks)?;
    let squares: Vec<f64> = reference_chunks.iter().map(|value| (value - mean).powi(2)).collect();
    let reach = 3.0 * crate::mean(&squares)?.sqrt();
    Some((Some(mean - reach).filter(|lower| *lower > 0.0), mean + reach))
}

fn with_outside(reference: &NumberCounts, current: &NumberCounts, edges: &[f64]) -> Option<Binned> {
    let mut old = histogram::count(reference, edges);
    let mut new = histogram::count(current, edges);
    old.push(0);
    new.push(current.total() - new.iter().sum::<u64>());
    Binned::new(old, new)
}

fn unseen_together(reference: &CategoryCounts, current: &CategoryCounts) -> Option<Binned> {
    let (mut old, mut new): (Vec<u64>, Vec<u64>) =
        reference.iter().map(|(category, count)| (count, current.count(category))).unzip();
    old.push(reference.other());
    new.push(current.total() - new.iter().sum::<u64>());
    Binned::new(old, new)
}

/// Both distances from the cumulated shares of equally wide bins of the reference's range.
fn estimated(reference: &NumberCounts, current: &NumberCounts, range: (f64, f64)) -> Gaps {
    let edges = histogram::equal(range, BINS);
    let old = histogram::count(reference, &edges);
    let new = histogram::count(current, &edges);
    let (below, above) = (Tail::below(current, edges[0]), Tail::above(current, edges[BINS]));
    let width = edges[1] - edges[0];
    let mut gaps = Gaps { largest: 0.0, area: below.area + above.area };
    let rows = (reference.total() as f64, current.total() as f64);
    let mut sums = (0, 0);
    for (old, new) in old.into_iter().zip(new) {
        sums = (sums.0 + old, sums.1 + new);
        let (p, q) = (sums.0 as f64 / rows.0, sums.1 as f64 / rows.1);
        gaps.largest = gaps.largest.max((p - (q + below.rows as f64 / rows.1)).abs());
        gaps.area += (p - (q + below.share)).abs() * width;
    }
    gaps
}

/// The rows of current beyond one end of the reference.
struct Tail {
    rows: u64,
    /// Their share, with one row too many once there are any.
    share: f64,
    area: f64,
}

impl Tail {
    fn below(current: &NumberCounts, end: f64) -> Self {
        let outside = current.iter().filter(|(value, _)| *value < end);
        Self::of(outside.map(|(value, count)| (end - value, count)).collect(), current.total())
    }

    fn above(current: &NumberCounts, end: f64) -> Self {
        let outside = current.iter().filter(|(value, _)| *value > end);
        Self::of(outside.map(|(value, count)| (value - end, count)).collect(), current.total())
    }

    /// The area over the empirical distribution of these distances and one row at the end itself.
    fn of(distances: Vec<(f64, u64)>, total: u64) -> Self {
        let rows: u64 = distances.iter().map(|(_, count)| count).sum();
        let moved: f64 = distances.iter().map(|(distance, count)| distance * *count as f64).sum();
        let share = if rows > 0 { (rows + 1) as f64 / total as f64 } else { 0.0 };
        // The mean over rows + 1, times the share of rows + 1, leaves the plain sum.
        Self { rows, share, area: moved / total as f64 }
    }
}

/// Pearson's statistic, each difference drawn up to half a row nearer for a 2×2 table.
fn corrected_chi_square(binned: &Binned) -> (f64, usize) {
    let plain = chi_square(binned);
    if plain.degrees != 1 {
        return (plain.statistic, plain.degrees);
    }
    let (reference, current) = binned.totals();
    let all = (reference + current) as f64;
    let term = |observed: u64, expected: f64| {
        let apart = (observed as f64 - expected).abs();
        (apart - apart.min(0.5)).powi(2) / expected
    };
    let terms = binned.rows().map(|(one, other)| {
        let share = (one + other) as f64 / all;
        term(one, share * reference as f64) + term(other, share * current as f64)
    });
    (terms.sum(), 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_are_three_deviations_around_the_chunks() {
        let (lower, upper) = thresholds(&[0.1, 0.2, 0.3]).unwrap();
        assert_eq!(lower, None);
        assert!((upper - (0.2 + 3.0 * (0.02_f64 / 3.0).sqrt())).abs() < 1e-15);
        assert_eq!(thresholds(&[]), None);
    }

    #[test]
    fn a_small_reference_is_compared_exactly() {
        let (reference, current) = (NumberCounts::of(&[0.0, 1.0]), NumberCounts::of(&[1.0, 2.0]));
        assert_eq!(numbers(&reference, &current).unwrap().wasserstein, 1.0);
    }
}
