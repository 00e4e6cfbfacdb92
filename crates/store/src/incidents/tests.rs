use base::Timestamp;
use serde_json::json;

use crate::{
    Error, IncidentFilter, IncidentRecord, IncidentStatus, MonitorChange, NewIncident,
    testing::{Scene, name},
};

fn at(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros)
}

fn incident(monitor: &str) -> NewIncident {
    NewIncident {
        monitor: name(monitor),
        fingerprint: format!("{monitor}/drift.temp"),
        status: IncidentStatus::Open,
        onset: at(10),
        opened: at(20),
        confirmed: None,
        resolved: None,
        severity: "high".to_owned(),
        title: "temp is 10 degrees colder".to_owned(),
        detail: json!({"signals": ["drift.temp"]}),
    }
}

fn open(scene: &Scene, monitor: &str) -> u64 {
    scene.store.record(&[MonitorChange::OpenIncident(incident(monitor))]).unwrap()[0]
}

#[test]
fn an_incident_is_followed_from_onset_to_resolution() {
    let scene = Scene::new();
    let id = open(&scene, "late");
    let mut record = scene.reopened().incident(id).unwrap();
    assert_eq!((record.id, record.status, record.onset), (id, IncidentStatus::Open, at(10)));
    assert_eq!((record.opened, record.confirmed, record.updated), (at(20), None, scene.now()));
    assert_eq!((record.severity.as_str(), &record.detail), ("high", &json!({"signals": ["drift.temp"]})));

    scene.advance(60);
    record.status = IncidentStatus::Resolved;
    (record.onset, record.confirmed, record.resolved) = (at(5), Some(at(30)), Some(at(40)));
    record.detail = json!({"signals": []});
    scene.store.record(&[MonitorChange::UpdateIncident(record.clone())]).unwrap();
    let expected = IncidentRecord { updated: scene.now(), ..record };
    assert_eq!(scene.store.incident(id).unwrap(), expected);
}

#[test]
fn incidents_are_found_by_monitor_and_status_newest_first() {
    let scene = Scene::new();
    let ids = ["late", "early", "late"].map(|monitor| open(&scene, monitor));
    let mut record = scene.store.incident(ids[0]).unwrap();
    record.status = IncidentStatus::Confirmed;
    scene.store.record(&[MonitorChange::UpdateIncident(record)]).unwrap();
    let found = |filter: IncidentFilter| -> Vec<u64> {
        scene.store.incidents(&filter).unwrap().iter().map(|incident| incident.id).collect()
    };
    let (monitor, status) = (Some(name("late")), Some(IncidentStatus::Confirmed));
    assert_eq!(found(IncidentFilter::default()), [ids[2], ids[1], ids[0]]);
    assert_eq!(found(IncidentFilter { monitor, ..IncidentFilter::default() }), [ids[2], ids[0]]);
    assert_eq!(found(IncidentFilter { status, ..IncidentFilter::default() }), [ids[0]]);
    assert_eq!(found(IncidentFilter { limit: Some(1), ..IncidentFilter::default() }), [ids[2]]);
}

#[test]
fn an_incident_that_is_not_there_is_named() {
    let scene = Scene::new();
    let id = open(&scene, "late");
    let mut record = scene.store.incident(id).unwrap();
    record.monitor = name("early");
    for error in [
        scene.store.incident(99).unwrap_err(),
        scene.store.record(&[MonitorChange::UpdateIncident(record)]).unwrap_err(),
    ] {
        assert!(matches!(error, Error::UnknownNumber { kind: "incident", .. }), "{error}");
    }
}

#[test]
fn a_status_that_does_not_exist_is_refused_with_those_that_do() {
    let error = "closed".parse::<IncidentStatus>().unwrap_err().to_string();
    assert_eq!(error, "`closed` is not the status of an incident; use one of open, confirmed, resolved");
    for status in ["open", "confirmed", "resolved"] {
        assert_eq!(status.parse::<IncidentStatus>().unwrap().as_str(), status);
    }
}
