//! Writes trained models with raw rows and our scores of them, for `tests/python/agree_folders.py` to compare.
//!
//! `agreement DIRECTORY`: for each task and learner a folder with `model.onnx` and `rows.json`: 1,000 rows the
//! model has not seen, with missing values and categories it does not know.

use std::{error::Error, fs, path::Path, time::Duration};

use base::{FixedClock, Random, Timestamp};
use learn::{Builtin, Settings, Trained};
use onnx::Model;
use serde_json::{Value, json};
use stats::Task;
use table::{Column, Table, Values};

const KNOWN: usize = 3_000;
const ROWS: usize = KNOWN + 1_000;

fn main() -> Result<(), Box<dyn Error>> {
    let directory = std::env::args().nth(1).ok_or("usage: agreement DIRECTORY")?;
    let table = table()?;
    let known = table.take(&(0..KNOWN).collect::<Vec<_>>());
    let new = table.take(&(KNOWN..ROWS).collect::<Vec<_>>());
    for (task, target) in [
        (Task::Binary, "late"),
        (Task::Multiclass, "band"),
        (Task::Multiclass, "grade"),
        (Task::Regression, "delay"),
    ] {
        for (name, builtin) in
            [("baseline", Builtin::Baseline), ("linear", Builtin::Linear), ("gbm", Builtin::Gbm)]
        {
            let settings = settings(task, target, builtin);
            let clock = FixedClock::at(Timestamp::from_micros(0));
            let trained = learn::train(&known, &settings, &clock, &mut |_| {})?;
            write(&Path::new(&directory).join(format!("{target}-{name}")), &trained, &new)?;
        }
    }
    Ok(())
}

fn settings(task: Task, target: &str, builtin: Builtin) -> Settings {
    Settings {
        task,
        target: target.to_owned(),
        positive: None,
        features: ["number", "flag", "time", "place"].map(str::to_owned).to_vec(),
        time: Some("time".to_owned()),
        split_by_time: true,
        test_share: 0.2,
        builtin,
        budget: Duration::from_secs(60),
        seed: 0,
        threads: 0,
        value: None,
    }
}

/// Four kinds of columns with missing values, and targets that depend on all of them.
fn table() -> Result<Table, Box<dyn Error>> {
    let mut random = Random::new(4);
    let (mut number, mut flag, mut time, mut place) = (vec![], vec![], vec![], vec![]);
    let mut scores = Vec::new();
    for row in 0..ROWS {
        let x = random.unit() * 1e3 - 200.0;
        let yes = random.unit() < 0.3;
        let at = row as i64 * 13_000_000_000 - 9_000_000_000_000;
        let spot = if row < KNOWN { random.below(30) } else { random.below(36) };
        let hour = (at.rem_euclid(86_400_000_000)) as f64 / 3.6e9;
        scores.push(
            x / 200.0
                + f64::from(u8::from(yes))
                + (spot % 7) as f64 / 2.0
                + hour / 10.0
                + random.unit() * 2.0,
        );
        number.push(if random.below(8) == 0 { f64::NAN } else { x });
        flag.push((random.below(8) > 0).then_some(yes));
        time.push((random.below(8) > 0).then_some(at));
        place.push((random.below(8) > 0).then(|| format!("é{spot}")));
    }
    let band = |score: &f64| ["low", "middle", "high"][(score / 3.0).clamp(0.0, 2.0) as usize];
    Ok(Table::new(vec![
        Column::new("number", Values::Number(number)),
        Column::new("flag", Values::Boolean(flag)),
        Column::new("time", Values::Time(time)),
        Column::new("place", Values::Text(place.iter().map(Option::as_deref).collect())),
        Column::new("late", Values::Boolean(scores.iter().map(|score| Some(*score > 5.0)).collect())),
        Column::new("band", Values::Text(scores.iter().map(|score| Some(band(score))).collect())),
        Column::new(
            "grade",
            Values::Number(scores.iter().map(|score| (score / 2.0).floor().clamp(0.0, 4.0)).collect()),
        ),
        Column::new("delay", Values::Number(scores)),
    ])?)
}

fn write(folder: &Path, trained: &Trained, rows: &Table) -> Result<(), Box<dyn Error>> {
    let model = Model::load(&trained.model)?;
    let scores = onnx::score(&model, &trained.signature, rows)?;
    let columns: Vec<Value> = trained
        .signature
        .inputs
        .iter()
        .filter_map(|field| {
            let values = &rows.column(&field.name)?.values;
            let cells: Vec<Value> = (0..rows.rows()).map(|row| cell(values, row)).collect();
            Some(json!({"name": field.name, "kind": field.kind, "values": cells}))
        })
        .collect();
    fs::create_dir_all(folder)?;
    fs::write(folder.join("model.onnx"), &trained.model)?;
    let content = json!({"signature": trained.signature, "columns": columns, "scores": scores});
    fs::write(folder.join("rows.json"), content.to_string())?;
    Ok(())
}

/// A raw value; missing is null, and a time is in seconds since 1970.
fn cell(values: &Values, row: usize) -> Value {
    match values {
        Values::Number(values) => json!(values[row]),
        Values::Boolean(values) => json!(values[row]),
        Values::Time(values) => json!(values[row].map(|micros| micros as f64 / 1e6)),
        Values::Text(text) => json!(text.get(row)),
    }
}
