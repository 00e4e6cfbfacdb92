use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use base::{Clock, Name, Timestamp};
use plan::ActionId;
use serving::{Catalog, capture::Recorders};
use store::{Assignment, Lock, SharedCache, Store};

use crate::{
    Cancel, Error, Event, Machine, Planned, Project, Request, Supervisor, Tracker, apply::Unfinished,
    champion, executors::Executors, tracked::Trackers,
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
    /// How the supervisor of commands is started.
    pub supervisor: Supervisor,
    /// Where commands log through MLflow; nowhere without one.
    pub tracker: Option<Arc<dyn Tracker>>,
}

/// The one process that acts on a project. It holds the project's lock.
pub struct Engine {
    pub(crate) store: Store,
    pub(crate) settings: Settings,
    pub(crate) generation: u64,
    /// The project's directory.
    pub(crate) root: PathBuf,
    pub(crate) machine: Machine,
    pub(crate) executors: Executors,
    pub(crate) trackers: Trackers,
    /// Results of other machines, if the project shares them.
    pub(crate) shared: Option<SharedCache>,
    /// When it began.
    pub(crate) started: Timestamp,
    /// What a killed predecessor had begun.
    pub(crate) unfinished: Mutex<Unfinished>,
    /// Whether something is left that the next engine must find.
    pub(crate) unsettled: AtomicBool,
    /// What each service in the catalog was loaded from.
    served: Mutex<BTreeMap<Name, Assignment>>,
    pub(crate) lock: Arc<Lock>,
}

impl Engine {
    /// Takes the project's lock, and looks what a process that was killed left.
    ///
    /// # Errors
    /// When another process holds the lock or the store cannot be opened.
    pub fn start(project: &Project, settings: Settings) -> Result<Arc<Self>, Error> {
        let directory = project.store_directory();
        let lock = Lock::acquire(&directory, &settings.command, settings.clock.as_ref())?;
        let store = Store::open(&directory, settings.clock.clone())?;
        store.sweep(&lock)?;
        let generation = store.next_generation()?;
        let unfinished = Unfinished::take_over(&store, &lock)?;
        let engine = Self {
            executors: Executors::new(&settings.supervisor, &project.variables, &store.runs()),
            machine: Machine::of(&project.spec.run),
            trackers: Trackers::new(settings.tracker.clone()),
            root: project.root.clone(),
            shared: shared(project, &settings),
            started: settings.clock.now(),
            unfinished: Mutex::new(unfinished),
            unsettled: AtomicBool::new(false),
            served: Mutex::default(),
            lock: Arc::new(lock),
            store,
            settings,
            generation,
        };
        Ok(Arc::new(engine))
    }

    /// The store it writes to.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Compares the project with the store and the world.
    ///
    /// # Errors
    /// When the store cannot be read, or the project makes no sense with the files that are there.
    pub fn plan(&self, project: &Project, request: &Request) -> Result<Planned, Error> {
        self.fire_triggers(project)?;
        Planned::make(project, &self.store, request)
    }

    /// What reading and querying may use.
    pub(crate) fn limits(&self) -> data::Limits {
        data::Limits { spill: Some(self.store.dir().join("tmp")), ..data::Limits::default() }
    }

    pub(crate) fn tell(&self, event: &Event) {
        (self.settings.observer)(event);
    }

    /// Puts into the catalog what the history says is serving: a restart serves before it plans.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn serve_recorded(&self) -> Result<(), Error> {
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

impl Drop for Engine {
    fn drop(&mut self) {
        if !self.unsettled.load(Ordering::Relaxed) {
            self.executors.close();
        }
    }
}

/// The cache that the project shares with other machines. That it is away is no reason not to work.
fn shared(project: &Project, settings: &Settings) -> Option<SharedCache> {
    let cache = project.spec.cache.as_ref()?;
    let directory = project.root.join(&cache.directory);
    match SharedCache::open(&directory) {
        Ok(shared) => Some(shared),
        Err(error) => {
            let why =
                format!("the shared cache {} is not used: {}", directory.display(), base::causes(&error));
            (settings.observer)(&Event::Remark { text: why });
            None
        }
    }
}
