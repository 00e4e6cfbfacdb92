use std::fs;

use rusqlite::Connection;
use serde_json::Value;

use super::{CURRENT, format, migrate, migrate_to};
use crate::{
    DeliveryFilter, Error, HistoryFilter, IncidentFilter, MonitorChange, NewLabel, NewRun, Store,
    TicketFilter,
    testing::{Scene, name},
};

/// Every table, index and trigger, as SQLite has them.
fn schema(connection: &Connection) -> Vec<(String, String, Option<String>)> {
    let mut statement =
        connection.prepare("SELECT type, name, sql FROM sqlite_schema ORDER BY type, name").unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

fn fresh() -> Connection {
    let mut connection = Connection::open_in_memory().unwrap();
    migrate(&mut connection).unwrap();
    connection
}

#[test]
fn a_store_of_any_earlier_format_becomes_what_a_fresh_one_is() {
    let expected = schema(&fresh());
    for earlier in 0..CURRENT {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate_to(&mut connection, earlier).unwrap();
        assert_eq!(format(&connection).unwrap(), earlier);
        assert_ne!(schema(&connection), expected, "format {earlier}");
        migrate(&mut connection).unwrap();
        assert_eq!(format(&connection).unwrap(), CURRENT);
        assert_eq!(schema(&connection), expected, "format {earlier}");
    }
}

#[test]
fn migrating_again_changes_nothing() {
    let mut connection = fresh();
    let before = schema(&connection);
    migrate(&mut connection).unwrap();
    assert_eq!(schema(&connection), before);
    assert_eq!(format(&connection).unwrap(), CURRENT);
}

/// A dump of a store as the first release wrote it. It is never made anew: what is in it is on
/// somebody's disk.
#[test]
fn a_store_of_the_first_format_is_read_by_this_release() {
    let dir = tempfile::tempdir().unwrap();
    let scene = Scene::new();
    let dump = include_str!("format_4.sql");
    Connection::open(dir.path().join("kaizen.db")).unwrap().execute_batch(dump).unwrap();

    let store = Store::open(dir.path(), scene.clock.clone()).unwrap();
    let entries = store.entries(None, 10).unwrap();
    assert_eq!(entries.len(), 4);
    assert_eq!(store.unfinished().unwrap().len(), 1);
    assert_eq!(store.nodes().unwrap()[0].facet, "train");
    assert_eq!(store.versions(&name("late")).unwrap().len(), 2);
    assert_eq!(store.aliases(&name("late")).unwrap()[&name("champion")], 2);
    assert_eq!(store.services().unwrap()[&name("late")].version, 2);
    assert_eq!(store.history(&HistoryFilter::default()).unwrap().len(), 4);
    let head = "6d0a30a81917dbc81849150c05e9f0b813b670eaf4fd5344471a44cf43e5a14a".parse().unwrap();
    assert_eq!(store.verify_history(None).unwrap().head, head);
}

#[test]
fn a_store_of_the_first_format_can_be_monitored() {
    let dir = tempfile::tempdir().unwrap();
    let database = dir.path().join("kaizen.db");
    Connection::open(&database).unwrap().execute_batch(include_str!("format_4.sql")).unwrap();
    let store = Store::open(dir.path(), Scene::new().clock).unwrap();
    assert_eq!(schema(&Connection::open(&database).unwrap()), schema(&fresh()));

    let label = NewLabel { id: "a".to_owned(), value: "1".to_owned(), known: None };
    assert_eq!(store.put_labels(&name("late"), &[label]).unwrap().accepted, 1);
    let state = MonitorChange::State { monitor: name("late"), value: Value::Null };
    store.record(&[state]).unwrap();
    assert!(store.monitor_state(&name("late")).unwrap().is_some());
    assert_eq!(store.tickets(&TicketFilter::default()).unwrap(), []);
    assert_eq!(store.segments(&name("late"), None, None).unwrap(), []);
}

/// A dump of a store as the release before runs wrote it, with something in every table.
#[test]
fn a_store_of_format_7_is_read_by_this_release() {
    let dir = tempfile::tempdir().unwrap();
    let database = dir.path().join("kaizen.db");
    Connection::open(&database).unwrap().execute_batch(include_str!("format_7.sql")).unwrap();
    let store = Store::open(dir.path(), Scene::new().clock).unwrap();
    assert_eq!(schema(&Connection::open(&database).unwrap()), schema(&fresh()));

    let entries = store.entries(None, 10).unwrap();
    assert_eq!((entries.len(), store.unfinished().unwrap().len()), (8, 1));
    assert!(entries.iter().all(|entry| entry.run.is_none()));
    assert_eq!(store.nodes().unwrap()[0].detail, r#"{"detail":{"rows":3},"record":{"status":"done"}}"#);
    assert_eq!(store.versions(&name("late")).unwrap().len(), 2);
    assert_eq!(store.services().unwrap()[&name("late")].version, 2);
    assert_eq!(store.verify_history(None).unwrap().entries, 4);
    assert_eq!(store.label_totals(&name("late")).unwrap().labels, 2);
    assert_eq!(store.segments(&name("late"), None, None).unwrap().len(), 1);
    assert_eq!(store.signals(&name("late"), None, None).unwrap().len(), 1);
    assert_eq!(store.windows(&name("late"), 9).unwrap().len(), 1);
    assert_eq!(store.incidents(&IncidentFilter::default()).unwrap().len(), 1);
    assert_eq!(store.comments(1).unwrap().len(), 1);
    assert_eq!(store.deliveries(&DeliveryFilter::default()).unwrap().len(), 1);
    assert_eq!(store.generation().unwrap(), 1);

    assert_eq!(store.latest_runs(9).unwrap(), []);
    let run = NewRun { kind: "run".to_owned(), command: "kaizen run".to_owned(), detail: Value::Null };
    let run = store.begin_run(&run).unwrap();
    store.adopt(entries[0].id, 1, Some(run)).unwrap();
    assert_eq!(store.run_entries(run).unwrap().len(), 1);
    assert_eq!(store.remembered(&base::Hash::of("inputs")).unwrap(), None);
    assert_eq!(store.triggers().unwrap(), []);
}

#[test]
fn a_store_of_a_later_release_is_refused_and_left_as_it_is() {
    let scene = Scene::new();
    scene.tamper("UPDATE meta SET value = 99 WHERE key = 'format'");
    let results = [
        Store::open(&scene.path(), scene.clock.clone()),
        Store::open_read_only(&scene.path(), scene.clock.clone()),
    ];
    for result in results {
        let error = result.unwrap_err();
        assert!(matches!(error, Error::NewerFormat { found: 99, known: CURRENT, .. }), "{error}");
        assert!(error.to_string().contains("newer kaizen"), "{error}");
    }
}

#[test]
fn a_reader_does_not_migrate() {
    let scene = Scene::new();
    scene.tamper("UPDATE meta SET value = 3 WHERE key = 'format'");
    let error = Store::open_read_only(&scene.path(), scene.clock.clone()).unwrap_err();
    assert!(matches!(error, Error::OlderFormat { found: 3, .. }), "{error}");
}

#[test]
fn a_reader_of_no_store_is_told_so_and_makes_none() {
    let dir = tempfile::tempdir().unwrap();
    let error = Store::open_read_only(dir.path(), Scene::new().clock).unwrap_err();
    assert!(matches!(error, Error::NoStore { .. }), "{error}");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn a_file_that_is_no_database_is_refused_and_named() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("kaizen.db"), "not a database, but long enough to be looked at".repeat(99))
        .unwrap();
    let error = Store::open(dir.path(), Scene::new().clock).unwrap_err();
    assert!(matches!(error, Error::Damaged { .. }), "{error}");
    assert!(error.to_string().contains("kaizen.db"), "{error}");
}

#[test]
fn processes_that_open_a_new_store_at_once_agree_on_it() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Scene::new().clock;
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| Store::open(dir.path(), clock.clone()).unwrap());
        }
    });
    let connection = Connection::open(dir.path().join("kaizen.db")).unwrap();
    assert_eq!(schema(&connection), schema(&fresh()));
}
