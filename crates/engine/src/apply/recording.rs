//! One transaction of the journal on its way to disk.
//!
//! While it is, commands run on and what they come to is gathered for the next one: however many actions end at once,
//! they share a sync of the disk.

use std::time::Duration;

use store::{Batch, Intent, Journalled, Store};
use tokio::task::JoinHandle;

use super::{Conclusion, concluded::Concluded};
use crate::{Error, openlineage::RunEvent};

/// An action that has ended, before that is on disk.
pub(super) struct Ended {
    /// Its place in the plan.
    pub(super) place: usize,
    pub(super) entry: store::ActionId,
    pub(super) elapsed: Duration,
    pub(super) concluded: Concluded,
    /// What is told of it once it is.
    pub(super) event: Option<RunEvent>,
}

/// What is known of an ended action once it is on disk.
pub(super) struct Said {
    pub(super) place: usize,
    pub(super) entry: store::ActionId,
    pub(super) elapsed: Duration,
    pub(super) conclusion: Conclusion,
    pub(super) event: Option<RunEvent>,
}

/// A transaction under way.
pub(super) struct Recording {
    handle: JoinHandle<Result<Journalled, store::Error>>,
    said: Vec<Said>,
    /// The places whose intents it records.
    intended: Vec<usize>,
}

/// A transaction that is on disk.
pub(super) struct Recorded {
    pub(super) said: Vec<Said>,
    /// Each place whose intent was recorded, with its number in the journal.
    pub(super) intended: Vec<(usize, store::ActionId)>,
}

impl Recording {
    /// Sends it on its way.
    pub(super) fn begin(store: &Store, ended: Vec<Ended>, intents: Vec<(usize, Intent)>) -> Self {
        let mut batch = Batch::default();
        let mut said = Vec::with_capacity(ended.len());
        for Ended { place, entry, elapsed, concluded, event } in ended {
            let Concluded { outcome, changes, conclusion, .. } = concluded;
            batch.conclusions.push(store::Concluded { id: entry, outcome, changes });
            said.push(Said { place, entry, elapsed, conclusion, event });
        }
        let mut intended = Vec::with_capacity(intents.len());
        for (place, intent) in intents {
            intended.push(place);
            batch.intents.push(intent);
        }
        let store = store.clone();
        let handle = tokio::task::spawn_blocking(move || store.journal(&batch));
        Self { handle, said, intended }
    }

    /// Waits until it is on disk. May be dropped and called again.
    pub(super) async fn recorded(&mut self) -> Result<Recorded, Error> {
        let joined = (&mut self.handle).await;
        let journalled =
            joined.map_err(|error| Error::Unknown(format!("record what was done: {error}")))??;
        let intended = self.intended.drain(..).zip(journalled.actions).collect();
        Ok(Recorded { said: std::mem::take(&mut self.said), intended })
    }
}
