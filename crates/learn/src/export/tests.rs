use base::{FixedClock, Random, Timestamp};
use onnx::{Element, Model};
use stats::Task;
use table::{Column, Field, Kind, Table, Values};

use super::model;
use crate::{
    calibration::Calibration,
    clock::Budget,
    features::{Plan, Scope},
    gbdt::{self, Data, Fitting},
    linear,
    objective::Objective,
    predictor::{Learned, Predictor},
    settings::tests::settings,
    target,
};

const ROWS: usize = 600;

/// Every kind of column, with missing values everywhere; from row 400 on, categories never seen before.
fn table() -> Table {
    let mut random = Random::new(17);
    let mut missing = |share: f64| -> Vec<bool> { (0..ROWS).map(|_| random.unit() < share).collect() };
    let (one, two, three, four) = (missing(0.1), missing(0.1), missing(0.1), missing(0.1));
    let mut random = Random::new(18);
    let number = (0..ROWS).map(|row| if one[row] { f64::NAN } else { random.unit() * 1e4 - 3e3 }).collect();
    let mut random = Random::new(19);
    let flag = (0..ROWS).map(|row| (!two[row]).then(|| random.unit() < 0.4)).collect();
    let time =
        (0..ROWS).map(|row| (!three[row]).then_some(row as i64 * 86_400_000_000 / 3 * 2 - 7_654_321_000_000));
    let places = ["north", "south", "east", ""];
    let place = |row: usize| match row {
        _ if four[row] => None,
        400.. if row.is_multiple_of(2) => Some("elsewhere"),
        _ => Some(places[row * 7 % 4]),
    };
    Table::new(vec![
        Column::new("number", Values::Number(number)),
        Column::new("flag", Values::Boolean(flag)),
        Column::new("time", Values::Time(time.collect())),
        Column::new("place", Values::Text((0..ROWS).map(place).collect())),
        Column::new("grade", Values::Number((0..ROWS).map(|row| (row * row % 3) as f64).collect())),
        Column::new("class", Values::Number((0..ROWS).map(|row| (row * 13 % 17 / 6) as f64).collect())),
        Column::new("late", Values::Boolean((0..ROWS).map(|row| Some(row * 7 % 4 > 1)).collect())),
    ])
    .unwrap()
}

/// Learns from the first 400 rows, exports, and compares the export with the learner on all rows.
fn check(task: Task, target_name: &str, trees: bool, calibration: Option<Calibration>) -> Vec<f64> {
    let table = table();
    let columns = ["number", "flag", "time", "place"];
    let settings = settings(task, target_name, &columns);
    let target = target::read(&table, &settings).unwrap();
    let scope = Scope { table: &table, target: &target, task, seed: 0 };
    let rows: Vec<usize> = (0..400).collect();
    let (plan, _) = Plan::fit(scope, &settings.features, &rows);
    let matrix = plan.apply_fitted(scope, &rows);
    let targets = scope.targets(&rows);
    let train = Data { matrix: &matrix, targets: &targets };
    let objective = Objective::new(task, target.classes.len());
    let learned = if trees {
        let clock = FixedClock::at(Timestamp::from_micros(0));
        let deadline = Budget::start(&clock, settings.budget).until(1.0);
        let settings = gbdt::Settings { rounds: 40, ..gbdt::Settings::suited(400, objective.outputs()) };
        let fitting = Fitting { objective, settings: &settings, deadline };
        Learned::Trees(gbdt::fit(fitting, train, None, &mut |_| {}).ensemble)
    } else {
        Learned::Linear(linear::fit(objective, train))
    };
    let predictor = Predictor { objective, learned, calibration };
    let signature = onnx::Signature {
        inputs: plan.fields(),
        task: task.name().to_owned(),
        positive: None,
        classes: target.classes.clone(),
        threshold: (task == Task::Binary).then_some(0.5),
    };
    let model = Model::load(&model(&plan, &predictor, &signature, target.kind)).unwrap();
    let ours = predictor.predictions(&plan.apply(scope, &(0..ROWS).collect::<Vec<_>>()));
    let theirs = onnx::score(&model, &signature, &table).unwrap();
    assert_eq!(ours.len(), theirs.len());
    for (row, (ours, theirs)) in ours.iter().zip(&theirs).enumerate() {
        let distance = (ours - theirs).abs() / ours.abs().max(1.0);
        assert!(distance < 1e-6, "{task} row {row}: {ours} {theirs}");
    }
    let spread = ours.iter().copied().fold(f64::NEG_INFINITY, f64::max)
        - ours.iter().copied().fold(f64::INFINITY, f64::min);
    assert!(spread > 1e-3, "constant predictions would agree for the wrong reason");
    ours
}

#[test]
fn exported_trees_predict_what_the_trees_do() {
    check(Task::Binary, "late", true, None);
    check(Task::Multiclass, "class", true, None);
    check(Task::Regression, "grade", true, None);
}

#[test]
fn exported_linear_models_predict_what_the_linear_models_do() {
    check(Task::Binary, "late", false, None);
    check(Task::Multiclass, "class", false, None);
    check(Task::Regression, "grade", false, None);
}

#[test]
fn an_exported_calibration_is_applied() {
    let raw = check(Task::Binary, "late", true, None);
    let corrected = check(Task::Binary, "late", true, Some(Calibration { slope: 0.5, shift: -0.3 }));
    assert!(raw.iter().zip(&corrected).any(|(raw, corrected)| (raw - corrected).abs() > 0.01));
    check(Task::Multiclass, "class", false, Some(Calibration { slope: 0.7, shift: 0.0 }));
}

/// A model that gives constant margins from one number.
fn constant(margins: Vec<f64>, classes: &[&str], column: &str, kind: Kind) -> Model {
    let table = Table::new(vec![
        Column::new(column, Values::Number(vec![1.0, 2.0])),
        Column::new("target", Values::Number(vec![1.0, 2.0])),
    ])
    .unwrap();
    let settings = settings(Task::Regression, "target", &[column]);
    let target = target::read(&table, &settings).unwrap();
    let scope = Scope { table: &table, target: &target, task: Task::Regression, seed: 0 };
    let (plan, _) = Plan::fit(scope, &settings.features, &[0, 1]);
    let objective = match classes.len() {
        0 => Objective::Squared,
        2 => Objective::Logistic,
        count => Objective::Softmax(count),
    };
    let signature = onnx::Signature {
        inputs: vec![Field { name: column.to_owned(), kind: Kind::Number }],
        task: String::new(),
        classes: classes.iter().map(|class| (*class).to_owned()).collect(),
        positive: None,
        threshold: Some(0.75),
    };
    let learned = Learned::Linear(linear::Model::constant(margins, 1));
    let predictor = Predictor { objective, learned, calibration: None };
    Model::load(&model(&plan, &predictor, &signature, kind)).unwrap()
}

fn label(model: &Model, column: &str) -> onnx::Tensor {
    let inputs = vec![(column.to_owned(), onnx::Tensor::floats([2, 1], [0.0, f32::NAN]))];
    let outputs = model.run(inputs).unwrap();
    outputs.into_iter().find(|(name, _)| name.starts_with("label")).unwrap().1
}

#[test]
fn a_label_has_the_type_of_the_target_and_respects_the_threshold() {
    // Log odds of 1 are a probability of 0.73, of 1.2 one of 0.77.
    let below = label(&constant(vec![1.0], &["false", "true"], "x", Kind::Boolean), "x");
    assert_eq!(below, onnx::Tensor::booleans([2], [false, false]));
    let above = label(&constant(vec![1.2], &["3", "8"], "x", Kind::Number), "x");
    assert_eq!(above, onnx::Tensor::integers([2], [8, 8]));
    let several = label(&constant(vec![0.0, 2.0, 1.0], &["a", "b", "c"], "x", Kind::Text), "x");
    assert_eq!(several, onnx::Tensor::texts([2], ["b", "b"]));
}

#[test]
fn a_column_may_be_called_like_an_output() {
    let model = constant(vec![1.2], &["false", "true"], "label", Kind::Boolean);
    let names: Vec<&str> = model.outputs().iter().map(|port| port.name.as_str()).collect();
    assert_eq!(names, ["label_", "probabilities"]);
    assert_eq!(model.outputs()[0].element, Element::Boolean);
    assert_eq!(label(&model, "label"), onnx::Tensor::booleans([2], [true, true]));
}
