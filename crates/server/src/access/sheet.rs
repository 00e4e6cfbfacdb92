//! `tokens.json`: read, and replaced whole.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use base::Timestamp;
use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};

use crate::access::{
    Error, Scope,
    secret::{Digest, Salt},
};

/// The format that this release writes.
const VERSION: u64 = 1;

/// The file's name in its directory.
const NAME: &str = "tokens.json";

/// What stands in the file.
#[derive(Debug)]
pub(super) struct Sheet {
    pub(super) salt: Salt,
    pub(super) entries: Vec<Entry>,
}

/// One token as it is kept.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) scope: Scope,
    pub(super) created: Timestamp,
    pub(super) expires: Option<Timestamp>,
    pub(super) digest: Digest,
}

#[derive(Serialize, Deserialize)]
struct Written {
    version: u64,
    salt: String,
    tokens: Vec<Line>,
}

#[derive(Serialize, Deserialize)]
struct Line {
    name: String,
    scope: Scope,
    created: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires: Option<Timestamp>,
    sha256: String,
}

#[derive(Deserialize)]
struct Format {
    version: u64,
}

pub(super) fn path(directory: &Path) -> PathBuf {
    directory.join(NAME)
}

/// What stands in the file; nothing when there is none.
pub(super) fn read(path: &Path) -> Result<Option<Sheet>, Error> {
    let text = match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        read => read.map_err(failed("read", path))?,
    };
    let malformed = |problem: String| Error::Malformed { path: path.to_owned(), problem };
    let format: Format = serde_json::from_str(&text).map_err(|error| malformed(error.to_string()))?;
    if format.version != VERSION {
        return Err(Error::Newer { path: path.to_owned(), version: format.version });
    }
    let written: Written = serde_json::from_str(&text).map_err(|error| malformed(error.to_string()))?;
    let salt = Salt::from_text(&written.salt).ok_or_else(|| malformed("its salt is damaged".to_owned()))?;
    let entries = written.tokens.into_iter().map(|line| line.entry().map_err(malformed));
    Ok(Some(Sheet { salt, entries: entries.collect::<Result<_, _>>()? }))
}

/// Puts the sheet in the place of the one before, whole or not at all, for its owner's eyes alone.
pub(super) fn write(directory: &Path, sheet: &Sheet) -> Result<(), Error> {
    let tokens = sheet.entries.iter().map(Line::of).collect();
    let written = Written { version: VERSION, salt: sheet.salt.to_text(), tokens };
    let text = serde_json::to_string_pretty(&written).expect("names, times and digests are JSON");
    let new = directory.join("tokens.json.new");
    // Left by somebody who was killed: whoever writes holds the lock.
    let _ = fs::remove_file(&new);
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&new)
        .map_err(failed("create", &new))?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed("write", &new))?;
    let path = path(directory);
    fs::rename(&new, &path).map_err(failed("replace", &path))?;
    let folder = File::open(directory).and_then(|folder| folder.sync_all());
    folder.map_err(failed("sync", directory))
}

/// Makes the caller the only one who changes the file, until it is dropped.
pub(super) fn lock(directory: &Path) -> Result<File, Error> {
    fs::create_dir_all(directory).map_err(failed("create", directory))?;
    let path = directory.join("tokens.lock");
    let mut options = OpenOptions::new();
    let file = options.write(true).create(true).truncate(false).mode(0o600).open(&path);
    let file = file.map_err(failed("open", &path))?;
    flock(&file, FlockOperation::LockExclusive).map_err(|error| failed("lock", &path)(error.into()))?;
    Ok(file)
}

impl Line {
    fn of(entry: &Entry) -> Self {
        let Entry { name, scope, created, expires, digest } = entry.clone();
        Self { name, scope, created, expires, sha256: digest.to_text() }
    }

    fn entry(self) -> Result<Entry, String> {
        let Self { name, scope, created, expires, sha256 } = self;
        let digest = Digest::from_text(&sha256).ok_or_else(|| format!("the hash of `{name}` is damaged"))?;
        Ok(Entry { name, scope, created, expires, digest })
    }
}

pub(super) fn failed(operation: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Io { operation, path, source }
}
