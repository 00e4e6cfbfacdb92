//! The whole of training, seen from outside.

#![expect(clippy::unwrap_used, reason = "the helpers of tests may panic as tests do")]

use std::{collections::BTreeSet, time::Duration};

use base::{FixedClock, Random, Timestamp};
use learn::{Builtin, Candidate, Card, Concern, Outlook, Progress, Settings, Shuffling, Trained};
use onnx::Model;
use stats::Task;
use table::{Column, Table, Values};

fn settings(task: Task, target: &str, features: &[&str]) -> Settings {
    Settings {
        task,
        target: target.to_owned(),
        positive: None,
        features: features.iter().map(|name| (*name).to_owned()).collect(),
        time: None,
        split_by_time: false,
        test_share: 0.25,
        builtin: Builtin::Auto,
        budget: Duration::from_secs(60),
        seed: 7,
        threads: 2,
        value: None,
    }
}

fn clock() -> FixedClock {
    FixedClock::at(Timestamp::from_micros(0))
}

fn train(table: &Table, settings: &Settings) -> Trained {
    learn::train(table, settings, &clock(), &mut |_| {}).unwrap()
}

fn predictions(trained: &Trained, table: &Table) -> Vec<f64> {
    let model = Model::load(&trained.model).unwrap();
    onnx::score(&model, &trained.signature, &table.take(&trained.test_rows)).unwrap()
}

fn auc(trained: &Trained, table: &Table) -> f64 {
    let labels: Vec<bool> = trained.test_targets.iter().map(|target| *target == 1.0).collect();
    stats::roc_auc(&predictions(trained, table), &labels).unwrap()
}

/// The Breast Cancer Wisconsin data; see `data/README.md`.
fn cancer() -> (Table, Settings) {
    let text = include_str!("data/breast_cancer.csv");
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
    let columns = header.iter().enumerate().map(|(number, name)| {
        let cells = || rows.iter().map(|row| row[number]);
        let values = if *name == "target" {
            Values::Text(cells().map(Some).collect())
        } else {
            Values::Number(cells().map(|cell| cell.parse().unwrap()).collect())
        };
        Column::new(*name, values)
    });
    let settings = settings(Task::Binary, "target", &header[..header.len() - 1]);
    (Table::new(columns.collect()).unwrap(), settings)
}

/// Rows with a signal in a number, a category and the hour, in the order of their time.
fn trips(rows: usize) -> Table {
    let mut random = Random::new(99);
    let (mut number, mut place, mut time, mut late, mut delay) = (vec![], vec![], vec![], vec![], vec![]);
    for row in 0..rows {
        let x = random.unit() * 2.0 - 1.0;
        let at = row as i64 * 3_600_000_000 * 5;
        let hour = (at / 3_600_000_000 % 24) as f64;
        let spot = random.below(12);
        let score = 2.0 * x + (spot % 4) as f64 - 1.5 + if hour > 12.0 { 1.0 } else { -1.0 };
        number.push(if random.below(10) == 0 { f64::NAN } else { x });
        place.push((random.below(20) > 0).then(|| format!("place{spot}")));
        time.push(Some(at));
        late.push(Some(random.unit() < 1.0 / (1.0 + (-score).exp())));
        delay.push(score + random.unit());
    }
    Table::new(vec![
        Column::new("number", Values::Number(number)),
        Column::new("place", Values::Text(place.iter().map(|place| place.as_deref()).collect())),
        Column::new("time", Values::Time(time)),
        Column::new("late", Values::Boolean(late)),
        Column::new("delay", Values::Number(delay)),
    ])
    .unwrap()
}

#[test]
fn breast_cancer_is_told_apart_on_rows_never_seen() {
    let (table, settings) = cancer();
    let trained = train(&table, &settings);
    assert_eq!(trained.classes, ["benign", "malignant"]);
    assert_eq!(trained.report.feasibility.outlook, Outlook::Feasible);
    assert!(auc(&trained, &table) > 0.98, "{}", auc(&trained, &table));
    // A quarter of the 569 rows, give or take what a random draw may.
    assert!((110..175).contains(&trained.test_rows.len()), "{}", trained.test_rows.len());
}

#[test]
fn the_same_seed_gives_the_same_bytes_whatever_the_threads() {
    let table = trips(3_000);
    let settings = Settings {
        time: Some("time".to_owned()),
        split_by_time: true,
        ..settings(Task::Binary, "late", &["number", "place", "time"])
    };
    let one = train(&table, &settings);
    let again = train(&table, &settings);
    assert_eq!(one.model, again.model);
    assert_eq!(one.report, again.report);
    let many = train(&table, &Settings { threads: 5, ..settings.clone() });
    assert_eq!(one.model, many.model);
    let other = train(&table, &Settings { seed: 8, builtin: Builtin::Gbm, ..settings });
    assert_ne!(one.model, other.model);
}

#[test]
fn every_task_beats_its_baseline_on_later_rows() {
    let table = trips(4_000);
    for (task, target) in [(Task::Binary, "late"), (Task::Regression, "delay")] {
        let settings = Settings {
            time: Some("time".to_owned()),
            split_by_time: true,
            ..settings(task, target, &["number", "place", "time"])
        };
        let trained = train(&table, &settings);
        assert_eq!(trained.test_rows, (3_000..4_000).collect::<Vec<_>>());
        let loss = |predictions: &[f64]| -> f64 {
            predictions.iter().zip(&trained.test_targets).map(|(one, other)| (one - other).powi(2)).sum()
        };
        let baseline = loss(&trained.baseline.predictions(1_000));
        let ours = loss(&predictions(&trained, &table));
        assert!(ours < 0.8 * baseline, "{task}: {ours} {baseline}");
        assert_eq!(trained.report.feasibility.outlook, Outlook::Feasible);
        assert_eq!(trained.report.feasibility.curve.len(), 3);
    }
}

#[test]
fn each_learner_can_be_asked_for_alone() {
    let table = trips(600);
    for (builtin, chosen) in [
        (Builtin::Baseline, Candidate::Baseline),
        (Builtin::Linear, Candidate::Linear),
        (Builtin::Gbm, Candidate::Gbm),
    ] {
        let settings = Settings { builtin, ..settings(Task::Binary, "late", &["number", "place"]) };
        let trained = train(&table, &settings);
        assert_eq!(trained.report.chosen, chosen);
        if builtin == Builtin::Baseline {
            let distinct: BTreeSet<u64> =
                predictions(&trained, &table).iter().map(|prediction| prediction.to_bits()).collect();
            assert_eq!(distinct.len(), 1);
            assert!((predictions(&trained, &table)[0] - trained.baseline.constants[0]).abs() < 1e-6);
        }
    }
}

#[test]
fn noise_is_not_called_feasible() {
    let mut random = Random::new(5);
    let rows = 4_000;
    let table = Table::new(vec![
        Column::new("noise", Values::Number((0..rows).map(|_| random.unit()).collect())),
        Column::new("coin", Values::Boolean((0..rows).map(|_| Some(random.unit() < 0.5)).collect())),
    ])
    .unwrap();
    let trained = train(&table, &settings(Task::Binary, "coin", &["noise"]));
    let feasibility = &trained.report.feasibility;
    assert_eq!(feasibility.outlook, Outlook::NotYet, "{feasibility:?}");
    assert!(feasibility.statement.starts_with("not yet"), "{}", feasibility.statement);
}

#[test]
fn a_column_that_gives_the_answer_away_is_named_with_the_fix() {
    let table = trips(2_000);
    let Values::Boolean(late) = &table.column("late").unwrap().values else { panic!("booleans") };
    let answer = late.iter().map(|late| Some(if late.unwrap() { "yes" } else { "no" })).collect();
    let mut columns = table.columns().to_vec();
    columns.push(Column::new("arrived_late", Values::Text(answer)));
    let table = Table::new(columns).unwrap();
    let trained = train(&table, &settings(Task::Binary, "late", &["number", "place", "arrived_late"]));
    let leaks: Vec<_> =
        trained.report.warnings.iter().filter(|warning| warning.concern == Concern::Leakage).collect();
    assert_eq!(leaks.len(), 1);
    assert_eq!(leaks[0].column.as_deref(), Some("arrived_late"));
    assert!(leaks[0].message.contains("exclude = [\"arrived_late\"]"), "{}", leaks[0].message);
}

#[test]
fn few_positives_and_an_identifier_are_warned_of() {
    let rows = 1_000;
    let ids: Vec<String> = (0..rows).map(|row| format!("id-{row}")).collect();
    let mut random = Random::new(1);
    let table = Table::new(vec![
        Column::new("id", Values::Text(ids.iter().map(|id| Some(id.as_str())).collect())),
        Column::new("x", Values::Number((0..rows).map(|_| random.unit()).collect())),
        Column::new("fraud", Values::Boolean((0..rows).map(|row| Some(row % 40 == 0)).collect())),
    ])
    .unwrap();
    let trained = train(&table, &settings(Task::Binary, "fraud", &["id", "x"]));
    let concerns: Vec<Concern> = trained.report.warnings.iter().map(|warning| warning.concern).collect();
    assert_eq!(concerns, [Concern::FewOfAClass, Concern::Identifier]);
    assert!(trained.report.warnings[0].message.contains("`true`"));
    assert_eq!(trained.report.features, ["x"]);
}

#[test]
fn a_class_worth_much_lowers_the_threshold() {
    let table = trips(2_000);
    let value = gate::Value {
        true_positive: 12.0,
        false_positive: -3.0,
        true_negative: 0.0,
        false_negative: 0.0,
        currency: "EUR".to_owned(),
    };
    let settings = Settings { value: Some(value), ..settings(Task::Binary, "late", &["number", "place"]) };
    let threshold = train(&table, &settings).threshold.unwrap();
    // Saying yes pays from a probability of 3 / (12 + 3).
    assert!((threshold - 0.2).abs() < 0.12, "{threshold}");
    assert_eq!(train(&table, &Settings { value: None, ..settings }).threshold, Some(0.5));
}

#[test]
fn training_ends_within_its_budget_and_says_that_it_was_short() {
    let table = trips(2_000);
    let clock = clock();
    let settings = Settings {
        budget: Duration::from_secs(10),
        builtin: Builtin::Gbm,
        ..settings(Task::Regression, "delay", &["number", "place"])
    };
    let mut rounds = 0;
    let trained = learn::train(&table, &settings, &clock, &mut |progress| {
        if let Progress::Round { .. } = progress {
            rounds += 1;
            clock.advance(Duration::from_millis(100));
        }
    })
    .unwrap();
    assert!((50..=110).contains(&rounds), "{rounds}");
    assert!(trained.report.warnings.iter().any(|warning| warning.concern == Concern::OutOfTime));
}

#[test]
fn what_cannot_be_trained_is_refused_with_the_fix() {
    let table = trips(200);
    let fails = |table: &Table, settings: &Settings, part: &str| {
        let error = learn::train(table, settings, &clock(), &mut |_| {}).unwrap_err().to_string();
        assert!(error.contains(part), "{error} lacks {part}");
    };
    let good = settings(Task::Binary, "late", &["number"]);
    fails(&table.take(&[]), &good, "empty");
    fails(&table.take(&[0, 1, 2, 3, 4, 5]), &good, "too few");
    fails(&table, &Settings { features: vec![], ..good.clone() }, "no usable feature");
    fails(&table, &Settings { features: vec!["numbre".to_owned()], ..good.clone() }, "did you mean `number`");
    fails(&table, &Settings { features: vec!["late".to_owned()], ..good.clone() }, "exclude it");
    fails(&table, &Settings { split_by_time: true, ..good.clone() }, "set `time`");
    fails(&table, &Settings { test_share: f64::NAN, ..good.clone() }, "test share");
    let by_number = Settings { split_by_time: true, time: Some("number".to_owned()), ..good.clone() };
    fails(&table, &by_number, "not times");
    let without_numbers = |column: &Column| match column.name.as_str() {
        "number" => Column::new("number", Values::Number(vec![f64::NAN; 200])),
        _ => column.clone(),
    };
    let empty = Table::new(table.columns().iter().map(without_numbers).collect()).unwrap();
    fails(&empty, &good, "column `number` is left out: it is missing in every training row");
}

#[test]
fn importance_finds_the_columns_that_matter() {
    let mut columns = trips(4_000).columns().to_vec();
    let mut random = Random::new(3);
    columns.push(Column::new("noise", Values::Number((0..4_000).map(|_| random.unit()).collect())));
    let table = Table::new(columns).unwrap();
    let trained = train(&table, &settings(Task::Binary, "late", &["noise", "number", "place"]));
    let model = Model::load(&trained.model).unwrap();
    let held_out = table.take(&trained.test_rows);
    let importance = |threads| {
        let shuffling = Shuffling { threads, ..Shuffling::default() };
        learn::importance(&model, &trained.signature, &held_out, &trained.test_targets, shuffling).unwrap()
    };
    let found = importance(1);
    assert_eq!(found, importance(3));
    assert_eq!(found[2].column, "noise");
    assert!(found[2].mean.abs() < 0.01 && found[1].mean > 0.05, "{found:?}");
    assert!(found.iter().all(|one| one.deviation < 0.05));
}

#[test]
fn the_directory_has_what_mlflow_reads() {
    let table = trips(400);
    let trained = train(&table, &settings(Task::Binary, "late", &["number", "place", "time"]));
    let card = Card { name: "it's late", example: &table };
    let files = learn::directory(&trained, &card);
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    assert!(
        ["MLmodel", "model.onnx", "report.json", "input_example.json", "requirements.txt"]
            .iter()
            .all(|name| names.contains(name))
    );
    let file = |name: &str| {
        let (_, bytes) = files.iter().find(|(found, _)| found == name).unwrap();
        String::from_utf8(bytes.clone()).unwrap()
    };
    let mlmodel = file("MLmodel");
    assert!(mlmodel.contains("artifact_path: 'it''s late'\n"), "{mlmodel}");
    let inputs = mlmodel.lines().find_map(|line| line.trim().strip_prefix("inputs: ")).unwrap();
    let inputs: serde_json::Value = serde_json::from_str(inputs.trim_matches('\'')).unwrap();
    let types: Vec<&str> = inputs
        .as_array()
        .unwrap()
        .iter()
        .map(|input| input["tensor-spec"]["dtype"].as_str().unwrap())
        .collect();
    assert_eq!(types, ["float32", "str", "float64"]);
    let example: serde_json::Value = serde_json::from_str(&file("input_example.json")).unwrap();
    for name in ["number", "place", "time"] {
        assert_eq!(example[name].as_array().unwrap().len(), 5);
    }
    let report: learn::Report = serde_json::from_str(&file("report.json")).unwrap();
    assert_eq!(report, trained.report);
}
