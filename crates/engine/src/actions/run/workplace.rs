//! Where a command works: in the project itself, or in a copy of what it declares to read.

use std::{
    fs,
    path::{Path, PathBuf},
};

use plan::Node;
use spec::{Input, Isolation, Step};

use super::{
    super::{Failure, Turn},
    folder::{self, Attempt},
    inputs::{self, Given, LaidOut},
    outputs::{self, Earlier},
};
use crate::{
    Engine, Error,
    observe::{contents, walk},
};

/// A place to work in, and what is known of it.
pub(super) struct Workplace {
    /// The run's folder.
    pub(super) folder: PathBuf,
    /// The directory that the command starts in.
    pub(super) place: PathBuf,
    pub(super) variables: Vec<(String, PathBuf)>,
    pub(super) attempt: Attempt,
    /// What the place is made of when it is the command's own.
    copied: Option<Copied>,
}

/// What a working copy is made of.
struct Copied {
    root: PathBuf,
    /// The declared files, by their paths in the project.
    declared: Vec<String>,
    /// The files of steps, with the objects that have their content.
    given: Vec<(PathBuf, Given)>,
    writes: Vec<String>,
}

impl Workplace {
    /// Makes everything ready for a command.
    pub(super) fn prepare(engine: &Engine, turn: &Turn, step: &Step) -> Result<Self, Failure> {
        let name = folder::name(&turn.action.id.node, turn.entry);
        let folder = engine.store.runs().join(&name);
        fs::create_dir_all(&folder).map_err(Error::io("create", &folder))?;
        let laid_out = inputs::lay_out(engine, turn, step, &folder)?;
        let mut attempt = Attempt::first(&name, step.image.is_some(), &turn.gpus);
        attempt.guarded.clone_from(&laid_out.guarded);
        for input in step.inputs() {
            if let Input::File(file) = input {
                attempt.reads.insert(file.clone(), turn.input(file)?);
            }
        }
        if step.isolation == Isolation::Place {
            read_in_place(turn, &laid_out, &mut attempt);
        }
        as_planned(engine, turn, &attempt, "since the plan was made")?;
        let copied = Copied::of(engine, turn, &laid_out, step)?;
        let place = place(turn, step, &folder);
        match &copied {
            None => make_room(turn, step, &folder, &mut attempt)?,
            Some(copied) => copied.make(&place)?,
        }
        Ok(Self { folder, place, variables: laid_out.variables, attempt, copied })
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
        let laid_out = inputs::lay_out(engine, turn, step, &folder)?;
        let copied = Copied::of(engine, turn, &laid_out, step)?;
        let place = place(turn, step, &folder);
        Ok(Self { folder, place, variables: laid_out.variables, attempt, copied })
    }

    /// Takes away what an attempt left that failed, so that it is not taken for what the next one writes. A working copy
    /// is made again.
    pub(super) fn clear_outputs(&self, step: &Step) -> Result<(), Failure> {
        folder::clear(&self.folder.join(folder::MODEL))?;
        if let Some(copied) = &self.copied {
            folder::clear(&self.place)?;
            return copied.make(&self.place);
        }
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

fn place(turn: &Turn, step: &Step, folder: &Path) -> PathBuf {
    match step.isolation {
        Isolation::Place => turn.project.root.clone(),
        Isolation::Copy => folder.join(folder::COPY),
    }
}

/// Notes the outputs of steps that a command finds at their paths in the project. One that is not there cannot be read.
fn read_in_place(turn: &Turn, laid_out: &LaidOut, attempt: &mut Attempt) {
    for Given { path, hash, .. } in &laid_out.of_steps {
        let is_there = fs::symlink_metadata(turn.project.root.join(path)).is_ok();
        if is_there && maker(turn, path).is_some() {
            attempt.reads.insert(path.clone(), *hash);
        }
    }
}

/// The step of those that are read that writes to this path.
fn maker(turn: &Turn, path: &str) -> Option<Node> {
    let step = turn.project.spec.steps.get(turn.action.id.node.name())?;
    step.inputs().iter().find_map(|input| {
        let Input::Step(name) = input else { return None };
        let writes = &turn.project.spec.steps.get(name)?.writes;
        let is_its = writes.iter().any(|written| Path::new(path).starts_with(written));
        is_its.then(|| Node::Step(name.clone()))
    })
}

/// Refuses files that are no longer those of the plan, or that the steps made.
fn as_planned(engine: &Engine, turn: &Turn, attempt: &Attempt, when: &str) -> Result<(), Failure> {
    let names = attempt.reads.keys().map(String::as_str);
    let bytes = attempt.guarded.iter().map(|guarded| guarded.bytes).sum();
    let now = outputs::reading(bytes, || contents(&turn.project.root, names, &engine.store))?;
    for (file, then) in &attempt.reads {
        let now = now.get(file).copied().flatten();
        if now != Some(*then) {
            let what = if now.is_none() { "went away" } else { "changed" };
            return Err(Failure::failed(match maker(turn, file) {
                Some(node) => format!("`{file}` of {node} {what} {when}; the next run makes it again"),
                None => format!("`{file}` {what} {when}; the next plan takes it as it is"),
            }));
        }
    }
    Ok(())
}

/// Clears the way for outputs: what is there is moved into the run's folder. What is going to be moved is noted first,
/// so that it comes back whenever this ends.
fn make_room(turn: &Turn, step: &Step, folder: &Path, attempt: &mut Attempt) -> Result<(), Failure> {
    let root = &turn.project.root;
    let earlier = Earlier::of(turn);
    for written in &step.writes {
        outputs::stays_inside(root, written)?;
        let path = root.join(written);
        if fs::symlink_metadata(&path).is_err() {
            let parent = path.parent().unwrap_or(root);
            fs::create_dir_all(parent).map_err(Error::io("create", parent))?;
            continue;
        }
        if earlier.left(written) {
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

impl Copied {
    /// What the command's own directory is made of; nothing when it works in the project.
    fn of(engine: &Engine, turn: &Turn, laid_out: &LaidOut, step: &Step) -> Result<Option<Self>, Failure> {
        if step.isolation == Isolation::Place {
            return Ok(None);
        }
        let declared = |input: &Input| match input {
            Input::File(file) => Some(file.clone()),
            _ => None,
        };
        let declared = step.inputs().iter().filter_map(declared).collect();
        let mut given = Vec::with_capacity(laid_out.of_steps.len());
        for file in &laid_out.of_steps {
            given.push((engine.store.path(&file.hash)?, file.clone()));
        }
        let (root, writes) = (turn.project.root.clone(), step.writes.clone());
        Ok(Some(Self { root, declared, given, writes }))
    }

    /// A directory with the declared files, and those of the steps that are read, at the paths that they have in the
    /// project.
    fn make(&self, place: &Path) -> Result<(), Failure> {
        fs::create_dir_all(place).map_err(Error::io("create", place))?;
        let mut files = Vec::new();
        for declared in &self.declared {
            let gone = || Failure::failed(format!("`{declared}` went away; the next plan takes it as it is"));
            for file in walk(&self.root.join(declared))?.ok_or_else(gone)? {
                let relative = file.strip_prefix(&self.root).unwrap_or(&file).to_owned();
                files.push((file, place.join(relative)));
            }
        }
        for (object, Given { path, .. }) in &self.given {
            outputs::stays_inside(place, path)?;
            files.push((object.clone(), place.join(path)));
        }
        let bytes = files.iter().filter_map(|(from, _)| fs::metadata(from).ok()).map(|file| file.len()).sum();
        outputs::reading(bytes, || files.iter().try_for_each(|(from, to)| copy_file(from, to)))?;
        for (_, Given { path, .. }) in self.given.iter().filter(|(_, given)| given.executable) {
            outputs::permit(&place.join(path), true)?;
        }
        for parent in self.writes.iter().filter_map(|written| Path::new(written).parent()) {
            let parent = place.join(parent);
            fs::create_dir_all(&parent).map_err(Error::io("create", &parent))?;
        }
        Ok(())
    }
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
