//! `run step.x`: a command in any language, or a query. What it declares to write becomes the output.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use data::Part;
use spec::{Input, StepAction};

use super::{Done, Failure, Turn, report, sql};
use crate::{
    Engine, Error,
    observe::content,
    output::{Output, OutputFile},
    shell::{Command, Ended, run},
};

pub(crate) async fn perform(engine: &Engine, turn: &Turn<'_>) -> Result<Done, Failure> {
    let name = turn.action.id.node.name();
    let Some(step) = turn.project.spec.steps.get(name) else {
        return Err(Failure::failed(format!("step.{name} is not in the project")));
    };
    match &step.action {
        StepAction::Sql { query } => tokio::select! {
            done = sql::perform(engine, turn, step, query) => done,
            () = engine.settings.cancel.cancelled() => Err(Failure::Interrupted),
        },
        StepAction::Run { command } => shell(engine, turn, step, command).await,
    }
}

async fn shell(engine: &Engine, turn: &Turn<'_>, step: &spec::Step, command: &str) -> Result<Done, Failure> {
    let root = &turn.project.root;
    let folder = run_folder(engine, turn)?;
    let environment = lay_out_inputs(engine, turn, step, &folder)?;
    unchanged(engine, turn, step)?;
    for path in &step.writes {
        set_aside(root, path, &folder)?;
    }
    let log = folder.join("log");
    report(engine, &turn.action.id, format!("running; log in {}", shown(root, &log)));
    let command =
        Command { line: command, folder: root, log: &log, environment, timeout: step.timeout.get() };
    let ended = run(command, &engine.settings.cancel).await?;
    let detail = serde_json::json!({ "log": shown(root, &log) });
    if let Some(message) = failure(&ended, step.timeout.get()) {
        let tail = if ended.tail.is_empty() { "it printed nothing".to_owned() } else { ended.tail };
        let message = format!("{message}; last output:\n{tail}\nthe whole log is in {}", shown(root, &log));
        return Err(Failure::Failed { message, detail });
    }
    let output = collect(engine, root, step).await?;
    let rows = output
        .data
        .as_ref()
        .map(|manifest| format!("{} rows, ", base::grouped(manifest.rows)))
        .unwrap_or_default();
    let files = output.files.len();
    let output = output.keep(&engine.store)?;
    let files = if files == 1 { "1 file".to_owned() } else { format!("{files} files") };
    let summary = format!("{rows}{files}, {}", output.short());
    Ok(Done::new(output, summary, detail))
}

/// Refuses to run on files that are no longer those of the plan.
fn unchanged(engine: &Engine, turn: &Turn<'_>, step: &spec::Step) -> Result<(), Failure> {
    for input in &step.reads {
        let Input::File(file) = input else { continue };
        let now = content(&turn.project.root.join(file), &engine.store)?;
        if now != Some(turn.input(file)?) {
            let message =
                format!("`{file}` changed since the plan was made; the next plan takes it as it is");
            return Err(Failure::failed(message));
        }
    }
    Ok(())
}

/// Moves what is at an output's path into the run's folder, so that an old output is not taken for
/// a new one, and nothing is lost if it was not ours.
fn set_aside(root: &Path, written: &str, folder: &Path) -> Result<(), Failure> {
    let path = root.join(written);
    let parent = path.parent().unwrap_or(root);
    if let Ok(parent) = parent.canonicalize()
        && !parent.starts_with(root)
    {
        return Err(Failure::failed(format!(
            "`{written}` leads out of the project through a link; write elsewhere"
        )));
    }
    if fs::symlink_metadata(&path).is_err() {
        return Ok(());
    }
    let aside = folder.join("replaced").join(written);
    let into = aside.parent().unwrap_or(folder);
    fs::create_dir_all(into).map_err(Error::io("create", into))?;
    fs::rename(&path, &aside).map_err(Error::io("move aside the earlier", &path))?;
    Ok(())
}

fn failure(ended: &Ended, timeout: Duration) -> Option<String> {
    if ended.timed_out {
        let limit = base::Span::from(timeout);
        return Some(format!("it did not end within {limit} and was killed; mend it or raise `timeout`"));
    }
    (!ended.status.success()).then(|| format!("it ended with {}", ended.status))
}

/// A folder of this run's own, for its log and its inputs.
fn run_folder(engine: &Engine, turn: &Turn<'_>) -> Result<PathBuf, Failure> {
    let started = engine.settings.clock.now().micros();
    let folder = engine.store.runs().join(format!("{}-{started}", turn.action.id.node.name()));
    fs::create_dir_all(&folder).map_err(Error::io("create", &folder))?;
    Ok(folder)
}

/// Links each data set and step output that is read below the run's folder, and says where in
/// `KAIZEN_INPUT_<NAME>`: a file when it is one, else a directory.
fn lay_out_inputs(
    engine: &Engine,
    turn: &Turn<'_>,
    step: &spec::Step,
    folder: &Path,
) -> Result<Vec<(String, PathBuf)>, Failure> {
    let mut environment = Vec::new();
    for input in &step.reads {
        let node = match input {
            Input::Data(name) => plan::Node::Data(name.clone()),
            Input::Step(name) => plan::Node::Step(name.clone()),
            Input::File(_) => continue,
        };
        let output = Output::load(&engine.store, &turn.input(&node.to_string())?)?;
        let files = input_files(&output);
        let base = folder.join("inputs").join(node.name().as_str());
        let mut only = None;
        for (relative, hash) in &files {
            let path = base.join(inside(relative));
            let parent = path.parent().unwrap_or(&base);
            fs::create_dir_all(parent).map_err(Error::io("create", parent))?;
            let object = engine.store.path(hash)?;
            std::os::unix::fs::symlink(&object, &path).map_err(Error::io("link", &path))?;
            only = Some(path);
        }
        let place = if files.len() == 1 { only.unwrap_or(base) } else { base };
        let variable = node.name().as_str().to_uppercase().replace('-', "_");
        environment.push((format!("KAIZEN_INPUT_{variable}"), place));
    }
    Ok(environment)
}

fn input_files(output: &Output) -> Vec<(&str, base::Hash)> {
    if !output.files.is_empty() {
        return output.files.iter().map(|file| (file.path.as_str(), file.hash)).collect();
    }
    let parts = output.data.iter().flat_map(|manifest| &manifest.parts);
    parts.map(|part| (part.relative.as_str(), part.hash)).collect()
}

/// A source may lie anywhere; what is laid out stays below the folder.
fn inside(relative: &str) -> PathBuf {
    Path::new(relative).components().filter(|part| matches!(part, std::path::Component::Normal(_))).collect()
}

/// Takes away what an earlier run left, so that an old output is not taken for a new one.
pub(super) fn clear(path: &Path) -> Result<(), Failure> {
    let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match removed {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::io("remove the earlier output", path)(error).into())
        }
        _ => Ok(()),
    }
}

/// Takes what the step declared to write into the store.
async fn collect(engine: &Engine, root: &Path, step: &spec::Step) -> Result<Output, Failure> {
    let mut files = Vec::new();
    for declared in &step.writes {
        let path = root.join(declared);
        if path.is_symlink() {
            return Err(Failure::failed(format!(
                "it wrote the link `{declared}`; write a file, since links do not travel"
            )));
        }
        if !path.exists() {
            return Err(Failure::failed(format!(
                "it ended well but did not write `{declared}` as declared in `writes`"
            )));
        }
        for (relative, path) in listed(declared, &path)? {
            let hash = engine.store.put_file(&path)?;
            let bytes = fs::metadata(&path).map_err(Error::io("read", &path))?.len();
            files.push(OutputFile { path: relative, bytes, hash });
        }
    }
    files.sort_by(|one, other| one.path.cmp(&other.path));
    let mut parts = Vec::new();
    for file in &files {
        if data_format(&file.path).is_some() {
            let path = engine.store.path(&file.hash)?;
            parts.push(Part { path, relative: file.path.clone(), bytes: file.bytes, hash: file.hash });
        }
    }
    let format = parts.first().and_then(|part| data_format(&part.relative));
    let one_format = parts.iter().all(|part| data_format(&part.relative) == format);
    let data = match format {
        Some(_) if one_format => Some(data::inspect(&parts, format, data::Window::default()).await?),
        _ => None,
    };
    Ok(Output { version: Output::VERSION, files, data })
}

fn data_format(path: &str) -> Option<data::Format> {
    match Path::new(path).extension()?.to_str()? {
        "parquet" => Some(data::Format::Parquet),
        "csv" => Some(data::Format::Csv),
        "jsonl" | "ndjson" => Some(data::Format::Jsonl),
        "arrow" | "ipc" | "feather" => Some(data::Format::Arrow),
        _ => None,
    }
}

/// The files at a declared path, with their names from the project's directory.
fn listed(declared: &str, path: &Path) -> Result<Vec<(String, PathBuf)>, Failure> {
    if path.is_file() {
        return Ok(vec![(declared.to_owned(), path.to_owned())]);
    }
    let mut found = Vec::new();
    let entries = fs::read_dir(path).map_err(Error::io("read", path))?;
    for entry in entries {
        let entry = entry.map_err(Error::io("read", path))?;
        let name = format!("{declared}/{}", entry.file_name().to_string_lossy());
        if entry.file_type().map_err(Error::io("read", path))?.is_symlink() {
            return Err(Failure::failed(format!(
                "it wrote the link `{name}`; write a file, since links do not travel"
            )));
        }
        found.extend(listed(&name, &entry.path())?);
    }
    Ok(found)
}

fn shown(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).display().to_string()
}
