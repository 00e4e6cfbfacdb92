//! Results that are known already: of this store, or of the cache that machines share.
//!
//! A hit is as good as a run: every object of the output is there and whole, and the files are put where the step
//! would have written them.

use std::fs;

use base::Hash;
use spec::{Cache, Step};
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
    if step.cache == Cache::Never || turn.action.compels() || has_begun(turn) {
        return Ok(None);
    }
    let Some((output, detail, place)) = known(engine, turn, key)? else { return Ok(None) };
    let Some(loaded) = whole(engine, &output)? else { return Ok(None) };
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

/// The output, if it is there with every object of it.
fn whole(engine: &Engine, output: &Hash) -> Result<Option<Output>, Failure> {
    match Output::load(&engine.store, output) {
        Ok(loaded) => Ok(is_whole(engine, &loaded)?.then_some(loaded)),
        // A damaged list is as good as none.
        Err(
            Error::Store(store::Error::Missing { .. } | store::Error::Corrupt { .. })
            | Error::Recorded { .. },
        ) => Ok(None),
        Err(error) => Err(error.into()),
    }
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
    if step.cache == Cache::Never {
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
