use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior};

use super::Fault;
use crate::{Error, Status, testing::Scene};

#[test]
fn a_database_that_can_grow_no_more_says_so_and_keeps_what_was_recorded() {
    let scene = Scene::new();
    let limit = |pages: i64| {
        let set = |transaction: &rusqlite::Transaction<'_>| {
            let now: i64 = transaction.pragma_query_value(None, "page_count", |row| row.get(0))?;
            let set = format!("PRAGMA max_page_count = {}", now + pages);
            transaction.query_row(&set, [], |_| Ok(())).map_err(Fault::from)
        };
        scene.store.database().read("set a limit", set).unwrap();
    };
    limit(2);
    let mut recorded = Vec::new();
    let error = loop {
        match scene.store.intend(&scene.intent()) {
            Ok(id) => recorded.push(id),
            Err(error) => break error,
        }
    };
    assert!(matches!(error, Error::NoSpace { operation: "record an intent", .. }), "{error}");
    assert!(!recorded.is_empty());
    let unfinished = |store: crate::Store| -> Vec<_> {
        store.unfinished().unwrap().iter().map(|entry| entry.id).collect()
    };
    assert_eq!(unfinished(scene.reopened()), recorded);

    limit(100);
    let interrupted = crate::Outcome { status: Status::Interrupted, detail: serde_json::Value::Null };
    for id in recorded {
        scene.store.conclude(id, &interrupted, &[]).unwrap();
    }
    assert_eq!(unfinished(scene.reopened()), []);
}

#[test]
fn a_database_that_another_process_keeps_locked_is_named() {
    let scene = Scene::new();
    let mut other = Connection::open(scene.path().join("kaizen.db")).unwrap();
    let writing = other.transaction_with_behavior(TransactionBehavior::Immediate).unwrap();
    let hurry = |transaction: &rusqlite::Transaction<'_>| {
        transaction.busy_timeout(Duration::ZERO).map_err(Fault::from)
    };
    scene.store.database().read("hurry", hurry).unwrap();
    let error = scene.store.intend(&scene.intent()).unwrap_err();
    assert!(matches!(error, Error::Busy { .. }), "{error}");
    assert!(scene.store.unfinished().unwrap().is_empty(), "readers are not held up");
    drop(writing);
    scene.begin();
}

#[test]
fn every_commit_is_synced_to_disk() {
    let scene = Scene::new();
    let pragma = |name: &str| -> String {
        let ask = |transaction: &rusqlite::Transaction<'_>| {
            let value =
                transaction.pragma_query_value(None, name, |row| row.get::<_, rusqlite::types::Value>(0))?;
            Ok(format!("{value:?}"))
        };
        scene.store.database().read("read a setting", ask).unwrap()
    };
    assert_eq!(pragma("journal_mode"), "Text(\"wal\")");
    assert_eq!(pragma("synchronous"), "Integer(2)");
    assert_eq!(pragma("foreign_keys"), "Integer(1)");
}
