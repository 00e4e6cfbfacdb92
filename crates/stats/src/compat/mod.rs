//! Drift numbers as other tools compute them, their peculiarities included, so that people who
//! switch can compare. For comparison only: the verdicts of `monitor::drift` never use them.
//!
//! Written from the tools' observed behaviour; `docs/drift.md` lists each peculiarity.

pub mod evidently;
mod histogram;
pub mod nannyml;
