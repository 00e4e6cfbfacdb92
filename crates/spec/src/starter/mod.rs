//! The first project file of a data set: what `kaizen init` writes from what it saw.

mod guess;
mod toml;
mod write;

use base::Name;
use table::Kind;

use guess::Guess;

/// A data file as `kaizen init` found it.
#[derive(Debug, Clone, PartialEq)]
pub struct Inspection {
    /// Its path, relative to the project file that is to be written.
    pub source: String,
    /// What to call the project and the data set.
    pub name: Name,
    /// Its columns, in order.
    pub columns: Vec<ColumnProfile>,
}

/// A column of an inspected file.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnProfile {
    /// The column's name.
    pub name: String,
    /// What its values are.
    pub kind: Kind,
    /// The number of rows.
    pub rows: u64,
    /// The number of rows without a value.
    pub nulls: u64,
    /// The number of different values; may stop short where there are very many.
    pub distinct: u64,
    /// Whether all its numbers are whole.
    pub integer: bool,
    /// The least value.
    pub min: Option<String>,
    /// The greatest value.
    pub max: Option<String>,
    /// The most frequent values and how often each comes, the most frequent first.
    pub top: Vec<(String, u64)>,
}

/// A commented project file for this data, which [`parse`](crate::parse) accepts as it stands.
///
/// Each guess in it says why it was made. Without a column to predict the model is left in comments.
pub fn starter(inspection: &Inspection) -> String {
    let guess = Guess::of(&inspection.columns);
    write::file(inspection, &guess)
}
