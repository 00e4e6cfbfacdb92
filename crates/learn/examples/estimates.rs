//! What Kaizen estimates on NannyML's own data, for `tests/python/estimates.py` to compare with what NannyML said.
//!
//! `estimates DIRECTORY`: reads `census.csv` (period, score, label) and `cars.csv` (period, seven features, prediction,
//! target) there, whose period is `reference` or `analysis`, and writes the answers to `answers.json` beside them.

use std::{error::Error, fs, path::Path, time::Duration};

use base::{FixedClock, Timestamp};
use learn::{Bounds, HeldOut, LossModel};
use serde_json::{Value, json};
use stats::{
    cbpe::{Binary, Measure, Reference, limits, realised},
    compat::nannyml,
    dle::{self, Losses},
    drift::{self, Binned, NumberCounts},
};
use table::{Column, Table, Text, Values};

type Outcome<T> = Result<T, Box<dyn Error>>;

const CENSUS_CHUNK: usize = 5_000;
const CARS_CHUNK: usize = 6_000;
const NUMBERS: [&str; 5] = ["car_age", "km_driven", "price_new", "accident_count", "door_count"];
const TEXTS: [&str; 2] = ["fuel", "transmission"];
const CONFIDENCE: f64 = 0.95;

fn main() -> Outcome<()> {
    let directory = std::env::args().nth(1).ok_or("usage: estimates DIRECTORY")?;
    let directory = Path::new(&directory);
    let census = Census::read(&fs::read_to_string(directory.join("census.csv"))?)?;
    let cars = fs::read_to_string(directory.join("cars.csv"))?;
    let answers = json!({
        "cbpe": census.cbpe().ok_or("the census has two classes")?,
        "drift": census.drift().ok_or("the census has rows")?,
        "nannyml_drift": nannyml::numbers(&census.counts().0, &census.counts().1),
        "dle": losses(&cars)?,
    });
    fs::write(directory.join("answers.json"), answers.to_string())?;
    Ok(())
}

/// Scores and labels of either period.
#[derive(Default)]
struct Census {
    reference: (Vec<f64>, Vec<bool>),
    analysis: (Vec<f64>, Vec<bool>),
}

impl Census {
    fn read(text: &str) -> Outcome<Self> {
        let mut census = Self::default();
        for line in text.lines() {
            let fields: Vec<&str> = line.split(',').collect();
            let part = if fields[0] == "reference" { &mut census.reference } else { &mut census.analysis };
            part.0.push(fields[1].parse()?);
            part.1.push(fields[2] == "1");
        }
        Ok(census)
    }

    fn chunks(&self) -> Vec<(&[f64], &[bool])> {
        let mut chunks = Vec::new();
        for (scores, labels) in [&self.reference, &self.analysis] {
            chunks.extend(scores.chunks(CENSUS_CHUNK).zip(labels.chunks(CENSUS_CHUNK)));
        }
        chunks
    }

    fn cbpe(&self) -> Option<Value> {
        let (scores, labels) = &self.reference;
        let binary = Binary::fit(Reference { scores, labels, threshold: 0.5 })?;
        let mut metrics = serde_json::Map::new();
        for measure in Measure::BINARY {
            metrics.insert(measure.name().to_owned(), self.measure(&binary, measure)?);
        }
        Some(json!({ "needs_calibration": binary.calibration().was_needed(), "metrics": metrics }))
    }

    fn measure(&self, binary: &Binary, measure: Measure) -> Option<Value> {
        let (mut estimated, mut errors, mut measured) = (Vec::new(), Vec::new(), Vec::new());
        let (mut lower, mut upper) = (Vec::new(), Vec::new());
        for (scores, labels) in self.chunks() {
            let found = binary.window(scores)?.estimate(measure, CONFIDENCE)?;
            estimated.push(found.estimate.value);
            errors.push(found.sampling_error);
            lower.push(found.estimate.lower);
            upper.push(found.estimate.upper);
            measured.push(realised(measure, scores, labels, 0.5)?);
        }
        let of_reference = self.reference.0.len().div_ceil(CENSUS_CHUNK);
        let (lower_threshold, upper_threshold) = limits(measure, &measured[..of_reference])?;
        Some(json!({
            "estimated": estimated, "sampling_error": errors, "realized": measured, "lower": lower, "upper": upper,
            "lower_threshold": lower_threshold, "upper_threshold": upper_threshold,
        }))
    }

    fn counts(&self) -> (NumberCounts, NumberCounts) {
        (NumberCounts::of(&self.reference.0), NumberCounts::of(&self.analysis.0))
    }

    fn drift(&self) -> Option<Value> {
        let (reference, current) = self.counts();
        let ks = drift::ks(&reference, &current)?;
        let deciles = Binned::by_deciles(&reference, &current)?;
        Some(json!({
            "ks_stat": ks.statistic,
            "ks_pvalue": ks.p_value,
            "wasserstein": drift::wasserstein(&reference, &current)?,
            "wasserstein_normed_std_ref_ddof0": drift::wasserstein_normalised(&reference, &current)?,
            "psi_deciles_eps1e-4": drift::psi(&deciles),
            "js_distance_base2_deciles": drift::jensen_shannon(&deciles),
            "hellinger_deciles": drift::hellinger(&deciles),
        }))
    }
}

/// Rows of cars, with what the regressor said and what was true.
struct Cars {
    table: Table,
    predictions: Vec<f64>,
    targets: Vec<f64>,
}

impl Cars {
    fn read(lines: &[&str]) -> Outcome<Self> {
        let rows: Vec<Vec<&str>> = lines.iter().map(|line| line.split(',').collect()).collect();
        let number = |field: usize| -> Outcome<Vec<f64>> {
            rows.iter().map(|row| row[field].parse().map_err(Into::into)).collect()
        };
        let mut columns = Vec::new();
        for (place, name) in NUMBERS.iter().enumerate() {
            columns.push(Column::new(*name, Values::Number(number(place + 1)?)));
        }
        for (place, name) in TEXTS.iter().enumerate() {
            let text: Text = rows.iter().map(|row| Some(row[place + 6])).collect();
            columns.push(Column::new(*name, Values::Text(text)));
        }
        Ok(Self { table: Table::new(columns)?, predictions: number(8)?, targets: number(9)? })
    }
}

fn losses(text: &str) -> Outcome<Value> {
    let (reference, analysis): (Vec<&str>, Vec<&str>) =
        text.lines().partition(|line| line.starts_with("reference,"));
    let Cars { table, predictions, targets } = &Cars::read(&reference)?;
    let features: Vec<String> = NUMBERS.iter().chain(&TEXTS).map(|name| (*name).to_owned()).collect();
    let held_out = HeldOut { table, features: &features, predictions, targets };
    let bounds = Bounds { budget: Duration::from_secs(60), seed: 0, threads: 2 };
    let model = LossModel::fit(held_out, bounds, &FixedClock::at(Timestamp::from_micros(0)))?;

    let mut answers = json!({ "mae": [], "mse": [], "rmse": [] });
    for chunk in analysis.chunks(CARS_CHUNK) {
        let cars = Cars::read(chunk)?;
        let expected = model.losses(&cars.table, &cars.predictions)?;
        let truth = Losses::of(&cars.predictions, &cars.targets);
        let measures = [("mae", dle::Measure::Mae), ("mse", dle::Measure::Mse), ("rmse", dle::Measure::Rmse)];
        for (name, measure) in measures {
            let found = dle::estimate(&expected, model.spread(), measure, CONFIDENCE).ok_or("no rows")?;
            let list = answers[name].as_array_mut().ok_or("a list")?;
            list.push(json!({
                "estimated": found.estimate.value, "sampling_error": found.sampling_error,
                "lower": found.estimate.lower, "upper": found.estimate.upper,
                "reference_error": found.reference_error, "realized": dle::realised(measure, &truth),
            }));
        }
    }
    Ok(answers)
}
