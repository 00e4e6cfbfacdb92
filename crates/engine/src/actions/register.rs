//! `register model.x`: the candidate becomes an immutable version with its lineage, and the challenger.

use std::{fs, path::Path};

use base::Hash;
use store::{Author, Change, NewVersion, Store};

use super::{Done, Failure, Turn, clear};
use crate::{
    Engine, Error, lineage,
    recorded::{challenger, champion},
    status::model_directory,
};

pub(crate) fn perform(engine: &Engine, turn: &Turn) -> Result<Done, Failure> {
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
    if registered.is_none() || !directory.exists() {
        lay_out(&engine.store, &candidate, &directory)?;
    }
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

/// Writes a copy for people and other tools; the store's own objects have no names.
///
/// It is made among the store's temporary files, which the next start sweeps, and takes the place of
/// what a process left that was killed before it recorded this number.
fn lay_out(store: &Store, candidate: &Hash, directory: &Path) -> Result<(), Failure> {
    let made = store.temporary();
    store.materialise_tree(candidate, made.path())?;
    clear(directory)?;
    let parent = directory.parent().unwrap_or(directory);
    fs::create_dir_all(parent).map_err(Error::io("create", parent))?;
    fs::rename(made.path(), directory).map_err(Error::io("write", directory))?;
    let synced = fs::File::open(parent).and_then(|parent| parent.sync_all());
    Ok(synced.map_err(Error::io("sync", parent))?)
}
