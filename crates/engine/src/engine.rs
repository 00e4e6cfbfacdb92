use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use base::{Clock, Name};
use plan::{ActionId, Desired, Observed, Plan, Recorded};
use serving::{Catalog, capture::Recorders};
use store::{Assignment, Lock, Outcome, Status, Store};

use crate::{
    Cancel, Error, Event, Project, champion, desired,
    observe::{missing, observe},
    recorded::recorded,
};

/// The directory beside the project file in which the state is kept.
pub const STORE_DIRECTORY: &str = ".kaizen";

/// A place in the life of an action at which a process may die.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// Nothing about it is recorded yet.
    Due,
    /// Its intent is recorded; it has not begun.
    Intended,
    /// It is done; its outcome is not recorded.
    Acted,
    /// Its outcome is recorded.
    Concluded,
}

/// Told of everything that happens.
pub type Observer = Arc<dyn Fn(&Event) + Send + Sync>;

/// Called at each boundary of each action.
pub type Boundary = Arc<dyn Fn(&ActionId, Point) + Send + Sync>;

/// What an engine is started with.
pub struct Settings {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// How the process was started, for the lock.
    pub command: String,
    /// Told of everything that happens.
    pub observer: Observer,
    /// Called at each boundary of each action; a crash test ends the process here.
    pub boundary: Boundary,
    /// Ends the work.
    pub cancel: Cancel,
    /// What the server answers from.
    pub catalog: Catalog,
    /// What the server records requests with.
    pub recorders: Recorders,
}

/// The one process that acts on a project. It holds the project's lock.
pub struct Engine {
    pub(crate) store: Store,
    pub(crate) settings: Settings,
    pub(crate) generation: u64,
    /// What each service in the catalog was loaded from.
    served: Mutex<BTreeMap<Name, Assignment>>,
    pub(crate) lock: Arc<Lock>,
}

/// A plan with what it was made from.
#[derive(Debug, Clone)]
pub struct Planned {
    /// What would be done.
    pub plan: Plan,
    /// What is wanted.
    pub desired: Desired,
    /// What was recorded.
    pub recorded: Recorded,
    /// What was observed.
    pub observed: Observed,
}

impl Engine {
    /// Takes the project's lock, tidies up after a process that was killed, and serves again
    /// what served before.
    ///
    /// # Errors
    /// When another process holds the lock or the store cannot be opened.
    pub fn start(project: &Project, settings: Settings) -> Result<Self, Error> {
        let directory = project.store_directory();
        let lock = Lock::acquire(&directory, &settings.command, settings.clock.as_ref())?;
        let store = Store::open(&directory, settings.clock.clone())?;
        store.sweep(&lock)?;
        let generation = store.next_generation()?;
        let interrupted = Outcome {
            status: Status::Interrupted,
            detail: serde_json::json!({ "message": "the process ended before the action did" }),
        };
        for entry in store.unfinished()? {
            store.conclude(entry.id, &interrupted, &[])?;
        }
        let engine = Self { store, settings, generation, served: Mutex::default(), lock: Arc::new(lock) };
        engine.serve_recorded()?;
        Ok(engine)
    }

    /// The store it writes to.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Compares the project with the store and the world.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn plan(&self, project: &Project) -> Result<Planned, Error> {
        Planned::make(project, &self.store)
    }

    /// What reading and querying may use.
    pub(crate) fn limits(&self) -> data::Limits {
        data::Limits { spill: Some(self.store.dir().join("tmp")), ..data::Limits::default() }
    }

    pub(crate) fn tell(&self, event: &Event) {
        (self.settings.observer)(event);
    }

    /// Puts into the catalog what the history says is serving.
    pub(crate) fn serve_recorded(&self) -> Result<(), Error> {
        let services = self.store.services()?;
        let mut served = self.served.lock().unwrap_or_else(PoisonError::into_inner);
        for (service, assignment) in &services {
            if served.get(service) == Some(assignment) {
                continue;
            }
            served.remove(service);
            match champion::load(&self.store, service, &assignment.model, assignment.version) {
                Ok(loaded) => {
                    self.settings.catalog.set(loaded);
                    served.insert(service.clone(), assignment.clone());
                }
                // The line must go on: it is what makes the lost model again.
                Err(error) => {
                    self.tell(&Event::NotServing { service: service.clone(), why: base::causes(&error) })
                }
            }
        }
        for name in self.settings.catalog.names() {
            if !services.contains_key(name.as_str()) {
                self.settings.catalog.remove(&name);
                served.remove(name.as_str());
            }
        }
        Ok(())
    }
}

impl Planned {
    /// Compares a project with a store and the world, without the right to act.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn make(project: &Project, store: &Store) -> Result<Self, Error> {
        let desired = desired(&project.spec);
        let recorded = recorded(store, &project.spec)?;
        let observed = observe(project, store, &recorded)?;
        let plan = plan::plan(&desired, &recorded, &observed)?;
        Ok(Self { plan, desired, recorded, observed })
    }
    /// The plan from the same project and world with what has been recorded since.
    ///
    /// The world is not looked at again: what changed in it while a pass ran is for the next plan to find.
    pub(crate) fn recorded_since(&self, project: &Project, store: &Store) -> Result<Self, Error> {
        let recorded = recorded(store, &project.spec)?;
        let observed = Observed { missing: missing(store, &recorded)?, ..self.observed.clone() };
        let plan = plan::plan(&self.desired, &recorded, &observed)?;
        Ok(Self { plan, desired: self.desired.clone(), recorded, observed })
    }
}
