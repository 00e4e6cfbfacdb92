//! The executables that steps call: which they are, where each is looked up, and what is in it.

use std::{
    collections::BTreeMap,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use base::Hash;
use plan::Fact;
use spec::{EnvValue, Step, StepAction};
use store::Store;

use crate::{Error, Project};

/// An executable as a step calls it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tool<'a> {
    /// Its name, or its path from the project's directory.
    name: &'a str,
    /// Where the step says that it is looked up, if it says so.
    path: Option<&'a EnvValue>,
}

impl Tool<'_> {
    /// The name of the fact. Steps that look up a tool in different places have different ones.
    pub(super) fn fact(&self) -> String {
        let name = self.name;
        match self.path {
            None => format!("tool.{name}"),
            Some(EnvValue::Value(path)) => format!("tool.{name} on PATH {path}"),
            Some(EnvValue::From(variable)) => format!("tool.{name} on PATH env.{variable}"),
            Some(EnvValue::Secret(_)) => format!("tool.{name} on a secret PATH"),
        }
    }
}

/// The executables whose content counts: those that are named, else the one that the command begins with.
///
/// A version given by hand stands for all of them, and what is in an image does not change with this machine.
pub(super) fn of(step: &Step) -> impl Iterator<Item = Tool<'_>> {
    let guessed = match &step.action {
        StepAction::Run { command }
            if step.tools.is_empty() && step.version.is_none() && step.image.is_none() =>
        {
            first_word(command)
        }
        _ => None,
    };
    let path = step.env.get("PATH");
    let named = step.tools.iter().map(String::as_str).chain(guessed);
    // A path is not looked up anywhere.
    named.map(move |name| Tool { name, path: path.filter(|_| !name.contains('/')) })
}

/// The program that a command line plainly begins with; nothing when only a shell could tell.
fn first_word(command: &str) -> Option<&str> {
    let word = command.split_whitespace().next()?;
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "_-+./".contains(letter);
    word.chars().all(is_plain).then_some(word)
}

/// What each executable is now. However many steps call it, it is looked up and read once.
pub(super) fn observe(project: &Project, store: &Store) -> Result<BTreeMap<String, Fact>, Error> {
    let mut tools = BTreeMap::new();
    for step in project.spec.commands() {
        for tool in of(step) {
            let (_, is_named) = tools.entry(tool.fact()).or_insert((tool, false));
            *is_named |= !step.tools.is_empty();
        }
    }
    let places = Places::of(project);
    let observed = |(fact, (tool, is_named))| Ok((fact, executable(tool, is_named, &places, store)?));
    tools.into_iter().map(observed).collect()
}

/// A builtin of the shell has no file; a program that is named and is not there is worth a word before anything runs.
fn executable(tool: Tool<'_>, is_named: bool, places: &Places<'_>, store: &Store) -> Result<Fact, Error> {
    let content = match places.find(tool) {
        Found::File(path) => Ok(store.hash_files(&[&path])?[0]),
        Found::Made => Ok(Hash::of("made by a step")),
        Found::Nowhere if is_named => Err(format!("the tool `{}` it uses is not on the PATH", tool.name)),
        Found::Nowhere => Ok(Hash::of("not a file")),
    };
    Ok(Fact { content, why: None })
}

/// What is found where an executable is looked up.
enum Found {
    File(PathBuf),
    /// It is what a step writes, if it is anything. It counts as an output of that step: before it is made, and after,
    /// the fact is the same.
    Made,
    Nowhere,
}

/// Where executables are looked up.
struct Places<'a> {
    project: &'a Project,
    /// What steps write.
    made: Vec<PathBuf>,
}

impl<'a> Places<'a> {
    fn of(project: &'a Project) -> Self {
        let written = project.spec.steps.values().flat_map(|step| &step.writes);
        Self { project, made: written.map(|path| project.root.join(path)).collect() }
    }

    fn find(&self, tool: Tool<'_>) -> Found {
        let (made, there): (Vec<_>, Vec<_>) =
            self.candidates(tool).into_iter().partition(|path| self.is_made(path));
        match there.into_iter().find(|path| is_program(path)) {
            Some(path) => Found::File(path),
            None if made.is_empty() => Found::Nowhere,
            None => Found::Made,
        }
    }

    fn candidates(&self, tool: Tool<'_>) -> Vec<PathBuf> {
        let root = &self.project.root;
        if tool.name.contains('/') {
            return vec![root.join(tool.name)];
        }
        let path = self.path(tool).unwrap_or_default();
        let folders = path.split(':').filter(|folder| !folder.is_empty());
        // A folder may be named from where the command starts.
        folders.map(|folder| root.join(folder).join(tool.name)).collect()
    }

    fn path(&self, tool: Tool<'_>) -> Option<String> {
        match tool.path {
            None => self.project.variables.get("PATH"),
            Some(EnvValue::Value(path)) => Some(path.clone()),
            Some(EnvValue::From(variable)) => self.project.variables.get(variable),
            // What is not to be known is not looked into.
            Some(EnvValue::Secret(_)) => None,
        }
    }

    fn is_made(&self, path: &Path) -> bool {
        path.starts_with(&self.project.root) && self.made.iter().any(|made| path.starts_with(made))
    }
}

fn is_program(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::first_word;

    #[test]
    fn the_program_of_a_command_is_its_first_word_when_no_shell_is_needed_to_tell() {
        for (command, program) in
            [("  python3 train.py --lr 1", "python3"), ("./run.sh x", "./run.sh"), ("bin/x", "bin/x")]
        {
            assert_eq!(first_word(command), Some(program));
        }
        for command in ["", "$PYTHON train.py", "(cd x; y)", "X=1 python", "\"my tool\" x", "~/run.sh"] {
            assert_eq!(first_word(command), None, "{command}");
        }
    }
}
