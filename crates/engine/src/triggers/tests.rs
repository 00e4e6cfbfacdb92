//! Calendars and releases, with a clock that is moved by hand.

use std::{
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use base::{Clock, FixedClock, Hash, Timestamp};
use store::{Author, Change, Intent, NewVersion, Outcome, Status, Store};
use tempfile::TempDir;

use crate::{Cancel, Engine, Project, STORE_DIRECTORY, Settings, Supervisor, Variables, event::Event};

const NIGHTLY: &str = "[trigger.nightly]\ncron = \"0 3 * * *\"\n";

/// A project with triggers, and engines on it one after another.
struct Scene {
    folder: TempDir,
}

impl Scene {
    fn with(triggers: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("kaizen.toml"), format!("[project]\nname = \"rides\"\n\n{triggers}"))
            .unwrap();
        Self { folder }
    }

    /// An engine that begins at this time. Only one may live.
    fn starts(&self, at: &str) -> Looking {
        let clock =
            Arc::new(HandClock { clock: FixedClock::at(at.parse().unwrap()), set_back: AtomicI64::new(0) });
        let project = Project::load(self.folder.path(), &Variables::default()).unwrap();
        let settings = Settings {
            clock: clock.clone(),
            command: "kaizen run".to_owned(),
            observer: Arc::new(|_: &Event| {}),
            boundary: Arc::new(|_, _| {}),
            cancel: Cancel::default(),
            catalog: serving::Catalog::new(),
            recorders: serving::capture::Recorders::new(),
            supervisor: Supervisor { program: "false".into(), arguments: Vec::new() },
            tracker: None,
        };
        Looking { engine: Engine::start(&project, settings).unwrap(), project, clock }
    }
}

/// An engine that looks at its triggers.
struct Looking {
    engine: Arc<Engine>,
    project: Project,
    clock: Arc<HandClock>,
}

/// A clock that is also set back.
#[derive(Debug)]
struct HandClock {
    clock: FixedClock,
    /// By how many microseconds.
    set_back: AtomicI64,
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.clock.now().micros() - self.set_back.load(Ordering::Relaxed))
    }

    fn elapsed(&self) -> Duration {
        self.clock.elapsed()
    }
}

impl Looking {
    /// What the trigger has last fired for, once the engine has looked again.
    fn fired(&self, name: &str) -> Option<String> {
        self.engine.fire_triggers(&self.project).unwrap();
        let trigger = self.engine.store().trigger(&name.parse().unwrap()).unwrap();
        trigger.and_then(|trigger| trigger.firing).map(|firing| firing.key)
    }

    fn at(&self, time: &str) {
        let to: Timestamp = time.parse().unwrap();
        let micros = u64::try_from(to.micros() - self.clock.now().micros()).expect("time goes on");
        self.clock.clock.advance(Duration::from_micros(micros));
    }

    fn set_back(&self, time: &str) {
        let to: Timestamp = time.parse().unwrap();
        self.clock.set_back.fetch_add(self.clock.now().micros() - to.micros(), Ordering::Relaxed);
    }
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn a_new_calendar_does_not_fire_for_the_past() {
    let scene = Scene::with(NIGHTLY);
    let looking = scene.starts("2026-11-25T12:00:00Z");
    assert_eq!(looking.fired("nightly"), None);
    looking.at("2026-11-26T02:59:59Z");
    assert_eq!(looking.fired("nightly"), None);
}

#[test]
fn a_time_of_the_calendar_is_another_content_once() {
    let scene = Scene::with(NIGHTLY);
    let looking = scene.starts("2026-11-25T12:00:00Z");
    looking.fired("nightly");
    let content = || {
        let facts = super::facts(&looking.project, looking.engine.store()).unwrap();
        facts["trigger.nightly"].content.clone().unwrap()
    };
    let before = content();
    looking.at("2026-11-26T03:00:00Z");
    assert_eq!(looking.fired("nightly"), some("2026-11-26T03:00:00Z"));
    let fired = content();
    assert_ne!(fired, before);
    looking.at("2026-11-26T23:00:00Z");
    looking.fired("nightly");
    assert_eq!(content(), fired, "nothing came due");
    looking.at("2026-11-27T03:00:01Z");
    assert_eq!(looking.fired("nightly"), some("2026-11-27T03:00:00Z"));
    assert_ne!(content(), fired);
}

#[test]
fn times_that_pass_between_two_looks_are_one_firing_for_the_latest() {
    let scene = Scene::with("[trigger.often]\ncron = \"* * * * *\"\n");
    let looking = scene.starts("2026-11-25T12:00:00Z");
    looking.fired("often");
    looking.at("2026-11-25T12:10:30Z");
    assert_eq!(looking.fired("often"), some("2026-11-25T12:10:00Z"));
}

#[test]
fn what_was_missed_fires_once_at_the_next_start() {
    let scene = Scene::with(NIGHTLY);
    scene.starts("2026-11-25T12:00:00Z").fired("nightly");
    let restarted = scene.starts("2026-11-29T12:00:00Z");
    assert_eq!(restarted.fired("nightly"), some("2026-11-29T03:00:00Z"));
    let firing = |looking: &Looking| {
        let name = "nightly".parse().unwrap();
        looking.engine.store().trigger(&name).unwrap().unwrap().firing.unwrap().at
    };
    let first = firing(&restarted);
    drop(restarted);
    let again = scene.starts("2026-11-29T13:00:00Z");
    again.fired("nightly");
    assert_eq!(firing(&again), first, "a restart fires for the same again");
}

#[test]
fn what_was_missed_is_let_go_where_that_is_asked_for() {
    let scene = Scene::with(&format!("{NIGHTLY}missed = \"skip\"\n"));
    scene.starts("2026-11-25T12:00:00Z").fired("nightly");
    let restarted = scene.starts("2026-11-29T12:00:00Z");
    assert_eq!(restarted.fired("nightly"), None);
    restarted.at("2026-11-30T03:00:00Z");
    assert_eq!(restarted.fired("nightly"), some("2026-11-30T03:00:00Z"));
}

#[test]
fn a_calendar_follows_the_clocks_of_its_time_zone() {
    let scene = Scene::with(&format!("{NIGHTLY}time_zone = \"Europe/Berlin\"\n"));
    let looking = scene.starts("2026-10-23T12:00:00Z");
    looking.fired("nightly");
    for (now, due) in [
        ("2026-10-24T01:00:00Z", "2026-10-24T01:00:00Z"),
        // Clocks are put back that night: from then on three is an hour later by UTC.
        ("2026-10-26T01:59:59Z", "2026-10-25T02:00:00Z"),
        ("2026-10-26T02:00:00Z", "2026-10-26T02:00:00Z"),
    ] {
        looking.at(now);
        assert_eq!(looking.fired("nightly"), some(due), "at {now}");
    }
}

#[test]
fn a_clock_that_was_set_back_fires_nothing_twice() {
    let scene = Scene::with(NIGHTLY);
    let looking = scene.starts("2026-11-25T12:00:00Z");
    looking.fired("nightly");
    looking.at("2026-11-26T03:30:00Z");
    looking.fired("nightly");
    drop(looking);
    let set_back = scene.starts("2026-11-25T12:00:00Z");
    set_back.at("2026-11-26T03:10:00Z");
    assert_eq!(set_back.fired("nightly"), some("2026-11-26T03:00:00Z"));
    let state = set_back.engine.store().trigger(&"nightly".parse().unwrap()).unwrap().unwrap();
    let at: Timestamp = "2026-11-26T03:30:00Z".parse().unwrap();
    assert_eq!((state.firing.unwrap().at, state.checked), (at, Some(at)));
}

#[test]
fn a_calendar_goes_on_after_a_clock_that_had_run_ahead() {
    let scene = Scene::with(NIGHTLY);
    let ahead = scene.starts("2036-11-25T12:00:00Z");
    ahead.fired("nightly");
    drop(ahead);
    let put_right = scene.starts("2026-11-25T12:00:00Z");
    assert_eq!(put_right.fired("nightly"), None, "nothing came due");
    put_right.at("2026-11-26T03:00:00Z");
    assert_eq!(put_right.fired("nightly"), some("2026-11-26T03:00:00Z"));
}

#[test]
fn a_clock_that_is_put_right_under_a_process_lets_no_time_of_the_calendar_go() {
    let scene = Scene::with(&format!("{NIGHTLY}missed = \"skip\"\n"));
    let looking = scene.starts("2036-11-25T12:00:00Z");
    looking.fired("nightly");
    looking.set_back("2026-11-25T12:00:00Z");
    assert_eq!(looking.fired("nightly"), None, "nothing came due");
    looking.at("2026-11-26T03:00:00Z");
    assert_eq!(looking.fired("nightly"), some("2026-11-26T03:00:00Z"));
}

#[test]
fn a_process_that_ended_before_it_noted_that_it_looked_fires_for_the_same_again() {
    let scene = Scene::with(NIGHTLY);
    let looking = scene.starts("2026-11-25T12:00:00Z");
    looking.fired("nightly");
    let name = "nightly".parse().unwrap();
    let due = "2026-11-26T03:00:00Z";
    let firing = store::Firing { key: due.to_owned(), why: format!("due {due}"), at: due.parse().unwrap() };
    // What is on disk after a kill between the two.
    assert!(looking.engine.store().fire(&name, &firing).unwrap());
    drop(looking);
    let next = scene.starts("2026-11-26T03:05:00Z");
    next.fired("nightly");
    assert_eq!(next.engine.store().trigger(&name).unwrap().unwrap().firing, Some(firing));
}

#[test]
fn a_release_elsewhere_fires_once_and_the_next_version_again() {
    let other = tempfile::tempdir().unwrap();
    let release = format!(
        "[trigger.late]\nrelease = {{ project = \"{}\", service = \"late\" }}\n",
        other.path().display()
    );
    let scene = Scene::with(&release);
    let looking = scene.starts("2026-11-25T12:00:00Z");
    assert_eq!(looking.fired("late"), None, "there is nothing yet");
    let store = released(other.path(), 1);
    assert_eq!(looking.fired("late"), some("late version 1"));
    looking.at("2026-11-25T13:00:00Z");
    looking.fired("late");
    let firing = looking.engine.store().trigger(&"late".parse().unwrap()).unwrap().unwrap().firing.unwrap();
    assert_eq!(firing.at, "2026-11-25T12:00:00Z".parse().unwrap(), "it fired for the same again");
    assert!(firing.why.contains("answers with late version 1"), "{}", firing.why);
    drop(store);
    released(other.path(), 2);
    assert_eq!(looking.fired("late"), some("late version 2"));
}

/// Lets the service of another project answer with its next version, which is this one.
fn released(root: &Path, version: u64) -> Store {
    let clock = Arc::new(FixedClock::at(Timestamp::from_micros(0)));
    let store = Store::open(&root.join(STORE_DIRECTORY), clock).unwrap();
    let [model, service] = ["late", "late"].map(|name| name.parse().unwrap());
    let artifact = store.put_bytes(format!("model {version}")).unwrap();
    let made = NewVersion {
        model: "late".parse().unwrap(),
        key: Hash::of(version.to_string()),
        artifact,
        lineage: serde_json::json!({}),
        verdict: None,
    };
    let by = Author { actor: "gate".to_owned(), because: None };
    let changes = [Change::AddVersion(made), Change::SetService { service, model, version, by }];
    let intent = Intent {
        plan: Hash::of("plan"),
        action: "roll_out service.late".to_owned(),
        node: "service.late".to_owned(),
        generation: store.generation().unwrap(),
        reason: serde_json::json!([]),
        key: None,
        run: None,
    };
    let entry = store.intend(&intent).unwrap();
    let outcome = Outcome { status: Status::Done, detail: serde_json::json!({}) };
    assert_eq!(store.conclude(entry, &outcome, &changes).unwrap(), [version]);
    store
}
