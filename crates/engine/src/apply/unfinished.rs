//! What a predecessor that was killed had begun: its commands are adopted when the plan still wants just them, and
//! cleaned up otherwise.

use std::sync::PoisonError;

use plan::{Progress, Resolution, Verb, resolve};
use store::{Entry, Lock, Outcome, Status, Store};

use super::pass::key;
use crate::{
    Engine, Error, Planned,
    actions::{self, Adopted, Attempt},
};

/// Commands that no living process answers for, by their entries of the journal.
#[derive(Debug, Default)]
pub(crate) struct Unfinished(Vec<Entry>);

/// An action of the plan that is running already, or has ended since.
pub(super) struct Found {
    pub(super) place: usize,
    pub(super) entry: store::ActionId,
    pub(super) adopted: Adopted,
}

impl Unfinished {
    /// Closes what cannot be gone on with, and keeps the commands.
    pub(crate) fn take_over(store: &Store, lock: &Lock) -> Result<Self, Error> {
        let mut commands = Vec::new();
        for entry in store.unfinished()? {
            if entry.action.starts_with(Verb::Run.name()) {
                commands.push(entry);
            } else {
                close(store, &entry)?;
            }
        }
        store.interrupt_runs(lock)?;
        Ok(Self(commands))
    }
}

impl Engine {
    /// Looks what became of the commands of a killed predecessor.
    pub(super) async fn adopt(&self, planned: &Planned) -> Result<Vec<Found>, Error> {
        let left = std::mem::take(&mut *self.unfinished.lock().unwrap_or_else(PoisonError::into_inner));
        let mut found = Vec::new();
        for entry in left.0 {
            match self.find(&entry, planned).await {
                Some((place, adopted)) => found.push(Found { place, entry: entry.id, adopted }),
                None => self.discard(&entry).await?,
            }
        }
        self.executors.tidy().await;
        Ok(found)
    }

    /// The place in the plan of what this entry did, if the plan wants the same from the same inputs.
    async fn find(&self, entry: &Entry, planned: &Planned) -> Option<(usize, Adopted)> {
        let is_it = |action: &plan::Action| action.id.to_string() == entry.action;
        let place = planned.plan.actions.iter().position(is_it)?;
        let action = &planned.plan.actions[place];
        let progress = Progress { missing: planned.observed.missing.clone(), ..Progress::default() };
        let Resolution::Perform(inputs) = resolve(action, None, &planned.recorded, &progress) else {
            return None;
        };
        if entry.key != Some(key(&action.fields, &inputs)) {
            return None;
        }
        let folder = self.store.runs().join(actions::folder_name(&action.id.node, entry.id));
        let attempt = Attempt::load(&folder)?;
        let running = self.executors.of(attempt.container).adopt(&attempt.id).await.ok()??;
        Some((place, Adopted { attempt, running }))
    }

    /// Ends what still runs of it, and takes away what it left half-written.
    async fn discard(&self, entry: &Entry) -> Result<(), Error> {
        if let Ok(node) = entry.node.parse() {
            let folder = self.store.runs().join(actions::folder_name(&node, entry.id));
            if let Some(attempt) = Attempt::load(&folder) {
                self.executors.of(attempt.container).discard(&attempt.id).await?;
                actions::clean_up(&self.root, &folder, &attempt)?;
            }
        }
        close(&self.store, entry)
    }
}

fn close(store: &Store, entry: &Entry) -> Result<(), Error> {
    let detail = serde_json::json!({ "message": "the process ended before the action did" });
    store.conclude(entry.id, &Outcome { status: Status::Interrupted, detail }, &[])?;
    Ok(())
}
