//! Trains on a CSV file and prints the held-out score, to compare with other libraries on the same rows.
//!
//! `compare FILE TASK TARGET [TIME]`: the columns of FILE, a simple CSV file with a header, predict TARGET.
//! The last column, `split`, is `train` or `test`; rows marked `test` are scored with the exported model
//! and never trained on. `examples/compare.py` writes such files and scores the peers.

#![expect(clippy::print_stdout, reason = "the figures are this example's purpose")]

use std::{
    error::Error,
    time::{Duration, Instant},
};

use base::{Clock, Timestamp};
use learn::{Builtin, Settings};
use stats::Task;
use table::{Column, Kind, Table, Values};

struct Stopwatch(Instant);

impl Clock for Stopwatch {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(0)
    }

    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, task, target, rest @ ..] = arguments.as_slice() else {
        return Err("usage: compare FILE TASK TARGET [TIME]".into());
    };
    let table = read(&std::fs::read_to_string(file)?)?;
    let marked = |mark: &str| -> Vec<usize> {
        let split = &table.column("split").expect("the file has a column `split`").values;
        (0..table.rows()).filter(|row| split.label(*row).as_deref() == Some(mark)).collect()
    };
    let task = Task::ALL.into_iter().find(|known| known.name() == task).ok_or("no such task")?;
    let names = table.columns().iter().map(|column| column.name.clone());
    let time = rest.first().cloned();
    let settings = Settings {
        task,
        target: target.clone(),
        positive: None,
        features: names.filter(|name| name != target && name != "split").collect(),
        split_by_time: time.is_some(),
        time,
        // The file's own test rows are what counts: of the others as few as possible are held out.
        test_share: 0.01,
        builtin: Builtin::Auto,
        budget: Duration::from_secs(60),
        seed: 0,
        threads: 0,
        value: None,
    };
    let watch = Stopwatch(Instant::now());
    let train = table.take(&marked("train"));
    let mut said = Duration::ZERO;
    let trained = learn::train(&train, &settings, &watch, &mut |progress| {
        if !matches!(progress, learn::Progress::Round { .. }) {
            println!(
                "{:6.2} s (+{:.2})  {progress}",
                watch.elapsed().as_secs_f64(),
                (watch.elapsed() - said).as_secs_f64()
            );
            said = watch.elapsed();
        }
    })?;
    println!("{:6.2} s  done", watch.elapsed().as_secs_f64());
    println!("{}", serde_json::to_string_pretty(&trained.report)?);
    let test = table.take(&marked("test"));
    let model = onnx::Model::load(&trained.model)?;
    let predictions = onnx::score(&model, &trained.signature, &test)?;
    let targets = learn::labels(&test, target, &trained.classes)?;
    report(task, &predictions, &targets);
    Ok(())
}

fn report(task: Task, predictions: &[f64], targets: &[f64]) {
    let rows = targets.len();
    match task {
        Task::Binary => {
            let labels: Vec<bool> = targets.iter().map(|target| *target > 0.5).collect();
            let auc = stats::roc_auc(predictions, &labels).unwrap_or(f64::NAN);
            println!("HELD OUT {rows} rows: roc_auc {auc:.5}");
        }
        Task::Regression => {
            let rmse = stats::rmse(predictions, targets, &vec![1.0; rows]).unwrap_or(f64::NAN);
            println!("HELD OUT {rows} rows: rmse {rmse:.5}");
        }
        Task::Multiclass => {
            let classes = predictions.len() / rows;
            let numbers: Vec<usize> = targets.iter().map(|target| *target as usize).collect();
            let losses = stats::log_loss_rows(predictions, &numbers, classes);
            println!("HELD OUT {rows} rows: log_loss {:.5}", stats::mean(&losses).unwrap_or(f64::NAN));
        }
    }
}

/// A table from text without quoted commas: a column is times or numbers where every value is, else text.
fn read(text: &str) -> Result<Table, Box<dyn Error>> {
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().ok_or("an empty file")?.split(',').collect();
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
    let columns = header.iter().enumerate().map(|(number, name)| {
        let cells: Vec<Option<&str>> =
            rows.iter().map(|row| row.get(number).copied().filter(|cell| !cell.is_empty())).collect();
        Column::new(*name, values(&cells))
    });
    Ok(Table::new(columns.collect())?)
}

fn values(cells: &[Option<&str>]) -> Values {
    let known = || cells.iter().flatten();
    let kind = if known().all(|cell| cell.parse::<f64>().is_ok()) {
        Kind::Number
    } else if known().all(|cell| cell.parse::<Timestamp>().is_ok()) {
        Kind::Time
    } else {
        Kind::Text
    };
    match kind {
        Kind::Number => Values::Number(
            cells.iter().map(|cell| cell.and_then(|cell| cell.parse().ok()).unwrap_or(f64::NAN)).collect(),
        ),
        Kind::Time => Values::Time(
            cells.iter().map(|cell| Some(cell.as_ref()?.parse::<Timestamp>().ok()?.micros())).collect(),
        ),
        Kind::Text | Kind::Boolean => Values::Text(cells.iter().copied().collect()),
    }
}
