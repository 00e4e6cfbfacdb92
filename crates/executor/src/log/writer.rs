//! Writes a log. Called by the supervisor, from the thread of the process.

use std::{
    fs::{self, File},
    io::{self, ErrorKind, Write as _},
    path::{Path, PathBuf},
};

use super::{Caps, more};

/// Writes what it is given within the caps. Nothing is made on disk before the first byte; after an error nothing more is
/// written, as the output must be taken all the same.
pub(crate) struct Writer {
    log: PathBuf,
    caps: Caps,
    written: u64,
    first: Option<File>,
    last: Option<Segment>,
    /// Where the segment before the last one begins.
    before: Option<u64>,
    error: Option<io::Error>,
}

struct Segment {
    file: File,
    begin: u64,
    length: u64,
}

impl Writer {
    pub(crate) fn new(log: PathBuf, caps: Caps) -> Self {
        Self { log, caps, written: 0, first: None, last: None, before: None, error: None }
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) {
        if self.error.is_none() && !bytes.is_empty() {
            self.error = self.try_write(bytes).err();
        }
    }

    /// Why not all is in it.
    pub(crate) fn error(self) -> Option<io::Error> {
        self.error
    }

    fn try_write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let (first, mut rest) = bytes.split_at(within(bytes, self.caps.first.saturating_sub(self.written)));
        let file = match &mut self.first {
            Some(file) => file,
            none => none.insert(begin(&self.log)?),
        };
        file.write_all(first)?;
        self.written += first.len() as u64;
        while !rest.is_empty() {
            let cap = self.caps.last.max(1);
            let segment = self.segment(cap)?;
            let (fitting, after) = rest.split_at(within(rest, cap - segment.length));
            segment.file.write_all(fitting)?;
            segment.length += fitting.len() as u64;
            self.written += fitting.len() as u64;
            rest = after;
        }
        Ok(())
    }

    /// The segment to write to: one that is not full.
    fn segment(&mut self, cap: u64) -> io::Result<&mut Segment> {
        let full = self.last.take_if(|segment| segment.length >= cap);
        if let Some(old) = self.before.take_if(|_| full.is_some()) {
            fs::remove_file(more(&self.log).join(old.to_string()))?;
        }
        self.before = full.map(|segment| segment.begin).or(self.before);
        match &mut self.last {
            Some(segment) => Ok(segment),
            none => {
                let folder = more(&self.log);
                fs::create_dir_all(&folder)?;
                let file = File::create(folder.join(self.written.to_string()))?;
                Ok(none.insert(Segment { file, begin: self.written, length: 0 }))
            }
        }
    }
}

fn within(bytes: &[u8], limit: u64) -> usize {
    usize::try_from(limit).map_or(bytes.len(), |limit| limit.min(bytes.len()))
}

/// An empty log, with nothing left of an earlier one.
fn begin(log: &Path) -> io::Result<File> {
    match fs::remove_dir_all(more(log)) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    match File::create(log) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            log.parent().map_or(Ok(()), fs::create_dir_all)?;
            File::create(log)
        }
        created => created,
    }
}
