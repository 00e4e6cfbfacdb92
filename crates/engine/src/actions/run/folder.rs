//! The folder of a run of a step, below `.kaizen/runs`, and what it says about the command that runs.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use base::Hash;
use plan::Node;
use serde::{Deserialize, Serialize};

use super::outputs::move_path;
use crate::Error;

/// The command of a step as it was started, for whoever finds it after this process was killed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Attempt {
    /// The layout of this record.
    version: u32,
    /// Which attempt it is, from 1.
    pub(crate) number: u32,
    /// What the executor knows it by.
    pub(crate) id: String,
    /// Whether it runs in a container.
    pub(crate) container: bool,
    /// The paths in the project that it writes in place.
    pub(crate) writes: Vec<String>,
    /// Those of them where an output of an earlier run was, which the store has too.
    #[serde(default)]
    pub(crate) known: Vec<String>,
    /// Those of them where anything was, which is moved aside before the command starts.
    #[serde(default)]
    pub(crate) replaced: Vec<String>,
    /// Whether what it wrote is being taken away, so that nobody goes on with it.
    #[serde(default)]
    given_up: bool,
    /// The graphics processors that are its own, by index.
    #[serde(default)]
    pub(crate) gpus: Vec<u32>,
    /// The objects it was given, as they were.
    pub(crate) guarded: Vec<Guarded>,
    /// The files of the project it reads, as they were.
    pub(crate) reads: BTreeMap<String, Hash>,
}

/// An object that a command may read and must not change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Guarded {
    /// The node it comes from.
    pub(crate) of: String,
    pub(crate) hash: Hash,
    pub(crate) bytes: u64,
    pub(crate) mtime_ns: i64,
}

const FILE: &str = "attempt.json";
const FRESH: &str = "attempt.json.new";

/// Where a command works that has a directory of its own.
pub(super) const COPY: &str = "work";

/// Where a training command writes its model.
pub(crate) const MODEL: &str = "model";

/// Where what was in the way of an output is kept.
const REPLACED: &str = "replaced";

/// Where what a command wrote that failed is kept.
const LEFT: &str = "left";

impl Attempt {
    /// The first attempt of a run, before anything is known of it.
    pub(super) fn first(folder_name: &str, container: bool, gpus: &[u32]) -> Self {
        Self {
            version: 1,
            number: 1,
            id: format!("{folder_name}.1"),
            container,
            writes: Vec::new(),
            known: Vec::new(),
            replaced: Vec::new(),
            given_up: false,
            gpus: gpus.to_vec(),
            guarded: Vec::new(),
            reads: BTreeMap::new(),
        }
    }

    /// The next one.
    pub(super) fn next(&self, folder_name: &str) -> Self {
        let number = self.number + 1;
        Self { number, id: format!("{folder_name}.{number}"), ..self.clone() }
    }

    /// Another command of the same run.
    pub(super) fn then(&self, folder_name: &str, called: &str) -> Self {
        Self { id: format!("{folder_name}.{called}"), ..self.clone() }
    }

    /// Where its output goes.
    pub(crate) fn log(&self, folder: &Path) -> PathBuf {
        if self.number == 1 { folder.join("log") } else { folder.join(format!("log-{}", self.number)) }
    }

    /// What a folder says of the command that last ran there; nothing when none did.
    pub(crate) fn load(folder: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(folder.join(FILE)).ok()?).ok()
    }

    /// Says it before the command starts. It is read after a kill and not after a loss of power, which ends the command
    /// too: nothing is synced.
    pub(super) fn save(&self, folder: &Path) -> Result<(), Error> {
        let path = folder.join(FILE);
        let text = serde_json::to_vec(self).expect("its keys are text");
        let fresh = folder.join(FRESH);
        fs::write(&fresh, text).map_err(Error::io("write", &fresh))?;
        fs::rename(&fresh, &path).map_err(Error::io("write", &path))
    }

    /// Whether a command that was found may be gone on with.
    pub(crate) fn may_go_on(&self) -> bool {
        !self.given_up
    }

    /// Whether what was at this path before is there again: it was moved aside, or was about to be, and is not aside.
    fn is_restored(&self, written: &String, aside: &Path) -> bool {
        self.replaced.contains(written) && fs::symlink_metadata(aside).is_err()
    }
}

/// What the folder of a run is called: the step, and the number of the run's entry in the journal.
pub(crate) fn name(node: &Node, entry: store::ActionId) -> String {
    format!("{}-{entry}", node.name())
}

/// Moves what is at an output's path into the run's folder, so that an old output is not taken for a new one, and
/// nothing is lost if it was not ours.
pub(super) fn set_aside(path: &Path, written: &str, folder: &Path) -> Result<(), Error> {
    keep(path, &folder.join(REPLACED).join(written))
}

fn keep(path: &Path, aside: &Path) -> Result<(), Error> {
    let into = aside.parent().unwrap_or(aside);
    fs::create_dir_all(into).map_err(Error::io("create", into))?;
    move_path(path, aside)
}

/// Takes away what is not wanted any more once the result is recorded: the directory that the command had of its own,
/// and what was moved aside though the store has it. Until then the next start may need them.
pub(crate) fn settle(folder: PathBuf) {
    let copy = folder.join(COPY);
    let known = Attempt::load(&folder).map(|attempt| attempt.known).unwrap_or_default();
    if known.is_empty() && !copy.exists() {
        return;
    }
    tokio::task::spawn_blocking(move || {
        // What cannot be removed is in nobody's way, and goes with the folder.
        let _ = clear(&copy);
        known.iter().for_each(|written| drop(clear(&folder.join(REPLACED).join(written))));
    });
}

/// Notes that nobody is to go on with the command, and takes away what it left.
pub(super) fn give_up(root: &Path, folder: &Path) -> Result<(), Error> {
    let Some(attempt) = Attempt::load(folder) else { return Ok(()) };
    Attempt { given_up: true, ..attempt.clone() }.save(folder)?;
    clean_up(root, folder, &attempt)
}

/// Moves what a command wrote that failed into the run's folder, for whoever looks into it, and puts back what was
/// there before.
pub(super) fn withdraw(root: &Path, folder: &Path) -> Result<(), Error> {
    let Some(attempt) = Attempt::load(folder) else { return Ok(()) };
    // First, or whoever comes after a kill would take what is put back for what the command wrote.
    Attempt { given_up: true, ..attempt.clone() }.save(folder)?;
    for written in &attempt.writes {
        let path = root.join(written);
        let is_its = !attempt.is_restored(written, &folder.join(REPLACED).join(written));
        if is_its && fs::symlink_metadata(&path).is_ok() {
            keep(&path, &folder.join(LEFT).join(written))?;
        }
    }
    clean_up(root, folder, &attempt)
}

/// Takes away what a command left that did not get to its end, and puts back what was moved aside for it. Whoever is
/// killed meanwhile may do it again.
pub(crate) fn clean_up(root: &Path, folder: &Path, attempt: &Attempt) -> Result<(), Error> {
    for written in &attempt.writes {
        let (path, aside) = (root.join(written), folder.join(REPLACED).join(written));
        if attempt.is_restored(written, &aside) {
            continue;
        }
        clear(&path)?;
        if fs::symlink_metadata(&aside).is_ok() {
            move_path(&aside, &path)?;
        }
    }
    Ok(())
}

/// Takes away what is at a path, if anything is.
pub(crate) fn clear(path: &Path) -> Result<(), Error> {
    let is_folder = fs::symlink_metadata(path).is_ok_and(|found| found.is_dir());
    let removed = if is_folder { remove_all(path) } else { fs::remove_file(path) };
    match removed {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::io("remove the earlier output", path)(error))
        }
        _ => Ok(()),
    }
}

/// Removes a directory, also one that holds directories which may not be written to.
fn remove_all(path: &Path) -> std::io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            make_writable(path)?;
            fs::remove_dir_all(path)
        }
        removed => removed,
    }
}

fn make_writable(folder: &Path) -> std::io::Result<()> {
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            make_writable(&entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{Attempt, clean_up, set_aside};

    #[test]
    fn what_a_killed_command_wrote_goes_and_what_was_there_before_comes_back() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("run");
        fs::create_dir(&folder).unwrap();
        for name in ["kept", "new"] {
            fs::write(root.path().join(name), "mine").unwrap();
        }
        set_aside(&root.path().join("kept"), "kept", &folder).unwrap();
        fs::remove_file(root.path().join("new")).unwrap();
        let mut attempt = Attempt::first("x-1", false, &[]);
        attempt.writes = vec!["kept".to_owned(), "new".to_owned(), "never".to_owned()];
        attempt.replaced = vec!["kept".to_owned()];
        attempt.save(&folder).unwrap();
        fs::write(root.path().join("kept"), "half").unwrap();
        fs::create_dir(root.path().join("new")).unwrap();
        fs::write(root.path().join("new/part"), "half").unwrap();
        for _ in ["once", "again, by whoever finds that a kill came before it was recorded"] {
            clean_up(root.path(), &folder, &Attempt::load(&folder).unwrap()).unwrap();
        }
        assert_eq!(fs::read_to_string(root.path().join("kept")).unwrap(), "mine");
        assert!(!root.path().join("new").exists() && !root.path().join("never").exists());
    }
}
