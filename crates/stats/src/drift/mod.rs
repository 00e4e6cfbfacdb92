//! How far apart two samples of one column are: statistics over counts, not over rows.
//!
//! `monitor::drift` calls these for its verdicts, and the engine fills the counts from exact
//! columns or from `stats::sketch`. A column is first counted ([`NumberCounts`],
//! [`CategoryCounts`]); the statistics of numbers then walk the two counts once
//! ([`Gaps`]), and the others look at rows in the same bins on both sides ([`Binned`]).
//! Every definition is written down with its source in `docs/drift.md`.

mod binned;
mod categories;
mod chi_square;
mod divergence;
mod eigen;
mod exceedance;
mod gaps;
mod ks;
mod numbers;
mod permutation;
mod proportion;
mod psi;
mod reconstruction;

pub use binned::Binned;
pub use categories::CategoryCounts;
pub(crate) use chi_square::tail as chi_square_tail;
pub use chi_square::{ChiSquare, chi_square, pooled};
pub use divergence::{hellinger, jensen_shannon, l_infinity, total_variation};
pub use exceedance::exceedance;
pub use gaps::{DEVIATION_FLOOR, Gaps, wasserstein, wasserstein_normalised};
pub use ks::{EXACT_ROWS, Ks, ks};
pub use numbers::{Malformed, NumberCounts};
pub use permutation::permutation;
pub use proportion::proportions;
pub use psi::{PSI_FLOOR, psi};
pub use reconstruction::Reconstruction;
