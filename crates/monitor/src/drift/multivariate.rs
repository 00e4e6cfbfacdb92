use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use stats::{drift::Reconstruction, normal_cdf};
use table::{Table, Values};

use super::Settings;

/// The share of the reference's variance that the components keep.
const KEPT: f64 = 0.65;

/// What was found in all columns together.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Together {
    /// The mean reconstruction error of reference rows that the components did not learn from.
    pub reference: f64,
    /// The standard deviation of that error over rows.
    pub spread: f64,
    /// The mean error of the current rows.
    pub current: f64,
    /// The size of the change: the difference of the means over the spread.
    pub effect: f64,
    /// The chance of such a difference without drift, by the normal law of large samples.
    pub p_value: f64,
    /// Whether it is both large and significant at the false discovery rate.
    pub drifted: bool,
    /// How many components are kept.
    pub components: usize,
}

/// Tests all columns together by the reconstruction error of principal components.
///
/// Components are learned from every other row of the reference and the error to expect is
/// taken from the rest, so that it is not too small. Categories become how often they come in
/// the reference, missing numbers the mean. Nothing when a sample has fewer than two rows a
/// side of that split, or current lacks a column of the reference.
pub fn reconstruct(reference: &Table, current: &Table, settings: &Settings) -> Option<Together> {
    let halves =
        [0, 1].map(|first| reference.take(&(first..reference.rows()).step_by(2).collect::<Vec<_>>()));
    if halves[1].rows() < 2 || current.rows() < 2 {
        return None;
    }
    let encoders: Vec<Encoder> =
        halves[0].columns().iter().map(|column| Encoder::of(&column.values)).collect();
    let encode = |table: &Table| -> Option<Vec<Vec<f64>>> {
        let columns = reference.columns().iter().zip(&encoders);
        columns.map(|(column, encoder)| Some(encoder.encode(&table.column(&column.name)?.values))).collect()
    };
    let fitted = Reconstruction::fit(&encode(&halves[0])?, KEPT)?;
    let old = Moments::of(&fitted.errors(&encode(&halves[1])?)?);
    let new = Moments::of(&fitted.errors(&encode(current)?)?);
    Some(verdict(old, new, fitted.components(), settings))
}

fn verdict(old: Moments, new: Moments, components: usize, settings: &Settings) -> Together {
    let difference = new.mean - old.mean;
    let error = (old.variance / old.rows + new.variance / new.rows).sqrt();
    let p_value = match (error > 0.0, difference == 0.0) {
        (true, _) => 2.0 * normal_cdf(-(difference / error).abs()),
        (false, same) => f64::from(u8::from(same)),
    };
    let spread = old.variance.sqrt();
    let effect = if difference == 0.0 { 0.0 } else { difference.abs() / spread.max(1e-9) };
    let drifted = effect >= settings.reconstruction && p_value <= settings.false_discovery_rate;
    Together { reference: old.mean, spread, current: new.mean, effect, p_value, drifted, components }
}

/// Mean and variance of a sample that is not empty.
struct Moments {
    rows: f64,
    mean: f64,
    variance: f64,
}

impl Moments {
    fn of(values: &[f64]) -> Self {
        let rows = values.len() as f64;
        let mean = values.iter().sum::<f64>() / rows;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        Self { rows, mean, variance: squares / (rows - 1.0).max(1.0) }
    }
}

/// How a column becomes finite numbers.
enum Encoder {
    /// A number stays, and what is none becomes this.
    Number(f64),
    /// A category becomes its share of the rows; the missing one is a category too.
    Share(HashMap<Option<String>, f64>),
}

impl Encoder {
    fn of(values: &Values) -> Self {
        if let Some(numbers) = numbers(values) {
            let finite: Vec<f64> = numbers.into_iter().filter(|number| number.is_finite()).collect();
            return Self::Number(stats::mean(&finite).unwrap_or(0.0));
        }
        let mut shares = HashMap::new();
        for row in 0..values.len() {
            *shares.entry(values.label(row)).or_default() += 1.0 / values.len() as f64;
        }
        Self::Share(shares)
    }

    fn encode(&self, values: &Values) -> Vec<f64> {
        match self {
            Self::Number(filler) => numbers(values)
                .unwrap_or_else(|| vec![f64::NAN; values.len()])
                .into_iter()
                .map(|number| if number.is_finite() { number } else { *filler })
                .collect(),
            Self::Share(shares) => {
                let share = |row| shares.get(&values.label(row)).copied().unwrap_or(0.0);
                (0..values.len()).map(share).collect()
            }
        }
    }
}

/// The numbers of a column, instants in microseconds; nothing for categories.
fn numbers(values: &Values) -> Option<Vec<f64>> {
    match values {
        Values::Number(numbers) => Some(numbers.clone()),
        Values::Time(instants) => {
            Some(instants.iter().map(|instant| instant.map_or(f64::NAN, |micros| micros as f64)).collect())
        }
        Values::Text(_) | Values::Boolean(_) => None,
    }
}
