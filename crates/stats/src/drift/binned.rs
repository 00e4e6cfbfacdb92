use std::collections::BTreeMap;

use super::{CategoryCounts, NumberCounts};

/// Rows of two samples in the same bins: the two rows of a contingency table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binned {
    reference: Vec<u64>,
    current: Vec<u64>,
    totals: (u64, u64),
}

impl Binned {
    /// From the rows of each bin, bins without a row on either side left out; nothing when a
    /// side has no rows at all, or the two differ in length.
    pub fn new(reference: Vec<u64>, current: Vec<u64>) -> Option<Self> {
        if reference.len() != current.len() {
            return None;
        }
        let used = reference.iter().copied().zip(current).filter(|(one, other)| one + other > 0);
        let (reference, current): (Vec<u64>, Vec<u64>) = used.unzip();
        let totals = (reference.iter().sum(), current.iter().sum());
        (totals.0 > 0 && totals.1 > 0).then_some(Self { reference, current, totals })
    }

    /// The bins between the deciles of the reference.
    ///
    /// Deciles are interpolated linearly and equal ones merged; each bin is open below and
    /// closed above, and the outer ones reach to infinity.
    pub fn by_deciles(reference: &NumberCounts, current: &NumberCounts) -> Option<Self> {
        let edges = Self::decile_edges(reference)?;
        Self::new(reference.in_bins(&edges), current.in_bins(&edges))
    }

    /// The inner edges of the bins of [`Binned::by_deciles`].
    pub fn decile_edges(reference: &NumberCounts) -> Option<Vec<f64>> {
        let shares: Vec<f64> = (0..=10).map(|tenth| f64::from(tenth) * 0.1).collect();
        let mut edges = reference.quantiles(&shares)?;
        edges.dedup();
        edges.pop();
        Some(edges.split_off(1.min(edges.len())))
    }

    /// A bin a distinct number.
    pub fn by_value(reference: &NumberCounts, current: &NumberCounts) -> Option<Self> {
        let (mut ones, mut others) = (Vec::new(), Vec::new());
        let (mut left, mut right) = (reference.iter().peekable(), current.iter().peekable());
        while let Some(value) = lesser(left.peek(), right.peek()) {
            ones.push(left.next_if(|next| next.0 == value).map_or(0, |(_, count)| count));
            others.push(right.next_if(|next| next.0 == value).map_or(0, |(_, count)| count));
        }
        Self::new(ones, others)
    }

    /// A bin a category, in the order of its text.
    ///
    /// When a side does not count all its categories by name, those that it does not name are
    /// taken together on both sides, in a last bin.
    pub fn by_category(reference: &CategoryCounts, current: &CategoryCounts) -> Option<Self> {
        let mut named: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
        reference.iter().for_each(|(category, count)| named.entry(category).or_default().0 = count);
        current.iter().for_each(|(category, count)| named.entry(category).or_default().1 = count);
        let mut other = (reference.other(), current.other());
        named.retain(|_, (one, two)| {
            let hidden = (*one == 0 && reference.other() > 0) || (*two == 0 && current.other() > 0);
            if hidden {
                other = (other.0 + *one, other.1 + *two);
            }
            !hidden
        });
        let (mut reference, mut current): (Vec<u64>, Vec<u64>) = named.into_values().unzip();
        reference.push(other.0);
        current.push(other.1);
        Self::new(reference, current)
    }

    /// How many bins have rows on either side.
    pub fn bins(&self) -> usize {
        self.reference.len()
    }

    /// All rows of the reference and of the current sample; both above 0.
    pub fn totals(&self) -> (u64, u64) {
        self.totals
    }

    /// The rows of each bin, reference and current.
    pub fn rows(&self) -> impl Iterator<Item = (u64, u64)> {
        self.reference.iter().copied().zip(self.current.iter().copied())
    }

    /// The shares of each bin, reference and current; each side sums to 1.
    pub fn shares(&self) -> impl Iterator<Item = (f64, f64)> {
        let totals = (self.totals.0 as f64, self.totals.1 as f64);
        self.rows().map(move |(one, other)| (one as f64 / totals.0, other as f64 / totals.1))
    }
}

fn lesser(one: Option<&(f64, u64)>, other: Option<&(f64, u64)>) -> Option<f64> {
    let values = one.into_iter().chain(other).map(|(value, _)| *value);
    values.reduce(f64::min)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decile_bins_are_open_below_and_closed_above() {
        let reference = NumberCounts::of(&(0..=10).map(f64::from).collect::<Vec<_>>());
        let current = NumberCounts::of(&[1.0, 1.5, 99.0, -5.0]);
        let binned = Binned::by_deciles(&reference, &current).unwrap();
        assert_eq!(binned.rows().map(|(_, rows)| rows).collect::<Vec<_>>(), [2, 1, 0, 0, 0, 0, 0, 0, 0, 1]);
        assert_eq!(binned.rows().map(|(rows, _)| rows).collect::<Vec<_>>(), [2, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
    }

    #[test]
    fn one_number_makes_one_bin() {
        let constant = NumberCounts::of(&[3.0, 3.0]);
        assert_eq!(Binned::by_deciles(&constant, &constant).unwrap().bins(), 1);
    }

    #[test]
    fn an_empty_side_makes_no_bins() {
        let some = NumberCounts::of(&[3.0]);
        assert_eq!(Binned::by_deciles(&some, &NumberCounts::default()), None);
        assert_eq!(Binned::by_deciles(&NumberCounts::default(), &some), None);
    }

    #[test]
    fn categories_that_one_side_does_not_name_are_taken_together() {
        let count = |pairs: &[(&str, u64)], other| {
            let counts = pairs.iter().map(|(category, rows)| ((*category).to_owned(), *rows)).collect();
            CategoryCounts::from_counts(counts, 0).with_other(other)
        };
        let binned = Binned::by_category(&count(&[("a", 5), ("b", 2)], 3), &count(&[("a", 4), ("c", 6)], 0));
        // "b" is truly absent from current; "c" may be among the three rows without a name.
        assert_eq!(binned.unwrap().rows().collect::<Vec<_>>(), [(5, 4), (2, 0), (3, 6)]);
    }
}
