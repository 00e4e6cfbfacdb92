use stats::Task;
use table::{Column, Kind, Table, Values};

use super::{Plan, Scope, Transform};
use crate::{target::Target, warnings::Concern};

fn target(values: Vec<f64>) -> Target {
    Target { rows: (0..values.len()).collect(), values, classes: Vec::new(), kind: Kind::Number, dropped: 0 }
}

fn texts(rows: usize, text: impl Fn(usize) -> Option<String>) -> Values {
    let texts: Vec<Option<String>> = (0..rows).map(text).collect();
    Values::Text(texts.iter().map(|text| text.as_deref()).collect())
}

#[test]
fn columns_that_teach_nothing_are_left_out_and_named() {
    let rows = 60;
    let columns = vec![
        Column::new("constant", Values::Number(vec![4.0; rows])),
        Column::new("empty", Values::Number(vec![f64::NAN; rows])),
        Column::new("id", texts(rows, |row| Some(format!("id{row}")))),
        Column::new("same", texts(rows, |_| Some("x".to_owned()))),
        Column::new("day", Values::Time(vec![Some(0); rows])),
        Column::new("flag", Values::Boolean((0..rows).map(|row| (row % 3 == 0).then_some(true)).collect())),
        Column::new("kept", texts(rows, |row| (row % 2 == 0).then(|| "x".to_owned()))),
    ];
    let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
    let table = Table::new(columns).unwrap();
    let target = target((0..rows).map(|row| row as f64).collect());
    let scope = Scope { table: &table, target: &target, task: Task::Regression, seed: 0 };
    let (plan, warnings) = Plan::fit(scope, &names, &(0..rows).collect::<Vec<_>>());
    assert_eq!(plan.origins(), ["flag", "kept"]);
    let found: Vec<(&str, Concern)> =
        warnings.iter().map(|warning| (warning.column.as_deref().unwrap(), warning.concern)).collect();
    assert_eq!(
        found,
        [
            ("constant", Concern::Constant),
            ("empty", Concern::Empty),
            ("id", Concern::Identifier),
            ("same", Concern::Constant),
            ("day", Concern::Constant),
        ]
    );
}

#[test]
fn every_kind_of_column_becomes_numbers_and_missing_stays_missing() {
    let table = Table::new(vec![
        Column::new("number", Values::Number(vec![1.5, f64::NAN, 2.5])),
        Column::new("flag", Values::Boolean(vec![Some(true), None, Some(false)])),
        Column::new("time", Values::Time(vec![Some(3_600_000_000), None, Some(90_000_000_000)])),
    ])
    .unwrap();
    let target = target(vec![0.0, 1.0, 2.0]);
    let scope = Scope { table: &table, target: &target, task: Task::Regression, seed: 0 };
    let names: Vec<String> = ["number", "flag", "time"].map(str::to_owned).to_vec();
    let (plan, _) = Plan::fit(scope, &names, &[0, 1, 2]);
    let matrix = plan.apply(scope, &[0, 1, 2]);
    assert_eq!(plan.origins(), ["number", "flag", "time", "time"]);
    assert_eq!(matrix.row(0), [1.5, 1.0, 1.0, 3.0]);
    assert_eq!(matrix.row(2), [2.5, 0.0, 1.0, 4.0]);
    assert!(matrix.row(1).iter().all(|value| value.is_nan()));
}

#[test]
fn a_plan_knows_only_the_rows_it_was_fitted_on() {
    let rows = 40;
    let table = Table::new(vec![Column::new(
        "place",
        texts(rows, |row| Some(if row < 20 { ["a", "b"][row % 2] } else { "later" }.to_owned())),
    )])
    .unwrap();
    let target = target((0..rows).map(|row| (row % 2) as f64).collect());
    let scope = Scope { table: &table, target: &target, task: Task::Regression, seed: 0 };
    let (plan, _) = Plan::fit(scope, &["place".to_owned()], &(0..20).collect::<Vec<_>>());
    let Transform::Encode(encoders) = &plan.columns[0].transform else { panic!("text is encoded") };
    assert_eq!(encoders[0].categories.keys().collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(plan.apply(scope, &[30]).row(0), [encoders[0].prior]);
}
