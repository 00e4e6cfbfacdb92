//! What the commands of steps log through MLflow: a run is promised to each attempt, its command is told where to log,
//! and when it has ended the run is closed and its metrics join those of the step.
//!
//! The command line brings the [`Tracker`], which has the address; nothing of it is asked for before the first command.

mod attempt;
mod environment;

use std::{path::Path, sync::Arc};

use tokio::sync::OnceCell;
use tracking::{
    Promises, Tracking,
    promise::{Ending, Key},
};

pub(crate) use attempt::{Attempted, Logged, Tracked};

use crate::{Engine, Event};

/// Where commands log.
pub trait Tracker: Send + Sync {
    /// The URL at which MLflow's routes answer from now on.
    ///
    /// # Errors
    /// Why they cannot.
    fn address(&self) -> Result<String, String>;

    /// What is promised to commands; the routes keep it.
    fn promises(&self) -> &Promises;

    /// The tracking directory.
    fn directory(&self) -> &Path;

    /// The same, opened; nothing when nothing was ever logged.
    ///
    /// # Errors
    /// When it is there and cannot be opened.
    fn tracking(&self) -> Result<Option<Tracking>, tracking::Error>;

    /// Waits, for a while, until what commands logged has arrived. It blocks.
    fn settle(&self) {}

    /// Whether something that commands logged has not arrived yet. It blocks.
    fn is_waiting(&self) -> bool {
        false
    }
}

/// How this engine tracks.
#[derive(Default)]
pub(crate) struct Trackers {
    tracker: Option<Arc<dyn Tracker>>,
    begun: OnceCell<Option<Begun>>,
}

/// Known from the first command on.
struct Begun {
    url: String,
    key: Key,
}

impl Trackers {
    pub(crate) fn new(tracker: Option<Arc<dyn Tracker>>) -> Self {
        Self { tracker, begun: OnceCell::new() }
    }
}

impl Engine {
    /// Who has what commands logged.
    pub(crate) fn tracker(&self) -> Option<Arc<dyn Tracker>> {
        self.trackers.tracker.clone()
    }

    /// Where commands log; nothing when they cannot, which is said once.
    async fn begun(&self) -> Option<(&Arc<dyn Tracker>, &Begun)> {
        let tracker = self.trackers.tracker.as_ref()?;
        let begin = || async {
            let begun = begin(tracker.as_ref());
            if let Err(why) = &begun {
                self.tell(&Event::Remark { text: format!("what steps log with MLflow is not kept: {why}") });
            }
            begun.ok()
        };
        let begun = self.trackers.begun.get_or_init(begin).await.as_ref()?;
        Some((tracker, begun))
    }

    /// The run that was promised to an attempt, whether it was made or not.
    pub(crate) async fn promised(&self, attempt: &str) -> Option<String> {
        let (_, begun) = self.begun().await?;
        Some(begun.key.run_id(attempt))
    }

    /// Closes the runs of a command that nobody goes on with.
    pub(crate) async fn forget_tracked(&self, attempt: &str) {
        if self.trackers.tracker.is_none() {
            return;
        }
        let Some((tracker, begun)) = self.begun().await else { return };
        let run_id = begun.key.run_id(attempt);
        // That it could not be closed is no reason not to go on; it can be seen to run for ever.
        let _ = attempt::close(tracker.clone(), run_id, Ending::Killed).await;
    }
}

fn begin(tracker: &dyn Tracker) -> Result<Begun, String> {
    let url = tracker.address()?;
    let directory = tracker.directory();
    let key = Key::of(directory).map_err(|error| format!("{}: {error}", directory.display()))?;
    Ok(Begun { url, key })
}
