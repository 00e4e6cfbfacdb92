//! What an outcome changes. The one place where recorded state is written.

use base::{Hash, Name, Timestamp};
use rusqlite::Transaction;
use serde::{Deserialize, Serialize};

use crate::{
    Error, NewDelivery, NewVersion, Store, cache, cache::Kept, database::Fault, history, history::Movement,
    nodes, nodes::Facet, outbox, registry,
};

/// One change of the recorded state, made together with the outcome that causes it.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Records what a facet of a node was made from and gave.
    SetNode {
        /// The node, such as `model.late`.
        node: String,
        /// Which of its actions, such as `train`.
        facet: String,
        /// The key of the inputs.
        key: Hash,
        /// The object it gave.
        output: Option<Hash>,
        /// What else to remember.
        detail: serde_json::Value,
    },
    /// Forgets every facet of a node.
    ForgetNode {
        /// The node.
        node: String,
    },
    /// Remembers what came out of these inputs, so that it need not be made again.
    Remember {
        /// The key of the inputs, and of everything else that shapes what comes out.
        key: Hash,
        /// The node that gave it.
        node: String,
        /// The object it gave.
        output: Hash,
        /// What else to remember.
        detail: serde_json::Value,
    },
    /// Registers a version, unless the model has one with the same key.
    AddVersion(NewVersion),
    /// Points an alias of a model at a version.
    SetAlias {
        /// The model.
        model: Name,
        /// The alias, such as `champion`.
        alias: Name,
        /// The version it names from now on.
        version: u64,
        /// Who decided it.
        by: Author,
    },
    /// Takes an alias away.
    RemoveAlias {
        /// The model.
        model: Name,
        /// The alias.
        alias: Name,
        /// Who decided it.
        by: Author,
    },
    /// Makes a service answer from a version.
    SetService {
        /// The service.
        service: Name,
        /// The model.
        model: Name,
        /// The version that answers from now on.
        version: u64,
        /// Who decided it.
        by: Author,
    },
    /// Enqueues an event for a webhook.
    Enqueue(NewDelivery),
    /// Ends a service.
    RemoveService {
        /// The service.
        service: Name,
        /// Who decided it.
        by: Author,
    },
}

/// Who or what decided a change of what serves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Author {
    /// A person, or a part of Kaizen such as `gate`.
    pub actor: String,
    /// The reason given; an override has one.
    pub because: Option<String>,
}

impl Store {
    /// Refuses versions whose artifacts are not whole in the store.
    pub(crate) fn require_objects(&self, changes: &[Change]) -> Result<(), Error> {
        for change in changes {
            let Change::AddVersion(version) = change else { continue };
            for hash in [Some(version.artifact), version.verdict].into_iter().flatten() {
                self.path(&hash)?;
            }
        }
        Ok(())
    }
}

/// Makes the changes in order; returns the numbers of the versions added.
pub(crate) fn apply(
    transaction: &Transaction<'_>,
    now: Timestamp,
    changes: &[Change],
) -> Result<Vec<u64>, Fault> {
    let mut added = Vec::new();
    for change in changes {
        match change {
            Change::SetNode { node, facet, key, output, detail } => {
                let (key, output) = (*key, *output);
                nodes::set(transaction, now, &Facet { node, facet, key, output, detail })?;
            }
            Change::ForgetNode { node } => nodes::forget(transaction, node)?,
            Change::Remember { key, node, output, detail } => {
                cache::set(transaction, now, &Kept { key, node, output, detail })?;
            }
            Change::Enqueue(delivery) => outbox::add(transaction, now, delivery)?,
            Change::AddVersion(version) => added.push(registry::add(transaction, now, version)?),
            Change::SetAlias { model, alias, version, by } => {
                let artifact = registry::artifact(transaction, model, *version)?;
                if registry::set_alias(transaction, model, alias, *version)? {
                    let (model, alias) = (model.clone(), alias.clone());
                    let movement = Movement::AliasSet { model, alias, version: *version, artifact };
                    history::append(transaction, now, by, &movement)?;
                }
            }
            Change::RemoveAlias { model, alias, by } => {
                if registry::remove_alias(transaction, model, alias)? {
                    let (model, alias) = (model.clone(), alias.clone());
                    history::append(transaction, now, by, &Movement::AliasRemoved { model, alias })?;
                }
            }
            Change::SetService { service, model, version, by } => {
                let artifact = registry::artifact(transaction, model, *version)?;
                if registry::set_service(transaction, service, model, *version)? {
                    let (service, model) = (service.clone(), model.clone());
                    let movement = Movement::ServiceSet { service, model, version: *version, artifact };
                    history::append(transaction, now, by, &movement)?;
                }
            }
            Change::RemoveService { service, by } => {
                if registry::remove_service(transaction, service)? {
                    let service = service.clone();
                    history::append(transaction, now, by, &Movement::ServiceRemoved { service })?;
                }
            }
        }
    }
    Ok(added)
}
