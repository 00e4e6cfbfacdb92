//! The reference: what a model version saw and did on the rows that the gate held out, kept small enough to store.
//!
//! The engine makes one when a version is released, and when it was judged again on newer rows and stands ([`Reference::of`]) and hands it to [`crate::assess()`] for every
//! window that the version serves.

mod columns;
mod estimator;
mod sample;
mod sizes;
mod variation;

use std::collections::BTreeMap;

use base::Random;
use serde::{Deserialize, Serialize};
use stats::{Metric, Task, standard_error};
use table::Table;

pub(crate) use self::columns::said;
pub use self::{columns::ReferenceColumn, sample::StoredTable};
use self::{estimator::Estimator, sizes::Sizes, variation::Variation};
use crate::{
    Assessment, Expected, Measure, Point, Reading, SignalName,
    drift::{self, Counts},
    quality::{Figure, Labelled},
};

/// Of more rows than this a random sample is kept as counts.
const COUNTED: usize = 100_000;
/// Of more rows than this a random sample is kept as rows.
const KEPT: usize = 10_000;
/// From at most so many rows the drift of windows without change is learned.
const SPLIT: usize = 20_000;
/// Rows of the sample that the test of all columns together learns from.
const TOGETHER: usize = 2_000;
/// Parts of the reference whose estimates show how estimates spread.
const PARTS: usize = 60;
/// An input of less than this share of the weightiest one's importance is not relied on.
const RELIED: f64 = 0.05;
/// From this share of rows whose text comes once on, texts are names.
const NAMES: f64 = 0.01;
/// A part with fewer rows than this shows nothing.
const PART_ROWS: usize = 25;

/// What a reference is made of: held-out rows, of one length and order.
#[derive(Debug, Clone, Copy)]
pub struct Basis<'a> {
    /// The model version.
    pub version: u64,
    /// Which reference of this version it is: 0 for the rows that it was judged on before it was released, and greater
    /// numbers for newer rows on which it was judged again and stood.
    pub epoch: u64,
    /// How predictions are read, and what is measured.
    pub reading: &'a Reading,
    /// The model's inputs.
    pub features: &'a Table,
    /// What the model said: the positive probability, one probability a class, or the value.
    pub predictions: &'a [f64],
    /// The truth: the number of the class, or the value.
    pub targets: &'a [f64],
    /// For a regression, what each row's loss is expected to be, by metric (see [`crate::Traffic`]).
    pub expected_losses: &'a BTreeMap<Metric, Vec<f64>>,
    /// How much each input matters to the model, in any unit.
    pub importance: &'a BTreeMap<String, f64>,
    /// How drift is judged.
    pub drift: &'a drift::Settings,
    /// For the random samples.
    pub seed: u64,
}

/// Rows that make no reference.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// There is not one row.
    #[error("the held-out rows are empty; hold out at least one")]
    NoRows,
    /// Predictions or targets are not as many as the rows.
    #[error("{what} has {found} values where the held-out rows need {expected}")]
    Length {
        /// Of what.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many there should be.
        expected: usize,
    },
    /// No row has a prediction and a target that can be used.
    #[error("no held-out row has finite predictions and a target that the model can predict")]
    NothingUsable,
}

/// What is kept of a version's held-out rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reference {
    /// The model version.
    pub version: u64,
    /// Which reference of this version it is; see [`Basis::epoch`].
    pub epoch: u64,
    /// The held-out rows.
    pub rows: u64,
    reading: Reading,
    columns: Vec<ReferenceColumn>,
    #[serde(with = "columns::StoredCounts")]
    predictions: Counts,
    importance: BTreeMap<String, f64>,
    measured: Vec<(Measure, Spread)>,
    estimated: Vec<(Measure, Spread)>,
    estimator: Estimator,
    sizes: Sizes,
    /// How signals vary over the windows that the reference itself consists of.
    #[serde(default)]
    variations: BTreeMap<SignalName, Variation>,
    sample: StoredTable,
}

/// A figure of the reference, and how it spreads.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Spread {
    value: f64,
    /// The standard deviation of a window of one row, as the square root of the rows scales it.
    of_one: f64,
    /// The rows of the reference.
    rows: u64,
}

impl Reference {
    /// The reference of these held-out rows.
    ///
    /// Rows whose prediction or target cannot be used count as inputs alone. The same basis gives the same reference.
    ///
    /// # Errors
    /// When there are no rows, or lengths do not fit.
    pub fn of(basis: Basis<'_>) -> Result<Self, ReferenceError> {
        check(basis)?;
        let reading = basis.reading.clone();
        let rows = basis.features.rows();
        let usable = usable(basis);
        if usable.targets.is_empty() {
            return Err(ReferenceError::NothingUsable);
        }
        let estimator = Estimator::fit(&reading, &usable);
        let counted = basis.features.take(&drawn(rows, COUNTED, basis.seed));
        let kept = basis.features.take(&drawn(rows, KEPT, basis.seed));
        let split = basis.features.take(&drawn(rows, SPLIT, basis.seed));
        Ok(Self {
            version: basis.version,
            epoch: basis.epoch,
            rows: rows as u64,
            columns: columns::of(&counted),
            predictions: said(&reading, &usable.predictions),
            importance: basis.importance.clone(),
            measured: measured(&reading, &usable),
            estimated: estimated(&reading, &usable, &estimator, basis.expected_losses),
            estimator,
            variations: BTreeMap::new(),
            sizes: Sizes::of(&split, &reading, &usable, basis.drift, basis.seed),
            sample: StoredTable::of(&kept),
            reading,
        })
    }

    /// How predictions are read.
    pub fn reading(&self) -> &Reading {
        &self.reading
    }

    /// The inputs, counted.
    pub fn columns(&self) -> &[ReferenceColumn] {
        &self.columns
    }

    /// What the model said, counted: its number, or of several classes the most probable.
    pub fn predictions(&self) -> &Counts {
        &self.predictions
    }

    /// How much each input matters to the model.
    pub fn importance(&self) -> &BTreeMap<String, f64> {
        &self.importance
    }

    /// The same reference, knowing how its own windows vary: `windows` are the windows of the held-out rows, assessed with
    /// their labels against this reference. What they show among themselves departs in no later window.
    #[must_use]
    pub fn varying(mut self, windows: &[Assessment]) -> Self {
        let mut values: BTreeMap<SignalName, Vec<f64>> = BTreeMap::new();
        for (name, point) in windows.iter().flat_map(|window| &window.points) {
            values.entry(name.clone()).or_default().push(point.value);
        }
        let of =
            |(name, values): (SignalName, Vec<f64>)| Some((name.clone(), Variation::of(&name, &values)?));
        self.variations = values.into_iter().filter_map(of).collect();
        self
    }

    /// Takes back a verdict that the reference's own windows contradict.
    pub(crate) fn temper(&self, name: &SignalName, point: &mut Point) {
        if let Some(variation) = self.variations.get(name) {
            variation.temper(name, point);
        }
    }

    /// Whether the model relies on an input: whether shuffling it costs at least a twentieth of what shuffling the
    /// weightiest costs. Without a word about its importance it does.
    pub fn relies_on(&self, column: &str) -> bool {
        let most = self.importance.values().copied().fold(0.0, f64::max);
        self.importance.get(column).is_none_or(|importance| *importance >= RELIED * most)
    }

    /// Whether a column holds names rather than categories: texts of which new ones come all the time. The share of rows
    /// whose text comes once is the share of texts never seen before that is to be expected (Good, Biometrika 40, 1953).
    pub(crate) fn holds_names(&self, column: &str) -> bool {
        let Some(column) = self.columns.iter().find(|other| other.name == column) else { return false };
        let Counts::Categories(counts) = &column.counts else { return false };
        let once = counts.iter().filter(|(_, count)| *count == 1).count();
        once as f64 > NAMES * counts.total() as f64
    }

    /// A random sample of the inputs, at most 10,000 rows.
    pub fn sample(&self) -> Table {
        self.sample.table()
    }

    /// A part of the sample for the test of all columns together, which learns from it anew in each window.
    pub(crate) fn together(&self) -> Table {
        let sample = self.sample.table();
        let rows: Vec<usize> = (0..sample.rows().min(TOGETHER)).collect();
        let watched = sample.columns().iter().filter(|column| columns::watched(column));
        sample.select(watched.map(|column| column.name.as_str())).take(&rows)
    }

    /// What a measured figure is in windows of so many rows.
    pub fn expected_measure(&self, measure: Measure, rows: u64) -> Option<Expected> {
        expected(&self.measured, measure, rows)
    }

    /// What an estimated figure is in windows of so many rows.
    pub fn expected_estimate(&self, measure: Measure, rows: u64) -> Option<Expected> {
        expected(&self.estimated, measure, rows)
    }

    /// What the size of a drift is in windows of so many rows in which nothing has changed.
    pub fn expected_drift(&self, name: &SignalName, rows: u64) -> Option<Expected> {
        self.sizes.expected(name, rows)
    }

    pub(crate) fn estimator(&self) -> &Estimator {
        &self.estimator
    }
}

fn check(basis: Basis<'_>) -> Result<(), ReferenceError> {
    let rows = basis.features.rows();
    if rows == 0 {
        return Err(ReferenceError::NoRows);
    }
    let length = |what, found, expected| match found == expected {
        true => Ok(()),
        false => Err(ReferenceError::Length { what, found, expected }),
    };
    length("the predictions", basis.predictions.len(), rows * basis.reading.width())?;
    length("the targets", basis.targets.len(), rows)
}

/// The rows with finite predictions and a target that can be predicted, at most [`COUNTED`].
fn usable(basis: Basis<'_>) -> Labelled {
    let width = basis.reading.width();
    let all = Labelled { predictions: basis.predictions.to_vec(), targets: basis.targets.to_vec() };
    let mut rows = drawn(basis.targets.len(), COUNTED, basis.seed);
    rows.retain(|row| {
        let said = &basis.predictions[row * width..(row + 1) * width];
        said.iter().all(|value| value.is_finite()) && basis.reading.is_target(basis.targets[*row])
    });
    all.take(rows, width)
}

/// At most so many of the rows, in random order.
fn drawn(rows: usize, most: usize, seed: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..rows).collect();
    Random::new(seed).shuffle(&mut order);
    order.truncate(most);
    order
}

fn measured(reading: &Reading, rows: &Labelled) -> Vec<(Measure, Spread)> {
    let of = |measure: Measure| {
        let Figure { value, error } = reading.measure(measure, rows)?;
        let count = rows.targets.len() as u64;
        Some((measure, Spread { value, of_one: error * (count as f64).sqrt(), rows: count }))
    };
    reading.measures().into_iter().filter_map(of).collect()
}

/// Estimates of the whole, and how those of random parts spread about it.
fn estimated(
    reading: &Reading,
    rows: &Labelled,
    estimator: &Estimator,
    expected_losses: &BTreeMap<Metric, Vec<f64>>,
) -> Vec<(Measure, Spread)> {
    let mut found = Vec::new();
    for (metric, losses) in expected_losses.iter().filter(|_| reading.task == Task::Regression) {
        let losses: Vec<f64> = losses.iter().copied().filter(|loss| loss.is_finite()).collect();
        if let Some(Figure { value, error }) = Figure::expected_loss(*metric, &losses) {
            let of_one = error * (losses.len() as f64).sqrt();
            found.push((Measure::Metric(*metric), Spread { value, of_one, rows: losses.len() as u64 }));
        }
    }
    let Some(whole) = estimator.window(&rows.predictions) else { return found };
    let part_rows = (rows.targets.len() / PARTS).max(PART_ROWS) * reading.width();
    let parts: Vec<_> =
        rows.predictions.chunks_exact(part_rows).filter_map(|part| estimator.window(part)).collect();
    for measure in reading.measures() {
        let Some(value) = whole.value(measure) else { continue };
        let estimates: Vec<f64> = parts.iter().filter_map(|part| part.value(measure)).collect();
        let Some(deviation) = standard_error(&estimates) else { continue };
        let of_one = deviation * (part_rows as f64 / reading.width() as f64).sqrt();
        found.push((measure, Spread { value, of_one, rows: rows.targets.len() as u64 }));
    }
    found
}

fn expected(spreads: &[(Measure, Spread)], measure: Measure, rows: u64) -> Option<Expected> {
    let (_, spread) = spreads.iter().find(|(other, _)| *other == measure)?;
    let of = |rows: u64| spread.of_one / (rows.max(1) as f64).sqrt();
    Some(Expected { value: spread.value, deviation: of(rows), error: of(spread.rows) })
}
