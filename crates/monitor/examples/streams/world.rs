//! A made-up service whose world stays as it is, or changes in one way at one time.

use std::{collections::BTreeMap, time::Duration};

use base::{Random, Timestamp};
use monitor::{
    Basis, History, Incident, Reading, Reference, Service, Settings, Status, Traffic, Value, Window, Windows,
    advance, assess,
};
use stats::{Metric, Task, normal_quantile};
use table::{Column, Table, Text, Values};

/// The window, counted from 0, in which the change begins.
pub(crate) const ONSET: usize = 12;
/// Windows of a stream.
pub(crate) const WINDOWS: usize = 30;
const ROWS: usize = 500;
const REFERENCE_ROWS: usize = 12_000;
const CARRIERS: [&str; 5] = ["AA", "B6", "DL", "UA", "WN"];
const USUAL: [f64; 5] = [0.3, 0.25, 0.2, 0.15, 0.1];
const MIXED: [f64; 5] = [0.12, 0.2, 0.23, 0.2, 0.25];

/// How the world changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Change {
    /// Not at all.
    Nothing,
    /// The temperature rises by half a deviation.
    MeanShift,
    /// The wind comes in metres per second instead of miles per hour.
    Units,
    /// Other carriers fly more.
    Mix,
    /// A tenth of the pressures is missing.
    Nulls,
    /// What the inputs mean fades from window to window; the inputs stay.
    Decay,
}

/// What a monitor made of a stream.
pub(crate) struct Outcome {
    /// The windows in which the incidents were confirmed.
    pub(crate) confirmed: Vec<usize>,
    /// All incidents.
    pub(crate) incidents: Vec<Incident>,
}

/// One row: inputs and the log odds.
struct Row {
    numbers: [f64; 6],
    carrier: &'static str,
    night: bool,
    logit: f64,
}

struct World {
    random: Random,
    change: Change,
}

/// Rows in columns, with what the model says and what comes true.
struct Rows {
    features: Table,
    predictions: Vec<f64>,
    targets: Vec<f64>,
}

/// The reference of the world before any change.
pub(crate) fn reference(seed: u64, settings: &Settings) -> Reference {
    let mut world = World { random: Random::new(seed ^ 0xfeed), change: Change::Nothing };
    let rows = world.rows(REFERENCE_ROWS, 0);
    let basis = Basis {
        version: 1,
        epoch: 0,
        reading: &reading(),
        features: &rows.features,
        predictions: &rows.predictions,
        targets: &rows.targets,
        expected_losses: &BTreeMap::new(),
        importance: &BTreeMap::new(),
        drift: &settings.drift,
        seed,
    };
    Reference::of(basis).expect("the rows are whole")
}

/// A stream of this seed, watched from its first window to its last.
pub(crate) fn watched(reference: &Reference, change: Change, seed: u64, settings: &Settings) -> Outcome {
    let mut world = World { random: Random::new(seed), change };
    let (mut history, mut incidents) = (History::default(), Vec::new());
    let mut confirmed = Vec::new();
    for number in 0..WINDOWS {
        let rows = world.rows(ROWS, number);
        let labels: Vec<Option<f64>> = rows.targets.iter().copied().map(Some).collect();
        let latencies = world.latencies();
        let traffic = Traffic {
            window: window(number),
            features: &rows.features,
            predictions: &rows.predictions,
            labels: &labels,
            label_delays: &[],
            expected_losses: &BTreeMap::new(),
            service: Service {
                requests: (ROWS as f64 * (1.0 + 0.1 * world.normal())).max(1.0) as u64,
                errors: u64::from(world.random.below(10) == 0),
                latencies_ms: &latencies,
                stretches: &[],
            },
        };
        history.put(assess(reference, &traffic, settings).points);
        let before = confirmations(&incidents);
        incidents = advance(&incidents, &history, window(number), settings);
        if confirmations(&incidents) > before {
            confirmed.push(number);
        }
    }
    Outcome { confirmed, incidents }
}

/// A window of a day by its number.
pub(crate) fn window(number: usize) -> Window {
    let day = Duration::from_secs(86_400);
    let start: Timestamp = "2013-04-01".parse().expect("a date");
    Windows::new(day, Duration::ZERO).of(start).shifted(number as i64)
}

fn confirmations(incidents: &[Incident]) -> usize {
    incidents.iter().filter(|one| one.confirmed.is_some() && one.status != Status::Open).count()
}

fn reading() -> Reading {
    Reading {
        task: Task::Binary,
        classes: 2,
        threshold: 0.4,
        metrics: vec![Metric::RocAuc, Metric::LogLoss],
        value: Some(Value {
            true_positive: 12.0,
            false_positive: -3.0,
            true_negative: 0.0,
            false_negative: 0.0,
            currency: "EUR".to_owned(),
        }),
    }
}

impl World {
    fn normal(&mut self) -> f64 {
        normal_quantile(self.random.unit().clamp(1e-12, 1.0 - 1e-12))
    }

    fn rows(&mut self, count: usize, number: usize) -> Rows {
        let change = if number >= ONSET { self.change } else { Change::Nothing };
        let faded = if change == Change::Decay { 0.05 * (number - ONSET + 1) as f64 } else { 0.0 };
        let rows: Vec<Row> = (0..count).map(|_| self.row(change)).collect();
        let chance = |logit: f64| 1.0 / (1.0 + (-logit).exp());
        let mut targets = Vec::with_capacity(count);
        for row in &rows {
            let truth = chance(-0.9 + (row.logit + 0.9) * (1.0 - faded));
            targets.push(f64::from(u8::from(self.random.unit() < truth)));
        }
        let predictions = rows.iter().map(|row| chance(row.logit)).collect();
        Rows { features: features(&rows), predictions, targets }
    }

    fn row(&mut self, change: Change) -> Row {
        let weather = self.normal();
        let temp = weather + if change == Change::MeanShift { 0.5 } else { 0.0 };
        let dewp = 0.7 * weather + 0.7 * self.normal();
        let wind = -8.0 * (1.0 - self.random.unit()).ln();
        let pressure = 1_013.0 + 6.0 * self.normal();
        let distance = 50.0 + 2_500.0 * self.random.unit();
        let hour = self.random.below(24) as f64;
        let carrier = self.carrier(if change == Change::Mix { &MIXED } else { &USUAL });
        let late = CARRIERS.iter().position(|other| *other == carrier).unwrap_or(0) as f64 / 4.0;
        let wind_seen = if change == Change::Units { 0.447 * wind } else { wind };
        let logit = -0.9 + 0.8 * temp + 0.5 * dewp + 0.06 * (wind_seen - 8.0) + 0.6 * (late - 0.4);
        let nulled = change == Change::Nulls && self.random.below(10) == 0;
        let pressure = if nulled { f64::NAN } else { pressure };
        let numbers = [15.0 + 8.0 * temp, 10.0 + 7.0 * dewp, wind_seen, pressure, distance, hour];
        Row { numbers, carrier, night: !(6.0..22.0).contains(&hour), logit }
    }

    fn carrier(&mut self, shares: &[f64; 5]) -> &'static str {
        let mut left = self.random.unit();
        for (carrier, share) in CARRIERS.into_iter().zip(shares) {
            left -= share;
            if left < 0.0 {
                return carrier;
            }
        }
        CARRIERS[4]
    }

    fn latencies(&mut self) -> Vec<f64> {
        (0..200).map(|_| (0.3 * self.normal()).exp()).collect()
    }
}

fn features(rows: &[Row]) -> Table {
    let names = ["temp", "dewp", "wind", "pressure", "distance", "hour"];
    let mut columns: Vec<Column> = Vec::new();
    for (place, name) in names.into_iter().enumerate() {
        columns.push(Column::new(name, Values::Number(rows.iter().map(|row| row.numbers[place]).collect())));
    }
    let carriers: Text = rows.iter().map(|row| Some(row.carrier)).collect();
    columns.push(Column::new("carrier", Values::Text(carriers)));
    columns.push(Column::new("night", Values::Boolean(rows.iter().map(|row| Some(row.night)).collect())));
    Table::new(columns).expect("columns of one length")
}
