//! The record that a supervisor keeps in its folder: what it started and how it ended, a line of JSON each. It is not
//! synced to disk, as a power loss ends the processes too.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, ErrorKind, Write as _},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::{Ended, wire};

/// The version of the format. A supervisor outlives its engine, so that the next one may be of a later release.
const VERSION: u32 = 1;

/// A process, told apart from another one that has its number later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Process {
    pub(crate) pid: i32,
    /// When it started, in clock ticks since the machine did.
    pub(crate) start: u64,
}

#[derive(Serialize, Deserialize)]
pub(crate) enum Entry {
    Opened {
        version: u32,
        boot: String,
    },
    Started {
        id: String,
        process: Process,
    },
    Ended {
        id: String,
        ended: Ended,
    },
    /// Nothing more will start.
    Closed,
    /// Nothing is left of it; written by a later engine.
    Discarded {
        id: String,
    },
}

impl Entry {
    pub(crate) fn opened(boot: String) -> Self {
        Self::Opened { version: VERSION, boot }
    }
}

/// What is known of one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum State {
    Started(Process),
    Ended(Box<Ended>),
    Discarded,
}

/// All that a supervisor wrote down.
#[derive(Debug, Default)]
pub(crate) struct Record {
    /// The boot of the machine that it ran in.
    pub(crate) boot: String,
    pub(crate) closed: bool,
    pub(crate) runs: BTreeMap<String, State>,
}

impl Record {
    /// Reads the record in a supervisor's folder. None there is an empty one: the supervisor has only just been started.
    pub(crate) fn read(folder: &Path) -> io::Result<Self> {
        let bytes = match fs::read(file(folder)) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(error),
        };
        let mut record = Self::default();
        // What has no end was cut by a kill; it was not acted on.
        let whole = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
        for line in bytes[..whole].split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
            record.add(serde_json::from_slice(line)?)?;
        }
        Ok(record)
    }

    /// Whether nothing of it may run any more.
    pub(crate) fn is_settled(&self) -> bool {
        !self.runs.values().any(|state| matches!(state, State::Started(_)))
    }

    fn add(&mut self, entry: Entry) -> io::Result<()> {
        match entry {
            Entry::Opened { version, .. } if version != VERSION => {
                let why = format!("it has version {version}, and this release reads {VERSION}");
                return Err(io::Error::new(ErrorKind::InvalidData, why));
            }
            Entry::Opened { boot, .. } => self.boot = boot,
            Entry::Started { id, process } => drop(self.runs.insert(id, State::Started(process))),
            Entry::Ended { id, ended } => drop(self.runs.insert(id, State::Ended(Box::new(ended)))),
            Entry::Closed => self.closed = true,
            Entry::Discarded { id } => drop(self.runs.insert(id, State::Discarded)),
        }
        Ok(())
    }
}

/// Opens the record for adding to it.
pub(crate) fn open(folder: &Path) -> io::Result<File> {
    File::options().append(true).create(true).open(file(folder))
}

/// Adds an entry, in one write.
pub(crate) fn append(mut record: &File, entry: &Entry) -> io::Result<()> {
    record.write_all(&wire::line(entry)?)
}

pub(crate) fn file(folder: &Path) -> PathBuf {
    folder.join("record")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Exit, Usage};

    #[test]
    fn what_was_written_is_read_and_a_cut_line_is_ignored() {
        let folder = tempfile::tempdir().unwrap();
        let record = open(folder.path()).unwrap();
        let process = Process { pid: 7, start: 9 };
        let ended =
            Ended { exit: Exit::Code(3), usage: Usage::default(), tail: String::new(), notices: Vec::new() };
        append(&record, &Entry::opened("boot".to_owned())).unwrap();
        append(&record, &Entry::Started { id: "a".to_owned(), process }).unwrap();
        append(&record, &Entry::Started { id: "b".to_owned(), process }).unwrap();
        append(&record, &Entry::Ended { id: "a".to_owned(), ended: ended.clone() }).unwrap();
        (&record).write_all(b"{\"Ended\":{\"id\":\"b\",\"en").unwrap();
        let read = Record::read(folder.path()).unwrap();
        assert_eq!((read.boot.as_str(), read.closed, read.is_settled()), ("boot", false, false));
        assert_eq!(read.runs["a"], State::Ended(Box::new(ended)));
        assert_eq!(read.runs["b"], State::Started(process));
    }

    #[test]
    fn a_record_of_a_later_release_is_refused_and_says_so() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(file(folder.path()), "{\"Opened\":{\"version\":2,\"boot\":\"\"}}\n").unwrap();
        let error = Record::read(folder.path()).unwrap_err();
        assert_eq!(error.to_string(), "it has version 2, and this release reads 1");
    }

    #[test]
    fn the_record_of_the_first_release_is_still_read() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(file(folder.path()), include_str!("../tests/record-1.jsonl")).unwrap();
        let record = Record::read(folder.path()).unwrap();
        assert!(record.closed && !record.is_settled());
        assert_eq!(record.runs["running"], State::Started(Process { pid: 4242, start: 1_234_567 }));
        assert_eq!(record.runs["gone"], State::Discarded);
        let State::Ended(ended) = &record.runs["features-17.2"] else { panic!("it ended") };
        assert_eq!((ended.exit, ended.tail.as_str()), (Exit::TimedOut, "last line"));
    }
}
