use crate::{Difference, normal_quantile};

/// The rows at which a one-sided test would tell the improvement seen from `threshold` with this
/// confidence and power, if the improvement is really as large as it looks.
///
/// The usual normal formula, `n·((z_confidence + z_power)·se / |effect|)²` (Chow, Shao and Wang,
/// "Sample Size Calculations in Clinical Research", chapter 3). Nothing when the effect is zero.
pub fn rows_needed(difference: &Difference, threshold: f64, confidence: f64, power: f64) -> Option<u64> {
    let effect = (difference.value - threshold).abs();
    if effect == 0.0 || !effect.is_finite() || !difference.standard_error.is_finite() {
        return None;
    }
    let reach = (normal_quantile(confidence) + normal_quantile(power)) * difference.standard_error;
    let rows = (difference.rows as f64 * (reach / effect).powi(2)).ceil();
    (rows < 1e15).then_some(rows as u64)
}
