//! Metrics, intervals and tests: slices in, numbers out.
//!
//! `gate` and `learn` call these; nothing here knows of models, files or policies. Each
//! function names its definition and its source, and says when there is no answer (`None`)
//! rather than inventing one.

mod bootstrap;
pub mod burn_rate;
mod calibration;
pub mod cbpe;
pub mod change_point;
pub mod chart;
pub mod compat;
mod confusion;
mod delong;
mod distribution;
pub mod dle;
pub mod drift;
mod estimate;
mod fdr;
mod holm;
mod isotonic;
mod loss;
mod metric;
mod precision;
mod rank;
mod regression;
mod sample_size;
pub mod sketch;
mod task;

pub use bootstrap::{Resamples, standard_error};
pub use calibration::{Reliability, calibration_error, reliability};
pub use confusion::Confusion;
pub use delong::{Auc, paired_auc, roc_auc};
pub use distribution::{normal_cdf, normal_quantile, student_quantile};
pub use estimate::{Difference, Estimate};
pub use fdr::{adjusted_p_values, benjamini_hochberg};
pub use holm::holm;
pub use isotonic::Isotonic;
pub use loss::{PROBABILITY_FLOOR, brier_rows, log_loss_rows};
pub use metric::Metric;
pub use precision::{Ranking, average_precision};
pub use rank::midranks;
pub use regression::{r2, rmse};
pub use sample_size::rows_needed;
pub use task::Task;

/// The arithmetic mean; nothing of no values.
pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// The value below which this share of the sorted values lies, by linear interpolation
/// (Hyndman and Fan, 1996, definition 7); nothing of no values.
pub fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let place = share.clamp(0.0, 1.0) * last as f64;
    let (below, above) = (place.floor() as usize, place.ceil() as usize);
    let weight = place - place.floor();
    Some(sorted[below] + (sorted[above] - sorted[below]) * weight)
}
