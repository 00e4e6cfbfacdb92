//! Summaries of bounded size that can be merged: what a column's counts become when it has too
//! many distinct values to keep them all.
//!
//! The engine fills one a segment of captured traffic and merges them into windows. Each states
//! its error, each is exact while the column is small, and each turns into the counts that
//! `stats::drift` takes, so that every drift statistic also runs on sketches.

mod distinct;
mod frequent;
mod quantiles;

pub use distinct::Distinct;
pub use frequent::Frequent;
pub use quantiles::Quantiles;
