//! Uploads in parts: each part is a file of its own until all are there, so that they come at once and again.
//!
//! An upload is a directory among the uploads that wait. It is named by the upload's id, which nobody can guess: who has
//! the id may send parts. A part is named by its number and the hash of its bytes, the tag that its sender is given.

mod assemble;
#[cfg(test)]
mod tests;

use std::{
    io::{Read as _, Write as _},
    sync::{Arc, RwLock},
};

use base::Clock;
use rustix::io::Errno;
use serde::{Deserialize, Serialize};

use super::{
    Digests, Error, Path,
    directory::Directory,
    incoming::Incoming,
    remove,
    staging::{self, PARTS, Staging},
    upload::Target,
};

/// The most parts of an upload, as in S3.
pub const MAX_PARTS: u32 = 10_000;
/// The most bytes of a part, as in S3.
pub const MAX_PART: u64 = 5 << 30;
/// The most uploads that may be open at once.
const MAX_UPLOADS: usize = 1_000;

const RECORD: &str = "upload.json";
/// Present once the file is at its place: the parts are no longer needed, and completing again changes nothing.
const DONE: &str = "done";

/// Uploads in parts to a server's destination.
#[derive(Clone)]
pub struct Multipart {
    root: Directory,
    staging: Staging,
    clock: Arc<dyn Clock>,
    making: Arc<RwLock<()>>,
}

/// A part as its sender names it: its number, from 1, and the tag that it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its number.
    pub number: u32,
    /// Its tag; quotation marks around it do not matter.
    pub tag: String,
}

/// A part on its way. Dropped before [`PartUpload::finish`], it leaves nothing.
pub struct PartUpload {
    incoming: Incoming,
    directory: Directory,
    number: u32,
}

/// What an upload is of.
#[derive(Serialize, Deserialize)]
struct Record {
    version: u32,
    path: String,
    parts: u32,
}

impl Multipart {
    pub(super) fn new(
        root: Directory,
        staging: Staging,
        clock: Arc<dyn Clock>,
        making: Arc<RwLock<()>>,
    ) -> Self {
        Self { root, staging, clock, making }
    }

    /// Begins an upload of so many parts, and gives its id.
    ///
    /// # Errors
    /// When the path cannot be a file's, or there are too many parts or uploads.
    pub fn create(&self, path: &Path, parts: u32) -> Result<String, Error> {
        self.target(path).check()?;
        if !(1..=MAX_PARTS).contains(&parts) {
            let message = format!("an upload has 1 to {MAX_PARTS} parts, and not {parts}");
            return Err(Error::Part(message));
        }
        if self.staging.expire_all(self.clock.now(), is_finished)? >= MAX_UPLOADS {
            return Err(Error::TooManyUploads(MAX_UPLOADS));
        }
        let id = staging::secret()?;
        let record = Record { version: 1, path: path.to_string(), parts };
        self.begin(&id, &record).map_err(|error| Error::io("begin an upload in parts", error))?;
        Ok(id)
    }

    /// Begins to take a part.
    ///
    /// # Errors
    /// When there is no such upload or it has no such part.
    pub fn part(
        &self,
        id: &str,
        number: u32,
        digests: Digests,
        declared: Option<u64>,
    ) -> Result<PartUpload, Error> {
        let directory = self.open(id)?;
        if is_finished(&directory) {
            return Err(Error::Part("the upload is finished and takes no more parts".to_owned()));
        }
        let record = record(&directory)?;
        if !(1..=record.parts).contains(&number) {
            let message = format!("the upload has parts 1 to {}, and not {number}", record.parts);
            return Err(Error::Part(message));
        }
        if declared.is_some_and(|declared| declared > MAX_PART) {
            return Err(too_large());
        }
        let incoming = Incoming::begin(&directory, digests, declared)?.hashing();
        Ok(PartUpload { incoming, directory, number })
    }

    /// Puts the file together from its parts. Again is as good as once.
    ///
    /// # Errors
    /// When there is no such upload, it is of another path, or parts are missing or are others than those named.
    pub fn complete(&self, id: &str, path: &Path, parts: &[Part]) -> Result<(), Error> {
        let directory = self.open(id)?;
        let record = record(&directory)?;
        if record.path != path.to_string() {
            return Err(Error::OtherUpload);
        }
        // Freed when it is closed, in any way.
        let lock = self.open(id)?;
        lock.as_file().try_lock().map_err(|_| Error::Busy)?;
        if is_finished(&directory) {
            return Ok(());
        }
        let names = assemble::names(record.parts, parts)?;
        let mut whole = assemble::join(&directory, self.staging.directory(), &names)?;
        self.target(path).put(&mut whole)?;
        assemble::forget(&directory).map_err(|error| Error::io("end an upload in parts", error))
    }

    /// Forgets an upload and its parts. One that is not there is as good as forgotten.
    ///
    /// # Errors
    /// When it is of another path, or cannot be taken away.
    pub fn abort(&self, id: &str, path: &Path) -> Result<(), Error> {
        let directory = match self.open(id) {
            Err(Error::NoUpload) => return Ok(()),
            opened => opened?,
        };
        if record(&directory)?.path != path.to_string() {
            return Err(Error::OtherUpload);
        }
        let removed = remove::tree(self.staging.directory(), &format!("{PARTS}{id}"));
        removed.map_err(|error| Error::io("abort an upload in parts", error))
    }

    fn target(&self, path: &Path) -> Target {
        Target { root: self.root.clone(), path: path.clone(), making: Arc::clone(&self.making) }
    }

    fn begin(&self, id: &str, record: &Record) -> std::io::Result<()> {
        let directory = self.staging.directory().enter_or_make(&format!("{PARTS}{id}"))?;
        let mut file = directory.create(RECORD)?;
        file.write_all(&serde_json::to_vec(record)?)?;
        file.sync_data()?;
        directory.sync()
    }

    fn open(&self, id: &str) -> Result<Directory, Error> {
        if id.len() != 32 || !id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(Error::NoUpload);
        }
        self.staging.directory().enter(&format!("{PARTS}{id}")).map_err(|error| match error {
            Errno::NOENT => Error::NoUpload,
            error => Error::io("open an upload in parts", error),
        })
    }
}

impl PartUpload {
    /// Takes the next bytes.
    ///
    /// # Errors
    /// When they are too many, or the disk does not take them.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        if self.incoming.received() + bytes.len() as u64 > MAX_PART {
            return Err(too_large());
        }
        self.incoming.write(bytes)
    }

    /// Ends it, in place of what the part was before, and gives its tag.
    ///
    /// # Errors
    /// When it is not what was announced, or the upload has gone meanwhile.
    pub fn finish(mut self, declared: Option<u64>) -> Result<String, Error> {
        let hash = self.incoming.seal(declared)?.expect("it was begun with a hash");
        let tag = hash.to_string();
        let name = assemble::name(self.number, &tag);
        let failed = |error: Errno| match error {
            Errno::NOENT => Error::NoUpload,
            error => Error::io("keep a part of an upload", error),
        };
        self.incoming.place(&self.directory, &name).map_err(failed)?;
        assemble::replace(&self.directory, self.number, &name).map_err(failed)?;
        self.directory.sync().map_err(|error| Error::io("keep a part of an upload", error))?;
        Ok(tag)
    }
}

fn record(directory: &Directory) -> Result<Record, Error> {
    let mut text = Vec::new();
    let read = directory.file(RECORD).map_err(std::io::Error::from);
    let read = read.and_then(|mut file| file.read_to_end(&mut text));
    // One that was never begun to its end, or is being taken away.
    read.map_err(|_| Error::NoUpload)?;
    serde_json::from_slice(&text).map_err(|_| Error::NoUpload)
}

/// Whether it was put together. What says so stays until the upload expires, so that completing it again is as good as once.
fn is_finished(upload: &Directory) -> bool {
    upload.kind(DONE).is_ok()
}

fn too_large() -> Error {
    Error::Part(format!("a part has {MAX_PART} bytes at most; send more and smaller ones"))
}
