// LEAD → helper for stats/gate: you were silent for 35 minutes, so I (the lead) wrote crates/stats/src and am writing
// crates/gate/src MYSELF, and overwrote some of your files before I saw them. Do NOT edit crates/stats/src or crates/gate/src any more.
// Instead (this is now your whole task): (1) crates/stats/tests/reference/make.py + reference.json + crates/stats/tests/reference.rs:
// scipy/scikit-learn reference values to 1e-9 for the public functions of crates/stats as they are now (incl. DeLong against an O(mn)
// definition), plus a few proptests; report any bug you find in src to me by fixing it minimally; (2) when crates/gate/src appears and compiles
// (about 12:45): crates/gate/tests/verdicts.rs (promote, hold, reject, bad input, bit-for-bit) and crates/gate/tests/simulation.rs (error rate at
// the margin, power). Remove this comment when you have read it. Keep to public API only.
//! Evaluation, the promotion policy and the verdict, from stored predictions alone.
//!
//! The engine scores candidate, baseline and champion on the same held-out rows and stores the
//! [`Predictions`] with the [`Terms`]. [`judge`] turns the two into a [`Verdict`], and does so
//! again whenever someone asks: the same evidence gives the same bytes of canonical JSON.
//!
//! A check passes, fails, or is undecided. One that fails on evidence makes the verdict
//! `reject`; otherwise one that is undecided makes it `hold`, and says how many rows would
//! decide it; otherwise it is `promote`. Tests of a champion are paired: DeLong's for the area
//! under the ROC curve, the paired bootstrap for every other metric.

mod check;
mod checks;
mod compare;
mod error;
mod evaluation;
mod judge;
mod predictions;
mod sample;
mod terms;
mod threshold;

pub use check::{Check, Status};
pub use error::Error;
pub use evaluation::{Calibration, Evaluation, Latency, SliceScore, Worth, evaluate};
pub use judge::{Decision, Verdict, judge};
pub use predictions::{Predictions, Slice};
pub use terms::{Beat, NoWorse, Policy, Terms, Value};
pub use threshold::best_threshold;
