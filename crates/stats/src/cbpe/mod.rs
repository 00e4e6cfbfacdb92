//! Quality without labels: confidence-based performance estimation of classifiers.
//!
//! Where a model's probabilities are calibrated they say how often it is right, so that every metric has an
//! expectation before a label arrives (NannyML's CBPE; Błachowicz et al., "Estimating model performance under
//! covariate shift without labels", 2024). It holds while the inputs change and what they mean does not: a change of
//! P(label | score) is invisible to it. Crate `monitor` fits [`Binary`] or [`Multiclass`] on the rows that the gate
//! held out, and asks it about each window.
//!
//! ROC AUC, average precision, F1, precision, recall, specificity and accuracy are those of NannyML 0.13.1; log loss,
//! the Brier score, value and the interval's second part are our own. `docs/estimates.md` has the measured agreement.

mod binary;
mod calibration;
mod curve;
mod estimated;
mod expected;
mod measure;
mod multiclass;
mod realised;
mod sampling;
mod splits;

pub use binary::{Binary, Reference, Window};
pub use calibration::Calibration;
pub(crate) use estimated::Errors;
pub use estimated::Estimated;
pub use expected::Worth;
pub use measure::Measure;
pub use multiclass::{Multiclass, Rows};
pub use realised::{limits, realised};
