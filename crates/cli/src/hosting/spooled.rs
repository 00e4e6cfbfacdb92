//! A spool before a project's tracking: commands log into it, and wait at their end until it has passed all on.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use engine::Tracker;
use server::spool::{Standing, Told, Upstream, flush, standing};
use tracking::{Promises, Tracking};

use super::{SPOOL, port, spools::Wanted};
use crate::output::note;

/// For how long nothing may move before what waits is left to later.
const PATIENCE: Duration = Duration::from_secs(3);
/// The same for what spools left.
const STILL: Duration = Duration::from_secs(2);
/// How long it may take in all.
const LONGEST: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(10);

/// The tracking of a project, with a spool before it.
pub(crate) struct Spooled {
    tracker: Arc<dyn Tracker>,
    directory: PathBuf,
}

impl Spooled {
    /// The spools are below the project's state.
    pub(crate) fn before(tracker: Arc<dyn Tracker>, state: &Path) -> Self {
        Self { tracker, directory: state.join(SPOOL) }
    }
}

impl Tracker for Spooled {
    fn address(&self) -> Result<String, String> {
        self.tracker.address()?;
        let upstream = Upstream::PortIn(port::file(self.tracker.directory()));
        Ok(Wanted { directory: self.directory.clone(), upstream }.to_string())
    }

    fn promises(&self) -> &Promises {
        self.tracker.promises()
    }

    fn directory(&self) -> &Path {
        self.tracker.directory()
    }

    fn tracking(&self) -> Result<Option<Tracking>, tracking::Error> {
        self.tracker.tracking()
    }

    fn settle(&self) {
        settle(&self.directory);
    }

    fn is_waiting(&self) -> bool {
        standing(&self.directory).is_ok_and(|standing| standing.iter().any(|one| one.waiting > 0))
    }
}

/// Waits until nothing waits, or nothing moves. What spools left that run no more, such as that of a killed engine, is
/// sent from here.
pub(crate) fn settle(directory: &Path) {
    settle_running(directory);
    let is_left = |one: &Standing| one.waiting > 0 && !one.is_running;
    if standing(directory).is_ok_and(|standing| standing.iter().any(is_left)) {
        let told: Told = Arc::new(note);
        // What cannot be sent now stays where it is.
        let _ = flush(directory, STILL, &told);
    }
}

fn settle_running(directory: &Path) {
    let start = Instant::now();
    let (mut least, mut moved) = (u64::MAX, start);
    loop {
        let Ok(standing) = standing(directory) else { return };
        let waiting =
            standing.iter().filter(|standing| standing.is_running).map(|standing| standing.waiting).sum();
        if waiting == 0 {
            return;
        }
        if waiting < least {
            (least, moved) = (waiting, Instant::now());
        }
        if moved.elapsed() > PATIENCE || start.elapsed() > LONGEST {
            return;
        }
        thread::sleep(PAUSE);
    }
}

/// What people should know about what waits there, if anything does.
pub(crate) fn waiting(directory: &Path) -> Option<String> {
    let standing = standing(directory).ok()?;
    let count = |of: fn(&Standing) -> u64| standing.iter().map(of).sum::<u64>();
    let (waiting, refused) = (count(|standing| standing.waiting), count(|standing| standing.refused));
    let place = directory.display();
    let mut parts = Vec::new();
    if waiting > 0 {
        let writes = if waiting == 1 { "1 write waits".to_owned() } else { format!("{waiting} writes wait") };
        parts.push(format!(
            "{writes} for the tracking server in {place}; the next run with a spool sends them, and so does `kaizen spool flush`"
        ));
    }
    if refused > 0 {
        parts.push(format!(
            "{refused} not wanted by the tracking server, kept in {place}; `kaizen spool` shows where"
        ));
    }
    (!parts.is_empty()).then(|| parts.join("\n"))
}
