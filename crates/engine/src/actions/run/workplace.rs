//! Where a command works: in the project itself, or in a copy of what it declares to read.

use std::{
    fs,
    path::{Path, PathBuf},
};

use spec::{Input, Isolation, Step};

use super::{
    super::{Failure, Turn},
    folder::{self, Attempt},
    inputs::{self, Given, LaidOut},
    outputs,
};
use crate::{Engine, Error, observe::content};

/// A place to work in, and what is known of it.
pub(super) struct Workplace {
    /// The run's folder.
    pub(super) folder: PathBuf,
    /// The directory that the command starts in.
    pub(super) place: PathBuf,
    pub(super) variables: Vec<(String, PathBuf)>,
    pub(super) attempt: Attempt,
}

impl Workplace {
    /// Makes everything ready for a command.
    pub(super) fn prepare(engine: &Engine, turn: &Turn, step: &Step) -> Result<Self, Failure> {
        let name = folder::name(&turn.action.id.node, turn.entry);
        let folder = engine.store.runs().join(&name);
        fs::create_dir_all(&folder).map_err(Error::io("create", &folder))?;
        let laid_out = inputs::lay_out(engine, turn, step, &folder)?;
        let mut attempt = Attempt::first(&name, step.image.is_some());
        attempt.guarded.clone_from(&laid_out.guarded);
        for input in step.inputs() {
            if let Input::File(file) = input {
                attempt.reads.insert(file.clone(), turn.input(file)?);
            }
        }
        as_planned(engine, turn, &attempt, "since the plan was made")?;
        let place = match step.isolation {
            Isolation::Place => {
                make_room(turn, step, &folder, &mut attempt)?;
                turn.project.root.clone()
            }
            Isolation::Copy => copy(engine, turn, &laid_out, (step, &folder))?,
        };
        Ok(Self { folder, place, variables: laid_out.variables, attempt })
    }

    /// The one in which a command was found running.
    pub(super) fn found(
        engine: &Engine,
        turn: &Turn,
        step: &Step,
        attempt: Attempt,
    ) -> Result<Self, Failure> {
        let folder = engine.store.runs().join(folder::name(&turn.action.id.node, turn.entry));
        // Another attempt is to find what the first one found.
        let variables = inputs::lay_out(engine, turn, step, &folder)?.variables;
        let place = match step.isolation {
            Isolation::Place => turn.project.root.clone(),
            Isolation::Copy => folder.join(folder::COPY),
        };
        Ok(Self { folder, place, variables, attempt })
    }

    /// Takes away what an attempt left that failed, so that it is not taken for what the next one writes.
    pub(super) fn clear_outputs(&self, step: &Step) -> Result<(), Failure> {
        for written in &step.writes {
            folder::clear(&self.place.join(written))?;
        }
        Ok(())
    }

    /// Refuses the result when what the command read was changed under it, by itself or by others.
    pub(super) fn unaltered(&self, engine: &Engine, turn: &Turn) -> Result<(), Failure> {
        inputs::unaltered(engine, &self.attempt.guarded)?;
        as_planned(engine, turn, &self.attempt, "while it ran")
    }
}

/// Refuses files that are no longer those of the plan.
fn as_planned(engine: &Engine, turn: &Turn, attempt: &Attempt, when: &str) -> Result<(), Failure> {
    for (file, then) in &attempt.reads {
        let now = content(&turn.project.root.join(file), &engine.store)?;
        if now != Some(*then) {
            let what = if now.is_none() { "is gone" } else { "changed" };
            return Err(Failure::failed(format!("`{file}` {what} {when}; the next plan takes it as it is")));
        }
    }
    Ok(())
}

/// Clears the way for outputs: what is there is moved into the run's folder. What is going to be moved is noted first,
/// so that it comes back whenever this ends.
fn make_room(turn: &Turn, step: &Step, folder: &Path, attempt: &mut Attempt) -> Result<(), Failure> {
    let root = &turn.project.root;
    for written in &step.writes {
        outputs::stays_inside(root, written)?;
        if fs::symlink_metadata(root.join(written)).is_err() {
            continue;
        }
        if outputs::is_ours(turn, written) {
            attempt.known.push(written.clone());
        }
        attempt.replaced.push(written.clone());
    }
    attempt.writes.clone_from(&step.writes);
    if attempt.replaced.is_empty() {
        return Ok(());
    }
    attempt.save(folder)?;
    for written in &attempt.replaced {
        if let Err(error) = folder::set_aside(&root.join(written), written, folder) {
            folder::clean_up(root, folder, attempt)?;
            return Err(error.into());
        }
    }
    Ok(())
}

/// A directory with the declared files, and those of the steps that are read, at the paths that they have in the project.
fn copy(
    engine: &Engine,
    turn: &Turn,
    laid_out: &LaidOut,
    (step, folder): (&Step, &Path),
) -> Result<PathBuf, Failure> {
    let place = folder.join(folder::COPY);
    fs::create_dir_all(&place).map_err(Error::io("create", &place))?;
    for input in step.inputs() {
        if let Input::File(file) = input {
            copy_all(&turn.project.root.join(file), &place.join(file))?;
        }
    }
    for Given { path, hash, executable } in &laid_out.of_steps {
        let (object, copy) = (engine.store.path(hash)?, place.join(path));
        copy_file(&object, &copy)?;
        if *executable {
            outputs::permit(&copy, true)?;
        }
    }
    for written in &step.writes {
        if let Some(parent) = place.join(written).parent() {
            fs::create_dir_all(parent).map_err(Error::io("create", parent))?;
        }
    }
    Ok(place)
}

fn copy_all(from: &Path, to: &Path) -> Result<(), Failure> {
    if !from.is_dir() {
        return copy_file(from, to);
    }
    for entry in fs::read_dir(from).map_err(Error::io("read", from))? {
        let entry = entry.map_err(Error::io("read", from))?;
        copy_all(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

/// The copy is the command's own to write to.
fn copy_file(from: &Path, to: &Path) -> Result<(), Failure> {
    let parent = to.parent().unwrap_or(to);
    fs::create_dir_all(parent).map_err(Error::io("create", parent))?;
    fs::copy(from, to).map_err(Error::io("copy", from))?;
    let mode = fs::metadata(from).map_err(Error::io("read", from))?.permissions();
    let writable =
        std::os::unix::fs::PermissionsExt::from_mode(std::os::unix::fs::PermissionsExt::mode(&mode) | 0o200);
    fs::set_permissions(to, writable).map_err(Error::io("write", to))?;
    Ok(())
}
