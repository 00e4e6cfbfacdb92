use std::time::Duration;

use base::{FixedClock, Random, Timestamp};

use super::{Data, Fitting, Node, Settings, fit};
use crate::{
    clock::{Budget, Deadline},
    linear, loss,
    matrix::Matrix,
    objective::Objective,
};

fn settings(rows: usize) -> Settings {
    Settings { rounds: 60, learning_rate: 0.1, column_share: 1.0, ..Settings::suited(rows, 1) }
}

fn with_time<T>(budget: Duration, run: impl FnOnce(Deadline<'_>) -> T) -> T {
    let clock = FixedClock::at(Timestamp::from_micros(0));
    run(Budget::start(&clock, budget).until(1.0))
}

fn fitted(
    objective: Objective,
    settings: &Settings,
    train: Data<'_>,
    validation: Option<Data<'_>>,
) -> super::Fit {
    with_time(Duration::from_secs(1), |deadline| {
        fit(Fitting { objective, settings, deadline }, train, validation, &mut |_| {})
    })
}

fn noise(rows: usize, seed: u64) -> Vec<f32> {
    let mut random = Random::new(seed);
    (0..rows).map(|_| random.unit() as f32 - 0.5).collect()
}

#[test]
fn trees_find_the_exclusive_or_that_a_linear_model_cannot() {
    let columns = [noise(4_000, 1), noise(4_000, 2)];
    let targets: Vec<f64> = columns[0]
        .iter()
        .zip(&columns[1])
        .map(|(one, other)| f64::from(u8::from((*one > 0.0) != (*other > 0.0))))
        .collect();
    let matrix = Matrix::from_columns(&columns);
    let data = Data { matrix: &matrix, targets: &targets };
    let loss = |margins: Vec<f64>| {
        loss::total(Objective::Logistic, &Objective::Logistic.predictions(&margins), &targets)
    };
    let trees = fitted(Objective::Logistic, &settings(4_000), data, None);
    assert!(loss(trees.ensemble.margins(&matrix)) < 0.1);
    assert!(loss(linear::fit(Objective::Logistic, data).margins(&matrix)) > 0.68);
}

#[test]
fn missing_values_go_to_the_side_where_they_help() {
    // Missing behaves like the small numbers here and like the large ones with the sign turned.
    for sign in [1.0, -1.0] {
        let mut column = noise(3_000, 3);
        column.iter_mut().step_by(5).for_each(|value| *value = f32::NAN);
        let target = |value: &f32| sign * if value.is_nan() || *value < 0.1 { 1.0 } else { -1.0 };
        let targets: Vec<f64> = column.iter().map(|value| f64::from(target(value))).collect();
        let turned: Vec<f32> = column.iter().map(|value| value * sign).collect();
        let matrix = Matrix::from_columns(&[turned]);
        let stump = Settings { rounds: 1, leaves: 2, ..settings(3_000) };
        let fit = fitted(Objective::Squared, &stump, Data { matrix: &matrix, targets: &targets }, None);
        let Node::Split { threshold, missing_left, .. } = fit.ensemble.trees[0].nodes[0] else {
            panic!("a split")
        };
        assert!((threshold - 0.1 * sign).abs() < 0.01, "{threshold}");
        assert_eq!(missing_left, sign > 0.0);
    }
}

#[test]
fn being_missing_is_told_from_every_number() {
    let mut column = noise(1_000, 4);
    column.iter_mut().step_by(2).for_each(|value| *value = f32::NAN);
    let targets: Vec<f64> = column.iter().map(|value| f64::from(u8::from(value.is_nan()))).collect();
    let matrix = Matrix::from_columns(&[column]);
    let fit = fitted(Objective::Squared, &settings(1_000), Data { matrix: &matrix, targets: &targets }, None);
    let margins = fit.ensemble.margins(&matrix);
    assert!(margins.iter().zip(&targets).all(|(margin, target)| (margin - target).abs() < 0.05));
}

#[test]
fn growing_ends_when_validation_no_longer_improves() {
    let matrix = Matrix::from_columns(&[noise(600, 5), noise(600, 6)]);
    let targets: Vec<f64> = noise(600, 7).into_iter().map(f64::from).collect();
    let other = Matrix::from_columns(&[noise(600, 8), noise(600, 9)]);
    let other_targets: Vec<f64> = noise(600, 10).into_iter().map(f64::from).collect();
    let settings = Settings { rounds: 500, patience: 10, ..settings(600) };
    let validation = Data { matrix: &other, targets: &other_targets };
    let mut rounds_grown = 0;
    let fit = with_time(Duration::from_secs(1), |deadline| {
        let fitting = Fitting { objective: Objective::Squared, settings: &settings, deadline };
        let train = Data { matrix: &matrix, targets: &targets };
        fit(fitting, train, Some(validation), &mut |round| rounds_grown = round)
    });
    assert!(rounds_grown < 60 && fit.rounds + 10 == rounds_grown, "{} of {rounds_grown}", fit.rounds);
    assert_eq!(fit.ensemble.trees.len(), fit.rounds);
}

#[test]
fn growing_ends_when_the_time_is_over_and_says_so() {
    let matrix = Matrix::from_columns(&[noise(600, 5)]);
    let targets: Vec<f64> = matrix.column(0).map(f64::from).collect();
    let settings = settings(600);
    let fit = with_time(Duration::ZERO, |deadline| {
        let fitting = Fitting { objective: Objective::Squared, settings: &settings, deadline };
        fit(fitting, Data { matrix: &matrix, targets: &targets }, None, &mut |_| {})
    });
    assert_eq!((fit.rounds, fit.out_of_time), (1, true));
}

#[test]
fn no_leaf_has_fewer_rows_than_allowed_and_no_tree_more_leaves() {
    let matrix = Matrix::from_columns(&[noise(2_500, 11), noise(2_500, 12)]);
    let targets: Vec<f64> = matrix.column(0).zip(matrix.column(1)).map(|(x, y)| f64::from(x * y)).collect();
    let settings = Settings { leaves: 9, min_rows: 150, rounds: 5, ..settings(2_500) };
    let fit = fitted(Objective::Squared, &settings, Data { matrix: &matrix, targets: &targets }, None);
    for tree in &fit.ensemble.trees {
        let leaves = tree.nodes.iter().filter(|node| matches!(node, Node::Leaf(_))).count();
        assert!((2..=9).contains(&leaves));
        let mut rows_by_leaf = std::collections::BTreeMap::new();
        for row in 0..matrix.rows() {
            *rows_by_leaf.entry(tree.value(matrix.row(row)).to_bits()).or_insert(0) += 1;
        }
        assert!(rows_by_leaf.values().all(|rows| *rows >= 150), "{rows_by_leaf:?}");
    }
}

#[test]
fn several_classes_are_told_apart() {
    let column = noise(3_000, 13);
    let targets: Vec<f64> = column
        .iter()
        .map(|value| {
            if *value < -0.2 {
                0.0
            } else if *value < 0.2 {
                1.0
            } else {
                2.0
            }
        })
        .collect();
    let matrix = Matrix::from_columns(&[column]);
    let objective = Objective::Softmax(3);
    let fit = fitted(objective, &settings(3_000), Data { matrix: &matrix, targets: &targets }, None);
    let predictions = objective.predictions(&fit.ensemble.margins(&matrix));
    assert!(loss::total(objective, &predictions, &targets) < 0.05);
}

#[test]
fn the_trees_do_not_depend_on_the_number_of_threads() {
    let columns: Vec<Vec<f32>> = (0..9).map(|seed| noise(30_000, seed)).collect();
    let matrix = Matrix::from_columns(&columns);
    let targets: Vec<f64> = (0..30_000).map(|row| f64::from(matrix.row(row).iter().sum::<f32>())).collect();
    let data = Data { matrix: &matrix, targets: &targets };
    let grown = |threads| {
        let settings = Settings { rounds: 4, threads, column_share: 0.7, ..settings(30_000) };
        fitted(Objective::Squared, &settings, data, None).ensemble
    };
    assert_eq!(grown(1), grown(4));
}
