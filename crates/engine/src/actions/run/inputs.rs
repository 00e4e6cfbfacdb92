//! What a command is given to read: data sets and outputs of steps as links into the store, below the run's folder.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::MetadataExt as _,
    path::{Component, Path, PathBuf},
};

use base::Hash;
use plan::Node;
use spec::{Input, Step};

use super::{
    super::{Failure, Turn},
    folder::Guarded,
};
use crate::{Engine, Error, output::Output};

/// Up to here a file is read each time.
const SMALL: u64 = 1 << 20;

/// What was laid out, and under which variables the command finds it.
#[derive(Default)]
pub(super) struct LaidOut {
    pub(super) variables: Vec<(String, PathBuf)>,
    pub(super) guarded: Vec<Guarded>,
    /// The files of steps that are read.
    pub(super) of_steps: Vec<Given>,
}

/// A file that is given to a command.
#[derive(Debug, Clone)]
pub(super) struct Given {
    /// Its path in the project, or as the source of a data set has it.
    pub(super) path: String,
    pub(super) hash: Hash,
    pub(super) executable: bool,
}

/// Links each data set and step output that is read below the run's folder, and says where in
/// `KAIZEN_INPUT_<NAME>`: a file when it is one, else a directory. The instances of a fan-out share one directory.
pub(super) fn lay_out(engine: &Engine, turn: &Turn, step: &Step, folder: &Path) -> Result<LaidOut, Failure> {
    tell_apart(step)?;
    let mut laid_out = LaidOut::default();
    for input in step.inputs() {
        let node = match input {
            Input::Data(name) => Node::Data(name.clone()),
            Input::Step(name) => Node::Step(name.clone()),
            Input::File(_) | Input::Trigger(_) => continue,
        };
        let output = output(engine, turn, &node)?;
        let files = files(&output);
        let all = folder.join("inputs").join(node.name().group().unwrap_or_default());
        let base = all.join(node.name().as_str());
        for Given { path, hash, .. } in &files {
            let object = link(engine, &base.join(inside(path)), hash)?;
            laid_out.guarded.push(guarded(engine, &node, (hash, &object))?);
        }
        let place = match (node.name().group(), files.as_slice()) {
            (Some(_), _) => all,
            (None, [only]) => base.join(inside(&only.path)),
            (None, _) => base,
        };
        if matches!(node, Node::Step(_)) {
            laid_out.of_steps.extend(files);
        }
        let name = variable(node.name().group().unwrap_or(node.name().as_str()));
        if laid_out.variables.iter().all(|(known, _)| *known != name) {
            laid_out.variables.push((name, place));
        }
    }
    Ok(laid_out)
}

/// The output of a node that is read.
pub(super) fn output(engine: &Engine, turn: &Turn, node: &Node) -> Result<Output, Failure> {
    let hash = turn.input(&node.to_string())?;
    match Output::load(&engine.store, &hash) {
        Err(Error::Store(store::Error::Corrupt { .. })) => Err(damaged(engine, node, &hash)?),
        output => Ok(output?),
    }
}

/// An object that someone changed is not what was recorded: it goes, so that it is made again.
fn damaged(engine: &Engine, node: &Node, hash: &Hash) -> Result<Failure, Failure> {
    engine.store.remove_damaged(hash)?;
    Ok(Failure::failed(format!("its input {node} was damaged in the store; the next run makes it again")))
}

/// Refuses two inputs that one variable would have to name.
fn tell_apart(step: &Step) -> Result<(), Failure> {
    let mut named = BTreeMap::new();
    for input in step.inputs() {
        let (kind, name) = match input {
            Input::Data(name) => ("data", name),
            Input::Step(name) => ("step", name),
            Input::File(_) | Input::Trigger(_) => continue,
        };
        let name = name.group().unwrap_or(name.as_str());
        let (variable, this) = (variable(name), format!("{kind}.{name}"));
        match named.get(&variable) {
            Some(other) if *other != this => {
                let why = format!("its inputs {other} and {this} are both to be found in {variable}");
                return Err(Failure::failed(format!("{why}; rename one of them")));
            }
            _ => drop(named.insert(variable, this)),
        }
    }
    Ok(())
}

fn variable(name: &str) -> String {
    format!("KAIZEN_INPUT_{}", name.to_uppercase().replace('-', "_"))
}

fn files(output: &Output) -> Vec<Given> {
    let given = |path: &String, hash, executable| Given { path: path.clone(), hash, executable };
    if !output.files.is_empty() {
        return output.files.iter().map(|file| given(&file.path, file.hash, file.executable)).collect();
    }
    let parts = output.data.iter().flat_map(|manifest| &manifest.parts);
    parts.map(|part| given(&part.relative, part.hash, false)).collect()
}

/// Links an object; gives back its path.
fn link(engine: &Engine, path: &Path, hash: &Hash) -> Result<PathBuf, Failure> {
    let parent = path.parent().unwrap_or(path);
    fs::create_dir_all(parent).map_err(Error::io("create", parent))?;
    let object = engine.store.path(hash)?;
    match std::os::unix::fs::symlink(&object, path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
            Err(Error::io("link", path)(error).into())
        }
        _ => Ok(object),
    }
}

fn guarded(engine: &Engine, node: &Node, (hash, object): (&Hash, &Path)) -> Result<Guarded, Failure> {
    let (bytes, mtime_ns) = look(object).map_err(Error::io("read", object))?;
    if !is_intact(engine, (hash, object), bytes)? {
        return Err(damaged(engine, node, hash)?);
    }
    Ok(Guarded { of: node.to_string(), hash: *hash, bytes, mtime_ns })
}

/// To read a small object is cheaper than to remember that it was read.
fn is_intact(engine: &Engine, (hash, object): (&Hash, &Path), bytes: u64) -> Result<bool, Failure> {
    if bytes > SMALL {
        return Ok(engine.store.hash_files(&[object])? == [*hash]);
    }
    match engine.store.verify(hash) {
        Ok(()) => Ok(true),
        Err(store::Error::Corrupt { .. }) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn look(object: &Path) -> std::io::Result<(u64, i64)> {
    let found = fs::metadata(object)?;
    Ok((found.len(), found.mtime().saturating_mul(1_000_000_000).saturating_add(found.mtime_nsec())))
}

/// Refuses the result of a command that wrote to what it was given. The damaged object goes: it is made again, and
/// never taken for what it was.
pub(super) fn unaltered(engine: &Engine, guarded: &[Guarded]) -> Result<(), Failure> {
    for Guarded { of, hash, bytes, mtime_ns } in guarded {
        let is_as_it_was = engine.store.path(hash).ok().and_then(|path| look(&path).ok());
        if is_as_it_was == Some((*bytes, *mtime_ns)) || engine.store.verify(hash).is_ok() {
            continue;
        }
        engine.store.remove_damaged(hash)?;
        return Err(Failure::failed(format!(
            "it changed its input {of}, which is made again now; copy an input before you write to it"
        )));
    }
    Ok(())
}

/// A source may lie anywhere; what is laid out stays below the folder.
fn inside(relative: &str) -> PathBuf {
    Path::new(relative).components().filter(|part| matches!(part, Component::Normal(_))).collect()
}

#[cfg(test)]
mod tests {
    use spec::{Input, Step};

    use super::{Failure, tell_apart};

    fn reading(inputs: &[Input]) -> Step {
        Step { reads: inputs.to_vec(), ..Step::command("true") }
    }

    fn data(name: &str) -> Input {
        Input::Data(name.parse().unwrap())
    }

    fn step(name: &str) -> Input {
        Input::Step(name.parse().unwrap())
    }

    #[test]
    fn two_inputs_of_one_variable_are_refused_by_name() {
        for (inputs, names) in [
            ([data("a-b"), step("a_b")], "data.a-b and step.a_b are both to be found in KAIZEN_INPUT_A_B"),
            ([data("a"), data("A")], "data.a and data.A are both to be found in KAIZEN_INPUT_A"),
            ([step("x[1]"), data("x")], "step.x and data.x are both to be found in KAIZEN_INPUT_X"),
        ] {
            let refused = tell_apart(&reading(&inputs));
            let Err(Failure::Failed { message, .. }) = refused else { panic!("{inputs:?} are told apart") };
            assert_eq!(message, format!("its inputs {names}; rename one of them"));
        }
    }

    #[test]
    fn inputs_of_other_variables_and_the_instances_of_a_step_are_not() {
        let inputs = [data("a-b"), step("ab"), step("x[1]"), step("x[2]"), Input::File("a_b".to_owned())];
        assert!(tell_apart(&reading(&inputs)).is_ok());
    }
}
