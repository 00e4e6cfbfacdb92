//! The rows of a page, gathered from rows in whichever order.

use std::cmp::Ordering;

use super::place::{Place, Position, compare};

/// So many rows more than needed are held before the last of them are dropped.
const SPARE: usize = 1_024;

/// The first rows behind a position.
#[derive(Debug)]
pub(super) struct Page<T> {
    size: usize,
    descending: Vec<bool>,
    after: Option<Position>,
    rows: Vec<(Position, T)>,
}

impl<T> Page<T> {
    /// A page of so many rows, in an order of parts that go this way.
    pub(super) fn new(size: usize, descending: Vec<bool>, after: Option<Position>) -> Self {
        Self { size, descending, after, rows: Vec::new() }
    }

    /// How many rows are enough: those of the page, and one that tells that there is another.
    pub(super) fn enough(&self) -> usize {
        self.size + 1
    }

    /// Behind what it begins.
    pub(super) fn after(&self) -> Option<&[Place]> {
        self.after.as_deref()
    }

    /// Takes a row, unless it is on a page before this.
    pub(super) fn offer(&mut self, position: Position, row: T) -> bool {
        if let Some(after) = &self.after
            && compare(&self.descending, &position, after) != Ordering::Greater
        {
            return false;
        }
        self.rows.push((position, row));
        if self.rows.len() > 2 * self.enough() + SPARE {
            self.sort();
            self.rows.truncate(self.enough());
        }
        true
    }

    fn sort(&mut self) {
        let descending = &self.descending;
        self.rows.sort_unstable_by(|(one, _), (other, _)| compare(descending, one, other));
    }

    /// The rows in order, and behind what the next page begins if there is one.
    pub(super) fn finish(mut self) -> (Vec<T>, Option<Position>) {
        self.sort();
        let has_more = self.rows.len() > self.size;
        self.rows.truncate(self.size);
        let next = if has_more { self.rows.last().map(|(position, _)| position.clone()) } else { None };
        (self.rows.into_iter().map(|(_, row)| row).collect(), next)
    }
}
