//! Evidence that is empty, broken or incomplete is survived, and the same evidence always gives the same ranking.

use std::collections::BTreeMap;

use monitor::cause::{Evidence, Kind, Lineage, Measure, Rows, Symptom, rank};
use table::{Column, Table, Values};

use crate::support::{Scene, check, onset};

fn table(columns: &[(&str, Vec<f64>)]) -> Table {
    let column = |(name, values): &(&str, Vec<f64>)| Column::new(*name, Values::Number(values.clone()));
    Table::new(columns.iter().map(column).collect()).unwrap()
}

fn rows(values: Vec<f64>) -> Rows {
    let labels: Vec<f64> = (0..values.len()).map(|row| (row % 2) as f64).collect();
    let guesses = vec![0.5; values.len()];
    Rows::measured(table(&[("x", values)]), guesses, labels, Measure::LogLoss).unwrap()
}

fn ranked(reference: &Rows, current: &Rows) -> monitor::cause::Ranking {
    rank(&Evidence {
        symptom: Symptom {
            signal: "measured.log_loss".to_owned(),
            subject: "service.x".to_owned(),
            before: 0.4,
            after: 0.5,
            onset: onset(),
            window_micros: 0,
        },
        reference,
        current,
        measure: Measure::LogLoss,
        importance: BTreeMap::new(),
        drift: BTreeMap::new(),
        history: Vec::new(),
        happenings: Vec::new(),
        lineage: Lineage::default(),
        score: &|_| None,
    })
}

#[test]
fn no_rows_one_row_and_rows_without_any_value_are_survived() {
    let normal: Vec<f64> = (0..200).map(f64::from).collect();
    let odd = [
        Vec::new(),
        vec![1.0],
        vec![f64::NAN; 100],
        vec![f64::INFINITY; 100],
        vec![f64::MAX, f64::MIN, f64::NAN, f64::NEG_INFINITY],
        vec![7.0; 100],
    ];
    for values in &odd {
        check(&ranked(&rows(normal.clone()), &rows(values.clone())));
        check(&ranked(&rows(values.clone()), &rows(normal.clone())));
        check(&ranked(&rows(values.clone()), &rows(values.clone())));
    }
}

#[test]
fn a_model_that_cannot_be_asked_leaves_the_share_open_and_the_cause_first() {
    let normal: Vec<f64> = (1..400).map(f64::from).collect();
    let thousandfold = normal.iter().map(|value| value * 1_000.0).collect();
    let ranking = ranked(&rows(normal), &rows(thousandfold));
    check(&ranking);
    assert_eq!(ranking.causes[0].kind, Kind::UnitChange);
    assert_eq!(ranking.causes[0].share_of_loss, None);
}

#[test]
fn a_table_without_columns_or_with_other_columns_is_survived() {
    let normal = rows((0..200).map(f64::from).collect());
    let other = Rows::expected(table(&[("y", vec![1.0; 50])]), vec![0.5; 50], vec![f64::NAN; 50]).unwrap();
    let ranking = ranked(&normal, &other);
    check(&ranking);
    assert_eq!((ranking.causes[0].kind, ranking.causes[0].subject.as_str()), (Kind::SchemaChange, "x"));
    let none = Rows::expected(Table::default(), Vec::new(), Vec::new()).unwrap();
    check(&ranked(&none, &none));
}

#[test]
fn rows_of_different_lengths_are_refused_by_name() {
    let short = Rows::measured(table(&[("x", vec![1.0; 3])]), vec![0.5; 3], vec![1.0], Measure::LogLoss);
    assert_eq!(short.unwrap_err().to_string(), "the labels has 1 entries where the table has 3 rows");
    let weighted = rows(vec![1.0; 4]).weighted(&[1.0, 2.0]);
    assert!(weighted.is_err());
}

#[test]
fn a_weight_of_none_takes_a_row_out_of_the_loss() {
    let measured =
        Rows::measured(table(&[("x", vec![1.0; 2])]), vec![0.1, 0.9], vec![0.0, 0.0], Measure::LogLoss);
    let weighted = measured.unwrap().weighted(&[1.0, 0.0]).unwrap();
    let ranking = ranked(&weighted, &weighted);
    assert!((ranking.loss.before - -(0.9_f64.ln())).abs() < 1e-12, "{:?}", ranking.loss);
}

#[test]
fn more_rows_than_are_looked_at_are_thinned() {
    let many = rows((0..120_000).map(|row| f64::from(row % 1_000)).collect());
    assert_eq!(many.len(), monitor::cause::MOST_ROWS);
}

#[test]
fn the_same_evidence_gives_the_same_ranking() {
    let rank = || {
        let mut scene = Scene::lively(2);
        scene.change("temp", |value| (value - 32.0) / 1.8);
        scene.rank()
    };
    assert_eq!(rank(), rank());
}
