use base::Timestamp;
use serde_json::json;

use crate::{
    MonitorChange, WindowRecord,
    testing::{Scene, name},
};

fn window(version: u64, start: i64) -> WindowRecord {
    WindowRecord {
        monitor: name("late"),
        version,
        start: Timestamp::from_micros(start),
        end: Timestamp::from_micros(start + 10),
        detail: json!({"rows": 3, "value": 0.1}),
    }
}

#[test]
fn the_newest_windows_come_first() {
    let scene = Scene::new();
    let windows = [window(1, 0), window(1, 10), window(2, 10), window(2, 20)];
    scene.store.record(&windows.clone().map(MonitorChange::Window)).unwrap();
    let newest = scene.reopened().windows(&name("late"), 3).unwrap();
    assert_eq!(newest, [windows[3].clone(), windows[2].clone(), windows[1].clone()]);
    assert_eq!(scene.store.windows(&name("early"), 3).unwrap(), []);
}

#[test]
fn a_window_assessed_again_is_kept_once() {
    let scene = Scene::new();
    let again = WindowRecord { detail: json!("later labels"), ..window(1, 0) };
    scene.store.record(&[window(1, 0), again.clone()].map(MonitorChange::Window)).unwrap();
    assert_eq!(scene.store.windows(&name("late"), 9).unwrap(), [again]);
}

#[test]
fn a_monitor_resumes_from_the_state_it_recorded_last() {
    let scene = Scene::new();
    assert_eq!(scene.store.monitor_state(&name("late")).unwrap(), None);
    for clock in [1, 2] {
        let state = MonitorChange::State { monitor: name("late"), value: json!({"clock": clock}) };
        scene.store.record(&[state]).unwrap();
    }
    assert_eq!(scene.reopened().monitor_state(&name("late")).unwrap(), Some(json!({"clock": 2})));
    assert_eq!(scene.store.monitor_state(&name("early")).unwrap(), None);
}
