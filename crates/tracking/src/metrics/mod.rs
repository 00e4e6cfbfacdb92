//! Metrics: points in blocks as they came, the latest of each key, and the history.

mod memory;

pub(crate) use memory::Memory;
