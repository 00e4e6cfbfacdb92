//! Metrics: points in blocks as they came, the latest of each key, and the history.
//!
//! A request's points become one row, a `block`. What is latest is kept in the writer's `memory` and put into its table
//! before somebody reads that. When a run has many blocks, their points are put in order, key by key (`compact`), while
//! the writer has nothing else to do. A `history` is both together.

mod block;
mod compact;
mod draft;
pub(crate) mod elsewhere;
mod history;
mod interval;
mod memory;
mod point;
#[cfg(test)]
mod tests;
mod token;
mod write;

pub use draft::Metric;
pub(crate) use draft::{Draft, Named, check_limit};
pub use history::{History, OfRun};
pub(crate) use memory::{Found, Memory};
pub use point::Latest;
pub(crate) use point::Point;
pub(crate) use write::log;
