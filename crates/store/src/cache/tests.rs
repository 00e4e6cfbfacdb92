use base::{Hash, Timestamp};
use serde_json::json;

use super::KEPT;
use crate::{
    Batch, Change, Concluded, Error, Store,
    testing::{Scene, done},
};

fn remember(key: &str, output: &str) -> Change {
    let (key, output) = (Hash::of(key), Hash::of(output));
    Change::Remember { key, node: "step.features".to_owned(), output, detail: json!({"rows": 3}) }
}

fn used(store: &Store, key: &str) -> Option<Timestamp> {
    store.remembered(&Hash::of(key)).unwrap().map(|found| found.used)
}

#[test]
fn what_came_out_is_remembered_with_its_outcome_and_found_by_its_key() {
    let scene = Scene::new();
    let id = scene.begin();
    scene.store.conclude(id, &done(), &[remember("inputs", "output")]).unwrap();
    let found = scene.reopened().remembered(&Hash::of("inputs")).unwrap().unwrap();
    assert_eq!((found.key, found.output), (Hash::of("inputs"), Hash::of("output")));
    assert_eq!((found.node.as_str(), &found.detail), ("step.features", &json!({"rows": 3})));
    assert_eq!((found.recorded, found.used), (scene.now(), scene.now()));
    assert_eq!(scene.store.remembered(&Hash::of("other inputs")).unwrap(), None);

    let refused = scene.store.conclude(id, &done(), &[remember("other inputs", "output")]);
    assert!(matches!(refused, Err(Error::Concluded(_))));
    assert_eq!(scene.store.remembered(&Hash::of("other inputs")).unwrap(), None);
}

#[test]
fn the_latest_outcome_of_a_key_takes_the_place_of_the_one_before() {
    let scene = Scene::new();
    scene.change(&[remember("inputs", "one")]).unwrap();
    scene.advance(5);
    scene.change(&[remember("inputs", "two")]).unwrap();
    let found = scene.store.remembered(&Hash::of("inputs")).unwrap().unwrap();
    assert_eq!((found.output, found.recorded), (Hash::of("two"), scene.now()));
}

#[test]
fn use_is_recorded_by_the_hour_with_the_next_transaction() {
    let scene = Scene::new();
    scene.change(&[remember("inputs", "output")]).unwrap();
    let recorded = scene.now();
    scene.advance(3_599);
    used(&scene.store, "inputs");
    scene.store.next_generation().unwrap();
    assert_eq!(used(&scene.reopened(), "inputs"), Some(recorded));
    scene.advance(1);
    used(&scene.store, "inputs");
    assert_eq!(used(&scene.reopened(), "inputs"), Some(recorded));
    scene.store.next_generation().unwrap();
    assert_eq!(used(&scene.reopened(), "inputs"), Some(scene.now()));
}

#[test]
fn a_reader_finds_entries_and_records_no_use() {
    let scene = Scene::new();
    scene.change(&[remember("inputs", "output")]).unwrap();
    scene.advance(10_000);
    let reader = Store::open_read_only(&scene.path(), scene.clock.clone()).unwrap();
    assert!(used(&reader, "inputs").is_some());
    assert_eq!(reader.database().waiting().notes().len(), 0);
}

#[test]
fn entries_beyond_the_limit_that_were_not_used_for_longest_go() {
    let scene = Scene::new();
    scene.change(&[remember("oldest", "output"), remember("old and used", "output")]).unwrap();
    scene.advance(1);
    // More than fit, by SQL, since they are many.
    scene.tamper(&format!(
        "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {KEPT})
        INSERT INTO cache SELECT printf('%064x', n), 'step.features', printf('%064x', n), '{{}}', {now}, {now}
        FROM numbers",
        now = scene.now().micros(),
    ));
    scene.advance(10_000);
    assert!(used(&scene.store, "old and used").is_some());
    let id = scene.begin();
    let changes = (0..256).map(|number| remember(&number.to_string(), "output")).collect();
    let conclusions = vec![Concluded { id, outcome: done(), changes }];
    scene.store.journal(&Batch { conclusions, intents: Vec::new() }).unwrap();

    assert_eq!(used(&scene.store, "oldest"), None);
    assert_eq!(used(&scene.store, "old and used"), Some(scene.now()));
    assert_eq!(used(&scene.store, "0"), Some(scene.now()));
    let connection = rusqlite::Connection::open(scene.path().join("kaizen.db")).unwrap();
    let count: i64 = connection.query_row("SELECT count(*) FROM cache", [], |row| row.get(0)).unwrap();
    assert!((100_000..100_256).contains(&count), "{count}");
}
