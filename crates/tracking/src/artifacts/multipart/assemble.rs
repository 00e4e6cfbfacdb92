//! From parts to a file.

use std::io;

use rustix::io::Errno;

use super::{
    super::{Digests, Error, directory::Directory, incoming::Incoming},
    DONE, Part, RECORD,
};

/// The name of a part's file.
pub(super) fn name(number: u32, tag: &str) -> String {
    format!("{number:05}.{tag}")
}

/// The names of all parts' files, in order, as their sender says they must be.
pub(super) fn names(expected: u32, parts: &[Part]) -> Result<Vec<String>, Error> {
    let numbers = parts.iter().map(|part| part.number);
    if !numbers.eq(1..=expected) {
        let message = format!("name all parts of the upload, 1 to {expected}, in their order");
        return Err(Error::Part(message));
    }
    let tagged = parts.iter().map(|part| (part.number, part.tag.trim_matches('"')));
    tagged.map(|(number, tag)| if is_tag(tag) { Ok(name(number, tag)) } else { Err(other(number)) }).collect()
}

/// Copies the parts into one file, which is then on the disk. The system copies, and shares blocks where it can.
pub(super) fn join(parts: &Directory, staging: &Directory, names: &[String]) -> Result<Incoming, Error> {
    let mut size = 0;
    for (number, name) in (1..).zip(names) {
        let file = parts.file(name).map_err(|error| missing(error, number))?;
        size += file.metadata().map_err(|error| Error::io("look at a part of an upload", error))?.len();
    }
    let mut whole = Incoming::begin(staging, Digests::default(), Some(size))?;
    for (number, name) in (1..).zip(names) {
        let mut part = parts.file(name).map_err(|error| missing(error, number))?;
        let copied = io::copy(&mut part, whole.file());
        whole.count(copied.map_err(|error| Error::io("put the parts of an upload together", error))?);
    }
    whole.seal(Some(size))?;
    Ok(whole)
}

/// Takes away what the part was before.
pub(super) fn replace(directory: &Directory, number: u32, name: &str) -> Result<(), Errno> {
    let prefix = format!("{number:05}.");
    let names = directory.names()?;
    names
        .iter()
        .filter(|old| old.starts_with(&prefix) && *old != name)
        .try_for_each(|old| gone(directory, old))
}

/// Marks the upload as done and takes its parts away.
pub(super) fn forget(directory: &Directory) -> io::Result<()> {
    directory.create(DONE)?;
    directory.sync()?;
    for name in directory.names()? {
        if name != DONE && name != RECORD {
            gone(directory, &name)?;
        }
    }
    Ok(())
}

fn gone(directory: &Directory, name: &str) -> Result<(), Errno> {
    match directory.unlink(name) {
        Err(Errno::NOENT) => Ok(()),
        unlinked => unlinked,
    }
}

fn is_tag(tag: &str) -> bool {
    tag.len() == 64 && tag.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn missing(error: Errno, number: u32) -> Error {
    match error {
        Errno::NOENT => other(number),
        error => Error::io("open a part of an upload", error),
    }
}

fn other(number: u32) -> Error {
    Error::Part(format!("part {number} is not there with the tag that was named; send it again"))
}
