//! A regressor's quality without labels: direct loss estimation.
//!
//! A second model, `learn::loss_model`, says how far off the first is likely to be in each row; the mean of that over a
//! window is the error to be expected of it (NannyML's DLE). It holds while the inputs change and what they mean does
//! not. Crate `monitor` asks [`estimate`] with the losses that `engine` has computed.

use serde::{Deserialize, Serialize};

use crate::{
    Metric,
    cbpe::{Errors, Estimated},
};

/// What can be estimated of a regressor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Mean absolute error, in the target's unit.
    Mae,
    /// Mean squared error, in the square of the target's unit.
    Mse,
    /// Its root, in the target's unit.
    Rmse,
}

/// The losses to be expected of a window's rows, from a model that left one part of the reference out.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Losses {
    /// Of each row the expected absolute error.
    pub absolute: Vec<f64>,
    /// Of each row the expected squared error.
    pub squared: Vec<f64>,
}

/// How much the losses of single reference rows vary.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// The standard deviation (divisor n) of the absolute error.
    pub absolute: f64,
    /// The same of the squared error.
    pub squared: f64,
}

impl Measure {
    /// The measure of this metric; nothing of a classifier's, nor of R², which needs the targets' own variance.
    pub fn of(metric: Metric) -> Option<Self> {
        match metric {
            Metric::Mae => Some(Self::Mae),
            Metric::Rmse => Some(Self::Rmse),
            _ => None,
        }
    }

    /// The measure of these losses of rows.
    fn value(self, losses: &Losses) -> Option<f64> {
        match self {
            Self::Mae => finite_mean(&losses.absolute).map(|(mean, _)| mean),
            Self::Mse => finite_mean(&losses.squared).map(|(mean, _)| mean),
            Self::Rmse => finite_mean(&losses.squared).map(|(mean, _)| mean.sqrt()),
        }
    }

    /// How many rows have a loss.
    fn rows(self, losses: &Losses) -> usize {
        let values = if self == Self::Mae { &losses.absolute } else { &losses.squared };
        finite_mean(values).map_or(0, |(_, rows)| rows)
    }
}

impl Losses {
    /// What the losses turned out to be: of rows whose target is known.
    ///
    /// # Panics
    /// When the slices differ in length.
    pub fn of(predictions: &[f64], targets: &[f64]) -> Self {
        assert_eq!(predictions.len(), targets.len(), "one target a prediction");
        let errors = predictions.iter().zip(targets).map(|(prediction, target)| (prediction - target).abs());
        let absolute: Vec<f64> = errors.filter(|error| error.is_finite()).collect();
        let squared = absolute.iter().map(|error| error * error).collect();
        Self { absolute, squared }
    }

    /// How much they vary; nothing of no rows.
    pub fn spread(&self) -> Option<Spread> {
        Some(Spread { absolute: deviation(&self.absolute)?, squared: deviation(&self.squared)? })
    }
}

/// The measure on losses that are known; nothing of no rows.
pub fn realised(measure: Measure, losses: &Losses) -> Option<f64> {
    measure.value(losses)
}

/// The measure to be expected of a window, with its interval at this confidence.
///
/// `parts` are the losses by each model, all of the same rows; a row whose loss is not finite is passed over. The sampling
/// error is NannyML's, the reference's deviation over √rows; the reference error is the jackknife over the models, each of
/// which left out another part of the reference (Efron and Tibshirani, "An Introduction to the Bootstrap", 1993,
/// chapter 11). Of the root both follow by its slope. Nothing without a model or a row.
pub fn estimate(parts: &[Losses], spread: Spread, measure: Measure, confidence: f64) -> Option<Estimated> {
    let values: Vec<f64> = parts.iter().filter_map(|losses| measure.value(losses)).collect();
    let rows = parts.iter().map(|losses| measure.rows(losses)).min()?;
    let value = crate::mean(&values)?;
    let of_row = match measure {
        Measure::Mae => spread.absolute,
        Measure::Mse => spread.squared,
        Measure::Rmse if value > 0.0 => spread.squared / (2.0 * value),
        Measure::Rmse => 0.0,
    };
    let count = values.len() as f64;
    let apart: f64 = values.iter().map(|one| (one - value).powi(2)).sum();
    let errors =
        Errors { sampling: of_row / (rows as f64).sqrt(), reference: ((count - 1.0) / count * apart).sqrt() };
    Some(Estimated::new(value, errors, rows, (confidence, (0.0, f64::INFINITY))))
}

fn finite_mean(values: &[f64]) -> Option<(f64, usize)> {
    let finite: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    crate::mean(&finite).map(|mean| (mean, finite.len()))
}

fn deviation(values: &[f64]) -> Option<f64> {
    let mean = crate::mean(values)?;
    let squares: Vec<f64> = values.iter().map(|value| (value - mean).powi(2)).collect();
    crate::mean(&squares).map(f64::sqrt)
}

#[cfg(test)]
mod tests {
    use super::{Losses, Measure, Spread, estimate, realised};

    const SPREAD: Spread = Spread { absolute: 3.0, squared: 8.0 };

    fn part(absolute: f64, squared: f64) -> Losses {
        Losses { absolute: vec![absolute; 100], squared: vec![squared; 100] }
    }

    #[test]
    fn a_window_is_expected_to_lose_the_mean_of_its_rows_losses() {
        let parts = [part(1.0, 3.0), part(3.0, 5.0)];
        let mae = estimate(&parts, SPREAD, Measure::Mae, 0.95).unwrap();
        assert_eq!((mae.estimate.value, mae.sampling_error, mae.reference_error), (2.0, 0.3, 1.0));
        assert_eq!(mae.estimate.rows, 100);
        let mse = estimate(&parts, SPREAD, Measure::Mse, 0.95).unwrap();
        assert_eq!((mse.estimate.value, mse.sampling_error), (4.0, 0.8));
        let rmse = estimate(&[part(1.0, 4.0)], SPREAD, Measure::Rmse, 0.95).unwrap();
        assert_eq!((rmse.estimate.value, rmse.sampling_error, rmse.reference_error), (2.0, 0.2, 0.0));
    }

    #[test]
    fn an_interval_ends_at_zero() {
        let wide = estimate(&[part(0.1, 0.01)], SPREAD, Measure::Mae, 0.95).unwrap();
        assert_eq!(wide.estimate.lower, 0.0);
    }

    #[test]
    fn no_model_no_row_and_no_finite_loss_have_no_estimate() {
        assert_eq!(estimate(&[], SPREAD, Measure::Mae, 0.95), None);
        assert_eq!(estimate(&[Losses::default()], SPREAD, Measure::Mse, 0.95), None);
        let nowhere = Losses { absolute: vec![f64::NAN], squared: vec![f64::INFINITY] };
        assert_eq!(estimate(&[nowhere], SPREAD, Measure::Rmse, 0.95), None);
        let perfect = estimate(&[part(0.0, 0.0)], SPREAD, Measure::Rmse, 0.95).unwrap();
        assert_eq!((perfect.estimate.value, perfect.estimate.standard_error), (0.0, 0.0));
    }

    #[test]
    fn rows_without_a_target_do_not_count_as_measured() {
        let losses = Losses::of(&[1.0, 2.0, f64::NAN], &[3.0, f64::NAN, 1.0]);
        assert_eq!(realised(Measure::Mae, &losses), Some(2.0));
        assert_eq!(realised(Measure::Mse, &losses), Some(4.0));
        assert_eq!(losses.spread(), Some(Spread { absolute: 0.0, squared: 0.0 }));
        assert_eq!(Losses::of(&[], &[]).spread(), None);
    }
}
