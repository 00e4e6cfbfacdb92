//! Two data sets side by side, a column at a time, as counts: what drift is judged by.
//!
//! `kaizen drift` calls [`compare()`] on files that belong to no project. It reads one column of
//! both sides at a time on each of a few threads, hands its [`ColumnCounts`] over and forgets them, so
//! that memory depends on a column and not on the data set. Parquet files are counted page by page
//! (`pages`): a dictionary's values are counted by their codes and looked at once. What `pages` does
//! not know, and every other format, comes through `read::Scan`.

mod batches;
mod categories;
mod counter;
mod jobs;
mod numbers;
mod pages;
mod radix;
mod side;
mod tally;

use stats::drift::{CategoryCounts, NumberCounts};

use crate::{Error, SourceFile};
use side::Side;

/// How often each value of a column came.
#[derive(Debug, Clone, PartialEq)]
pub enum Counts {
    /// Numbers; times are microseconds since 1970.
    Numbers(NumberCounts),
    /// Texts, and booleans as `true` and `false`.
    Categories(CategoryCounts),
}

/// A column that both sides have, in one kind.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnCounts {
    /// The column's name.
    pub name: String,
    /// Its place among the columns that are compared.
    pub place: usize,
    /// Its values in the reference.
    pub reference: Counts,
    /// Its values in the current data.
    pub current: Counts,
    /// Whether they are times.
    pub time: bool,
    /// How far a rank may be off, as a share of the rows, when there were too many different numbers
    /// to keep; nothing when the counts are exact.
    pub rank_error: Option<f64>,
}

/// A column that cannot be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// The column's name.
    pub name: String,
    /// Why.
    pub why: Why,
}

/// Why a column cannot be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// The current data do not have it.
    Vanished,
    /// The reference does not have it.
    Appeared,
    /// It is of another kind now.
    Changed {
        /// Its kind in the reference, such as `number`.
        reference: String,
        /// Its kind in the current data.
        current: String,
    },
    /// Its values are lists, structs or bytes: Arrow's name of their type.
    Unusable(String),
    /// Neither side has a value.
    Empty,
}

/// What was compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// The rows of the reference.
    pub reference_rows: u64,
    /// The rows of the current data.
    pub current_rows: u64,
    /// The columns that cannot be compared, in the order of the reference.
    pub left_out: Vec<LeftOut>,
}

/// Counts the columns of two data sets, all or those named, and hands each over once it is counted: on
/// any of a few threads, in any order.
///
/// The counts are exact up to about four million different numbers on each side, or a million of which
/// many come often; beyond that they come from a sketch and say so. Of more than 100,000 different texts
/// the frequent ones are counted by name and the rest together.
///
/// # Errors
/// When a file cannot be read, when the files of one side disagree about the columns, when a named
/// column is on neither side, and when a side has no rows.
pub fn compare(
    reference: &[SourceFile],
    current: &[SourceFile],
    columns: Option<&[String]>,
    each: impl Fn(ColumnCounts) + Sync,
) -> Result<Compared, Error> {
    let (reference, current) = std::thread::scope(|scope| {
        let reference = scope.spawn(|| Side::open(reference));
        let current = Side::open(current);
        (jobs::joined(reference), current)
    });
    let (reference, current) = (reference?, current?);
    let (chosen, left_out) = side::choose(&reference, &current, columns)?;
    jobs::run(&reference, &current, &chosen, &each)?;
    let compared = Compared { reference_rows: reference.rows()?, current_rows: current.rows()?, left_out };
    for (rows, side) in [(compared.reference_rows, &reference), (compared.current_rows, &current)] {
        if rows == 0 {
            let files = side.names();
            return Err(Error::NoRows(format!("there are no rows in {files}; check what writes the data")));
        }
    }
    Ok(compared)
}
