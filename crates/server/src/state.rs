use std::{fmt, sync::Arc, thread};

use base::Size;
use serving::{Catalog, Limits, capture::Recorders, labels::Labels, triggers::Triggers};
use tokio::sync::Semaphore;
use tracking::Tracking;

use crate::{access::Access, guard::Hosts, settings::Settings};

/// A request that failed through the server's fault: the cause that its caller is not told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The model that was asked, the trigger that was called, as `trigger.NAME`, or what else is at fault.
    pub model: String,
    /// What happened, outermost first.
    pub cause: String,
}

/// Told of each [`Failure`]; it runs on the server's threads, so it must not wait.
pub type Report = Arc<dyn Fn(&Failure) + Send + Sync>;

/// What a server is given to work with.
pub(crate) struct Parts {
    pub(crate) settings: Settings,
    /// Who may ask.
    pub(crate) access: Access,
    /// The names by which the server may be called.
    pub(crate) hosts: Hosts,
    pub(crate) catalog: Catalog,
    pub(crate) report: Report,
    /// Those who record requests; a model without one is not recorded.
    pub(crate) recorders: Recorders,
    /// Whoever keeps labels; nobody where there is no project.
    pub(crate) labels: Option<Arc<dyn Labels>>,
    /// Whoever knows the triggers; nobody where there is no project.
    pub(crate) triggers: Option<Arc<dyn Triggers>>,
    /// Where runs are kept; nowhere where there is no tracking directory.
    pub(crate) tracking: Option<Tracking>,
}

/// What all requests share.
#[derive(Clone)]
pub(crate) struct State(Arc<Shared>);

pub(crate) struct Shared {
    parts: Parts,
    /// Room for request bodies, in units of [`UNIT`].
    pub(crate) room: Arc<Semaphore>,
    /// As many as calculate well at once; the others wait.
    pub(crate) workers: Arc<Semaphore>,
    /// As many as may keep labels at once: they wait for the disk, on threads that predictions need too.
    pub(crate) label_keepers: Arc<Semaphore>,
    /// As many calls of triggers as may be recorded at once: they wait for the disk too.
    pub(crate) trigger_callers: Arc<Semaphore>,
    /// As many as may read runs at once.
    pub(crate) tracking_readers: Arc<Semaphore>,
}

/// Bodies of labels that are kept at once. Those that wait are kept in one transaction, so more gain little.
const LABEL_KEEPERS: usize = 8;
/// Calls of triggers that are recorded at once. Each is a transaction of its own, and those take turns.
const TRIGGER_CALLERS: usize = 4;

/// Reads of runs at once: more would only wait for a processor, each with a thread and a connection of its own.
const TRACKING_READERS: usize = 8;

/// Bytes of a body that one permit of the room stands for.
const UNIT: u64 = 1_024;

impl State {
    pub(crate) fn new(parts: Parts) -> Self {
        let bodies = parts.settings.bodies.max(parts.settings.body_limit);
        let room = Semaphore::new(units(bodies) as usize);
        let workers = Semaphore::new(thread::available_parallelism().map_or(1, usize::from));
        let label_keepers = Semaphore::new(LABEL_KEEPERS);
        let trigger_callers = Semaphore::new(TRIGGER_CALLERS);
        Self(Arc::new(Shared {
            parts,
            room: Arc::new(room),
            workers: Arc::new(workers),
            label_keepers: Arc::new(label_keepers),
            trigger_callers: Arc::new(trigger_callers),
            tracking_readers: Arc::new(Semaphore::new(TRACKING_READERS)),
        }))
    }
}

impl Shared {
    pub(crate) fn limits(&self) -> Limits {
        Limits { rows: self.settings.row_limit }
    }
}

impl std::ops::Deref for State {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl std::ops::Deref for Shared {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.parts
    }
}

/// Permits that a body of this size takes; never none, so that requests without a body count too.
pub(crate) fn units(size: Size) -> u32 {
    let most = u64::from(u32::MAX).min(Semaphore::MAX_PERMITS as u64);
    u32::try_from(size.get().div_ceil(UNIT).clamp(1, most)).unwrap_or(u32::MAX)
}

impl fmt::Debug for State {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("State").field("settings", &self.settings).finish_non_exhaustive()
    }
}
