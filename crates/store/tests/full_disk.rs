//! A store that can write no more says so, shows nothing half-written, and goes on when there is
//! room again.
//!
//! A full disk needs a mount, which a test cannot count on. A limit on the size of files is the
//! same to the
//! store, and any process may have one.

#![expect(clippy::unwrap_used, reason = "clippy takes the helpers of a test for code that is no test")]

use std::{path::Path, process::Command, sync::Arc};

use base::{FixedClock, Hash, Name, Timestamp};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use store::{Error, MonitorChange, NewLabel, Store, WindowRecord};

/// Blocks of 512 bytes, or of 1,024 in a shell that counts so: room for a new store and some more.
const BLOCKS: u64 = 1_024;

#[test]
fn a_write_that_finds_no_space_is_named_and_leaves_the_store_as_it_was() {
    if getrlimit(Resource::Fsize).current.is_none() {
        run_under_a_limit("a_write_that_finds_no_space_is_named_and_leaves_the_store_as_it_was");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let small = store.put_bytes("small").unwrap();
    let large = vec![42; 2_000_000];

    let error = store.put_bytes(&large).unwrap_err();
    assert!(matches!(error, Error::NoSpace { .. }), "{error}");
    assert!(error.to_string().contains("nothing recorded is lost"), "{error}");
    assert!(!store.exists(&Hash::of(&large)).unwrap());
    assert_eq!(std::fs::read_dir(dir.path().join("tmp")).unwrap().count(), 0);
    store.verify(&small).unwrap();

    let tree = [("a", &b"fits"[..]), ("b", &large)];
    assert!(matches!(store.put_tree(&tree), Err(Error::NoSpace { .. })));

    make_room();
    let stored = store.put_bytes(&large).unwrap();
    store.verify(&stored).unwrap();
}

#[test]
fn labels_and_findings_that_find_no_space_are_refused_whole_and_taken_when_there_is_room() {
    if getrlimit(Resource::Fsize).current.is_none() {
        run_under_a_limit(
            "labels_and_findings_that_find_no_space_are_refused_whole_and_taken_when_there_is_room",
        );
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let late: Name = "late".parse().unwrap();
    let mut acknowledged = 0;
    let refused = loop {
        match store.put_labels(&late, &batch(acknowledged)) {
            Ok(receipt) => acknowledged += receipt.accepted,
            Err(_) => break batch(acknowledged),
        }
    };
    assert!(store.record(&findings()).is_err());
    for store in [&store, &open(dir.path())] {
        assert_eq!(store.label_totals(&late).unwrap().labels, acknowledged, "a batch is taken whole or not");
        assert_eq!(store.windows(&late, 1_000).unwrap(), []);
        assert_eq!(store.monitor_state(&late).unwrap(), None);
    }

    make_room();
    assert_eq!(store.put_labels(&late, &refused).unwrap().accepted, 50);
    store.record(&findings()).unwrap();
    let reopened = open(dir.path());
    assert_eq!(reopened.label_totals(&late).unwrap().labels, acknowledged + 50);
    assert_eq!(reopened.windows(&late, 1_000).unwrap().len(), 300);
    assert!(reopened.monitor_state(&late).unwrap().is_some());
}

/// Fifty labels of a kilobyte.
fn batch(first: u64) -> Vec<NewLabel> {
    let label = |number: u64| NewLabel { id: number.to_string(), value: "v".repeat(1_000), known: None };
    (first..first + 50).map(label).collect()
}

/// More than fits under the limit, with a state that tells of it.
fn findings() -> Vec<MonitorChange> {
    let monitor: Name = "late".parse().unwrap();
    let time = Timestamp::from_micros;
    let mut changes =
        vec![MonitorChange::State { monitor: monitor.clone(), value: serde_json::json!({"windows": 300}) }];
    for start in 0..300 {
        let detail = serde_json::json!("x".repeat(4_000));
        let (start, end) = (time(start), time(start + 1));
        let window = WindowRecord { monitor: monitor.clone(), version: 1, start, end, detail };
        changes.push(MonitorChange::Window(window));
    }
    changes
}

fn open(dir: &Path) -> Store {
    let clock = Arc::new(FixedClock::at("2026-03-05T14:00:00Z".parse().unwrap()));
    Store::open(dir, clock).unwrap()
}

/// Runs a test again in a process that may not write large files and is not killed for trying.
fn run_under_a_limit(test: &str) {
    let itself = std::env::current_exe().unwrap();
    let limited = format!("trap '' XFSZ; ulimit -S -f {BLOCKS}; exec \"$0\" \"$@\"");
    let run = Command::new("sh")
        .args(["-c", &limited])
        .arg(Path::new(&itself))
        .args(["--exact", test])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success() && said.contains("1 passed"), "{said}");
}

fn make_room() {
    let maximum = getrlimit(Resource::Fsize).maximum;
    setrlimit(Resource::Fsize, Rlimit { current: maximum, maximum }).unwrap();
}
