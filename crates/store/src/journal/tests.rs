use base::Hash;

use crate::{
    Batch, Change, Concluded, Error, Journalled, Outcome, Status, Store,
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

#[test]
fn outcomes_and_intents_of_many_actions_are_one_transaction() {
    let scene = Scene::new();
    let (first, second) = (scene.begin(), scene.begin());
    let before = commits(&scene);
    let version = scene.version("key");
    let conclusions = vec![
        Concluded { id: second, outcome: done(), changes: vec![set_node("train", "one")] },
        Concluded { id: first, outcome: failed(), changes: vec![Change::AddVersion(version)] },
    ];
    let batch = Batch { conclusions, intents: vec![scene.intent(), scene.intent(), scene.intent()] };
    let journalled = scene.store.journal(&batch).unwrap();
    assert_eq!(commits(&scene), before + 1);
    assert_eq!(journalled.versions, [vec![], vec![1]]);
    let unfinished: Vec<_> = scene.store.unfinished().unwrap().iter().map(|entry| entry.id).collect();
    assert_eq!(unfinished, journalled.actions);
    assert_eq!(journalled.actions.len(), 3);
    let entries = scene.store.entries(None, 9).unwrap();
    let statuses: Vec<_> = entries.iter().rev().map(|entry| entry.status).collect();
    assert_eq!(statuses, [Some(Status::Failed), Some(Status::Done), None, None, None]);
    assert_eq!(scene.store.nodes().unwrap().len(), 1);
}

#[test]
fn an_empty_batch_records_nothing() {
    let scene = Scene::new();
    assert_eq!(scene.store.journal(&Batch::default()).unwrap(), Journalled::default());
    assert_eq!(scene.store.entries(None, 9).unwrap(), []);
}

#[test]
fn one_refusal_takes_the_whole_batch_with_it_and_names_its_action() {
    let scene = Scene::new();
    let (first, second) = (scene.begin(), scene.begin());
    scene.store.conclude(second, &done(), &[]).unwrap();
    let concluded = |id| Concluded { id, outcome: done(), changes: vec![set_node("train", "one")] };
    let mut stale = scene.intent();
    stale.generation = 7;
    let refusals = [
        Batch { conclusions: vec![concluded(first), concluded(second)], intents: vec![scene.intent()] },
        Batch { conclusions: vec![concluded(first), concluded(first)], intents: Vec::new() },
        Batch { conclusions: vec![concluded(first)], intents: vec![scene.intent(), stale] },
    ];
    let named = [format!("action {second}"), format!("action {first}"), "`train model.late`".to_owned()];
    for (batch, name) in refusals.iter().zip(named) {
        let error = scene.store.journal(batch).unwrap_err().to_string();
        assert!(error.contains(&name), "{error}");
        assert_eq!(scene.store.unfinished().unwrap().len(), 1);
        assert_eq!(scene.store.nodes().unwrap(), []);
    }
}

#[test]
fn a_conclusion_is_seen_by_the_changes_of_a_later_one_in_its_batch() {
    let scene = Scene::new();
    let (first, second) = (scene.begin(), scene.begin());
    let version = scene.version("key");
    let (service, model) = (crate::testing::name("late"), crate::testing::name("late"));
    let by = crate::testing::author("gate");
    let serve = Change::SetService { service, model, version: 1, by };
    let conclusions = vec![
        Concluded { id: first, outcome: done(), changes: vec![Change::AddVersion(version)] },
        Concluded { id: second, outcome: done(), changes: vec![serve] },
    ];
    scene.store.journal(&Batch { conclusions, intents: Vec::new() }).unwrap();
    assert_eq!(scene.store.services().unwrap().len(), 1);
}

#[test]
fn a_newer_engine_goes_on_with_what_an_older_one_began() {
    let scene = Scene::new();
    let id = scene.begin();
    let generation = scene.store.next_generation().unwrap();
    let run = scene.run();
    let error = scene.store.adopt(id, generation - 1, Some(run)).unwrap_err();
    assert!(matches!(error, Error::Fenced { .. }), "{error}");
    scene.store.adopt(id, generation, Some(run)).unwrap();
    let entry = &scene.store.unfinished().unwrap()[0];
    assert_eq!((entry.id, entry.generation, entry.run), (id, generation, Some(run)));
    scene.store.conclude(id, &done(), &[set_node("train", "one")]).unwrap();
    assert!(matches!(scene.store.adopt(id, generation, None), Err(Error::Concluded(_))));
    let unknown = Scene::new().begin();
    assert!(matches!(Scene::new().store.adopt(unknown, 0, None), Err(Error::UnknownAction(_))));
}

#[test]
fn one_facet_of_a_node_is_found_without_the_others() {
    let scene = Scene::new();
    scene.change(&[set_node("train", "one"), set_node("gate", "two")]).unwrap();
    let found = scene.store.node("model.late", "gate").unwrap().unwrap();
    assert_eq!((found.facet.as_str(), found.key), ("gate", Hash::of("two")));
    assert_eq!(found.detail, r#"{"rows":3}"#, "the JSON as text");
    assert_eq!(scene.store.node("model.late", "test").unwrap(), None);
    assert_eq!(scene.store.node("model.early", "gate").unwrap(), None);
}

fn failed() -> Outcome {
    Outcome { status: Status::Failed, detail: serde_json::json!({"message": "exit code 1"}) }
}

/// How many transactions the log holds: the last frame of each says how large the database is then.
fn commits(scene: &Scene) -> usize {
    let log = std::fs::read(scene.path().join("kaizen.db-wal")).unwrap();
    let frames = log[32..].chunks_exact(24 + 4096);
    frames.filter(|frame| frame[4..8] != [0; 4]).count()
}
