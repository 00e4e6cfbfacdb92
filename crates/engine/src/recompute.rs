use base::canonical_json;
use plan::{ActionId, Node, Verb};
use serde::Serialize;
use store::Store;

use crate::{
    Error,
    actions::{TERMS_FILE, VERDICT_FILE, predictions},
    recorded::kept,
};

/// A verdict made again from its stored evidence.
#[derive(Debug, Clone, Serialize)]
pub struct Recomputed {
    /// Whether it has the same bytes as the stored one.
    pub same: bool,
    /// The hash of the stored verdict.
    pub stored: base::Hash,
    /// The hash of the one made now.
    pub now: base::Hash,
}

/// Judges a model's candidate again, from the stored terms and predictions alone.
///
/// # Errors
/// When there is no verdict, or its evidence is no longer whole.
pub fn recompute(store: &Store, node: &Node) -> Result<Recomputed, Error> {
    let none = || Error::Unknown(format!("recompute: {node} has no verdict yet; run `kaizen up` first"));
    let kept = kept(store, &ActionId::new(Verb::Gate, node))?.ok_or_else(none)?;
    let output = kept.record.output().ok_or_else(none)?;
    let evidence = *kept.record.inputs.get("evidence").ok_or_else(none)?;
    let tree = store.tree(&output)?;
    let (terms, verdict) =
        (tree.file(TERMS_FILE).ok_or_else(none)?, tree.file(VERDICT_FILE).ok_or_else(none)?);
    let what = format!("terms of the verdict on {node}");
    let terms: gate::Terms = serde_json::from_slice(&store.get_bytes(&terms.hash)?)
        .map_err(|source| Error::Recorded { what, source })?;
    let predictions = predictions(store, &evidence, &terms)?;
    let judged = gate::judge(&terms, &predictions).map_err(|error| Error::Model(base::causes(&error)))?;
    let now = base::Hash::of(canonical_json(&judged));
    Ok(Recomputed { same: now == verdict.hash, stored: verdict.hash, now })
}
