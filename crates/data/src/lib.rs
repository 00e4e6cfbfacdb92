//! Data sets on DataFusion: found, inspected, tested, queried, and brought into memory.
//!
//! The engine calls this crate. [`files()`] finds what a project file's `source` means; the engine copies
//! those files into the store as [`Part`]s and [`inspect()`] says what is in them as a [`Manifest`]. Parts
//! and manifest under a name are a [`View`], and from views come expectations' findings ([`test()`]),
//! a SQL step's output ([`query()`]), a training table ([`table()`]) and a [`Profile`].
//!
//! Arrow, Parquet and DataFusion are named in this crate alone, and not in its interface.

mod columns;
mod counts;
mod error;
mod expectation;
mod format;
mod inspect;
mod load;
mod manifest;
mod output;
mod profile;
mod provider;
mod query;
mod read;
mod schema;
mod session;
mod source;
mod stored;

pub use counts::{ColumnCounts, Compared, Counts, LeftOut, Why, compare};
pub use error::Error;
pub use expectation::{Finding, test};
pub use format::Format;
pub use inspect::inspect;
pub use load::table;
pub use manifest::{ColumnInfo, Manifest, Part, PartInfo, View, Window};
pub use profile::{ColumnProfile, Profile, profile};
pub use query::{QueryOutput, query};
pub use session::Limits;
pub use source::{Source, SourceFile, files, matching};
pub use stored::{read_table, write_table};

/// Runs what reads files or computes for long away from the threads that must stay responsive.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Err(Error::Sql("the work was cancelled".to_owned())),
        },
    }
}
