//! A process that is killed with `kill -9` while it writes loses nothing it acknowledged.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "clippy takes the helpers of a test for code that is no test"
)]

use std::{
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
};

use base::{FixedClock, Hash, Name, Timestamp};
use store::{
    Author, Change, HistoryFilter, IncidentFilter, IncidentRef, IncidentStatus, Intent, Lock, MonitorChange,
    NewIncident, NewLabel, NewTicket, NewVersion, Outcome, Status, Store, TicketFilter,
};

const DIRECTORY: &str = "KAIZEN_TEST_KILLED_DIRECTORY";

const VERSIONS: &str = "a_killed_writer_loses_nothing_it_acknowledged_and_leaves_nothing_half_visible";
const LABELS: &str = "labels_acknowledged_before_a_kill_are_there_after_it_and_agree_with_the_state";

/// The labels of one call.
const BATCH: u64 = 100;

#[test]
fn a_killed_writer_loses_nothing_it_acknowledged_and_leaves_nothing_half_visible() {
    if let Some(dir) = directory() {
        write_until_killed(&dir);
    }
    let dir = tempfile::tempdir().unwrap();
    let mut acknowledged = 0;
    for after in [1, 4, 9] {
        acknowledged = kill_a_writer_after(VERSIONS, dir.path(), acknowledged + after);
        let clock = clock();
        // The lock went with its holder.
        let lock = Lock::acquire(dir.path(), "kaizen up", &*clock).unwrap();
        let store = Store::open(dir.path(), clock).unwrap();
        store.sweep(&lock).unwrap();
        check(&store, dir.path(), acknowledged);
    }
}

/// Everything acknowledged is there, whole, and nothing is left of what was not.
fn check(store: &Store, dir: &Path, acknowledged: u64) {
    let versions = store.versions(&model()).unwrap();
    assert!(versions.len() as u64 >= acknowledged, "{} of {acknowledged}", versions.len());
    for version in &versions {
        store.verify(&version.artifact).unwrap();
    }
    let serving = store.services().unwrap()[&model()].version;
    assert_eq!(serving, versions.len() as u64, "a version and what serves it are recorded together");
    assert_eq!(store.history(&HistoryFilter::default()).unwrap().len(), versions.len());
    store.verify_history(None).unwrap();
    assert!(store.unfinished().unwrap().len() <= 3, "at most one for each kill");
    assert_eq!(std::fs::read_dir(dir.join("tmp")).unwrap().count(), 0);
}

#[test]
fn labels_acknowledged_before_a_kill_are_there_after_it_and_agree_with_the_state() {
    if let Some(dir) = directory() {
        label_until_killed(&dir);
    }
    let dir = tempfile::tempdir().unwrap();
    let mut acknowledged = 0;
    for after in [1, 5, 20] {
        acknowledged = kill_a_writer_after(LABELS, dir.path(), acknowledged + after);
        check_labels(&Store::open(dir.path(), clock()).unwrap(), acknowledged);
    }
}

/// Every acknowledged batch is there whole, and the incidents are those that the state counts.
fn check_labels(store: &Store, acknowledged: u64) {
    let totals = store.label_totals(&model()).unwrap();
    assert!(totals.labels >= acknowledged * BATCH, "{totals:?} of {acknowledged} batches");
    assert_eq!(totals.labels % BATCH, 0, "a batch is there whole or not at all");
    let labels = store.labels_after(&model(), 0, usize::MAX).unwrap();
    let expected = 0..totals.labels;
    assert!(labels.iter().map(|label| label.id.parse::<u64>().unwrap()).eq(expected), "in their order");
    let state = store.monitor_state(&model()).unwrap().unwrap();
    let counted = state["incidents"].as_u64().unwrap();
    assert!(counted >= acknowledged, "{counted} of {acknowledged}");
    assert_eq!(store.incidents(&IncidentFilter::default()).unwrap().len() as u64, counted);
    assert_eq!(store.tickets(&TicketFilter::default()).unwrap().len() as u64, counted);
}

/// Starts a writer, waits until it has acknowledged this many writes, and kills it.
fn kill_a_writer_after(test: &str, dir: &Path, target: u64) -> u64 {
    let itself = std::env::current_exe().unwrap();
    let mut writer = Command::new(itself)
        .args(["--exact", "--nocapture", test])
        .env(DIRECTORY, dir)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut acknowledged = 0;
    for line in BufReader::new(writer.stdout.take().unwrap()).lines() {
        let Some(number) = line.unwrap().strip_prefix("acknowledged ").and_then(|rest| rest.parse().ok())
        else {
            continue;
        };
        acknowledged = number;
        if acknowledged >= target {
            break;
        }
    }
    writer.kill().unwrap();
    writer.wait().unwrap();
    assert!(acknowledged >= target, "the writer ended by itself");
    acknowledged
}

/// Registers and serves one version after another, saying so after each.
fn write_until_killed(dir: &Path) -> ! {
    let clock = clock();
    let _lock = Lock::acquire(dir, "the writer", &*clock).unwrap();
    let store = Store::open(dir, clock).unwrap();
    let generation = store.next_generation().unwrap();
    loop {
        let next = store.versions(&model()).unwrap().len() as u64 + 1;
        let intent = Intent {
            plan: Hash::of("plan"),
            action: "train model.late".to_owned(),
            node: "model.late".to_owned(),
            generation,
            reason: serde_json::Value::Null,
            key: None,
            run: None,
        };
        let id = store.intend(&intent).unwrap();
        let artifact = store.put_bytes(format!("model {next}").repeat(50_000)).unwrap();
        let key = Hash::of(next.to_string());
        let version =
            NewVersion { model: model(), key, artifact, lineage: serde_json::Value::Null, verdict: None };
        let by = Author { actor: "gate".to_owned(), because: None };
        let serve = Change::SetService { service: model(), model: model(), version: next, by };
        let outcome = Outcome { status: Status::Done, detail: serde_json::Value::Null };
        store.conclude(id, &outcome, &[Change::AddVersion(version), serve]).unwrap();
        println!("acknowledged {next}");
    }
}

/// Puts one batch of labels after another and records an incident for each, saying so after both.
fn label_until_killed(dir: &Path) -> ! {
    let store = Store::open(dir, clock()).unwrap();
    loop {
        let labels = store.label_totals(&model()).unwrap().labels;
        let label = |number: u64| NewLabel { id: number.to_string(), value: "1".to_owned(), known: None };
        let batch: Vec<_> = (labels..labels + BATCH).map(label).collect();
        store.put_labels(&model(), &batch).unwrap();
        let state = store.monitor_state(&model()).unwrap();
        let next = state.map_or(0, |state| state["incidents"].as_u64().unwrap()) + 1;
        let value = serde_json::json!({"incidents": next});
        let ticket =
            MonitorChange::OpenTicket { ticket: ticket(next), incident: Some(IncidentRef::Opened(0)) };
        let incident = MonitorChange::OpenIncident(incident(next));
        store.record(&[incident, ticket, MonitorChange::State { monitor: model(), value }]).unwrap();
        println!("acknowledged {next}");
    }
}

fn incident(number: u64) -> NewIncident {
    let time = Timestamp::from_micros(0);
    NewIncident {
        monitor: model(),
        fingerprint: number.to_string(),
        status: IncidentStatus::Open,
        onset: time,
        opened: time,
        confirmed: None,
        resolved: None,
        severity: "high".to_owned(),
        title: "drift".to_owned(),
        detail: serde_json::Value::Null,
    }
}

fn ticket(number: u64) -> NewTicket {
    NewTicket {
        fingerprint: Some(number.to_string()),
        title: "drift".to_owned(),
        severity: "high".to_owned(),
        body: String::new(),
        evidence: serde_json::Value::Null,
        links: Vec::new(),
    }
}

fn model() -> Name {
    "late".parse().unwrap()
}

fn clock() -> Arc<FixedClock> {
    Arc::new(FixedClock::at("2026-03-05T14:00:00Z".parse().unwrap()))
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is how the test tells the process it starts where to write"
)]
fn directory() -> Option<PathBuf> {
    std::env::var_os(DIRECTORY).map(PathBuf::from)
}
