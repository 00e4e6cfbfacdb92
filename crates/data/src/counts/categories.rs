//! The texts of a column on one side: each counted by name while they are few enough to keep.

use std::collections::HashMap;

use stats::drift::CategoryCounts;

/// Different texts that are kept.
const MOST: usize = 100_000;
/// Bytes of text that are kept.
const LONGEST: usize = 16 << 20;

/// What has been counted so far.
#[derive(Debug, Default)]
pub(super) struct Categories {
    counts: HashMap<String, u64>,
    /// The length of all texts that are kept.
    bytes: usize,
    missing: u64,
    /// Rows of texts that were not kept.
    other: u64,
}

impl Categories {
    pub(super) fn add_missing(&mut self, rows: u64) {
        self.missing += rows;
    }

    /// Counts a text of so many rows; `times` is not 0.
    pub(super) fn add(&mut self, text: &str, times: u64) {
        if let Some(count) = self.counts.get_mut(text) {
            *count += times;
            return;
        }
        self.counts.insert(text.to_owned(), times);
        self.bytes += text.len();
        while self.counts.len() > MOST || self.bytes > LONGEST {
            self.drop_rarest();
        }
    }

    /// Lets go of the rarer half, as lossy counting does (Manku and Motwani, 2002): what comes often is
    /// found again soon and loses few of its rows to `other`.
    fn drop_rarest(&mut self) {
        let mut kept: Vec<_> = std::mem::take(&mut self.counts).into_iter().collect();
        kept.sort_unstable_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
        let dropped = kept.split_off(kept.len() / 2);
        self.other += dropped.iter().map(|(_, count)| count).sum::<u64>();
        self.bytes = kept.iter().map(|(text, _)| text.len()).sum();
        self.counts = kept.into_iter().collect();
    }

    /// The counts of both sides. When either could not keep every text, a text that only one of them
    /// has by name counts as one of the others: the other side may have met it and not kept it.
    pub(super) fn finish(mut reference: Self, mut current: Self) -> (CategoryCounts, CategoryCounts) {
        let (incomplete, other_incomplete) = (reference.other > 0, current.other > 0);
        if incomplete {
            current.keep_only(|text| reference.counts.contains_key(text));
        }
        if other_incomplete {
            reference.keep_only(|text| current.counts.contains_key(text));
        }
        (reference.counted(), current.counted())
    }

    fn keep_only(&mut self, wanted: impl Fn(&str) -> bool) {
        let other = &mut self.other;
        self.counts.retain(|text, count| {
            let keep = wanted(text);
            *other += if keep { 0 } else { *count };
            keep
        });
    }

    fn counted(self) -> CategoryCounts {
        CategoryCounts::from_counts(self.counts.into_iter().collect(), self.missing).with_other(self.other)
    }
}

#[cfg(test)]
mod tests {
    use super::{Categories, MOST};

    #[test]
    fn what_comes_often_is_counted_by_name_among_a_million_that_come_once() {
        let mut rare = Categories::default();
        for row in 0..1_000_000 {
            rare.add(if row % 4 == 0 { "often" } else { "" }, 1);
            rare.add(&format!("once {row}"), 1);
        }
        let mut few = Categories::default();
        few.add("often", 10);
        few.add("only here", 5);
        let (rare, few) = Categories::finish(rare, few);
        assert_eq!((rare.count("often"), rare.count("")), (250_000, 750_000));
        assert!(rare.rows() == 2_000_000 && rare.other() >= 1_000_000 - MOST as u64, "{}", rare.other());
        assert!(rare.distinct() <= MOST);
        // The other side may have met it among the million.
        assert_eq!((few.count("often"), few.count("only here"), few.other()), (10, 0, 5));
    }

    #[test]
    fn long_texts_are_bounded_by_their_length() {
        let mut long = Categories::default();
        for row in 0..40 {
            long.add(&format!("{row}").repeat(1 << 19), 1);
            assert!(long.bytes <= super::LONGEST);
        }
        assert_eq!(long.counts.len() as u64 + long.other, 40);
    }
}
