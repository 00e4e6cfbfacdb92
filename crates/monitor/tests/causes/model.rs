//! The real flights of the scenes, and the model that is trained on some of them.

use std::{collections::BTreeMap, sync::OnceLock, time::Duration};

use base::{FixedClock, Random, Timestamp};
use table::{Column, Table, Values};

/// Rows that only the model has seen, and rows from which every scene takes its reference and its window.
pub(crate) const TRAINING: usize = 2_000;
const WINTER: usize = 7_000;

pub(crate) const INPUTS: [&str; 10] = [
    "departure_minute",
    "scheduled_minutes",
    "carrier",
    "origin",
    "distance",
    "temp",
    "dewp",
    "wind_speed",
    "pressure",
    "visib",
];

/// `data/flights.csv`; its README says what is in it.
pub(crate) struct Flights {
    pub(crate) table: Table,
    pub(crate) late: Vec<f64>,
    pub(crate) hour: Vec<f64>,
}

impl Flights {
    fn read() -> Self {
        let mut lines = include_str!("../data/flights.csv").lines();
        let header: Vec<&str> = lines.next().unwrap().split(',').collect();
        let rows: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
        let place = |name: &str| header.iter().position(|other| *other == name).unwrap();
        let numbers = |name: &str| -> Vec<f64> {
            rows.iter().map(|row| row[place(name)].parse().unwrap_or(f64::NAN)).collect()
        };
        let column = |name: &str| {
            let text = || rows.iter().map(|row| Some(row[place(name)])).collect();
            let is_text = matches!(name, "carrier" | "origin");
            Column::new(name, if is_text { Values::Text(text()) } else { Values::Number(numbers(name)) })
        };
        let table = Table::new(INPUTS.iter().map(|name| column(name)).collect()).unwrap();
        Self { table, late: numbers("late"), hour: numbers("hour") }
    }

    pub(crate) fn get() -> &'static Self {
        static FLIGHTS: OnceLock<Flights> = OnceLock::new();
        FLIGHTS.get_or_init(Self::read)
    }

    /// The winter's rows in a random order that is always the same: those to train with come first.
    pub(crate) fn winter() -> Vec<usize> {
        let mut rows: Vec<usize> = (0..WINTER).collect();
        Random::new(1).shuffle(&mut rows);
        rows
    }

    pub(crate) fn late_of(&self, rows: &[usize]) -> Vec<f64> {
        rows.iter().map(|row| self.late[*row]).collect()
    }
}

/// The model of the scenes, trained once, and how much it relies on each input.
pub(crate) struct Learned {
    model: onnx::Model,
    signature: onnx::Signature,
    pub(crate) importance: BTreeMap<String, f64>,
}

impl Learned {
    pub(crate) fn get() -> &'static Self {
        static LEARNED: OnceLock<Learned> = OnceLock::new();
        LEARNED.get_or_init(Self::train)
    }

    fn train() -> Self {
        let flights = Flights::get();
        let winter = Flights::winter();
        let rows = &winter[..TRAINING];
        let late = Values::Boolean(rows.iter().map(|row| Some(flights.late[*row] == 1.0)).collect());
        let mut columns = flights.table.take(rows).columns().to_vec();
        columns.push(Column::new("late", late));
        let clock = FixedClock::at(Timestamp::from_micros(0));
        let trained = learn::train(&Table::new(columns).unwrap(), &settings(), &clock, &mut |_| {}).unwrap();
        let model = onnx::Model::load(&trained.model).unwrap();
        let held_out = &winter[TRAINING..];
        let shuffling = learn::Shuffling { repeats: 3, ..learn::Shuffling::default() };
        let table = flights.table.take(held_out);
        let targets = flights.late_of(held_out);
        let importance = learn::importance(&model, &trained.signature, &table, &targets, shuffling).unwrap();
        let importance = importance.into_iter().map(|one| (one.column, one.mean)).collect();
        Self { model, signature: trained.signature, importance }
    }

    pub(crate) fn score(&self, table: &Table) -> Option<Vec<f64>> {
        onnx::score(&self.model, &self.signature, table).ok()
    }
}

fn settings() -> learn::Settings {
    learn::Settings {
        task: stats::Task::Binary,
        target: "late".to_owned(),
        positive: None,
        features: INPUTS.iter().map(|name| (*name).to_owned()).collect(),
        time: None,
        split_by_time: false,
        test_share: 0.1,
        builtin: learn::Builtin::Gbm,
        budget: Duration::from_secs(60),
        seed: 7,
        threads: 2,
        value: None,
    }
}
