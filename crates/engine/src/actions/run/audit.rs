//! What a command read and wrote without saying so in the project file.

use std::path::{Component, Path, PathBuf};

use spec::{Input, Step};

use super::{
    super::{Failure, Turn},
    workplace::Workplace,
};
use crate::STORE_DIRECTORY;

/// How many of a kind are named.
const NAMED: usize = 20;

/// A sentence for each file of the project that the traced command read or wrote undeclared, with the line to add.
pub(super) fn undeclared(
    turn: &Turn,
    (step, workplace): (&Step, &Workplace),
    trace: &Path,
) -> Result<Vec<String>, Failure> {
    let accesses = executor::audit::read(trace, &workplace.place).map_err(|error| Failure::of(&error))?;
    let inside = |path: &PathBuf| inside(path, &workplace.place);
    let node = &turn.action.id.node;
    let mut sentences = Vec::new();
    let written: Vec<String> = accesses.written.iter().filter_map(inside).collect();
    let reads = accesses.read.iter().filter_map(inside).filter(|path| !written.contains(path));
    let reads = reads.filter(|path| is_file(&workplace.place, path) && !is_read(turn, step, path));
    for path in reads.take(NAMED) {
        let list = list(&declared_reads(step), &path);
        sentences.push(format!("{node} reads `{path}` undeclared: a change of it goes unnoticed; write {list}"));
    }
    let writes = written.iter().filter(|path| is_file(&workplace.place, path) && !is_written(step, path));
    for path in writes.take(NAMED) {
        let list = list(&step.writes, path).replace("reads", "writes");
        sentences.push(format!("{node} writes `{path}` undeclared: it is not kept; write {list}"));
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

fn is_file(place: &Path, path: &str) -> bool {
    place.join(path).is_file()
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
        Input::Data(name) => turn.project.spec.data.get(name).is_some_and(|data| below(&data.source)),
        Input::Trigger(_) => false,
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
fn list(declared: &[String], path: &str) -> String {
    let quoted: Vec<_> = declared.iter().map(String::as_str).chain([path]).map(|item| format!("{item:?}")).collect();
    format!("reads = [{}]", quoted.join(", "))
}
