//! `register model.x`: the candidate becomes an immutable version with its lineage, and the challenger.

use store::{Author, Change, NewVersion};

use super::{Done, Failure, Turn, run::clear};
use crate::{
    Engine, lineage,
    recorded::{challenger, champion},
    status::model_directory,
};

pub(crate) fn perform(engine: &Engine, turn: &Turn<'_>) -> Result<Done, Failure> {
    let node = &turn.action.id.node;
    let model = node.name();
    let candidate = turn.input("candidate")?;
    let verdict = turn.input("verdict")?;
    let lineage = lineage::of(engine, turn)?;
    // Registering the same candidate again gives its number again.
    let known = engine.store.versions(model)?;
    let next = known.last().map_or(1, |last| last.version + 1);
    let registered = known.iter().find(|version| version.key == candidate);
    let number = registered.map_or(next, |version| version.version);
    let directory = model_directory(&engine.store, model, number);
    if registered.is_none() {
        // A process that was killed before it recorded this number may have left another candidate here.
        clear(&directory)?;
    }
    // A copy for people and other tools; the store's own objects have no names.
    engine.store.materialise_tree(&candidate, &directory)?;
    let version = NewVersion {
        model: model.clone(),
        key: candidate,
        artifact: candidate,
        lineage,
        verdict: Some(verdict),
    };
    let mut changes = vec![Change::AddVersion(version)];
    if engine.store.aliases(model)?.get(&champion()) != Some(&number) {
        let by = Author { actor: "training".to_owned(), because: None };
        changes.push(Change::SetAlias { model: model.clone(), alias: challenger(), version: number, by });
    }
    let detail = serde_json::json!({ "version": number });
    let mut done = Done::new(candidate, format!("version {number}"), detail);
    done.changes = changes;
    Ok(done)
}
