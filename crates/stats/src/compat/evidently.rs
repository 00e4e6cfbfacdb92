//! The numbers of Evidently 0.7.23 (`evidently.legacy.calculations.stattests`).
//!
//! Its peculiarities: bins by Sturges' rule over both samples together, so that one outlier in
//! current moves every edge; bins by value up to 20 distinct reference values; empty bins
//! filled with a number that depends on the rarest one; the Jensen–Shannon distance in nats;
//! Hellinger bins from the distinct values; a one-sample chi-square that takes the reference
//! for exact.

use serde::Serialize;

use super::histogram;
use crate::drift::{
    Binned, CategoryCounts, NumberCounts, chi_square_tail, hellinger, jensen_shannon, ks,
    wasserstein_normalised,
};

/// Distinct reference values up to which a numeric column is binned by value.
const BY_VALUE: usize = 20;

/// What it says of a column of numbers, under its own method names.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Numbers {
    /// Population stability index with its own filling of empty bins.
    pub psi: f64,
    /// The p-value of the Kolmogorov–Smirnov test, not the statistic.
    pub ks: f64,
    /// Wasserstein-1 in standard deviations of the reference.
    pub wasserstein: f64,
    /// Jensen–Shannon distance in nats.
    #[serde(rename = "jensenshannon")]
    pub jensen_shannon: f64,
    /// Hellinger distance on bins made from the distinct values.
    pub hellinger: f64,
    /// Kullback–Leibler divergence of the reference from current, in nats.
    #[serde(rename = "kl_div")]
    pub kullback_leibler: f64,
}

/// What it says of a column of categories, under its own method names.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Categories {
    /// Population stability index with its own filling of empty bins.
    pub psi: f64,
    /// The p-value of the one-sample chi-square test; 0 as soon as there is a new category.
    #[serde(rename = "chisquare")]
    pub chi_square: f64,
    /// Jensen–Shannon distance in nats.
    #[serde(rename = "jensenshannon")]
    pub jensen_shannon: f64,
    /// Hellinger distance.
    pub hellinger: f64,
    /// Kullback–Leibler divergence of the reference from current, in nats.
    #[serde(rename = "kl_div")]
    pub kullback_leibler: f64,
}

/// Compares two columns of numbers; nothing when either has no finite number.
pub fn numbers(reference: &NumberCounts, current: &NumberCounts) -> Option<Numbers> {
    let rows = if reference.distinct() > BY_VALUE {
        by_sturges(reference, current, reference.total() + current.total())?
    } else {
        Binned::by_value(reference, current)?.rows().unzip()
    };
    let mut both = NumberCounts::from_distinct_sorted(reference.values().to_vec(), 0, 0);
    both.merge(NumberCounts::from_distinct_sorted(current.values().to_vec(), 0, 0));
    let by_distinct = by_sturges(reference, current, both.distinct() as u64)?;
    let (p, q) = filled(&rows);
    Some(Numbers {
        psi: psi(&p, &q),
        ks: ks(reference, current)?.p_value,
        wasserstein: wasserstein_normalised(reference, current)?,
        jensen_shannon: in_nats(&Binned::new(rows.0, rows.1)?),
        hellinger: hellinger(&Binned::new(by_distinct.0, by_distinct.1)?),
        kullback_leibler: kullback_leibler(&p, &q),
    })
}

/// Compares two columns of categories; nothing when either has no rows.
pub fn categories(reference: &CategoryCounts, current: &CategoryCounts) -> Option<Categories> {
    let binned = Binned::by_category(reference, current)?;
    let (p, q) = filled(&binned.rows().unzip());
    Some(Categories {
        psi: psi(&p, &q),
        chi_square: one_sample_chi_square(&binned),
        jensen_shannon: in_nats(&binned),
        hellinger: hellinger(&binned),
        kullback_leibler: kullback_leibler(&p, &q),
    })
}

fn in_nats(binned: &Binned) -> f64 {
    jensen_shannon(binned) * std::f64::consts::LN_2.sqrt()
}

/// The rows of each bin, reference and current; unlike [`Binned`] with those that neither has,
/// which are filled like any other.
type Rows = (Vec<u64>, Vec<u64>);

/// Equally wide bins over both samples, as many as Sturges has for so many rows.
fn by_sturges(reference: &NumberCounts, current: &NumberCounts, rows: u64) -> Option<Rows> {
    let (one, other) = (reference.range()?, current.range()?);
    let range = (one.0.min(other.0), one.1.max(other.1));
    let edges = histogram::edges(range, histogram::sturges(range, rows));
    Some((histogram::count(reference, &edges), histogram::count(current, &edges)))
}

/// The shares with empty bins filled, each side on its own.
fn filled((reference, current): &Rows) -> (Vec<f64>, Vec<f64>) {
    (fill(shares(reference)), fill(shares(current)))
}

fn shares(rows: &[u64]) -> Vec<f64> {
    let total = rows.iter().sum::<u64>() as f64;
    rows.iter().map(|rows| *rows as f64 / total).collect()
}

fn fill(mut shares: Vec<f64>) -> Vec<f64> {
    let rarest = shares.iter().copied().filter(|share| *share > 0.0).fold(f64::INFINITY, f64::min);
    let filler = if rarest <= 1e-4 { rarest / 1e6 } else { 1e-4 };
    shares.iter_mut().filter(|share| **share == 0.0).for_each(|share| *share = filler);
    shares
}

fn psi(p: &[f64], q: &[f64]) -> f64 {
    p.iter().zip(q).map(|(p, q)| (p - q) * (p / q).ln()).sum()
}

/// Both sides are scaled to sum to 1 again after the filling.
fn kullback_leibler(p: &[f64], q: &[f64]) -> f64 {
    let (all_p, all_q): (f64, f64) = (p.iter().sum(), q.iter().sum());
    p.iter().zip(q).map(|(p, q)| (p / all_p) * ((p / all_p) / (q / all_q)).ln()).sum()
}

fn one_sample_chi_square(binned: &Binned) -> f64 {
    let (reference, current) = binned.totals();
    let scale = current as f64 / reference as f64;
    let terms = binned.rows().map(|(one, other)| {
        let expected = one as f64 * scale;
        (other as f64 - expected).powi(2) / expected
    });
    chi_square_tail(terms.sum(), binned.bins() - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_category_takes_the_p_value_to_nothing() {
        let reference = CategoryCounts::of([Some("a"); 50]);
        let current = CategoryCounts::of([Some("a"), Some("b")]);
        assert_eq!(categories(&reference, &current).unwrap().chi_square, 0.0);
    }

    #[test]
    fn the_filling_depends_on_the_rarest_bin() {
        assert_eq!(fill(vec![0.5, 0.5, 0.0])[2], 1e-4);
        assert_eq!(fill(vec![0.999_95, 5e-5, 0.0])[2], 5e-5 / 1e6);
    }
}
