use base::{Hash, Timestamp};
use serde_json::json;

use crate::{
    Change, IncidentStatus, Lock, MonitorChange, NewIncident, NewSegment, NewTicket, SignalPoint,
    WindowRecord,
    testing::{Scene, name},
};

/// Registers an object as a segment and forgets it at once.
fn forget(scene: &Scene, object: Hash) {
    keep(scene, object);
    let segments = scene.store.segments_after(&name("late"), 0).unwrap();
    let ids: Vec<u64> = segments.iter().map(|segment| segment.id).collect();
    scene.store.forget_segments(&ids).unwrap();
}

fn keep(scene: &Scene, object: Hash) {
    let time = Timestamp::from_micros(0);
    let segment = NewSegment {
        service: name("late"),
        object,
        model: name("late"),
        version: 1,
        first: time,
        last: time,
        received_first: time,
        received_last: time,
        rows: 1,
        bytes: 1,
        source: format!("{object} {}", scene.now()),
    };
    scene.store.add_segments(&[segment]).unwrap();
    scene.advance(1);
}

/// Asks for one object and says whether it went.
fn removed(scene: &Scene, object: Hash) -> bool {
    let lock = Lock::acquire(&scene.path(), "kaizen up", &*scene.clock).unwrap();
    let removed = scene.store.remove_objects(&[object], &lock).unwrap();
    assert!(removed.is_empty() || !scene.store.exists(&object).unwrap());
    removed == [object]
}

#[test]
fn an_object_that_only_forgotten_segments_name_goes() {
    let scene = Scene::new();
    let object = scene.store.put_bytes("rows").unwrap();
    forget(&scene, object);
    assert!(removed(&scene, object));
    assert!(!removed(&scene, object), "it is gone already");
    assert!(!removed(&scene, Hash::of("never stored")));
}

#[test]
fn an_object_that_a_kept_segment_names_stays() {
    let scene = Scene::new();
    let object = scene.store.put_bytes("rows").unwrap();
    forget(&scene, object);
    keep(&scene, object);
    assert!(!removed(&scene, object));
}

#[test]
fn an_object_that_a_node_or_a_version_names_stays() {
    let scene = Scene::new();
    let [output, mentioned] = ["output", "mentioned"].map(|bytes| scene.store.put_bytes(bytes).unwrap());
    let version = scene.version("one");
    let artifact = version.artifact;
    let node = Change::SetNode {
        node: "monitor.late".to_owned(),
        facet: "collect".to_owned(),
        key: Hash::of("key"),
        output: Some(output),
        detail: json!({"segments": [mentioned]}),
    };
    scene.change(&[node, Change::AddVersion(version)]).unwrap();
    for object in [output, mentioned, artifact] {
        forget(&scene, object);
        assert!(!removed(&scene, object));
    }
}

#[test]
fn an_object_in_a_manifest_that_a_tree_of_a_node_holds_stays() {
    let scene = Scene::new();
    let deep = scene.store.put_bytes("rows").unwrap();
    // Far enough into the manifest to be cut by the end of a piece.
    let manifest = json!({"filler": "x".repeat(65_500), "rows": deep}).to_string();
    let tree = scene.store.put_tree(&[("manifest.json", manifest)]).unwrap();
    forget(&scene, deep);
    assert!(removed(&scene, deep), "nothing names the tree");

    scene.store.put_bytes("rows").unwrap();
    let node = Change::SetNode {
        node: "monitor.late".to_owned(),
        facet: "collect".to_owned(),
        key: Hash::of("key"),
        output: Some(tree),
        detail: json!(null),
    };
    scene.change(&[node]).unwrap();
    assert!(!removed(&scene, deep));
}

#[test]
fn of_several_objects_those_that_nothing_names_go() {
    let scene = Scene::new();
    let [one, other, kept] = ["one", "other", "kept"].map(|bytes| scene.store.put_bytes(bytes).unwrap());
    keep(&scene, kept);
    let lock = Lock::acquire(&scene.path(), "kaizen up", &*scene.clock).unwrap();
    let mut gone = scene.store.remove_objects(&[one, kept, other, one], &lock).unwrap();
    gone.sort();
    let mut expected = [one, other];
    expected.sort();
    assert_eq!(gone, expected);
    scene.store.verify(&kept).unwrap();
}

/// The same text in the detail of a point and of a window, which grow with every window.
fn measure(scene: &Scene, detail: &serde_json::Value) {
    let (monitor, version, start, end) =
        (name("late"), 1, Timestamp::from_micros(0), Timestamp::from_micros(10));
    let point = SignalPoint {
        monitor: monitor.clone(),
        version,
        signal: "traffic".to_owned(),
        start,
        end,
        value: 1.0,
        lower: None,
        upper: None,
        rows: 1,
        p_value: None,
        departs: false,
        detail: detail.clone(),
    };
    let window = WindowRecord { monitor, version, start, end, detail: detail.clone() };
    scene.store.record(&[MonitorChange::Point(point), MonitorChange::Window(window)]).unwrap();
}

#[test]
fn what_a_monitor_measured_names_no_object_and_is_not_searched() {
    let scene = Scene::new();
    let object = scene.store.put_bytes("rows").unwrap();
    forget(&scene, object);
    measure(&scene, &json!({"object": object}));
    assert!(removed(&scene, object));
}

#[test]
fn an_object_that_an_incident_a_ticket_or_a_monitor_s_state_names_stays() {
    let scene = Scene::new();
    let [blamed, shown, held] =
        ["blamed", "shown", "held"].map(|bytes| scene.store.put_bytes(bytes).unwrap());
    let at = Timestamp::from_micros(0);
    let incident = NewIncident {
        monitor: name("late"),
        fingerprint: "f".to_owned(),
        status: IncidentStatus::Open,
        onset: at,
        opened: at,
        confirmed: None,
        resolved: None,
        severity: "high".to_owned(),
        title: "title".to_owned(),
        detail: json!({"cause": blamed}),
    };
    let ticket = NewTicket {
        fingerprint: None,
        title: "title".to_owned(),
        severity: "high".to_owned(),
        body: String::new(),
        evidence: json!([shown]),
        links: Vec::new(),
    };
    let state = MonitorChange::State { monitor: name("late"), value: json!({"reference": held}) };
    let opened = MonitorChange::OpenTicket { ticket, incident: None };
    scene.store.record(&[MonitorChange::OpenIncident(incident), opened, state]).unwrap();
    for object in [blamed, shown, held] {
        forget(&scene, object);
        assert!(!removed(&scene, object));
    }
}
