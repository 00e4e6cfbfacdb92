//! How far apart two samples of one column are: statistics over counts, not over rows.
//!
//! `monitor::drift` calls these for its verdicts, and the engine fills the counts from exact
//! columns or from `stats::sketch`. A column is first counted ([`NumberCounts`],
//! [`CategoryCounts`]); each statistic then walks the two counts once. Every definition is
//! written down with its source in `docs/drift.md`.

mod categories;
mod numbers;

pub use categories::CategoryCounts;
pub use numbers::{Malformed, NumberCounts};
