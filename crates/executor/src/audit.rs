//! Which files a command and its descendants read and wrote, from a trace by `strace`.

use std::{
    collections::BTreeSet,
    fs::{File, OpenOptions, Permissions},
    io::{self, BufRead as _, BufReader},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

mod call;
mod follow;

/// What is traced: everything with a path, what changes the working directory, what makes processes.
const CALLS: &str = "trace=%file,%process,fchdir";

/// Nobody but the owner reads a trace.
const OWNER_ONLY: u32 = 0o600;

/// The files that a command touched, as absolute paths without `.` and `..`. Links are not resolved.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Accesses {
    /// Read, or run, before the command wrote them itself.
    pub read: BTreeSet<PathBuf>,
    /// Made or changed, and not removed again.
    pub written: BTreeSet<PathBuf>,
}

/// Reads the trace of a command that began in this folder.
///
/// # Errors
/// When the trace cannot be read.
pub fn read(trace: &Path, folder: &Path) -> io::Result<Accesses> {
    let mut follower = follow::Follower::new(folder);
    // Names of files need not be text.
    for line in BufReader::new(File::open(trace)?).split(b'\n') {
        follower.line(&line?);
    }
    Ok(follower.accesses())
}

/// The command under `strace`, or why not. The file of its trace is made here, so that nobody else may read it.
///
/// What programs are called with may be secret: strings are left out (`-s 0`), and the names of files stay whole.
pub(crate) fn traced(command: &[String], trace: &Path, path: &str) -> Result<Vec<String>, String> {
    let places = path.split(':').map(|place| Path::new(place).join("strace"));
    let strace = places.into_iter().find(|file| file.is_file());
    let strace = strace.ok_or_else(|| {
        format!("its file accesses cannot be traced: `strace` is not found in PATH ({path}); install it")
    })?;
    let text = |path: &Path| path.to_str().map(str::to_owned).ok_or("the path of its trace is no UTF-8 text");
    let options = ["-f", "-qq", "-y", "-s", "0", "-e", "signal=none", "-e", CALLS, "-o"].map(str::to_owned);
    let mut traced = vec![text(&strace)?];
    traced.extend(options);
    traced.extend([text(trace)?, "--".to_owned()]);
    traced.extend(command.iter().cloned());
    make(trace)
        .map_err(|error| format!("the file of its trace, {}, cannot be made: {error}", trace.display()))?;
    Ok(traced)
}

/// An empty file for the owner alone; `strace` keeps the mode of a file that it finds.
fn make(trace: &Path) -> io::Result<()> {
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(OWNER_ONLY).open(trace)?;
    file.set_permissions(Permissions::from_mode(OWNER_ONLY))
}

#[cfg(test)]
mod tests;
