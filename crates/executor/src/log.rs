//! The log of an attempt: the first and the last part of its output, on disk as it comes.
//!
//! The first part is the file itself. What follows goes to files in the folder `<log>.more`, each named by the byte of
//! the output that it begins with; when one is full the next is begun and the last but one removed. So what is kept of
//! the end is between one and two times its cap, a reader always finds whole bytes at known places, and a killed
//! supervisor loses nothing.

use std::{
    ffi::OsString,
    fs::{self, File},
    io::{self, ErrorKind, Read as _, Seek as _, SeekFrom},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

mod writer;

pub(crate) use writer::Writer;

/// How much a reader gets at once.
const CHUNK: u64 = 1 << 20;
/// A file may be removed between looking and opening; its successor is there then.
const TRIES: usize = 10;

/// How much of an output is kept, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caps {
    /// Of its beginning.
    pub first: u64,
    /// Of its end, at least; at most twice as much.
    pub last: u64,
}

impl Default for Caps {
    /// Four mebibytes each.
    fn default() -> Self {
        Self { first: 4 << 20, last: 4 << 20 }
    }
}

/// A piece of an output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// The byte of the output that it begins with. It is after the one asked for when that was not kept. The next piece
    /// is asked for at `from + bytes.len()`.
    pub from: u64,
    /// The bytes; empty when there is no more yet.
    pub bytes: Vec<u8>,
}

/// The kept parts of a log as one text, with "… N bytes left out …" where something is missing. A log that nothing was
/// written to is empty.
///
/// # Errors
/// When it cannot be read.
pub fn log_text(log: &Path) -> io::Result<String> {
    let mut text = String::new();
    let mut kept = Vec::new();
    let mut position = 0;
    loop {
        let chunk = read_log(log, position)?;
        if chunk.bytes.is_empty() {
            text.push_str(&String::from_utf8_lossy(&kept));
            return Ok(text);
        }
        if chunk.from > position {
            // A character cut in two at either side of the gap is shown as a replacement, not an error.
            text.push_str(&String::from_utf8_lossy(&kept));
            kept.clear();
            text.push_str(&format!("\n… {} bytes left out …\n", chunk.from - position));
        }
        position = chunk.from + chunk.bytes.len() as u64;
        kept.extend(chunk.bytes);
    }
}

/// What is kept from this byte of the output on, at most a mebibyte at once; for whoever has no executor at hand.
///
/// # Errors
/// When it cannot be read.
pub fn read_log(log: &Path, from: u64) -> io::Result<Chunk> {
    for _ in 0..TRIES {
        let Some((file, begin)) = holder(log, from)? else {
            return Ok(Chunk { from, bytes: Vec::new() });
        };
        let from = from.max(begin);
        match read_file(&file, from - begin) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            read => return Ok(Chunk { from, bytes: read? }),
        }
    }
    Err(io::Error::other("the output comes faster than it can be read"))
}

fn read_file(path: &Path, from: u64) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.take(CHUNK).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The file that has this byte or, when it was not kept, the first byte after it; with the byte it begins with.
fn holder(log: &Path, from: u64) -> io::Result<Option<(PathBuf, u64)>> {
    let first = match fs::metadata(log) {
        Ok(metadata) => metadata.len(),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    if from < first {
        return Ok(Some((log.to_owned(), 0)));
    }
    for (begin, path) in segments(log)? {
        let length = fs::metadata(&path).map_or(0, |metadata| metadata.len());
        if from < begin + length {
            return Ok(Some((path, begin)));
        }
    }
    Ok(None)
}

/// The files of the end, in order.
fn segments(log: &Path) -> io::Result<Vec<(u64, PathBuf)>> {
    let entries = match fs::read_dir(more(log)) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut segments = Vec::new();
    for entry in entries {
        let entry = entry?;
        let begin = entry.file_name().to_str().and_then(|name| name.parse().ok());
        segments.extend(begin.map(|begin: u64| (begin, entry.path())));
    }
    segments.sort();
    Ok(segments)
}

/// The folder of what follows the first part.
fn more(log: &Path) -> PathBuf {
    let mut name = OsString::from(log);
    name.push(".more");
    PathBuf::from(name)
}

#[cfg(test)]
mod tests;
