//! A store in a directory of its own, with a clock that stands still. Its objects are not synced: the
//! power stays on.

use std::{path::PathBuf, sync::Arc, time::Duration};

use base::{Clock as _, FixedClock, Hash, Name, Timestamp};
use rusqlite::Connection;
use tempfile::TempDir;

use crate::{
    ActionId, Author, Change, Error, Intent, NewRun, NewVersion, Outcome, RunId, Status, Store,
    files::lossy::Unsynced,
};

pub(crate) struct Scene {
    pub(crate) dir: TempDir,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) store: Store,
}

impl Scene {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(FixedClock::at("2026-03-05T14:00:00Z".parse().unwrap()));
        let store = Store::open_on(Box::new(Unsynced::default()), &dir.path().join(".kaizen"), clock.clone())
            .unwrap();
        Self { dir, clock, store }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.dir.path().join(".kaizen")
    }

    pub(crate) fn reopened(&self) -> Store {
        Store::open_on(Box::new(Unsynced::default()), &self.path(), self.clock.clone()).unwrap()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    pub(crate) fn intent(&self) -> Intent {
        Intent {
            plan: Hash::of("plan"),
            action: "train model.late".to_owned(),
            node: "model.late".to_owned(),
            generation: self.store.generation().unwrap(),
            reason: serde_json::json!("never ran"),
            key: Some(Hash::of("inputs")),
            run: None,
        }
    }

    pub(crate) fn begin(&self) -> ActionId {
        self.store.intend(&self.intent()).unwrap()
    }

    pub(crate) fn run(&self) -> RunId {
        let detail = serde_json::json!({"targets": []});
        let run = NewRun { kind: "run".to_owned(), command: "kaizen run".to_owned(), detail };
        self.store.begin_run(&run).unwrap()
    }

    /// Makes the changes as the outcome of an action.
    pub(crate) fn change(&self, changes: &[Change]) -> Result<Vec<u64>, Error> {
        self.store.conclude(self.begin(), &done(), changes)
    }

    /// Registers this many versions of model `late`.
    pub(crate) fn register(&self, count: u64) {
        for number in 1..=count {
            let version = self.version(&format!("key {number}"));
            assert_eq!(self.change(&[Change::AddVersion(version)]).unwrap(), [number]);
        }
    }

    pub(crate) fn version(&self, key: &str) -> NewVersion {
        NewVersion {
            model: name("late"),
            key: Hash::of(key),
            artifact: self.store.put_bytes(format!("model made from {key}")).unwrap(),
            lineage: serde_json::json!({"seed": 7}),
            verdict: None,
        }
    }

    pub(crate) fn serve(&self, version: u64, actor: &str) {
        let (service, model, by) = (name("late"), name("late"), author(actor));
        self.change(&[Change::SetService { service, model, version, by }]).unwrap();
    }

    pub(crate) fn alias(&self, version: u64, actor: &str) {
        let (model, alias, by) = (name("late"), name("champion"), author(actor));
        self.change(&[Change::SetAlias { model, alias, version, by }]).unwrap();
    }

    /// Changes the database behind the store's back, past the triggers.
    pub(crate) fn tamper(&self, statement: &str) {
        let connection = Connection::open(self.path().join("kaizen.db")).unwrap();
        let triggers = "DROP TRIGGER history_is_never_changed; DROP TRIGGER history_is_never_removed;
            DROP TRIGGER versions_are_never_changed; DROP TRIGGER versions_are_never_removed;
            PRAGMA foreign_keys = OFF;";
        connection.execute_batch(triggers).unwrap();
        connection.execute_batch(statement).unwrap();
    }
}

pub(crate) fn done() -> Outcome {
    Outcome { status: Status::Done, detail: serde_json::json!({"rows": 3}) }
}

pub(crate) fn name(text: &str) -> Name {
    text.parse().unwrap()
}

pub(crate) fn author(actor: &str) -> Author {
    Author { actor: actor.to_owned(), because: None }
}
