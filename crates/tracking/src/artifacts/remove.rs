//! Takes away a directory with everything in it, leaving it by no link.

use rustix::io::Errno;

use super::directory::{Directory, Kind};

/// Rounds in which something may still come into a directory that is being emptied.
const ROUNDS: usize = 16;

/// A directory on the way down, and what is left to do in it.
struct Level {
    directory: Directory,
    name: String,
    inner: Vec<String>,
}

/// Removes the directory of that name. Open at once are those above each other, and no more: the way down is a list, not
/// the stack, since whoever made the tree may be a stranger.
pub(super) fn tree(parent: &Directory, name: &str) -> Result<(), Errno> {
    for _ in 0..ROUNDS {
        match round(parent, name) {
            Err(Errno::NOTEMPTY | Errno::EXIST) => {}
            Err(Errno::NOENT) => return Ok(()),
            removed => return removed,
        }
    }
    Err(Errno::NOTEMPTY)
}

fn round(parent: &Directory, name: &str) -> Result<(), Errno> {
    let mut levels = vec![Level::empty(parent, name.to_owned())?];
    while let Some(level) = levels.last_mut() {
        if let Some(name) = level.inner.pop() {
            let inner = Level::empty(&level.directory, name)?;
            levels.push(inner);
            continue;
        }
        let done = levels.pop().map(|level| level.name).unwrap_or_default();
        let above = levels.last().map_or(parent, |level| &level.directory);
        above.remove_empty(&done)?;
    }
    Ok(())
}

impl Level {
    /// Enters a directory and takes away everything in it but directories.
    fn empty(parent: &Directory, name: String) -> Result<Self, Errno> {
        let directory = parent.enter(&name)?;
        let mut inner = Vec::new();
        for name in directory.names()? {
            match directory.kind(&name) {
                Ok(Kind::Directory) => inner.push(name),
                Ok(_) => passed_over(directory.unlink(&name))?,
                Err(error) => passed_over(Err(error))?,
            }
        }
        Ok(Self { directory, name, inner })
    }
}

/// What somebody else has taken away already is as good.
fn passed_over(done: Result<(), Errno>) -> Result<(), Errno> {
    match done {
        Err(Errno::NOENT) => Ok(()),
        done => done,
    }
}
