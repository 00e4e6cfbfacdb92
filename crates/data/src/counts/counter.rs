//! The values of a column on one side, numbers or texts.

use table::Kind;

use super::{Counts, categories::Categories, numbers::Numbers};

/// What has been counted so far.
#[derive(Debug)]
pub(super) enum Counter {
    Numbers(Numbers),
    Categories(Categories),
}

impl Counter {
    /// A counter that may list so many numbers.
    pub(super) fn new(kind: Kind, limit: usize) -> Self {
        match kind {
            Kind::Number | Kind::Time => Self::Numbers(Numbers::new(limit)),
            Kind::Text | Kind::Boolean => Self::Categories(Categories::default()),
        }
    }

    pub(super) fn add_missing(&mut self, rows: u64) {
        match self {
            Self::Numbers(numbers) => numbers.add_missing(rows),
            Self::Categories(categories) => categories.add_missing(rows),
        }
    }

    /// Counts booleans.
    pub(super) fn add_booleans(&mut self, trues: u64, falses: u64) {
        let Self::Categories(categories) = self else { return };
        for (text, times) in [("true", trues), ("false", falses)] {
            if times > 0 {
                categories.add(text, times);
            }
        }
    }

    /// The counts of both sides, and how far a rank may be off when they are not exact.
    pub(super) fn finish(reference: Self, current: Self) -> (Counts, Counts, Option<f64>) {
        match (reference, current) {
            (Self::Categories(reference), Self::Categories(current)) => {
                let (reference, current) = Categories::finish(reference, current);
                (Counts::Categories(reference), Counts::Categories(current), None)
            }
            (reference, current) => {
                let (reference, one) = reference.numbers().finish();
                let (current, other) = current.numbers().finish();
                let rank_error = one.into_iter().chain(other).reduce(f64::max);
                (Counts::Numbers(reference), Counts::Numbers(current), rank_error)
            }
        }
    }

    /// Both sides of a column are counted as one kind.
    fn numbers(self) -> Numbers {
        match self {
            Self::Numbers(numbers) => numbers,
            Self::Categories(_) => Numbers::new(0),
        }
    }
}
