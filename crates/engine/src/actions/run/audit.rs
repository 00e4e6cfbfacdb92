//! What a command read and wrote without saying so in the project file.

use std::{
    collections::BTreeSet,
    fs,
    path::{Component, Path, PathBuf},
};

use spec::{Input, Step};

use super::{
    super::{Failure, Turn},
    workplace::Workplace,
};
use crate::{Error, STORE_DIRECTORY, observe::data_source};

/// How many of a kind are named.
const NAMED: usize = 20;

/// A sentence for each file of the project that the traced command read or wrote undeclared, with the line to add.
/// The trace is gone then: it tells more than anyone needs to keep.
pub(super) fn undeclared(
    turn: &Turn,
    (step, workplace): (&Step, &Workplace),
    trace: &Path,
) -> Result<Vec<String>, Failure> {
    let accesses = executor::audit::read(trace, &workplace.place);
    let removed = fs::remove_file(trace);
    let accesses = accesses.map_err(|error| Failure::of(&error))?;
    removed.map_err(Error::io("remove", trace))?;
    // A working copy is no wall: its command may reach into the project.
    let (place, root) = (&workplace.place, &turn.project.root);
    let inside = |path: &PathBuf| inside(path, place).or_else(|| inside(path, root));
    let is_file = |path: &String| place.join(path).is_file() || root.join(path).is_file();
    let sources = sources(turn, step);
    let mut sentences = Vec::new();
    let written: Vec<String> = accesses.written.iter().filter_map(inside).collect();
    let reads = accesses.read.iter().filter_map(inside).filter(|path| !written.contains(path));
    let reads = reads.filter(|path| is_file(path) && !sources.contains(path) && !is_read(turn, step, path));
    let reads: Vec<String> = reads.take(NAMED).collect();
    let all = list("reads", &declared_reads(step), &reads);
    for path in &reads {
        sentences.push(format!("it reads `{path}` undeclared: a change of it goes unnoticed; write {all}"));
    }
    let writes = written.into_iter().filter(|path| is_file(path) && !is_written(step, path));
    let writes: Vec<String> = writes.take(NAMED).collect();
    let all = list("writes", &step.writes, &writes);
    for path in &writes {
        sentences.push(format!("it writes `{path}` undeclared: it is not kept; write {all}"));
    }
    Ok(sentences)
}

/// The path from the project's directory, unless it is outside or nobody's business.
fn inside(path: &Path, place: &Path) -> Option<String> {
    let path = path.strip_prefix(place).ok()?;
    let is_hidden = |part: Component<'_>| {
        let name = part.as_os_str();
        name == STORE_DIRECTORY || name == ".git" || name == "__pycache__"
    };
    if path.components().any(is_hidden) {
        return None;
    }
    path.to_str().map(str::to_owned)
}

/// The files of the data sets that the step reads: a source may be a glob.
fn sources(turn: &Turn, step: &Step) -> BTreeSet<String> {
    let mut sources = BTreeSet::new();
    for input in &step.reads {
        let Input::Data(name) = input else { continue };
        let Some(data) = turn.project.spec.data.get(name) else { continue };
        // One that cannot be listed has no files.
        let files = data::files(&data_source(&turn.project, data)).unwrap_or_default();
        sources.extend(files.into_iter().map(|file| file.relative));
    }
    sources
}

/// Whether the step declares it, or the step that made it.
fn is_read(turn: &Turn, step: &Step, path: &str) -> bool {
    let below = |declared: &String| Path::new(path).starts_with(declared);
    let made = |name: &base::Name| {
        let maker = turn.project.spec.steps.get(name);
        maker.is_some_and(|maker| maker.writes.iter().any(below))
    };
    step.reads.iter().any(|input| match input {
        Input::File(file) => below(file),
        Input::Step(name) => made(name),
        Input::Data(_) | Input::Trigger(_) => false,
    })
}

fn is_written(step: &Step, path: &str) -> bool {
    step.writes.iter().any(|declared| Path::new(path).starts_with(declared))
}

fn declared_reads(step: &Step) -> Vec<String> {
    let spelled = |input: &Input| match input {
        Input::Data(name) => format!("data.{name}"),
        Input::Step(name) => format!("step.{}", name.group().unwrap_or(name.as_str())),
        Input::Trigger(name) => format!("trigger.{name}"),
        Input::File(file) => file.clone(),
    };
    let mut spelled: Vec<_> = step.reads.iter().map(spelled).collect();
    spelled.dedup();
    spelled
}

/// `reads = ["data.flights", "features.py"]`
fn list(field: &str, declared: &[String], more: &[String]) -> String {
    let quoted: Vec<_> = declared.iter().chain(more).map(|item| format!("{item:?}")).collect();
    format!("{field} = [{}]", quoted.join(", "))
}
