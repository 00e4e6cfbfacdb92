//! What a step wrote: taken into the store whole, or put back where it belongs.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use data::Part;
use spec::Step;

use super::{
    super::{Failure, Turn},
    folder,
};
use crate::{
    Engine, Error,
    output::{Output, OutputFile},
    recorded::Written,
};

/// Takes what the step declared to write into the store. `place` is the directory it worked in.
pub(super) async fn collect(engine: &Engine, place: &Path, step: &Step) -> Result<Output, Failure> {
    let mut files = Vec::new();
    for declared in &step.writes {
        for (relative, path) in declared_files(place, declared)? {
            let hash = engine.store.put_file(&path)?;
            let found = fs::metadata(&path).map_err(Error::io("read", &path))?;
            let executable = found.permissions().mode() & 0o100 != 0;
            files.push(OutputFile { path: relative, bytes: found.len(), hash, executable });
        }
    }
    files.sort_by(|one, other| one.path.cmp(&other.path));
    let data = rows(engine, &files).await?;
    Ok(Output { version: Output::VERSION, files, data, skipped: false })
}

fn declared_files(place: &Path, declared: &str) -> Result<Vec<(String, PathBuf)>, Failure> {
    let path = place.join(declared);
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
    listed(declared, &path)
}

/// The files at a declared path, with their names from the project's directory.
fn listed(declared: &str, path: &Path) -> Result<Vec<(String, PathBuf)>, Failure> {
    if path.is_file() {
        return Ok(vec![(declared.to_owned(), path.to_owned())]);
    }
    if !path.is_dir() {
        return Err(Failure::failed(format!(
            "it wrote `{declared}`, which is neither a file nor a directory; write a file"
        )));
    }
    let mut found = Vec::new();
    let entries = fs::read_dir(path).map_err(Error::io("read", path))?;
    for entry in entries {
        let entry = entry.map_err(Error::io("read", path))?;
        let file_name = entry.file_name();
        let Some(file_name) = file_name.to_str() else {
            return Err(Failure::failed(format!(
                "it wrote {:?} in `{declared}`, whose name is not UTF-8; give it another",
                entry.file_name()
            )));
        };
        let name = format!("{declared}/{file_name}");
        if entry.file_type().map_err(Error::io("read", path))?.is_symlink() {
            return Err(Failure::failed(format!(
                "it wrote the link `{name}`; write a file, since links do not travel"
            )));
        }
        found.extend(listed(&name, &entry.path())?);
    }
    Ok(found)
}

/// What the files hold, when they are data of one format.
async fn rows(engine: &Engine, files: &[OutputFile]) -> Result<Option<data::Manifest>, Failure> {
    let mut parts = Vec::new();
    for file in files.iter().filter(|file| data_format(&file.path).is_some()) {
        let path = engine.store.path(&file.hash)?;
        parts.push(Part { path, relative: file.path.clone(), bytes: file.bytes, hash: file.hash });
    }
    let Some(format) = parts.first().and_then(|part| data_format(&part.relative)) else { return Ok(None) };
    if parts.iter().any(|part| data_format(&part.relative) != Some(format)) {
        return Ok(None);
    }
    Ok(Some(data::inspect(&parts, Some(format), data::Window::default()).await?))
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

/// Writes the files of an output where the step declares them, each whole or not at all. What lies there and is not
/// as the step left it is kept in the run's folder.
pub(super) fn put_in_place(
    engine: &Engine,
    turn: &Turn,
    output: &Output,
    folder: &Path,
) -> Result<(), Failure> {
    let root = &turn.project.root;
    for stale in
        turn.earlier.iter().filter(|written| !output.files.iter().any(|file| file.path == written.path))
    {
        if stale.is_untouched(root) {
            folder::clear(&root.join(&stale.path))?;
        }
    }
    for file in &output.files {
        if is_in_place(turn, file) {
            continue;
        }
        let path = root.join(&file.path);
        stays_inside(root, &file.path)?;
        let parent = path.parent().unwrap_or(root);
        fs::create_dir_all(parent).map_err(Error::io("create", parent))?;
        let temporary = engine.store.temporary();
        let object = engine.store.path(&file.hash)?;
        fs::copy(&object, temporary.path()).map_err(Error::io("copy", &object))?;
        permit(temporary.path(), file.executable)?;
        if fs::symlink_metadata(&path).is_ok() && !is_ours(turn, &file.path) {
            folder::set_aside(&path, &file.path, folder)?;
        }
        fs::rename(temporary.path(), &path).map_err(Error::io("write", &path))?;
    }
    Ok(())
}

/// Lets everyone read a file and its owner write it, and everyone run it if it is a program.
pub(super) fn permit(path: &Path, executable: bool) -> Result<(), Error> {
    let mode = if executable { 0o755 } else { 0o644 };
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).map_err(Error::io("write", path))
}

/// Whether the file that is there is this one: the step left it, and nobody has touched it since.
fn is_in_place(turn: &Turn, file: &OutputFile) -> bool {
    let is_it = |written: &&Written| written.path == file.path && written.hash == file.hash;
    turn.earlier.iter().find(is_it).is_some_and(|written| written.is_untouched(&turn.project.root))
}

/// Whether what is at this path is what the step left there when it last ran, so that the store has it.
pub(super) fn is_ours(turn: &Turn, path: &str) -> bool {
    let root = &turn.project.root;
    let below = |written: &&Written| Path::new(&written.path).starts_with(path);
    let left: Vec<_> = turn.earlier.iter().filter(below).collect();
    let found = listed(path, &root.join(path)).map_or(0, |files| files.len());
    found == left.len() && left.iter().all(|written| written.is_untouched(root))
}

/// Refuses a path that leads out of the project through a link.
pub(super) fn stays_inside(root: &Path, written: &str) -> Result<(), Failure> {
    let path = root.join(written);
    let nearest = path.ancestors().skip(1).find_map(|parent| parent.canonicalize().ok());
    if nearest.is_none_or(|parent| parent.starts_with(root)) {
        return Ok(());
    }
    Err(Failure::failed(format!("`{written}` leads out of the project through a link; write elsewhere")))
}

/// The files of an output as they lie in the project.
pub(super) fn written(root: &Path, output: &Output) -> Vec<Written> {
    output.files.iter().filter_map(|file| Written::of(root, &file.path, file.hash)).collect()
}

/// `77,809 rows, 1 file`
pub(super) fn counted(output: &Output) -> String {
    let rows = output.data.as_ref().map(|manifest| format!("{} rows", base::grouped(manifest.rows)));
    let files = match output.files.len() {
        0 => None,
        1 => Some("1 file".to_owned()),
        count => Some(format!("{} files", base::grouped(count as u64))),
    };
    let said: Vec<_> = rows.into_iter().chain(files).collect();
    if said.is_empty() { "no files".to_owned() } else { said.join(", ") }
}
