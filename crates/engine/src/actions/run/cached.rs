//! Results that are known already: of this store, or of the cache that machines share.
//!
//! A hit is as good as a run: every object of the output is there and whole, and the files are put where the step
//! would have written them.

use std::{fs, path::Path};

use base::Hash;
use spec::{Cache, Step, StepAction};
use store::{Change, Lookup, Shared, SharedObject};

use super::{
    super::{Done, Failure, Turn},
    outputs, report,
};
use crate::{Engine, Error, Event, output::Output, recorded::Left};

/// Where a result was found.
enum Place {
    Here,
    Shared,
}

/// The result of this key, put in place, if it is known and may be used.
pub(super) fn find(engine: &Engine, turn: &Turn, step: &Step, key: &Hash) -> Result<Option<Done>, Failure> {
    if !may_be_taken(step) || turn.action.compels() || has_begun(turn) {
        return Ok(None);
    }
    let Some((output, detail, place)) = known(engine, turn, key)? else { return Ok(None) };
    let Some(loaded) = whole(engine, (turn, step), &output)? else { return Ok(None) };
    let folder = engine.store.runs().join(super::folder_name(&turn.action.id.node, turn.entry));
    outputs::put_in_place(engine, turn, &loaded, &folder)?;
    let left = left(engine, turn, output, &loaded)?;
    let from = match place {
        Place::Here => "as before, from the cache",
        Place::Shared => "from the shared cache",
    };
    let remembered =
        Change::Remember { key: *key, node: turn.action.id.node.to_string(), output, detail: detail.clone() };
    let summary = format!("{from}: {}, {}", outputs::counted(&loaded), output.short());
    let mut detail = detail;
    detail["cached"] = serde_json::json!(match place {
        Place::Here => "here",
        Place::Shared => "shared",
    });
    let mut done = Done::new(output, summary, detail);
    done.left = Some(left);
    if matches!(place, Place::Shared) {
        // The next time it is known here.
        done.changes.push(remembered);
    }
    Ok(Some(done))
}

/// Whether a result of before will do in place of a run. A command without outputs is run for its effect, and a result
/// with a limit to its age does not get younger by being taken.
fn may_be_taken(step: &Step) -> bool {
    let is_made = matches!(step.action, StepAction::Sql { .. }) || !step.writes.is_empty();
    step.cache == Cache::Kept && is_made
}

/// A command that a killed predecessor started is seen to its end.
fn has_begun(turn: &Turn) -> bool {
    turn.adopted.lock().is_ok_and(|adopted| adopted.is_some())
}

fn known(
    engine: &Engine,
    turn: &Turn,
    key: &Hash,
) -> Result<Option<(Hash, serde_json::Value, Place)>, Failure> {
    if let Some(remembered) = engine.store.remembered(key)? {
        return Ok(Some((remembered.output, remembered.detail, Place::Here)));
    }
    let Some(shared) = &engine.shared else { return Ok(None) };
    match shared.get(key, &engine.store) {
        Ok(Lookup::Hit(found)) => Ok(Some((found.output, serde_json::json!({}), Place::Shared))),
        Ok(Lookup::Miss) => Ok(None),
        Ok(Lookup::Damaged { why }) => {
            notice(engine, turn, format!("the shared cache had a damaged result, and is not used: {why}"));
            Ok(None)
        }
        // What others left damaged, or a network disk that is away, costs a run and nothing more.
        Err(error) => {
            notice(engine, turn, format!("the shared cache was not read: {}", base::causes(&error)));
            Ok(None)
        }
    }
}

/// The output, if it is there with every object of it, and is nothing but what the step writes.
fn whole(engine: &Engine, (turn, step): (&Turn, &Step), output: &Hash) -> Result<Option<Output>, Failure> {
    let loaded = match Output::load(&engine.store, output) {
        Ok(loaded) => loaded,
        // A damaged list is as good as none.
        Err(
            Error::Store(store::Error::Missing { .. } | store::Error::Corrupt { .. })
            | Error::Recorded { .. },
        ) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    if let Some(path) = undeclared(step, &loaded) {
        let why = "which the step does not write, and is not used";
        notice(engine, turn, format!("a result in the cache has a file {path:?}, {why}"));
        return Ok(None);
    }
    let bytes = loaded.files.iter().map(|file| file.bytes).sum();
    Ok(outputs::reading(bytes, || is_whole(engine, &loaded))?.then_some(loaded))
}

/// A path that such an output cannot have: whoever can write to the shared cache could name any.
fn undeclared<'a>(step: &Step, output: &'a Output) -> Option<&'a str> {
    let is_its = |path: &str| {
        let is_within = step.writes.iter().any(|written| Path::new(path).starts_with(written));
        is_within && outputs::is_plain(path)
    };
    let written = output.files.iter().map(|file| file.path.as_str()).find(|path| !is_its(path));
    let parts = output.data.iter().flat_map(|manifest| &manifest.parts).map(|part| part.relative.as_str());
    written.or_else(|| parts.into_iter().find(|path| !outputs::is_plain(path)))
}

fn is_whole(engine: &Engine, output: &Output) -> Result<bool, Failure> {
    let sized: Vec<_> = output.files.iter().map(|file| (file.hash, file.bytes)).collect();
    if !engine.store.lacking(&sized)?.is_empty() {
        return Ok(false);
    }
    for hash in output.objects() {
        match engine.store.verify(&hash) {
            Ok(()) => {}
            Err(store::Error::Missing { .. } | store::Error::Corrupt { .. }) => return Ok(false),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(true)
}

/// Adds to a result what makes it found again.
pub(super) fn remember(engine: &Engine, turn: &Turn, step: &Step, key: Hash, mut done: Done) -> Done {
    if !may_be_taken(step) {
        return done;
    }
    let node = turn.action.id.node.to_string();
    let (output, detail) = (done.output, done.detail.clone());
    done.changes.push(Change::Remember { key, node, output, detail });
    let pushes = turn.project.spec.cache.as_ref().is_some_and(|cache| cache.push);
    if let (Some(shared), true, Some(left)) = (&engine.shared, pushes, &done.left) {
        report(engine, &turn.action.id, "sharing the result");
        let object = |(hash, bytes): &(Hash, u64)| SharedObject { hash: *hash, bytes: *bytes };
        let entry = Shared { output, objects: left.objects.iter().map(object).collect() };
        if let Err(error) = shared.put(&key, &entry, &engine.store) {
            notice(engine, turn, format!("the result was not shared: {}", base::causes(&error)));
        }
    }
    done
}

/// What there is to look at when the next plan asks whether the result is still there.
pub(super) fn left(engine: &Engine, turn: &Turn, output: Hash, loaded: &Output) -> Result<Left, Failure> {
    let mut objects = Vec::new();
    for hash in loaded.objects().into_iter().chain([output]) {
        let path = engine.store.path(&hash)?;
        let bytes = fs::metadata(&path).map_err(Error::io("read", &path))?.len();
        objects.push((hash, bytes));
    }
    Ok(Left { objects, written: outputs::written(&turn.project.root, loaded) })
}

pub(super) fn notice(engine: &Engine, turn: &Turn, text: String) {
    engine.tell(&Event::Notice { action: turn.action.id.clone(), text });
}
