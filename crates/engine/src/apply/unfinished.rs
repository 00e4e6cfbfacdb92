//! What a predecessor that was killed had begun: its commands are adopted when the plan still wants just them, and
//! cleaned up otherwise.

use std::{collections::BTreeMap, sync::PoisonError};

use base::Hash;
use plan::{Input, Node, Verb};
use store::{Entry, Lock, Outcome, Status, Store};

use super::pass::key;
use crate::{
    Engine, Error, Planned, Policy,
    actions::{self, Adopted, Attempt},
};

/// Commands that no living process answers for, by their entries of the journal.
#[derive(Debug, Default)]
pub(crate) struct Unfinished(Vec<Entry>);

/// An action of the plan that is running already, or has ended since.
pub(super) struct Found {
    pub(super) place: usize,
    pub(super) entry: Entry,
    adopted: Adopted,
}

impl Found {
    /// Its number in the journal, if it does what is wanted.
    pub(super) fn fits(&self, wanted: &Hash) -> Option<store::ActionId> {
        (self.entry.key == Some(*wanted)).then_some(self.entry.id)
    }

    /// The graphics processors that it holds.
    pub(super) fn gpus(&self) -> Vec<u32> {
        self.adopted.attempt.gpus.clone()
    }

    /// What to go on with when this entry begins, and what to end first.
    pub(super) fn sort_out(self, begins: store::ActionId) -> (Option<Adopted>, Option<Entry>) {
        if self.entry.id == begins { (Some(self.adopted), None) } else { (None, Some(self.entry)) }
    }
}

impl Unfinished {
    /// Closes what cannot be gone on with, and keeps the commands.
    pub(crate) fn take_over(store: &Store, lock: &Lock) -> Result<Self, Error> {
        let mut commands = Vec::new();
        for entry in store.unfinished()? {
            if runs_command(store, &entry) {
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
    pub(super) async fn adopt(&self, planned: &Planned, policy: &Policy) -> Result<Vec<Found>, Error> {
        let left = std::mem::take(&mut *self.unfinished.lock().unwrap_or_else(PoisonError::into_inner));
        let (mut found, mut kept) = (Vec::new(), Vec::new());
        for entry in left.0 {
            match self.find(&entry, planned).await? {
                Some((place, adopted)) => found.push(Found { place, entry, adopted }),
                // A single command says nothing about the project's steps.
                None if policy.kind == "exec" || is_left_out(&entry, planned) => kept.push(entry),
                None => self.discard(&entry).await?,
            }
        }
        // How a command ended that is gone on with is forgotten when that is recorded, not before.
        if found.is_empty() && kept.is_empty() {
            self.executors.tidy().await;
        }
        self.unfinished.lock().unwrap_or_else(PoisonError::into_inner).0 = kept;
        Ok(found)
    }

    /// The place in the plan of what this entry did, if the plan wants the same from the same inputs, or may yet: what
    /// it read may come out as it was.
    async fn find(&self, entry: &Entry, planned: &Planned) -> Result<Option<(usize, Adopted)>, Error> {
        let node = entry.node.parse::<Node>().ok();
        let is_it = |action: &plan::Action| {
            matches!(action.id.verb, Verb::Run | Verb::Train) && node.as_ref() == Some(&action.id.node)
        };

        let Some(place) = planned.plan.actions.iter().position(is_it) else { return Ok(None) };
        let action = &planned.plan.actions[place];
        let known = |(name, input): (&String, &Input)| match input {
            Input::Known(content) => Some((name.clone(), *content)),
            Input::From(_) => None,
        };
        let inputs: Option<BTreeMap<String, Hash>> = action.inputs.iter().map(known).collect();
        if inputs.is_some_and(|inputs| entry.key != Some(key(&action.id.node, &action.fields, &inputs))) {
            return Ok(None);
        }
        let folder = self.store.runs().join(actions::folder_name(&action.id.node, entry.id));
        let Some(attempt) = Attempt::load(&folder).filter(Attempt::may_go_on) else { return Ok(None) };
        let running = self.executors.of(attempt.container).adopt(&attempt.id).await?;
        Ok(running.map(|running| (place, Adopted { attempt, running })))
    }

    /// Leaves it for another pass, or another process.
    pub(super) fn leave(&self, entry: Entry) {
        self.unfinished.lock().unwrap_or_else(PoisonError::into_inner).0.push(entry);
    }

    /// Ends what still runs of it, and takes away what it left half-written.
    pub(super) async fn discard(&self, entry: &Entry) -> Result<(), Error> {
        if let Ok(node) = entry.node.parse() {
            let folder = self.store.runs().join(actions::folder_name(&node, entry.id));
            if let Some(attempt) = Attempt::load(&folder) {
                self.executors.of(attempt.container).discard(&attempt.id).await?;
                actions::clean_up(&self.root, &folder, &attempt)?;
                self.forget_tracked(&attempt.id).await;
            }
        }
        close(&self.store, entry)
    }
}

/// Whether it is done by a command, as far as one may have been started.
fn runs_command(store: &Store, entry: &Entry) -> bool {
    if entry.action.starts_with(Verb::Run.name()) {
        return true;
    }
    let Ok(node) = entry.node.parse() else { return false };
    let folder = store.runs().join(actions::folder_name(&node, entry.id));
    entry.action.starts_with(Verb::Train.name()) && Attempt::load(&folder).is_some()
}

/// Whether the plan is of a part of the project to which this does not belong: a later plan may want it.
fn is_left_out(entry: &Entry, planned: &Planned) -> bool {
    let Ok(node) = entry.node.parse::<Node>() else { return false };
    let spec = &planned.project.spec;
    let is_declared = match &node {
        Node::Model(name) => spec.models.contains_key(name),
        node => spec.steps.contains_key(node.name()),
    };
    is_declared && !planned.desired.nodes.contains_key(&node)
}

fn close(store: &Store, entry: &Entry) -> Result<(), Error> {
    let detail = serde_json::json!({ "message": "the process ended before the action did" });
    store.conclude(entry.id, &Outcome { status: Status::Interrupted, detail }, &[])?;
    Ok(())
}
