//! Evaluation, the promotion policy and the verdict, from stored predictions alone.
//!
//! The engine scores candidate, baseline and champion on the same held-out rows and stores the
//! [`Predictions`] with the [`Terms`]. [`judge()`] turns the two into a [`Verdict`], and does so
//! again whenever someone asks: the same evidence gives the same bytes of canonical JSON.
//!
//! A check passes, fails, or is undecided. One that fails on evidence makes the verdict
//! `reject`; otherwise one that is undecided makes it `hold`, and says how many rows would
//! decide it; otherwise it is `promote`. Tests of a champion are paired: DeLong's for the area
//! under the ROC curve, the paired bootstrap for every other metric, whose standard error has a closed
//! form where the metric is a mean over rows.

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
