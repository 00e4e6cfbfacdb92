//! Writes that wait, in files that only grow: what is acknowledged is on the disk.
//!
//! A frame is its length, how many bytes it holds elsewhere, a checksum, and the bytes themselves. What a killed process
//! was writing is a frame that does not fit its checksum at the end of the last file; it was never acknowledged, and is
//! cut off. Anything else that is no frame is damage; it is copied aside (`damaged`) and passed over. Files that were read to their end are removed; how far reading has come is noted now and then, which is
//! enough, since reading something twice does no harm.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
    sync::{
        Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use base::Hash;
use serde::{Deserialize, Serialize};

use super::durable;

pub(super) mod damaged;

/// From this size on a file is followed by the next.
const SEGMENT: u64 = 8 << 20;
const HEAD: usize = 20;
/// The largest frame that can be one of ours.
const LONGEST: u32 = 256 << 20;
/// After how many frames it is noted how far reading has come.
const NOTED: u32 = 64;
const SUFFIX: &str = "journal";

pub(super) struct Journal {
    directory: PathBuf,
    limit: u64,
    damaged: Vec<PathBuf>,
    inner: Mutex<Inner>,
    /// As in `inner`, for who must not wait for the disk.
    waiting: AtomicU64,
    arrived: Condvar,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Position {
    segment: u64,
    offset: u64,
}

struct Inner {
    read: Position,
    end: Position,
    /// Is written to.
    last: File,
    /// Is read from, with its number.
    first: Option<(u64, File)>,
    waiting: u64,
    /// Bytes that wait, those elsewhere included.
    held: u64,
    unnoted: u32,
    /// Nobody waits for more.
    closed: bool,
}

/// Why a write could not be kept.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error("{0} bytes wait already, which is the most that may")]
    Full(u64),
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// A frame at the front.
#[derive(Debug)]
pub(super) struct Front {
    pub(super) payload: Vec<u8>,
    elsewhere: u64,
}

/// What stands in a journal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Extent {
    pub(super) waiting: u64,
    pub(super) held: u64,
}

impl Journal {
    /// Opens the journal of this directory, or begins one. It takes no more than `limit` bytes.
    pub(super) fn open(directory: &Path, limit: u64) -> io::Result<Self> {
        fs::create_dir_all(directory)?;
        let segments = segments(directory)?;
        let read = begin(directory, &segments)?;
        let mut extent = Extent::default();
        let (mut end, mut damaged) = (read, Vec::new());
        for &segment in segments.iter().filter(|&&segment| segment >= read.segment) {
            let offset = if segment == read.segment { read.offset } else { 0 };
            let file = File::open(path(directory, segment))?;
            end = Position { segment, offset: scan(&file, offset, &mut extent)? };
            damaged.extend(damaged::keep(directory, &file, end, Some(&segment) == segments.last())?);
        }
        let options = File::options().read(true).write(true).create(true).truncate(false).to_owned();
        let last = options.open(path(directory, end.segment))?;
        last.set_len(end.offset)?;
        last.sync_all()?;
        durable::sync(directory)?;
        let Extent { waiting, held } = extent;
        let inner = Inner { read, end, last, first: None, waiting, held, unnoted: 0, closed: false };
        let (directory, waiting, arrived) = (directory.to_owned(), AtomicU64::new(waiting), Condvar::new());
        Ok(Self { directory, limit, damaged, inner: Mutex::new(inner), waiting, arrived })
    }

    /// What waits in a journal that another process may have open.
    pub(super) fn extent_of(directory: &Path) -> io::Result<Extent> {
        let mut extent = Extent::default();
        let segments = segments(directory)?;
        let read = begin(directory, &segments)?;
        for &segment in segments.iter().filter(|&&segment| segment >= read.segment) {
            let offset = if segment == read.segment { read.offset } else { 0 };
            match File::open(path(directory, segment)) {
                Ok(file) => drop(scan(&file, offset, &mut extent)?),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(extent)
    }

    /// Copies of what could not be read when this was opened, and had not been found before.
    pub(super) fn damaged(&self) -> &[PathBuf] {
        &self.damaged
    }

    pub(super) fn extent(&self) -> Extent {
        let inner = self.lock();
        Extent { waiting: inner.waiting, held: inner.held }
    }

    /// How many frames wait.
    pub(super) fn waiting(&self) -> u64 {
        self.waiting.load(Ordering::SeqCst)
    }

    /// Adds a frame; it is on the disk when this returns. When it cannot be kept, nothing of it is.
    pub(super) fn append(&self, payload: &[u8], elsewhere: u64) -> Result<(), Refusal> {
        let mut inner = self.lock();
        let inner = &mut *inner;
        let size = payload.len() as u64 + elsewhere;
        if inner.held + size > self.limit {
            return Err(Refusal::Full(inner.held));
        }
        if inner.end.offset >= SEGMENT {
            self.turn(inner)?;
        }
        let frame = frame(payload, elsewhere)?;
        let written = inner.last.write_all_at(&frame, inner.end.offset).and_then(|()| inner.last.sync_data());
        if let Err(error) = written {
            // What is left beyond the end is written over, or cut off by whoever opens it next.
            let _ = inner.last.set_len(inner.end.offset);
            return Err(error.into());
        }
        inner.end.offset += frame.len() as u64;
        inner.waiting += 1;
        self.waiting.store(inner.waiting, Ordering::SeqCst);
        inner.held += size;
        self.arrived.notify_all();
        Ok(())
    }

    /// The first frame that waits; nothing when none has come within this time, or the journal is closed.
    pub(super) fn front(&self, within: Duration) -> io::Result<Option<Front>> {
        let mut inner = self.lock();
        if inner.waiting == 0 && !inner.closed {
            inner = self.arrived.wait_timeout(inner, within).unwrap_or_else(PoisonError::into_inner).0;
        }
        if inner.waiting == 0 || inner.closed {
            return Ok(None);
        }
        let inner = &mut *inner;
        loop {
            let Position { segment, offset } = inner.read;
            if inner.first.as_ref().is_none_or(|(number, _)| *number != segment) {
                inner.first = Some((segment, File::open(path(&self.directory, segment))?));
            }
            let file = inner.first.as_ref().map(|(_, file)| file);
            if let Some((front, _)) = file.map_or(Ok(None), |file| read(file, offset))? {
                return Ok(Some(front));
            }
            if segment >= inner.end.segment {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "a frame that was written is gone"));
            }
            self.leave(inner, Position { segment: self.after(segment)?, offset: 0 })?;
        }
    }

    /// The first frame is dealt with.
    pub(super) fn advance(&self, front: &Front) -> io::Result<()> {
        let mut inner = self.lock();
        let inner = &mut *inner;
        inner.read.offset += (HEAD + front.payload.len()) as u64;
        inner.held = inner.held.saturating_sub(front.payload.len() as u64 + front.elsewhere);
        inner.waiting = inner.waiting.saturating_sub(1);
        self.waiting.store(inner.waiting, Ordering::SeqCst);
        inner.unnoted += 1;
        if inner.waiting == 0 {
            // Everything is dealt with: go on in a new file, and remove this one.
            self.turn(inner)?;
            let end = inner.end;
            return self.leave(inner, end);
        }
        if inner.unnoted >= NOTED {
            inner.unnoted = 0;
            return note(&self.directory, inner.read);
        }
        Ok(())
    }

    /// Lets go of whoever waits for a frame.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.arrived.notify_all();
    }

    /// Goes on writing in the next file.
    fn turn(&self, inner: &mut Inner) -> io::Result<()> {
        let segment = inner.end.segment + 1;
        let options = File::options().read(true).write(true).create(true).truncate(true).to_owned();
        let next = options.open(path(&self.directory, segment))?;
        durable::sync(&self.directory)?;
        inner.last = next;
        inner.end = Position { segment, offset: 0 };
        Ok(())
    }

    /// Goes on reading there. The files before are removed.
    fn leave(&self, inner: &mut Inner, at: Position) -> io::Result<()> {
        note(&self.directory, at)?;
        (inner.read, inner.first, inner.unnoted) = (at, None, 0);
        for segment in segments(&self.directory)?.into_iter().filter(|segment| *segment < at.segment) {
            fs::remove_file(path(&self.directory, segment))?;
        }
        Ok(())
    }

    fn after(&self, segment: u64) -> io::Result<u64> {
        let next = segments(&self.directory)?.into_iter().find(|other| *other > segment);
        next.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "the next file of the journal is gone"))
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn path(directory: &Path, segment: u64) -> PathBuf {
    directory.join(format!("{segment:08}.{SUFFIX}"))
}

/// The files there are, by number.
fn segments(directory: &Path) -> io::Result<Vec<u64>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory)? {
        let name = entry?.file_name();
        let number =
            name.to_str().and_then(|name| name.strip_suffix(SUFFIX)?.strip_suffix('.')?.parse::<u64>().ok());
        found.extend(number);
    }
    found.sort_unstable();
    Ok(found)
}

/// Where reading goes on: where it was last noted, as far as that is still there.
fn begin(directory: &Path, segments: &[u64]) -> io::Result<Position> {
    let noted = match fs::read(directory.join("position")) {
        Ok(text) => serde_json::from_slice(&text).unwrap_or_default(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Position::default(),
        Err(error) => return Err(error),
    };
    if segments.contains(&noted.segment) {
        return Ok(noted);
    }
    let next = segments.iter().find(|segment| **segment > noted.segment);
    Ok(Position { segment: next.copied().unwrap_or(noted.segment + 1), offset: 0 })
}

fn note(directory: &Path, at: Position) -> io::Result<()> {
    durable::replace(&directory.join("position"), &serde_json::to_vec(&at)?)
}

fn frame(payload: &[u8], elsewhere: u64) -> io::Result<Vec<u8>> {
    let too_long = || io::Error::new(io::ErrorKind::InvalidInput, "the write is too long to be kept");
    let length =
        u32::try_from(payload.len()).ok().filter(|length| *length <= LONGEST).ok_or_else(too_long)?;
    let mut frame = Vec::with_capacity(HEAD + payload.len());
    frame.extend_from_slice(&length.to_le_bytes());
    frame.extend_from_slice(&elsewhere.to_le_bytes());
    frame.extend_from_slice(&checksum(payload, elsewhere).to_le_bytes());
    frame.extend_from_slice(payload);
    Ok(frame)
}

fn checksum(payload: &[u8], elsewhere: u64) -> u64 {
    // So that zeros, which a file may end with after a crash, are no frame.
    Hash::of(payload).prefix() ^ elsewhere.rotate_left(32) ^ 0x6b61_697a_656e_2e31
}

/// The frame that begins there, and where the next one does; nothing when there is no whole one.
fn read(file: &File, offset: u64) -> io::Result<Option<(Front, u64)>> {
    let mut head = [0; HEAD];
    if !read_whole(file, &mut head, offset)? {
        return Ok(None);
    }
    let (length, rest) = head.split_at(4);
    let (elsewhere, sum) = rest.split_at(8);
    let length = u32::from_le_bytes(length.try_into().unwrap_or_default());
    let elsewhere = u64::from_le_bytes(elsewhere.try_into().unwrap_or_default());
    let sum = u64::from_le_bytes(sum.try_into().unwrap_or_default());
    let next = offset + HEAD as u64 + u64::from(length);
    if length > LONGEST || next > file.metadata()?.len() {
        return Ok(None);
    }
    let mut payload = vec![0; length as usize];
    if !read_whole(file, &mut payload, offset + HEAD as u64)? || checksum(&payload, elsewhere) != sum {
        return Ok(None);
    }
    Ok(Some((Front { payload, elsewhere }, next)))
}

fn read_whole(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<bool> {
    match file.read_exact_at(bytes, offset) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

/// Counts the frames from there on; gives where the last whole one ends.
fn scan(file: &File, mut offset: u64, extent: &mut Extent) -> io::Result<u64> {
    while let Some((front, next)) = read(file, offset)? {
        extent.waiting += 1;
        extent.held += front.payload.len() as u64 + front.elsewhere;
        offset = next;
    }
    Ok(offset)
}

#[cfg(test)]
mod tests;
