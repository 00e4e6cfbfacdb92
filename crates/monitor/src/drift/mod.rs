//! Which columns drifted: counts of a reference and of current rows in, verdicts out.
//!
//! The assessment of a window and `kaizen drift` call [`judge()`]. A column drifted when its drift
//! is both large (an effect size against a threshold) and no chance (a p-value under one control
//! of the false discovery rate over all tests of all columns), so that ten million rows do not
//! make everything drift and fifty do not raise noise. [`reconstruct`] looks at all columns
//! together. `docs/drift.md` has every definition and the measured error rates.

mod categories;
mod column;
mod finding;
mod histogram;
mod judge;
mod multivariate;
mod numbers;
mod rates;
mod settings;

pub use column::{Column, Counts};
pub use finding::{ColumnDrift, Drift, Effect, EffectMeasure, Rate, Rows, Test};
pub use histogram::Histogram;
pub use judge::{conclude, examine, judge};
pub use multivariate::{Together, reconstruct};
pub use settings::Settings;
