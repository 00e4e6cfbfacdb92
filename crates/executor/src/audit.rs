//! Which files a command and its descendants read and wrote, from a trace by `strace`.

use std::{
    collections::BTreeSet,
    fs::File,
    io::{self, BufRead as _, BufReader},
    path::{Path, PathBuf},
};

mod call;
mod follow;

/// What is traced: everything with a path, what changes the working directory, what makes processes.
const CALLS: &str = "trace=%file,%process,fchdir";

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

/// The command under `strace`, or why not.
pub(crate) fn traced(command: &[String], trace: &Path, path: &str) -> Result<Vec<String>, String> {
    let places = path.split(':').map(|place| Path::new(place).join("strace"));
    let strace = places.into_iter().find(|file| file.is_file());
    let strace = strace.ok_or_else(|| {
        format!("its file accesses cannot be traced: `strace` is not found in PATH ({path}); install it")
    })?;
    let text = |path: &Path| path.to_str().map(str::to_owned).ok_or("the path of its trace is no UTF-8 text");
    let options = ["-f", "-qq", "-y", "-e", "signal=none", "-e", CALLS, "-o"].map(str::to_owned);
    let mut traced = vec![text(&strace)?];
    traced.extend(options);
    traced.extend([text(trace)?, "--".to_owned()]);
    traced.extend(command.iter().cloned());
    Ok(traced)
}

#[cfg(test)]
mod tests;
