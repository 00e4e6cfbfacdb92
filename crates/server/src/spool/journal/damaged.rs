//! What stands in a journal's files and is no frame: kept for people, since somebody was told that it is kept.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
};

use super::{HEAD, LONGEST, Position};
use crate::spool::durable;

const PREFIX: &str = "damaged-";

/// Copies what comes after the last frame of a file, unless it is what a killed process was writing. Gives the copy, if it
/// is a new one.
pub(super) fn keep(
    directory: &Path,
    file: &File,
    end: Position,
    is_last: bool,
) -> io::Result<Option<PathBuf>> {
    let length =
        usize::try_from(file.metadata()?.len().saturating_sub(end.offset)).map_err(io::Error::other)?;
    let mut rest = vec![0; length];
    file.read_exact_at(&mut rest, end.offset)?;
    let copy = directory.join(format!("{PREFIX}{:08}-{}", end.segment, end.offset));
    let is_harmless = if is_last { is_torn(&rest) } else { rest.is_empty() };
    if is_harmless || copy.exists() {
        return Ok(None);
    }
    durable::replace(&copy, &rest)?;
    Ok(Some(copy))
}

/// The copies that there are.
pub(in crate::spool) fn all(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        found.extend(entry.file_name().to_string_lossy().starts_with(PREFIX).then(|| entry.path()));
    }
    Ok(found)
}

/// Whether it is one frame that did not arrive whole, with nothing after it: one at a time is written.
fn is_torn(rest: &[u8]) -> bool {
    let Some((length, _)) = rest.split_first_chunk() else { return true };
    let length = u32::from_le_bytes(*length);
    // Where nothing arrived there may be zeros.
    let after = rest.get(HEAD + length as usize..).unwrap_or_default();
    length <= LONGEST && after.iter().all(|byte| *byte == 0)
}
