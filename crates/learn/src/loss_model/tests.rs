use std::time::Duration;

use base::{FixedClock, Random, Timestamp};
use stats::dle::{Losses, Measure, estimate, realised};
use table::{Column, Table, Text, Values};

use super::{Bounds, HeldOut, LossModel};
use crate::Error;

const BOUNDS: Bounds = Bounds { budget: Duration::from_secs(60), seed: 1, threads: 1 };

struct World {
    table: Table,
    predictions: Vec<f64>,
    targets: Vec<f64>,
}

/// Rows whose noise is 1 for most and 5 where `kind` is `rough`, which `rough` says how often.
fn world(seed: u64, rows: usize, rough: f64) -> World {
    let mut random = Random::new(seed);
    let (mut sizes, mut kinds, mut predictions, mut targets) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rows {
        let size = random.unit() * 10.0;
        let is_rough = random.unit() < rough;
        let noise: f64 = (0..12).map(|_| random.unit()).sum::<f64>() - 6.0;
        sizes.push(size);
        kinds.push(Some(if is_rough { "rough" } else { "smooth" }));
        predictions.push(3.0 * size);
        targets.push(3.0 * size + noise * if is_rough { 5.0 } else { 1.0 });
    }
    let kinds: Text = kinds.into_iter().collect();
    let columns = vec![Column::new("size", Values::Number(sizes)), Column::new("kind", Values::Text(kinds))];
    World { table: Table::new(columns).unwrap(), predictions, targets }
}

fn fit(world: &World) -> Result<LossModel, Error> {
    let features = ["size".to_owned(), "kind".to_owned()];
    let World { table, predictions, targets } = world;
    let held_out = HeldOut { table, features: &features, predictions, targets };
    LossModel::fit(held_out, BOUNDS, &FixedClock::at(Timestamp::from_micros(0)))
}

#[test]
fn a_mix_with_more_of_what_is_hard_is_seen_before_a_target_is_known() {
    let model = fit(&world(1, 6_000, 0.2)).unwrap();
    let mut inside = 0;
    for seed in 2..22 {
        let window = world(seed, 1_500, 0.7);
        let losses = model.losses(&window.table, &window.predictions).unwrap();
        let truth = Losses::of(&window.predictions, &window.targets);
        for measure in [Measure::Mae, Measure::Mse, Measure::Rmse] {
            let found = estimate(&losses, model.spread(), measure, 0.99).unwrap();
            let measured = realised(measure, &truth).unwrap();
            assert!(
                (found.estimate.value / measured - 1.0).abs() < 0.2,
                "{measure:?}: {found:?}, {measured}"
            );
            inside += usize::from((found.estimate.lower..=found.estimate.upper).contains(&measured));
            assert!(found.sampling_error > 0.0 && found.reference_error > 0.0);
        }
    }
    assert!(inside >= 54, "{inside} of 60");
}

#[test]
fn the_same_rows_give_the_same_model() {
    let rows = world(3, 400, 0.5);
    assert_eq!(fit(&rows).unwrap(), fit(&rows).unwrap());
}

#[test]
fn where_nothing_tells_rows_apart_the_mean_is_expected_everywhere() {
    let mut rows = world(4, 300, 0.0);
    rows.table = Table::new(vec![Column::new("size", Values::Number(vec![1.0; 300]))]).unwrap();
    rows.predictions = vec![0.0; 300];
    let features = ["size".to_owned()];
    let held_out = HeldOut {
        table: &rows.table,
        features: &features,
        predictions: &rows.predictions,
        targets: &rows.targets,
    };
    let model = LossModel::fit(held_out, BOUNDS, &FixedClock::at(Timestamp::from_micros(0))).unwrap();
    let losses = model.losses(&rows.table, &rows.predictions).unwrap();
    let found = estimate(&losses, model.spread(), Measure::Mae, 0.95).unwrap().estimate.value;
    let measured = realised(Measure::Mae, &Losses::of(&rows.predictions, &rows.targets)).unwrap();
    assert!((found / measured - 1.0).abs() < 0.02, "{found} and {measured}");
}

#[test]
fn rows_without_a_target_teach_nothing_and_too_few_are_refused() {
    let mut rows = world(5, 250, 0.5);
    rows.targets[..50].fill(f64::NAN);
    rows.predictions[249] = f64::INFINITY;
    assert!(fit(&rows).is_ok());
    rows.targets[..200].fill(f64::NAN);
    assert!(matches!(fit(&rows), Err(Error::TooFewRows { rows: 49, needed: 100 })));
    assert!(matches!(fit(&world(6, 0, 0.5)), Err(Error::TooFewRows { rows: 0, .. })));
}

#[test]
fn a_column_that_is_gone_or_changed_its_kind_is_named() {
    let rows = world(7, 300, 0.5);
    let model = fit(&rows).unwrap();
    let gone = rows.table.select(["size"]);
    let error = model.losses(&gone, &rows.predictions).unwrap_err().to_string();
    assert!(error.contains("`kind`"), "{error}");
    let changed = Table::new(vec![
        rows.table.column("size").unwrap().clone(),
        Column::new("kind", Values::Number(vec![1.0; 300])),
    ]);
    let error = model.losses(&changed.unwrap(), &rows.predictions).unwrap_err().to_string();
    assert!(error.contains("`kind` holds Number"), "{error}");
}

#[test]
fn an_empty_window_has_losses_of_no_rows_and_a_feature_may_be_called_prediction() {
    let rows = world(8, 300, 0.5);
    let model = fit(&rows).unwrap();
    let losses = model.losses(&rows.table.take(&[]), &[]).unwrap();
    assert!(losses.iter().all(|part| part.absolute.is_empty()));
    assert_eq!(estimate(&losses, model.spread(), Measure::Mae, 0.95), None);

    let named = Table::new(vec![Column::new("prediction", Values::Number(rows.targets.clone()))]).unwrap();
    let features = ["prediction".to_owned()];
    let held_out = HeldOut {
        table: &named,
        features: &features,
        predictions: &rows.predictions,
        targets: &rows.targets,
    };
    assert!(LossModel::fit(held_out, BOUNDS, &FixedClock::at(Timestamp::from_micros(0))).is_ok());
}
