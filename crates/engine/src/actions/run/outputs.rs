//! What a step wrote: taken into the store whole, or put back where it belongs.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::{Component, Path, PathBuf},
};

use base::Hash;
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

/// From here on, reading is a matter of milliseconds, for which no other step and no request is to wait.
const LARGE: u64 = 4 << 20;

/// Reads or copies so many bytes, beside the threads that see to everything else when they are many.
pub(super) fn reading<T>(bytes: u64, read: impl FnOnce() -> T) -> T {
    if bytes > LARGE { tokio::task::block_in_place(read) } else { read() }
}

/// Takes what the step declared to write into the store. `place` is the directory it worked in.
pub(super) async fn collect(engine: &Engine, place: &Path, step: &Step) -> Result<Output, Failure> {
    let mut found = Vec::new();
    for declared in &step.writes {
        found.extend(declared_files(place, declared)?);
    }
    let bytes = found.iter().filter_map(|(_, path)| fs::metadata(path).ok()).map(|file| file.len()).sum();
    let mut files = reading(bytes, || taken(engine, found))?;
    files.sort_by(|one, other| one.path.cmp(&other.path));
    let data = rows(engine, &files).await?;
    Ok(Output { version: Output::VERSION, files, data, skipped: false })
}

fn taken(engine: &Engine, found: Vec<(String, PathBuf)>) -> Result<Vec<OutputFile>, Failure> {
    let mut files = Vec::with_capacity(found.len());
    for (relative, path) in found {
        let hash = engine.store.put_file(&path)?;
        let found = fs::metadata(&path).map_err(Error::io("read", &path))?;
        let executable = found.permissions().mode() & 0o100 != 0;
        files.push(OutputFile { path: relative, bytes: found.len(), hash, executable });
    }
    Ok(files)
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
    let wanted: BTreeSet<&str> = output.files.iter().map(|file| file.path.as_str()).collect();
    for stale in turn.earlier.iter().filter(|written| !wanted.contains(written.path.as_str())) {
        if stale.is_untouched(root) {
            folder::clear(&root.join(&stale.path))?;
        }
    }
    let earlier = Earlier::of(turn);
    let lacking: Vec<_> = output.files.iter().filter(|file| !earlier.has_in_place(file)).collect();
    let bytes = lacking.iter().map(|file| file.bytes).sum();
    reading(bytes, || lacking.iter().try_for_each(|file| put(engine, &earlier, file, folder)))
}

fn put(engine: &Engine, earlier: &Earlier<'_>, file: &OutputFile, folder: &Path) -> Result<(), Failure> {
    let path = earlier.root.join(&file.path);
    stays_inside(earlier.root, &file.path)?;
    let parent = path.parent().unwrap_or(earlier.root);
    fs::create_dir_all(parent).map_err(Error::io("create", parent))?;
    let object = engine.store.path(&file.hash)?;
    // Away from the project, where a kill leaves nothing that looks like an output.
    let temporary = engine.store.temporary();
    fs::copy(&object, temporary.path()).map_err(Error::io("copy", &object))?;
    permit(temporary.path(), file.executable)?;
    if let Ok(found) = fs::symlink_metadata(&path) {
        if !earlier.left(&file.path) {
            folder::set_aside(&path, &file.path, folder)?;
        } else if found.is_dir() {
            folder::clear(&path)?;
        }
    }
    Ok(move_path(temporary.path(), &path)?)
}

/// A place on the file system of a path, for what is to appear there whole. It is taken away when it is dropped; what
/// a kill leaves there, the next one for that path takes away.
struct Beside(PathBuf);

impl Beside {
    fn of(path: &Path) -> Result<Self, Error> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let beside = Self(path.with_file_name(format!(".kaizen-{}", Hash::of(name.as_bytes()).short())));
        folder::clear(&beside.0)?;
        Ok(beside)
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        // After the rename there is nothing.
        let _ = folder::clear(&self.0);
    }
}

/// Moves a file or directory, also to another file system. It is there whole or not at all.
pub(super) fn move_path(from: &Path, to: &Path) -> Result<(), Error> {
    match fs::rename(from, to) {
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => move_across(from, to),
        moved => moved.map_err(Error::io("move", from)),
    }
}

fn move_across(from: &Path, to: &Path) -> Result<(), Error> {
    let beside = Beside::of(to)?;
    copy_as_it_is(from, &beside.0).map_err(Error::io("copy", from))?;
    fs::rename(&beside.0, to).map_err(Error::io("write", to))?;
    folder::clear(from)
}

/// Copies with links as links, and with permissions and times, by which what was left is known again.
fn copy_as_it_is(from: &Path, to: &Path) -> io::Result<()> {
    let found = fs::symlink_metadata(from)?;
    if found.is_symlink() {
        return std::os::unix::fs::symlink(fs::read_link(from)?, to);
    }
    if found.is_dir() {
        fs::create_dir(to)?;
        for entry in fs::read_dir(from)? {
            let name = entry?.file_name();
            copy_as_it_is(&from.join(&name), &to.join(&name))?;
        }
        return fs::set_permissions(to, found.permissions());
    }
    if !found.is_file() {
        let why = "is neither a file nor a directory and cannot go to another file system; remove it";
        return Err(io::Error::other(format!("{} {why}", from.display())));
    }
    fs::copy(from, to)?;
    // By its path: a file that may not be written to cannot be opened for it.
    let time = |at: i64, nanoseconds| rustix::fs::Timespec { tv_sec: at, tv_nsec: nanoseconds };
    let times = rustix::fs::Timestamps {
        last_access: time(found.atime(), found.atime_nsec()),
        last_modification: time(found.mtime(), found.mtime_nsec()),
    };
    Ok(rustix::fs::utimensat(rustix::fs::CWD, to, &times, rustix::fs::AtFlags::empty())?)
}

/// Lets everyone read a file and its owner write it, and everyone run it if it is a program.
pub(super) fn permit(path: &Path, executable: bool) -> Result<(), Error> {
    let mode = if executable { 0o755 } else { 0o644 };
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).map_err(Error::io("write", path))
}

/// What the step left in the project when it last ran, by path.
pub(super) struct Earlier<'a> {
    root: &'a Path,
    written: BTreeMap<&'a str, &'a Written>,
}

impl<'a> Earlier<'a> {
    pub(super) fn of(turn: &'a Turn) -> Self {
        let written = turn.earlier.iter().map(|written| (written.path.as_str(), written)).collect();
        Self { root: &turn.project.root, written }
    }

    /// Whether the file that is there is this one: the step left it, and nobody has touched it since.
    fn has_in_place(&self, file: &OutputFile) -> bool {
        let left = self.written.get(file.path.as_str());
        left.is_some_and(|left| left.hash == file.hash && left.is_untouched(self.root))
    }

    /// Whether what is at this path is what the step left there, and nothing else, so that the store has it.
    pub(super) fn left(&self, path: &str) -> bool {
        if self.root.join(path).is_symlink() {
            return false;
        }
        let Ok(found) = listed(path, &self.root.join(path)) else { return false };
        let is_untouched =
            |path: &str| self.written.get(path).is_some_and(|left| left.is_untouched(self.root));
        let below = format!("{path}/");
        let inside = self.written.range(below.as_str()..).take_while(|(left, _)| left.starts_with(&below));
        let left = inside.count() + usize::from(self.written.contains_key(path));
        found.len() == left && found.iter().all(|(path, _)| is_untouched(path))
    }
}

/// Whether the text is a path in its plainest form that leads nowhere but down.
pub(super) fn is_plain(path: &str) -> bool {
    let is_name = |part: &str| !matches!(part, "" | "." | "..") && !part.contains('\0');
    path.split('/').all(is_name)
}

/// Refuses a path that leads out of the directory, by itself or through a link.
pub(super) fn stays_inside(root: &Path, written: &str) -> Result<(), Failure> {
    let leads_out = |how: &str| {
        Err(Failure::failed(format!("`{written}` leads out of the project{how}; write elsewhere")))
    };
    let path = Path::new(written);
    if path.components().any(|part| !matches!(part, Component::Normal(_))) {
        return leads_out("");
    }
    let root = root.canonicalize().map_err(Error::io("read", root))?;
    let parents = path.ancestors().skip(1).map(|parent| root.join(parent));
    for parent in parents.filter(|parent| fs::symlink_metadata(parent).is_ok()) {
        if !parent.canonicalize().is_ok_and(|parent| parent.starts_with(&root)) {
            return leads_out(" through a link");
        }
    }
    Ok(())
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

#[cfg(test)]
mod tests;
