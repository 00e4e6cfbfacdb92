//! The folders of runs, below `.kaizen/runs`: the latest of each step are kept, the others go.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{self, ErrorKind},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use base::Name;

/// What its owner needs to take away what is in a directory.
const OWNER_ALL: u32 = 0o700;

/// Of the run folders in this folder the newest so many of each step stay, and those that are unfinished, given by
/// their paths; the others are removed. Gives back how many were.
///
/// What is not called `<step>-<number>` is not the folder of a run, and links are not followed. A folder that cannot
/// be removed keeps no other from it.
///
/// # Errors
/// When the folder cannot be read, or the first folder of a run that could not be removed.
pub(crate) fn runs(folder: &Path, keep: usize, unfinished: &BTreeSet<PathBuf>) -> io::Result<usize> {
    let (mut removed, mut failed) = (0, None);
    for mut runs in by_step(folder)?.into_values() {
        runs.sort_unstable_by(|(number, _), (other, _)| other.cmp(number));
        for (_, run) in runs.into_iter().skip(keep).filter(|(_, run)| !unfinished.contains(run)) {
            match remove(&run) {
                Ok(()) => removed += 1,
                Err(error) => {
                    let why = format!("cannot remove the run's folder {}: {error}", run.display());
                    failed.get_or_insert(io::Error::new(error.kind(), why));
                }
            }
        }
    }
    failed.map_or(Ok(removed), Err)
}

/// The run folders of each step, by number.
fn by_step(folder: &Path) -> io::Result<BTreeMap<Name, Vec<(u64, PathBuf)>>> {
    let mut steps: BTreeMap<Name, Vec<(u64, PathBuf)>> = BTreeMap::new();
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(steps),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let Some((step, number)) = name.to_str().and_then(parse) else { continue };
        // That of a link is that of a link.
        if entry.file_type()?.is_dir() {
            steps.entry(step).or_default().push((number, folder.join(&name)));
        }
    }
    Ok(steps)
}

/// The step and the number of a run, from the name of its folder.
fn parse(name: &str) -> Option<(Name, u64)> {
    let (step, number) = name.rsplit_once('-')?;
    let number = number.parse().ok().filter(|parsed: &u64| parsed.to_string() == number)?;
    Some((step.parse().ok()?, number))
}

/// A command may have left directories that not even their owner may write to.
fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            open_up(folder)?;
            fs::remove_dir_all(folder)
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// Lets the owner write to this directory and those in it. Another's directory cannot be opened: then it stays.
fn open_up(folder: &Path) -> io::Result<()> {
    let mode = fs::symlink_metadata(folder)?.permissions().mode();
    if mode & OWNER_ALL != OWNER_ALL {
        fs::set_permissions(folder, fs::Permissions::from_mode(mode | OWNER_ALL))?;
    }
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            open_up(&entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, os::unix::fs::PermissionsExt as _, path::Path};

    use super::{open_up, runs};

    fn make(folder: &Path, names: &[&str]) {
        for name in names {
            fs::create_dir_all(folder.join(name)).unwrap();
            fs::write(folder.join(name).join("log"), "text").unwrap();
        }
    }

    fn left(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn the_newest_runs_of_each_step_stay() {
        let folder = tempfile::tempdir().unwrap();
        make(folder.path(), &["a-1", "a-9", "a-10", "a-b-2", "a-b-3", "a[x=1-2]-4", "a[x=1-2]-5", "c-6"]);
        assert_eq!(runs(folder.path(), 1, &BTreeSet::new()).unwrap(), 4);
        assert_eq!(left(folder.path()), ["a-10", "a-b-3", "a[x=1-2]-5", "c-6"]);
        assert_eq!(runs(folder.path(), 1, &BTreeSet::new()).unwrap(), 0);
    }

    #[test]
    fn unfinished_runs_stay() {
        let folder = tempfile::tempdir().unwrap();
        make(folder.path(), &["a-1", "a-2", "a-3"]);
        let unfinished = [folder.path().join("a-1")].into();
        assert_eq!(runs(folder.path(), 1, &unfinished).unwrap(), 1);
        assert_eq!(left(folder.path()), ["a-1", "a-3"]);
    }

    #[test]
    fn what_is_no_run_folder_stays_and_no_link_is_followed() {
        let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(outside.path().join("kept"), "").unwrap();
        let others = ["supervisors", "containers", "a-x", "a-01", "a-+1", "-1", "1-1"];
        make(folder.path(), &others);
        make(folder.path(), &["a-2/work"]);
        fs::write(folder.path().join("a-3"), "a file").unwrap();
        for link in ["a-4", "a-2/work/link"] {
            std::os::unix::fs::symlink(outside.path(), folder.path().join(link)).unwrap();
        }
        assert_eq!(runs(folder.path(), 0, &BTreeSet::new()).unwrap(), 1);
        let mut expected = [&others[..], &["a-3", "a-4"]].concat();
        expected.sort_unstable();
        assert_eq!(left(folder.path()), expected);
        assert_eq!(left(outside.path()), ["kept"]);
        assert_eq!(runs(&folder.path().join("missing"), 0, &BTreeSet::new()).unwrap(), 0);
    }

    #[test]
    fn read_only_directories_go_too() {
        let folder = tempfile::tempdir().unwrap();
        make(folder.path(), &["a-1/work/deep"]);
        let mode = |name: &str, mode| {
            fs::set_permissions(folder.path().join(name), fs::Permissions::from_mode(mode)).unwrap();
        };
        for name in ["a-1/work/deep", "a-1/work", "a-1"] {
            mode(name, 0o500);
        }
        assert_eq!(runs(folder.path(), 0, &BTreeSet::new()).unwrap(), 1);
        assert!(left(folder.path()).is_empty());
    }

    /// Some may remove everything: they never get to it otherwise.
    #[test]
    fn what_is_opened_up_lets_its_owner_write_and_is_no_link() {
        let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        make(folder.path(), &["work/deep"]);
        std::os::unix::fs::symlink(outside.path(), folder.path().join("work/link")).unwrap();
        let set = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        for path in [&folder.path().join("work/deep"), &folder.path().join("work"), outside.path()] {
            set(path, 0o550);
        }
        open_up(folder.path()).unwrap();
        assert_eq!(mode(&folder.path().join("work")), 0o750);
        assert_eq!(mode(&folder.path().join("work/deep")), 0o750);
        assert_eq!(mode(outside.path()), 0o550);
    }
}
