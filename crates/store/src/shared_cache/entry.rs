//! The files of a shared cache that say something: its format, and the entry of each key. Anybody may have
//! written them.

use std::{
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use base::{Hash, canonical_json};
use serde::{Deserialize, Serialize};

use super::{Shared, SharedObject};
use crate::{Error, error::Context as _};

/// The format this release writes.
pub(super) const FORMAT: u64 = 1;

/// The most bytes that are read of a file: an entry with some hundred thousand objects has fewer.
const LIMIT: u64 = 32 * 1024 * 1024;

#[derive(Serialize, Deserialize)]
struct Format {
    format: u64,
}

/// The file of a key.
#[derive(Serialize, Deserialize)]
pub(super) struct Entry {
    format: u64,
    output: Hash,
    objects: Vec<SharedObject>,
}

/// What is in the file of a key.
pub(super) enum Found {
    /// No file, or one of a later release.
    Nothing,
    Damaged(String),
    Whole(Shared),
}

impl Entry {
    pub(super) fn of(shared: &Shared) -> Self {
        Self { format: FORMAT, output: shared.output, objects: shared.objects.clone() }
    }

    pub(super) fn encode(&self) -> String {
        canonical_json(self)
    }
}

/// Reads the entry of a key.
pub(super) fn read(place: &Path) -> Result<Found, Error> {
    let Some(text) = text(place)? else { return Ok(Found::Nothing) };
    let damaged = |why: String| Ok(Found::Damaged(format!("{}: {why}", place.display())));
    let format = match serde_json::from_slice::<Format>(&text) {
        Ok(Format { format }) => format,
        Err(error) => return damaged(error.to_string()),
    };
    if format > FORMAT {
        return Ok(Found::Nothing);
    }
    match serde_json::from_slice::<Entry>(&text) {
        Ok(entry) if entry.objects.iter().all(|object| object.hash != entry.output) => {
            damaged("its output is not among its objects".to_owned())
        }
        Ok(entry) => Ok(Found::Whole(Shared { output: entry.output, objects: entry.objects })),
        Err(error) => damaged(error.to_string()),
    }
}

pub(super) fn format_file(dir: &Path) -> PathBuf {
    dir.join("kaizen-cache.json")
}

pub(super) fn format_text() -> String {
    canonical_json(&Format { format: FORMAT })
}

/// Is there a cache in the directory? One that this release cannot use is an error.
pub(super) fn check_format(dir: &Path) -> Result<bool, Error> {
    let Some(text) = text(&format_file(dir))? else { return Ok(false) };
    let path = dir.to_owned();
    match serde_json::from_slice::<Format>(&text) {
        Ok(Format { format }) if format > FORMAT => {
            Err(Error::NewerCache { path, found: format, known: FORMAT })
        }
        Ok(_) => Ok(true),
        Err(error) => Err(Error::NotACache { path, why: format!("kaizen-cache.json: {error}") }),
    }
}

/// The start of a file, up to the limit; nothing when it is not there.
fn text(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::io("open", path, error)),
    };
    let mut text = Vec::new();
    file.take(LIMIT).read_to_end(&mut text).during("read", path)?;
    Ok(Some(text))
}
