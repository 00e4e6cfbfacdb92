//! The last model that a tracked command logged, brought into the run's folder.

use std::{fs, io, path::Path};

use tracking::{
    Tracking,
    artifacts::{Artifacts, Path as Inside, Place},
};

use super::super::Failure;
use crate::{Engine, Error};

/// Directories deeper than this are no model's.
const DEEPEST: usize = 32;

/// Brings the last model of the command that was promised this run into a directory, and says what it is called; nothing
/// when it logged none.
pub(super) async fn fetch(engine: &Engine, run: String, into: &Path) -> Result<Option<String>, Failure> {
    let Some(tracker) = engine.tracker() else { return Ok(None) };
    let into = into.to_owned();
    let look = move || match tracker.tracking() {
        Ok(Some(tracking)) => last(&tracking, &run, &into),
        Ok(None) => Ok(None),
        Err(error) => Err(unread(&error)),
    };
    tokio::task::spawn_blocking(look).await.map_err(|error| Failure::of(&error))?
}

fn unread(error: &dyn std::error::Error) -> Failure {
    Failure::failed(format!("what it logged cannot be read: {}", base::causes(error)))
}

fn last(tracking: &Tracking, run: &str, into: &Path) -> Result<Option<String>, Failure> {
    let Some(model) = tracking.models_of_run(run).map_err(|error| unread(&error))?.pop() else {
        return Ok(None);
    };
    let artifacts = Artifacts::of(tracking.settings());
    let place = artifacts.resolve(&model.info.artifact_uri).map_err(|error| unread(&error))?;
    copy(&place, &Inside::root(), (into, DEEPEST))?;
    Ok(Some(format!("{} ({})", model.info.name, model.info.model_id)))
}

/// Copies a directory; links are not followed, and not copied.
fn copy(place: &Place, inside: &Inside, (into, deepest): (&Path, usize)) -> Result<(), Failure> {
    if deepest == 0 {
        return Err(Failure::failed(format!("the model it logged has directories more than {DEEPEST} deep")));
    }
    fs::create_dir_all(into).map_err(Error::io("create", into))?;
    for entry in place.list(inside).map_err(|error| unread(&error))? {
        let name = Inside::parse(&entry.path).map_err(|error| unread(&error))?;
        let path = inside.join(&name).map_err(|error| unread(&error))?;
        let to = into.join(&entry.path);
        if entry.is_dir {
            copy(place, &path, (&to, deepest - 1))?;
            continue;
        }
        let mut from = place.open(&path).map_err(|error| unread(&error))?.file;
        let mut file = fs::File::create(&to).map_err(Error::io("write", &to))?;
        io::copy(&mut from, &mut file).map_err(Error::io("write", &to))?;
    }
    Ok(())
}
