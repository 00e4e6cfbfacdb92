use base::Timestamp;
use serde_json::json;

use crate::{
    MonitorChange, SignalPoint,
    testing::{Scene, name},
};

fn point(signal: &str, start: i64) -> SignalPoint {
    SignalPoint {
        monitor: name("late"),
        version: 2,
        signal: signal.to_owned(),
        start: Timestamp::from_micros(start),
        end: Timestamp::from_micros(start + 10),
        value: 0.1 + 0.2,
        lower: Some(-1.5),
        upper: None,
        rows: 500,
        p_value: Some(1e-300),
        departs: true,
        detail: json!({"threshold": 0.1}),
    }
}

fn record(scene: &Scene, points: &[SignalPoint]) {
    let changes: Vec<_> = points.iter().cloned().map(MonitorChange::Point).collect();
    assert!(scene.store.record(&changes).unwrap().is_empty());
}

#[test]
fn a_point_is_read_back_bit_for_bit() {
    let scene = Scene::new();
    let points = [point("drift.temp", 0), SignalPoint { departs: false, ..point("drift.temp", 10) }];
    record(&scene, &points);
    assert_eq!(scene.reopened().signals(&name("late"), None, None).unwrap(), points);
}

#[test]
fn numbers_that_are_not_finite_are_read_back() {
    let scene = Scene::new();
    let infinite = SignalPoint {
        value: f64::INFINITY,
        lower: Some(f64::NEG_INFINITY),
        upper: Some(f64::INFINITY),
        ..point("a", 0)
    };
    let nan = SignalPoint {
        value: f64::NAN,
        lower: Some(f64::NAN),
        upper: Some(f64::NAN),
        p_value: Some(f64::NAN),
        ..point("b", 0)
    };
    record(&scene, &[infinite.clone(), nan]);
    let found = scene.store.signals(&name("late"), None, None).unwrap();
    assert_eq!(found[0], infinite);
    assert!(found[1].value.is_nan());
    assert_eq!((found[1].lower, found[1].upper, found[1].p_value), (None, None, None));
}

#[test]
fn a_window_recorded_again_has_the_newer_points() {
    let scene = Scene::new();
    record(&scene, &[point("drift.temp", 0)]);
    let again = SignalPoint { value: 7.0, rows: 900, ..point("drift.temp", 0) };
    let of_another_version = SignalPoint { version: 3, ..point("drift.temp", 0) };
    record(&scene, &[again.clone(), of_another_version.clone()]);
    assert_eq!(scene.store.signals(&name("late"), None, None).unwrap(), [again, of_another_version]);
}

#[test]
fn points_are_found_by_signal_and_time_in_the_order_of_their_windows() {
    let scene = Scene::new();
    let other = SignalPoint { monitor: name("early"), ..point("a", 0) };
    record(&scene, &[point("b", 20), point("a", 20), point("a", 0), point("b", 10), other]);
    let found = |signal: Option<&str>, since: Option<i64>| {
        let since = since.map(Timestamp::from_micros);
        let points = scene.store.signals(&name("late"), signal, since).unwrap();
        points.iter().map(|point| format!("{}{}", point.signal, point.start.micros())).collect::<Vec<_>>()
    };
    assert_eq!(found(None, None), ["a0", "b10", "a20", "b20"]);
    assert_eq!(found(Some("a"), None), ["a0", "a20"]);
    assert_eq!(found(None, Some(10)), ["b10", "a20", "b20"]);
    assert_eq!(found(Some("a"), Some(1)), ["a20"]);
}
