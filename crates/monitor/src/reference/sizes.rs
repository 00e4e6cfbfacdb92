use base::Random;
use serde::{Deserialize, Serialize};
use table::Table;

use super::columns;
use crate::{
    Expected, Reading, SignalName,
    drift::{self, Column, Counts},
    quality::Labelled,
};

/// The window sizes for which drift without change is measured, as far as the reference is large enough.
const ROWS: [usize; 6] = [50, 150, 500, 1_500, 5_000, 15_000];
/// Random parts of each size, each held against the rest.
const PARTS: usize = 20;
/// A part is at most this share of the rows, so that the rest still stands for the whole.
const LARGEST: f64 = 0.34;

/// How large the measured drift of windows is in which nothing has changed, by their size.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Sizes(Vec<Size>);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Size {
    rows: u64,
    signals: Vec<(SignalName, f64, f64)>,
}

impl Sizes {
    pub(super) fn of(
        features: &Table,
        reading: &Reading,
        labelled: &Labelled,
        settings: &drift::Settings,
        seed: u64,
    ) -> Self {
        let mut random = Random::new(seed ^ 0x51_2e5);
        let all = features.rows().min(labelled.targets.len());
        let fit = ROWS.into_iter().filter(|rows| *rows as f64 <= all as f64 * LARGEST);
        let size = |rows| {
            let parts = (0..PARTS).map(|_| {
                let mut effects = of_columns(features, rows, settings, &mut random);
                effects.extend(of_predictions(reading, labelled, rows, settings, &mut random));
                effects
            });
            Size { rows: rows as u64, signals: summed(&parts.collect::<Vec<_>>()) }
        };
        Self(fit.map(size).collect())
    }

    /// Between two sizes by the logarithm of the rows; beyond the largest as there. Windows smaller than the
    /// smallest size say too little for a chart.
    pub(super) fn expected(&self, name: &SignalName, rows: u64) -> Option<Expected> {
        let place = self.0.partition_point(|size| size.rows <= rows);
        let below = self.0.get(place.checked_sub(1)?)?.at(name)?;
        let above = self.0.get(place).and_then(|size| size.at(name));
        let (mean, deviation) = match above {
            None => below,
            Some(above) => {
                let (low, high) = (self.0[place - 1].rows as f64, self.0[place].rows as f64);
                let share = (rows as f64 / low).ln() / (high / low).ln();
                (below.0 + share * (above.0 - below.0), below.1 + share * (above.1 - below.1))
            }
        };
        let error = deviation / (PARTS as f64).sqrt();
        Some(Expected { value: mean, deviation, error })
    }
}

impl Size {
    fn at(&self, name: &SignalName) -> Option<(f64, f64)> {
        self.signals.iter().find(|(other, ..)| other == name).map(|(_, mean, deviation)| (*mean, *deviation))
    }
}

fn of_columns(
    features: &Table,
    rows: usize,
    settings: &drift::Settings,
    random: &mut Random,
) -> Vec<(SignalName, f64)> {
    let (part, rest) = split(features.rows(), rows, random);
    let (part, rest) = (features.take(&part), features.take(&rest));
    let pairs = rest.columns().iter().zip(part.columns());
    let pairs = pairs.map(|(rest, part)| Column {
        name: rest.name.clone(),
        reference: Counts::of(&rest.values),
        current: Counts::of(&part.values),
    });
    let drift = drift::judge(&pairs.collect::<Vec<_>>(), settings);
    drift.columns.into_iter().map(|column| (SignalName::Drift(column.column), column.effect.value)).collect()
}

fn of_predictions(
    reading: &Reading,
    labelled: &Labelled,
    rows: usize,
    settings: &drift::Settings,
    random: &mut Random,
) -> Vec<(SignalName, f64)> {
    let (part, rest) = split(labelled.targets.len(), rows, random);
    let said = |rows| columns::said(reading, &labelled.take(rows, reading.width()).predictions);
    let column = Column { name: "prediction".to_owned(), reference: said(rest), current: said(part) };
    let drift = drift::judge(&[column], settings);
    drift.columns.into_iter().map(|column| (SignalName::DriftPrediction, column.effect.value)).collect()
}

/// A random part of so many rows, and the rest.
fn split(all: usize, rows: usize, random: &mut Random) -> (Vec<usize>, Vec<usize>) {
    let mut order: Vec<usize> = (0..all).collect();
    random.shuffle(&mut order);
    let rest = order.split_off(rows.min(all));
    (order, rest)
}

/// Mean and deviation of each signal over the parts.
fn summed(parts: &[Vec<(SignalName, f64)>]) -> Vec<(SignalName, f64, f64)> {
    let mut found = Vec::new();
    for (name, _) in parts.first().into_iter().flatten() {
        let of =
            |part: &Vec<(SignalName, f64)>| part.iter().find(|(other, _)| other == name).map(|one| one.1);
        let values: Vec<f64> = parts.iter().filter_map(of).filter(|value| value.is_finite()).collect();
        if let (Some(mean), Some(deviation)) = (stats::mean(&values), stats::standard_error(&values)) {
            found.push((name.clone(), mean, deviation));
        }
    }
    found
}
