use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::drift::CategoryCounts;

/// The categories of a column that come often, in bounded memory.
///
/// The summary of Misra and Gries, "Finding repeated elements" (1982), reduced in batches and
/// merged as by Agarwal and others, "Mergeable summaries" (2013). It names at most twice `cap`
/// categories while it fills, and at most `cap` after a reduction. A named category is counted
/// low by no more than [`Frequent::error`] rows, and so is one that is not named at all; exact
/// until the column has had more than twice `cap` categories.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frequent {
    cap: usize,
    counts: HashMap<String, u64>,
    rows: u64,
    missing: u64,
    error: u64,
}

impl Frequent {
    /// An empty summary that keeps this many categories, at least one.
    pub fn new(cap: usize) -> Self {
        Self { cap: cap.max(1), counts: HashMap::new(), rows: 0, missing: 0, error: 0 }
    }

    /// Adds one row, `None` being a missing value.
    pub fn add(&mut self, value: Option<&str>) {
        let Some(value) = value else {
            self.missing += 1;
            return;
        };
        self.rows += 1;
        if let Some(count) = self.counts.get_mut(value) {
            *count += 1;
            return;
        }
        self.counts.insert(value.to_owned(), 1);
        if self.counts.len() > 2 * self.cap {
            self.reduce();
        }
    }

    /// Adds the rows of another part of the same column; the smaller of the two caps holds.
    pub fn merge(&mut self, part: Self) {
        self.cap = self.cap.min(part.cap);
        self.rows += part.rows;
        self.missing += part.missing;
        self.error += part.error;
        for (category, count) in part.counts {
            *self.counts.entry(category).or_default() += count;
        }
        if self.counts.len() > 2 * self.cap {
            self.reduce();
        }
    }

    /// Takes the count of the first category beyond the cap off every one.
    fn reduce(&mut self) {
        let mut ordered: Vec<u64> = self.counts.values().copied().collect();
        ordered.sort_unstable_by(|one, other| other.cmp(one));
        let Some(taken) = ordered.get(self.cap).copied() else { return };
        self.counts.retain(|_, count| *count > taken);
        self.counts.values_mut().for_each(|count| *count -= taken);
        self.error += taken;
    }

    /// By how many rows any category may be counted low: at most all rows / (cap + 1).
    pub fn error(&self) -> u64 {
        self.error
    }

    /// How many categories are named.
    pub fn held(&self) -> usize {
        self.counts.len()
    }

    /// The named categories, and the rows that no name accounts for as others.
    pub fn counts(&self) -> CategoryCounts {
        let named: u64 = self.counts.values().sum();
        let counts = self.counts.iter().map(|(category, count)| (category.clone(), *count)).collect();
        CategoryCounts::from_counts(counts, self.missing).with_other(self.rows - named)
    }
}
