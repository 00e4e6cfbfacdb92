use base::Hash;

use crate::{
    Change, Error, Outcome, Status, Store,
    testing::{Scene, done},
};

fn set_node(facet: &str, key: &str) -> Change {
    Change::SetNode {
        node: "model.late".to_owned(),
        facet: facet.to_owned(),
        key: Hash::of(key),
        output: Some(Hash::of("output")),
        detail: serde_json::json!({"rows": 3}),
    }
}

fn interrupted() -> Outcome {
    Outcome { status: Status::Interrupted, detail: serde_json::Value::Null }
}

#[test]
fn an_outcome_and_its_changes_are_recorded_together_and_survive_reopening() {
    let scene = Scene::new();
    let started = scene.now();
    let id = scene.begin();
    scene.advance(5);
    scene.store.conclude(id, &done(), &[set_node("train", "one"), set_node("gate", "two")]).unwrap();

    let store = scene.reopened();
    let entries = store.entries(None, 10).unwrap();
    assert_eq!(entries.len(), 1);
    let intent = scene.intent();
    assert_eq!((entries[0].id, &entries[0].action, &entries[0].node), (id, &intent.action, &intent.node));
    assert_eq!((entries[0].plan, entries[0].key), (intent.plan, intent.key));
    assert_eq!((&entries[0].reason, entries[0].generation), (&intent.reason, intent.generation));
    assert_eq!((entries[0].started, entries[0].finished), (started, Some(scene.now())));
    assert_eq!((entries[0].status, &entries[0].detail), (Some(Status::Done), &Some(done().detail)));
    let nodes = store.nodes().unwrap();
    let facets: Vec<_> = nodes.iter().map(|node| (node.facet.as_str(), node.key)).collect();
    assert_eq!(facets, [("gate", Hash::of("two")), ("train", Hash::of("one"))]);
    assert_eq!((nodes[0].output, nodes[0].recorded), (Some(Hash::of("output")), scene.now()));
}

#[test]
fn recording_a_facet_again_replaces_it_and_forgetting_a_node_takes_all_its_facets() {
    let scene = Scene::new();
    scene.change(&[set_node("train", "one"), set_node("gate", "one")]).unwrap();
    scene.change(&[set_node("train", "two")]).unwrap();
    let keys: Vec<_> = scene.store.nodes().unwrap().into_iter().map(|node| node.key).collect();
    assert_eq!(keys, [Hash::of("one"), Hash::of("two")]);
    scene.change(&[Change::ForgetNode { node: "model.late".to_owned() }]).unwrap();
    assert_eq!(scene.store.nodes().unwrap(), []);
}

#[test]
fn a_refused_change_takes_its_outcome_with_it() {
    let scene = Scene::new();
    let id = scene.begin();
    let impossible = Change::SetService {
        service: crate::testing::name("late"),
        model: crate::testing::name("late"),
        version: 9,
        by: crate::testing::author("gate"),
    };
    let error = scene.store.conclude(id, &done(), &[set_node("train", "one"), impossible]).unwrap_err();
    assert!(matches!(error, Error::UnknownVersion { version: 9, .. }), "{error}");
    assert_eq!(scene.store.nodes().unwrap(), []);
    assert_eq!(scene.store.unfinished().unwrap()[0].id, id);
}

#[test]
fn what_began_and_did_not_end_is_found_after_a_restart() {
    let scene = Scene::new();
    let first = scene.begin();
    let second = scene.begin();
    let third = scene.begin();
    scene.store.conclude(second, &done(), &[]).unwrap();
    let left: Vec<_> = scene.reopened().unfinished().unwrap().iter().map(|entry| entry.id).collect();
    assert_eq!(left, [first, third]);
}

#[test]
fn an_older_generation_records_nothing_more() {
    let scene = Scene::new();
    assert_eq!(scene.store.next_generation().unwrap(), 1);
    let intent = scene.intent();
    let id = scene.store.intend(&intent).unwrap();
    // Another process starts an engine on the same project.
    assert_eq!(scene.reopened().next_generation().unwrap(), 2);

    let error = scene.store.conclude(id, &done(), &[set_node("train", "stale")]).unwrap_err();
    assert!(matches!(error, Error::Fenced { generation: 1, current: 2, .. }), "{error}");
    assert!(matches!(scene.store.intend(&intent), Err(Error::Fenced { .. })));
    let with_changes = scene.store.conclude(id, &interrupted(), &[set_node("train", "stale")]);
    assert!(matches!(with_changes, Err(Error::Fenced { .. })));
    assert_eq!(scene.store.nodes().unwrap(), []);
}

#[test]
fn the_new_engine_closes_what_the_old_one_left_open_and_the_old_one_cannot_reopen_it() {
    let scene = Scene::new();
    let id = scene.begin();
    scene.store.next_generation().unwrap();
    scene.store.conclude(id, &interrupted(), &[]).unwrap();
    assert_eq!(scene.store.unfinished().unwrap(), []);
    assert!(matches!(scene.store.conclude(id, &done(), &[]), Err(Error::Concluded(other)) if other == id));
    assert_eq!(scene.store.entries(None, 1).unwrap()[0].status, Some(Status::Interrupted));
}

#[test]
fn an_action_of_another_project_is_refused() {
    let (scene, other) = (Scene::new(), Scene::new());
    let id = other.begin();
    assert!(matches!(scene.store.conclude(id, &done(), &[]), Err(Error::UnknownAction(_))));
}

#[test]
fn entries_are_of_one_node_newest_first_and_limited() {
    let scene = Scene::new();
    let late: Vec<_> = (0..3).map(|_| scene.begin()).collect();
    let mut intent = scene.intent();
    intent.node = "data.flights".to_owned();
    let flights = scene.store.intend(&intent).unwrap();
    let ids = |node: Option<&str>, limit| -> Vec<_> {
        scene.store.entries(node, limit).unwrap().iter().map(|entry| entry.id).collect()
    };
    assert_eq!(ids(None, 2), [flights, late[2]]);
    assert_eq!(ids(Some("model.late"), 9), [late[2], late[1], late[0]]);
    assert_eq!(ids(Some("model.early"), 9), []);
}

#[test]
fn a_reader_sees_what_a_writer_commits_and_cannot_write() {
    let scene = Scene::new();
    let reader = Store::open_read_only(&scene.path(), scene.clock.clone()).unwrap();
    let before = reader.content_version().unwrap();
    assert_eq!(reader.content_version().unwrap(), before);
    let id = scene.begin();
    assert_ne!(reader.content_version().unwrap(), before);
    assert_eq!(reader.unfinished().unwrap()[0].id, id);
    let error = reader.intend(&scene.intent()).unwrap_err();
    assert!(matches!(error, Error::Database { .. }), "{error}");
}

#[test]
fn one_store_does_not_see_its_own_writes_as_changes_by_another() {
    let scene = Scene::new();
    let before = scene.store.content_version().unwrap();
    scene.begin();
    assert_eq!(scene.store.content_version().unwrap(), before);
    let other = scene.reopened();
    other.intend(&scene.intent()).unwrap();
    assert_ne!(scene.store.content_version().unwrap(), before);
}

#[test]
fn threads_and_connections_write_side_by_side() {
    let scene = Scene::new();
    let stores = [scene.store.clone(), scene.store.clone(), scene.reopened(), scene.reopened()];
    std::thread::scope(|scope| {
        for store in &stores {
            scope.spawn(|| {
                for _ in 0..10 {
                    let id = store.intend(&scene.intent()).unwrap();
                    store.conclude(id, &done(), &[]).unwrap();
                }
            });
        }
    });
    let entries = scene.store.entries(None, 100).unwrap();
    assert_eq!(entries.len(), 40);
    assert!(entries.iter().all(|entry| entry.status == Some(Status::Done)));
}
