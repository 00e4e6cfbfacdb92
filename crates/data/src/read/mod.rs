//! Reading the files of a snapshot as Arrow batches, with our own errors.
//!
//! Everything that touches rows comes through [`Scan`]: the tables that SQL sees, the tables that
//! training gets, profiles, and the pass in which a snapshot is inspected. So all of them see the
//! same columns, types and event-time window, and a bad file is named the same way everywhere.

mod arrow_ipc;
mod cell;
mod conform;
mod csv;
mod guess;
mod jsonl;
mod parquet;
mod scan;

pub(crate) use scan::{Scan, batch};

use ::arrow::{
    array::RecordBatch,
    datatypes::{DataType, SchemaRef},
};

use crate::{Error, Format, Part};

/// Rows in a batch.
const BATCH: usize = 8192;

/// What one file alone says about a column.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    /// The column's name.
    pub name: String,
    /// Its type, as a view shows it.
    pub data_type: DataType,
    /// Whether a table can have it.
    pub usable: bool,
    /// What the reader should know about it.
    pub note: Option<String>,
}

/// The batches of one file, in order, in the shape that was asked for.
type Batches = Box<dyn Iterator<Item = Result<RecordBatch, Error>>>;

/// The columns of a file: from its own description, or inferred from every value it has.
pub(crate) fn columns(part: &Part, format: Format) -> Result<Vec<Found>, Error> {
    if part.bytes == 0 {
        return Err(Error::bad_file(&part.relative, "the file is empty; write it again or leave it out"));
    }
    let found = guarded(part, || match format {
        Format::Parquet => parquet::columns(part),
        Format::Arrow => arrow_ipc::columns(part),
        Format::Csv => csv::columns(part),
        Format::Jsonl => jsonl::columns(part),
    })?;
    if found.is_empty() {
        return Err(Error::bad_file(
            &part.relative,
            "the file has no columns; write it again or leave it out",
        ));
    }
    for (position, column) in found.iter().enumerate() {
        if found[..position].iter().any(|other| other.name == column.name) {
            let problem = format!("two columns are called `{}`; rename one", column.name);
            return Err(Error::bad_file(&part.relative, problem));
        }
    }
    Ok(found)
}

fn open(part: &Part, format: Format, wanted: &SchemaRef) -> Result<Batches, Error> {
    match format {
        Format::Parquet => parquet::open(part, wanted),
        Format::Arrow => arrow_ipc::open(part, wanted),
        Format::Csv => csv::open(part, wanted),
        Format::Jsonl => jsonl::open(part, wanted),
    }
}

/// Runs a reader: should a decoder panic on hostile bytes, that is the file's error and not our end.
fn guarded<T>(part: &Part, read: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(read))
        .unwrap_or_else(|_| Err(damaged(part, &"its decoder gave up")))
}

/// The error for a binary file that does not decode.
fn damaged(part: &Part, reason: &dyn std::fmt::Display) -> Error {
    let problem = format!("the file is cut or damaged ({reason}); restore it from where it was made");
    Error::bad_file(&part.relative, problem)
}
