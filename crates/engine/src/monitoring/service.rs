//! The thread on which all monitors of a project take their turns.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    thread::{self, JoinHandle},
    time::Duration,
};

use base::{Clock, Name};
use store::Store;

use super::watcher::{Turn, Watcher, World};
use crate::{Cancel, Error, Event, engine::Observer, shared::Current};

/// How often what was captured and labelled is looked at.
const INTERVAL: Duration = Duration::from_millis(500);

/// How long a monitor that cannot work is left alone, the first time and at the most.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// What the monitors are started with.
pub(crate) struct Settings {
    pub(crate) store: Store,
    pub(crate) project: Current,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) observer: Observer,
    pub(crate) cancel: Cancel,
    pub(crate) runtime: tokio::runtime::Handle,
}

/// A monitor that cannot work.
struct Complaint {
    why: String,
    pause: Duration,
    until: Duration,
}

/// All monitors of the project in force.
pub(crate) struct Service {
    settings: Settings,
    watchers: BTreeMap<Name, Watcher>,
    /// What was last said of a monitor that cannot work, so that it is said once, and when it is tried again.
    complaints: BTreeMap<Name, Complaint>,
}

impl Service {
    /// Watches until it is asked to end.
    pub(crate) fn start(settings: Settings) -> JoinHandle<()> {
        let mut service = Self { settings, watchers: BTreeMap::new(), complaints: BTreeMap::new() };
        thread::spawn(move || {
            while !service.settings.cancel.is_cancelled() {
                service.turn();
                thread::sleep(INTERVAL);
            }
        })
    }

    /// One turn of every monitor. What one of them cannot do is said, tried again, and keeps no other from its turn.
    fn turn(&mut self) {
        let project = self.settings.project.get();
        self.watchers.retain(|name, watcher| {
            project.spec.monitors.get(name).is_some_and(|monitor| watcher.is(monitor, &project))
        });
        let now = self.settings.clock.elapsed();
        for (name, monitor) in &project.spec.monitors {
            if self.complaints.get(name).is_some_and(|complaint| now < complaint.until) {
                continue;
            }
            let world = World {
                store: &self.settings.store,
                project: &project,
                clock: self.settings.clock.as_ref(),
                runtime: &self.settings.runtime,
            };
            let watchers = &mut self.watchers;
            // A mistake of ours in one monitor must not end the others.
            let turn = catch_unwind(AssertUnwindSafe(|| {
                let watcher = match watchers.entry(name.clone()) {
                    Entry::Occupied(there) => there.into_mut(),
                    Entry::Vacant(place) => place.insert(Watcher::start(name, monitor, &world)?),
                };
                watcher.turn(&world)
            }));
            let turn = turn.unwrap_or_else(|_| {
                Err(Error::Unknown(
                    "it panicked, which is a mistake of kaizen's; please report it".to_owned(),
                ))
            });
            self.tell(name, turn);
        }
    }

    fn tell(&mut self, name: &Name, turn: Result<Turn, Error>) {
        let turn = match turn {
            Ok(turn) => turn,
            Err(error) => return self.complain(name, &error),
        };
        self.complaints.remove(name);
        let observer = &self.settings.observer;
        if let Some(error) = turn.unread {
            observer(&Event::NotLabelled { monitor: name.clone(), why: base::causes(&error) });
        }
        for assessment in turn.windows {
            observer(&Event::Window { monitor: name.clone(), assessment: Box::new(assessment) });
        }
        for (detail, what) in turn.incidents {
            if let Some(what) = what {
                observer(&Event::Incident { monitor: name.clone(), what, detail: Box::new(detail) });
            }
        }
    }

    /// Says what keeps a monitor from its work. What is in memory may be half changed, so it starts again, after a pause
    /// that doubles, since starting reads much.
    fn complain(&mut self, name: &Name, error: &Error) {
        self.watchers.remove(name);
        let why = base::causes(error);
        let before = self.complaints.get(name);
        let pause = before.map_or(FIRST_PAUSE, |complaint| (complaint.pause * 2).min(LONGEST_PAUSE));
        if before.is_none_or(|complaint| complaint.why != why) {
            (self.settings.observer)(&Event::NotWatching { monitor: name.clone(), why: why.clone() });
        }
        let until = self.settings.clock.elapsed() + pause;
        self.complaints.insert(name.clone(), Complaint { why, pause, until });
    }
}
