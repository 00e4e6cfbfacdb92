//! When a short series began to change: the onset of a step or of a gradual trend, with an interval.
//!
//! Crate `monitor` asks [`onset`] once a departure is confirmed; [`changes`] finds several. Both models have one
//! break and two more parameters, and are fitted by least squares at every possible break. The interval is the
//! set of breaks that the likelihood cannot tell from the best (Siegmund, "Confidence sets in change-point
//! problems", International Statistical Review 56, 1988), the p-value that of a permutation test of the largest
//! drop in residuals, seeded. Both take the points' noise as independent: with autocorrelation p is too small.

use base::Random;
use serde::{Deserialize, Serialize};

/// The fewest known points: fewer cannot show a change and its noise.
const FEWEST: usize = 6;
/// Points on either side of a break.
const MARGIN: usize = 2;

/// What the series did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// It went to another level at once.
    Step,
    /// It began to move, and moved on steadily.
    Trend,
}

/// How a change is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// The confidence of the interval, such as 0.95.
    pub confidence: f64,
    /// Random orders in the permutation test; the least p-value is 1 / (permutations + 1).
    pub permutations: usize,
    /// Seeds them.
    pub seed: u64,
}

/// The onset of a change.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// Step or trend.
    pub shape: Shape,
    /// The first position at the new level, or the last before the trend.
    pub index: usize,
    /// The earliest such position that the series allows at the confidence.
    pub earliest: usize,
    /// The latest.
    pub latest: usize,
    /// The step, or how far the trend came by the end of the series, in the series' unit.
    pub size: f64,
    /// The chance that a series without any change shows one as clear.
    pub p_value: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { confidence: 0.95, permutations: 499, seed: 0 }
    }
}

/// The one change that explains the series best, step or trend; NaN is passed over.
///
/// Nothing of fewer than six known values, or when all are equal. Whether it is a change at all is for the
/// caller to say, from the p-value.
pub fn onset(series: &[f64], settings: &Settings) -> Option<Change> {
    let step = of_shape(series, Shape::Step, settings);
    let trend = of_shape(series, Shape::Trend, settings);
    match (step, trend) {
        (Some(step), Some(trend)) => Some(if trend.1 < step.1 { trend.0 } else { step.0 }),
        (step, trend) => step.or(trend).map(|(change, _)| change),
    }
}

/// The one step that explains the series best.
pub fn step(series: &[f64], settings: &Settings) -> Option<Change> {
    of_shape(series, Shape::Step, settings).map(|(change, _)| change)
}

/// The one trend that explains the series best.
pub fn trend(series: &[f64], settings: &Settings) -> Option<Change> {
    of_shape(series, Shape::Trend, settings).map(|(change, _)| change)
}

/// Every step with a p-value of at most `significance`, in order, by binary segmentation (Scott and Knott, "A
/// cluster analysis method for grouping means", Biometrics 30, 1974). Positions are those of the series.
pub fn changes(series: &[f64], significance: f64, settings: &Settings) -> Vec<Change> {
    let found = step(series, settings).filter(|change| change.p_value <= significance);
    let Some(change) = found else { return Vec::new() };
    let mut all = changes(&series[..change.index], significance, settings);
    all.push(change);
    let behind = changes(&series[change.index..], significance, settings);
    all.extend(behind.into_iter().map(|later| later.moved(change.index)));
    all
}

impl Change {
    fn moved(self, by: usize) -> Self {
        Self { index: self.index + by, earliest: self.earliest + by, latest: self.latest + by, ..self }
    }
}

/// The best change of this shape, and the squares it leaves.
fn of_shape(series: &[f64], shape: Shape, settings: &Settings) -> Option<(Change, f64)> {
    let known: Vec<usize> = (0..series.len()).filter(|index| series[*index].is_finite()).collect();
    let values: Vec<f64> = known.iter().map(|index| series[*index]).collect();
    if values.len() < FEWEST || values.iter().all(|value| *value == values[0]) {
        return None;
    }
    let fits = fits(&values, shape);
    let best = least(&fits);
    let (earliest, latest) = interval(&fits, values.len(), shape, settings.confidence);
    let change = Change {
        shape,
        index: known[best.index],
        earliest: known[earliest],
        latest: known[latest],
        size: best.size,
        p_value: p_value(&values, shape, best.squares, settings),
    };
    Some((change, best.squares))
}

/// A model with its break at one position.
#[derive(Debug, Clone, Copy)]
struct Fit {
    index: usize,
    size: f64,
    /// What is left unexplained: the sum of squared residuals.
    squares: f64,
}

fn fits(values: &[f64], shape: Shape) -> Vec<Fit> {
    match shape {
        Shape::Step => steps(values),
        Shape::Trend => trends(values),
    }
}

fn least(fits: &[Fit]) -> &Fit {
    fits.iter().min_by(|one, other| one.squares.total_cmp(&other.squares)).expect("six values have a break")
}

fn steps(values: &[f64]) -> Vec<Fit> {
    let (count, total, squares) = totals(values);
    let mut before = 0.0;
    let mut fits = Vec::with_capacity(values.len());
    for index in 1..=values.len() - MARGIN {
        before += values[index - 1];
        if index < MARGIN {
            continue;
        }
        let (early, late) = (index as f64, count - index as f64);
        let size = (total - before) / late - before / early;
        fits.push(Fit { index, size, squares: (squares - size * size * early * late / count).max(0.0) });
    }
    fits
}

/// A level up to the break, and a straight line from there on that begins at the level.
fn trends(values: &[f64]) -> Vec<Fit> {
    let (count, _, squares) = totals(values);
    let mean = values.iter().sum::<f64>() / count;
    let last = values.len() - 1;
    let mut fits = Vec::with_capacity(values.len());
    for index in 0..=last - MARGIN {
        let length = (last - index) as f64;
        let sum = length * (length + 1.0) / 2.0;
        let own = length * (length + 1.0) * (2.0 * length + 1.0) / 6.0 - sum * sum / count;
        let shared: f64 = (index..=last).map(|at| (at - index) as f64 * (values[at] - mean)).sum();
        let fit =
            Fit { index, size: shared / own * length, squares: (squares - shared * shared / own).max(0.0) };
        fits.push(fit);
    }
    fits
}

/// Count, sum, and squares about the mean.
fn totals(values: &[f64]) -> (f64, f64, f64) {
    let count = values.len() as f64;
    let total: f64 = values.iter().sum();
    let squares = values.iter().map(|value| (value - total / count).powi(2)).sum();
    (count, total, squares)
}

/// The first and the last break whose log likelihood, with the noise unknown, is close to the best.
///
/// A step's likelihood falls on either side like a random walk with drift, whose highest point x has the
/// distribution (1 − e^(−x/2))²; a line that is continuous at its break is regular, and chi-square with one degree.
fn interval(fits: &[Fit], rows: usize, shape: Shape, confidence: f64) -> (usize, usize) {
    let reach = match shape {
        Shape::Step => -2.0 * (1.0 - confidence.sqrt()).ln(),
        Shape::Trend => crate::normal_quantile(0.5 + confidence / 2.0).powi(2),
    };
    let best = least(fits);
    let freedom = rows as f64 - 2.0;
    let close =
        |fit: &&Fit| fit.squares <= best.squares || freedom * (fit.squares / best.squares).ln() <= reach;
    let first = fits.iter().find(close).unwrap_or(best).index;
    (first, fits.iter().rev().find(close).unwrap_or(best).index)
}

/// The share of random orders of the values that leave as little unexplained, the order seen among them.
fn p_value(values: &[f64], shape: Shape, squares: f64, settings: &Settings) -> f64 {
    let mut random = Random::new(settings.seed);
    let mut shuffled = values.to_vec();
    let mut as_clear = 1;
    for _ in 0..settings.permutations {
        random.shuffle(&mut shuffled);
        // Equal up to rounding counts as equal.
        if least(&fits(&shuffled, shape)).squares <= squares * (1.0 + 1e-12) {
            as_clear += 1;
        }
    }
    f64::from(as_clear) / (settings.permutations + 1) as f64
}
