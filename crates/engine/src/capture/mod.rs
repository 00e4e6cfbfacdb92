//! Capture: what the services were asked and answered, from the recorders' buffers to Parquet segments.
//!
//! The engine starts a [`Writer`] for each service that is captured. Every second it appends what
//! has gathered in the service's [`serving::capture::Recorder`] to a journal file and syncs it, so that a
//! crash loses what came in the last second at most. A journal is sealed when the hour
//! changes, when it is large, and when the writer ends: its rows become Parquet segments in the store, one for each
//! model version and hour of receipt. A writer that starts seals what a killed one left.
//!
//! The monitor loop follows what is captured with [`read()`], from segments and journals alike; whoever
//! wants the rows of a period asks [`read_range`]. [`Keeper`] keeps the labels that callers send.
//!
//! ```text
//! .kaizen/captures/SERVICE/NUMBER.journal     the number is the time of its beginning, in microseconds
//! ```
//!
//! A segment's source is its journal's name with its place in it, so sealing the same journal again
//! changes nothing; the journal goes last.

mod error;
mod journal;
mod labels;
mod notice;
mod range;
mod read;
mod retention;
mod seal;
#[cfg(test)]
mod tests;
mod writer;

pub use error::Error;
pub use labels::Keeper;
pub use notice::{Notice, Observer};
pub use range::read_range;
pub use read::{Piece, Position, between, read};
pub use writer::{Handle, Settings, Writer};
