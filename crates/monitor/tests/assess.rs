//! Assessments of windows as they come: whole, damaged, and empty.

use std::collections::BTreeMap;

use base::Timestamp;
use monitor::{
    Assessment, Basis, Measure, Note, Objectives, Point, Reading, Reference, ReferenceError, Service,
    Settings, SignalName, Stretch, Traffic, Value, Window, assess,
};
use stats::{Metric, Task};
use table::{Column, Kind, Table, Text, Values};

const WINDOW_MICROS: i64 = 3_600_000_000;

/// Rows whose positive share rises with `x`: the model knows the probability.
struct Rows {
    features: Table,
    predictions: Vec<f64>,
    targets: Vec<f64>,
}

fn rows(count: usize, seed: u64) -> Rows {
    let mut random = base::Random::new(seed);
    let x: Vec<f64> = (0..count).map(|_| random.unit()).collect();
    let kind: Text = (0..count).map(|_| Some(["a", "b", "c"][random.below(3)])).collect();
    let targets = x.iter().map(|x| f64::from(u8::from(random.unit() < *x))).collect();
    let columns = vec![
        Column::new("x", Values::Number(x.clone())),
        Column::new("kind", Values::Text(kind)),
        Column::new("at", Values::Time((0..count as i64).map(Some).collect())),
    ];
    Rows { features: Table::new(columns).expect("one length"), predictions: x, targets }
}

fn reading() -> Reading {
    let value = Value {
        true_positive: 10.0,
        false_positive: -4.0,
        true_negative: 0.0,
        false_negative: 0.0,
        currency: "EUR".to_owned(),
    };
    Reading {
        task: Task::Binary,
        classes: 2,
        threshold: 0.5,
        metrics: vec![Metric::RocAuc, Metric::LogLoss, Metric::F1, Metric::AveragePrecision],
        value: Some(value),
    }
}

fn reference_of(rows: &Rows, reading: &Reading) -> Result<Reference, ReferenceError> {
    Reference::of(Basis {
        version: 3,
        epoch: 0,
        reading,
        features: &rows.features,
        predictions: &rows.predictions,
        targets: &rows.targets,
        expected_losses: &BTreeMap::new(),
        importance: &BTreeMap::from([("x".to_owned(), 1.0)]),
        drift: &Settings::default().drift,
        seed: 1,
    })
}

fn reference() -> Reference {
    reference_of(&rows(4_000, 1), &reading()).expect("whole rows")
}

fn window() -> Window {
    Window { start: Timestamp::from_micros(0), end: Timestamp::from_micros(WINDOW_MICROS) }
}

fn assessed(features: &Table, predictions: &[f64], labels: &[Option<f64>]) -> Assessment {
    let service = Service { requests: features.rows() as u64, ..Service::default() };
    let none = BTreeMap::new();
    let traffic = Traffic {
        window: window(),
        features,
        predictions,
        labels,
        label_delays: &[],
        expected_losses: &none,
        service,
    };
    assess(&reference(), &traffic, &Settings::default())
}

fn point<'a>(assessment: &'a Assessment, name: &str) -> Option<&'a Point> {
    let name: SignalName = name.parse().expect("a signal");
    assessment.points.iter().find(|(other, _)| *other == name).map(|(_, point)| point)
}

fn labelled(rows: &Rows) -> Vec<Option<f64>> {
    rows.targets.iter().copied().map(Some).collect()
}

#[test]
fn a_window_like_the_reference_departs_nowhere_and_estimates_agree_with_what_is_measured() {
    let rows = rows(600, 2);
    let assessment = assessed(&rows.features, &rows.predictions, &labelled(&rows));
    assert_eq!(assessment.notes, []);
    assert!(assessment.points.iter().all(|(_, point)| !point.departs));
    assert_eq!((assessment.version, assessment.labelled, assessment.coverage), (3, 600, Some(1.0)));
    for figure in ["roc_auc", "log_loss", "f1", "average_precision", "value_per_1000"] {
        let estimated = point(&assessment, &format!("estimated.{figure}")).unwrap();
        let measured = point(&assessment, &format!("measured.{figure}")).unwrap();
        let spread = measured.expected.unwrap().spread();
        assert!((estimated.value - measured.value).abs() < 4.0 * spread, "{figure}");
        assert!(measured.lower < Some(measured.value) && Some(measured.value) < measured.upper, "{figure}");
    }
}

#[test]
fn log_loss_and_area_are_those_of_their_definition() {
    let rows = rows(400, 3);
    let assessment = assessed(&rows.features, &rows.predictions, &labelled(&rows));
    let loss = |(said, truth): (&f64, &f64)| -(if *truth > 0.5 { *said } else { 1.0 - said }).ln();
    let losses: Vec<f64> = rows.predictions.iter().zip(&rows.targets).map(loss).collect();
    let found = point(&assessment, "measured.log_loss").unwrap().value;
    assert!((found - stats::mean(&losses).unwrap()).abs() < 1e-12);
    let labels: Vec<bool> = rows.targets.iter().map(|target| *target > 0.5).collect();
    let area = stats::roc_auc(&rows.predictions, &labels).unwrap();
    assert!((point(&assessment, "measured.roc_auc").unwrap().value - area).abs() < 1e-12);
}

#[test]
fn a_window_without_traffic_has_a_traffic_of_zero_and_a_note() {
    let none = Table::default();
    let assessment = assessed(&none, &[], &[]);
    assert_eq!(assessment.notes, [Note::NoRows]);
    assert_eq!(assessment.points.len(), 1);
    assert_eq!(point(&assessment, "traffic").map(|point| point.value), Some(0.0));
}

#[test]
fn one_row_is_assessed_and_measures_nothing() {
    let rows = rows(1, 4);
    let assessment = assessed(&rows.features, &rows.predictions, &labelled(&rows));
    assert_eq!(assessment.notes, [Note::FewLabels { labelled: 1, needed: 30 }]);
    assert!(assessment.points.iter().all(|(_, point)| !point.departs));
    assert!(point(&assessment, "measured.log_loss").is_none());
}

#[test]
fn a_vanished_column_is_named_and_all_missing() {
    let rows = rows(300, 5);
    let assessment = assessed(&rows.features.select(["kind"]), &rows.predictions, &[]);
    assert_eq!(assessment.notes, [Note::Vanished { column: "x".to_owned() }]);
    let missing = point(&assessment, "missing.x").unwrap();
    assert_eq!((missing.value, missing.departs, missing.overwhelming), (1.0, true, true));
    assert!(point(&assessment, "drift.x").is_none());
}

#[test]
fn a_column_of_another_kind_is_named_and_departs() {
    let rows = rows(300, 6);
    let text: Text = (0..300).map(|_| Some("1.5")).collect();
    let kind = rows.features.column("kind").unwrap().clone();
    let features = Table::new(vec![Column::new("x", Values::Text(text)), kind]).unwrap();
    let assessment = assessed(&features, &rows.predictions, &[]);
    let note = Note::Retyped { column: "x".to_owned(), expected: Kind::Number, found: Kind::Text };
    assert_eq!(assessment.notes, [note]);
    assert!(point(&assessment, "drift.x").unwrap().overwhelming);
}

#[test]
fn a_column_without_a_value_and_one_with_infinities_are_answered() {
    let rows = rows(300, 7);
    let none: Text = (0..300).map(|_| None).collect();
    let x = (0..300).map(|row| if row % 2 == 0 { f64::INFINITY } else { 0.5 }).collect();
    let columns = vec![Column::new("x", Values::Number(x)), Column::new("kind", Values::Text(none))];
    let assessment = assessed(&Table::new(columns).unwrap(), &rows.predictions, &[]);
    assert_eq!(assessment.notes, [Note::AllMissing { column: "kind".to_owned() }]);
    assert_eq!(
        point(&assessment, "out_of_range.x").map(|point| (point.value, point.departs)),
        Some((0.5, true))
    );
    assert_eq!(
        point(&assessment, "missing.kind").map(|point| (point.value, point.departs)),
        Some((1.0, true))
    );
}

#[test]
fn predictions_that_do_not_fit_the_rows_are_not_used() {
    let rows = rows(300, 8);
    let assessment = assessed(&rows.features, &rows.predictions[..200], &[]);
    assert_eq!(assessment.notes, [Note::Predictions { found: 200, expected: 300 }]);
    assert!(point(&assessment, "estimated.roc_auc").is_none());
    assert!(point(&assessment, "drift.x").is_some());
}

#[test]
fn rows_with_predictions_that_are_no_numbers_and_labels_of_no_class_are_left_out_and_counted() {
    let mut rows = rows(300, 9);
    rows.predictions[0] = f64::NAN;
    let mut labels = labelled(&rows);
    labels[0] = Some(1.0);
    labels[1] = Some(7.0);
    labels[2] = Some(f64::NAN);
    labels[3] = None;
    let assessment = assessed(&rows.features, &rows.predictions, &labels);
    assert_eq!(assessment.notes, [Note::NotFinite { rows: 1 }, Note::Labels { rows: 2 }]);
    assert_eq!(assessment.labelled, 296);
}

#[test]
fn a_model_turned_upside_down_is_measured_as_lost_at_once_but_not_estimated() {
    let rows = rows(500, 10);
    let flipped: Vec<Option<f64>> = rows.targets.iter().map(|target| Some(1.0 - target)).collect();
    let assessment = assessed(&rows.features, &rows.predictions, &flipped);
    assert!(point(&assessment, "measured.roc_auc").unwrap().overwhelming);
    assert!(point(&assessment, "measured.value_per_1000").unwrap().departs);
    assert!(!point(&assessment, "estimated.roc_auc").unwrap().departs);
}

#[test]
fn a_burning_error_budget_departs_and_a_full_one_does_not() {
    let rows = rows(100, 11);
    let burns = |errors: u64| {
        let stretch = |minute: i64| Stretch {
            start: Timestamp::from_micros(minute * 60_000_000),
            requests: 100,
            errors,
            slow: 0,
        };
        let stretches: Vec<Stretch> = (0..60).map(stretch).collect();
        let service =
            Service { requests: 6_000, errors: 60 * errors, latencies_ms: &[], stretches: &stretches };
        let none = BTreeMap::new();
        let traffic = Traffic {
            window: window(),
            features: &rows.features,
            predictions: &rows.predictions,
            labels: &[],
            label_delays: &[],
            expected_losses: &none,
            service,
        };
        let objectives = Some(Objectives {
            availability: Some(0.999),
            latency: Some(0.99),
            period: std::time::Duration::from_secs(30 * 86_400),
        });
        let assessment = assess(&reference(), &traffic, &Settings { objectives, ..Settings::default() });
        let burn = point(&assessment, "availability_burn").unwrap().clone();
        assert!(!point(&assessment, "latency_burn").unwrap().departs);
        (burn.value, burn.overwhelming)
    };
    assert_eq!(burns(0), (0.0, false));
    let (rate, overwhelming) = burns(2);
    assert!((rate - 20.0).abs() < 1e-9 && overwhelming);
}

#[test]
fn a_regression_is_estimated_from_expected_losses_and_measured_with_labels() {
    let mut random = base::Random::new(12);
    let mut noise = || 2.0 * random.unit() - 1.0;
    let truth: Vec<f64> = (0..2_000).map(|row| f64::from(row % 50) + noise()).collect();
    let said: Vec<f64> = (0..2_000).map(|row| f64::from(row % 50)).collect();
    let features = Table::new(vec![Column::new("x", Values::Number(said.clone()))]).unwrap();
    let reading = Reading {
        task: Task::Regression,
        classes: 0,
        threshold: 0.5,
        metrics: vec![Metric::Mae, Metric::R2],
        value: None,
    };
    let losses =
        BTreeMap::from([(Metric::Mae, (0..2_000).map(|row| 0.4 + 0.2 * f64::from(row % 2)).collect())]);
    let drift = Settings::default().drift;
    let basis = Basis {
        version: 1,
        epoch: 0,
        reading: &reading,
        features: &features,
        predictions: &said,
        targets: &truth,
        expected_losses: &losses,
        importance: &BTreeMap::new(),
        drift: &drift,
        seed: 1,
    };
    let reference = Reference::of(basis).unwrap();
    let labels: Vec<Option<f64>> = truth.iter().copied().map(Some).collect();
    let doubled = BTreeMap::from([(Metric::Mae, vec![1.0; 2_000])]);
    let traffic = Traffic {
        window: window(),
        features: &features,
        predictions: &said,
        labels: &labels,
        label_delays: &[],
        expected_losses: &doubled,
        service: Service { requests: 2_000, ..Service::default() },
    };
    let assessment = assess(&reference, &traffic, &Settings::default());
    let estimated = point(&assessment, "estimated.mae").unwrap();
    assert!(estimated.overwhelming && (estimated.expected.unwrap().value - 0.5).abs() < 1e-12);
    assert!(!point(&assessment, "measured.mae").unwrap().departs);
    assert!(point(&assessment, "measured.r2").unwrap().value > 0.99);
}

#[test]
fn several_classes_are_estimated_and_measured() {
    let mut random = base::Random::new(13);
    let (mut predictions, mut targets) = (Vec::new(), Vec::new());
    for _ in 0..1_500 {
        let raw: Vec<f64> = (0..3).map(|_| random.unit()).collect();
        let sum: f64 = raw.iter().sum();
        let draw = random.unit() * sum;
        let class = if draw < raw[0] {
            0.0
        } else if draw < raw[0] + raw[1] {
            1.0
        } else {
            2.0
        };
        predictions.extend(raw.iter().map(|part| part / sum));
        targets.push(class);
    }
    let x: Vec<f64> = (0..1_500).map(f64::from).collect();
    let features = Table::new(vec![Column::new("x", Values::Number(x))]).unwrap();
    let metrics = vec![Metric::LogLoss, Metric::Accuracy, Metric::F1, Metric::RocAuc];
    let reading = Reading { task: Task::Multiclass, classes: 3, threshold: 0.5, metrics, value: None };
    let rows = Rows { features, predictions, targets };
    let reference = reference_of(&rows, &reading).unwrap();
    let labels = labelled(&rows);
    let none = BTreeMap::new();
    let traffic = Traffic {
        window: window(),
        features: &rows.features,
        predictions: &rows.predictions,
        labels: &labels,
        label_delays: &[],
        expected_losses: &none,
        service: Service { requests: 1_500, ..Service::default() },
    };
    let assessment = assess(&reference, &traffic, &Settings::default());
    let accuracy = point(&assessment, "measured.accuracy").unwrap();
    assert!((accuracy.value - point(&assessment, "estimated.accuracy").unwrap().value).abs() < 0.05);
    assert!(point(&assessment, "measured.f1").is_some() && point(&assessment, "measured.roc_auc").is_some());
    assert!(assessment.points.iter().all(|(_, point)| !point.departs));
}

#[test]
fn a_reference_reads_back_as_it_was_written_and_assesses_alike() {
    let reference = reference();
    let text = serde_json::to_string(&reference).unwrap();
    let back: Reference = serde_json::from_str(&text).unwrap();
    assert_eq!(back, reference);
    assert_eq!(back.expected_measure(Measure::Metric(Metric::RocAuc), 100).unwrap().value, {
        reference.expected_measure(Measure::Metric(Metric::RocAuc), 9).unwrap().value
    });
}

#[test]
fn an_assessment_reads_back_as_it_was_written() {
    let rows = rows(300, 14);
    let assessment = assessed(&rows.features.select(["x"]), &rows.predictions, &labelled(&rows));
    let text = serde_json::to_string(&assessment).unwrap();
    assert_eq!(serde_json::from_str::<Assessment>(&text).unwrap(), assessment);
}

#[test]
fn rows_that_make_no_reference_are_refused_and_named() {
    let whole = rows(10, 15);
    let none = Rows { features: Table::default(), predictions: Vec::new(), targets: Vec::new() };
    assert_eq!(reference_of(&none, &reading()), Err(ReferenceError::NoRows));
    let short = Rows { targets: vec![1.0], ..rows(10, 15) };
    let error = reference_of(&short, &reading()).unwrap_err();
    assert!(error.to_string().contains("the targets has 1 values where the held-out rows need 10"));
    let unusable = Rows { predictions: vec![f64::NAN; 10], ..whole };
    assert_eq!(reference_of(&unusable, &reading()), Err(ReferenceError::NothingUsable));
}
