//! Capture: each request of a service with its response, on its way to disk and back.
//!
//! `server` answers a request through a service's [`Recorder`], which writes a compact record into
//! a bounded buffer and counts the request, recorded or not. `engine` takes a batch from the buffer
//! every second and appends it to a journal file; a [`Decoder`] reads journals back as
//! [`Captured`] rows and [`Totals`]. Later these become Parquet segments, in the
//! columns that [`Captured::into_table`] names.
//!
//! A journal is [`MAGIC`] and then batches. A batch is headers, which say what the columns of the
//! records after them are, records, and the totals of its interval. Each frame has a checksum, so
//! that a torn end is recognised and everything before it is good.
//!
//! Values are recorded as they were sent, in double precision, though most graphs calculate in
//! single: a value that training saw as 12.66 must not come back as 12.6599998, or every column
//! with ties would seem to drift.

mod bytes;
mod captured;
mod columns;
mod decoder;
mod draft;
mod frame;
mod header;
pub(crate) mod id;
mod latencies;
mod outcome;
mod recorder;
mod recorders;
mod segment;
#[cfg(test)]
mod tests;
mod totals;

pub use captured::{Captured, Failure};
pub use decoder::{Decoded, Decoder, Read};
pub(crate) use draft::Draft;
pub use frame::MAGIC;
pub use header::Header;
pub use id::{LONGEST as LONGEST_ID, of_row as row_id};
pub use latencies::Latencies;
pub use outcome::Outcome;
pub use recorder::{Arrival, Recorder, Settings};
pub use recorders::Recorders;
pub use segment::{Malformed, totals_from_table, totals_to_table};
pub use totals::Totals;
