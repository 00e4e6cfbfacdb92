//! What a step depends on beside nodes and files: values of the environment, the executables it calls, triggers.
//!
//! They are inputs of `run` under their names (`env.LR`, `tool.python3`, `trigger.nightly`), so that a change of one is
//! a reason like any other.

use std::{
    collections::{BTreeMap, BTreeSet},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use base::Hash;
use plan::Fact;
use spec::{EnvValue, Input, Step, StepAction, When};
use store::Store;

use crate::{Error, Project, triggers};

/// The names of the facts that a step depends on.
pub(crate) fn wanted(step: &Step) -> BTreeSet<String> {
    let mut wanted: BTreeSet<String> = tools(step).map(|tool| format!("tool.{tool}")).collect();
    wanted.extend(variables(step).map(|name| format!("env.{name}")));
    for input in step.inputs() {
        if let Input::Trigger(name) = input {
            wanted.insert(format!("trigger.{name}"));
        }
    }
    wanted
}

/// The executables whose content counts: those that are named, else the one that the command begins with.
///
/// A version given by hand stands for all of them, and what is in an image does not change with this machine.
fn tools(step: &Step) -> impl Iterator<Item = &str> {
    let guessed = match &step.action {
        StepAction::Run { command }
            if step.tools.is_empty() && step.version.is_none() && step.image.is_none() =>
        {
            first_word(command)
        }
        _ => None,
    };
    step.tools.iter().map(String::as_str).chain(guessed)
}

/// The program that a command line plainly begins with; nothing when only a shell could tell.
fn first_word(command: &str) -> Option<&str> {
    let word = command.split_whitespace().next()?;
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "_-+.".contains(letter);
    word.chars().all(is_plain).then_some(word)
}

fn variables(step: &Step) -> impl Iterator<Item = &str> {
    let taken = step.env.values().filter_map(|value| match value {
        EnvValue::From(name) => Some(name.as_str()),
        EnvValue::Value(_) | EnvValue::Secret(_) => None,
    });
    taken.chain(condition(step))
}

/// The variable that decides whether the step runs.
fn condition(step: &Step) -> Option<&str> {
    match &step.when {
        Some(When::Environment { name, .. }) => Some(name),
        _ => None,
    }
}

/// What each fact is now.
pub(crate) fn observe(project: &Project, store: &Store) -> Result<BTreeMap<String, Fact>, Error> {
    let mut facts = BTreeMap::new();
    let mut found = BTreeMap::new();
    for step in project.spec.steps.values() {
        for tool in tools(step) {
            let is_guess = step.tools.is_empty();
            if facts.contains_key(&format!("tool.{tool}")) && is_guess {
                continue;
            }
            let path = found.entry(tool.to_owned()).or_insert_with(|| on_path(tool, project)).clone();
            facts.insert(format!("tool.{tool}"), executable(tool, path, is_guess, store)?);
        }
        for name in variables(step) {
            let is_condition = condition(step) == Some(name);
            facts.insert(format!("env.{name}"), variable(name, is_condition, project));
        }
    }
    facts.extend(triggers::facts(project, store)?);
    Ok(facts)
}

fn variable(name: &str, is_condition: bool, project: &Project) -> Fact {
    let content = match (project.variables.get(name), is_condition) {
        (Some(value), _) => Ok(Hash::of(format!("set to {value}"))),
        (None, true) => Ok(Hash::of("not set")),
        (None, false) => Err(format!("the environment variable {name} it takes is not set")),
    };
    Fact { content, why: None }
}

/// A builtin of the shell has no file; a program that is named and is not there is worth a word before anything runs.
fn executable(tool: &str, path: Option<PathBuf>, is_guess: bool, store: &Store) -> Result<Fact, Error> {
    let content = match path {
        Some(path) => Ok(store.hash_files(&[&path])?[0]),
        None if is_guess => Ok(Hash::of("not a file")),
        None => Err(format!("the tool `{tool}` it uses is not on the PATH")),
    };
    Ok(Fact { content, why: None })
}

fn on_path(tool: &str, project: &Project) -> Option<PathBuf> {
    let is_program = |path: &Path| {
        std::fs::metadata(path).is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
    };
    if tool.contains('/') {
        return Some(project.root.join(tool)).filter(|path| is_program(path));
    }
    let path = project.variables.get("PATH")?;
    let folders = path.split(':').filter(|folder| !folder.is_empty());
    folders.map(|folder| Path::new(folder).join(tool)).find(|path| is_program(path))
}

#[cfg(test)]
mod tests {
    use super::first_word;

    #[test]
    fn the_program_of_a_command_is_its_first_word_when_no_shell_is_needed_to_tell() {
        assert_eq!(first_word("  python3 train.py --lr 1"), Some("python3"));
        for command in ["", "$PYTHON train.py", "(cd x; y)", "X=1 python", "\"my tool\" x", "./run.sh"] {
            assert_eq!(first_word(command), None, "{command}");
        }
    }
}
