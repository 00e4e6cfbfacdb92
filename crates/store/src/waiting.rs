//! What the next transaction writes along, so that it costs no sync of its own: the bytes of small objects
//! that nothing names yet, and notes that may be lost.
//!
//! It lives in memory, beside the connection. What a transaction has taken along stays known as unsettled,
//! without its bytes, until it is settled: putting the same object again then adds nothing.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use base::{Hash, Timestamp};
use rusqlite::Transaction;

use crate::{cache, file_cache, file_cache::FileMemory, pending};

/// Notes that wait at most: they save work and nothing is lost with them.
const NOTES: usize = 20_000;

/// Something to write along.
#[derive(Debug)]
pub(crate) enum Note {
    /// A small object whose file is written and not synced.
    Object { hash: Hash, bytes: Vec<u8> },
    /// The hash of a file outside the store.
    File(FileMemory),
    /// A cache entry was used.
    Used { key: Hash, at: Timestamp },
}

/// A note and its number. Later ones have greater numbers.
pub(crate) type Numbered = (u64, Arc<Note>);

#[derive(Default)]
pub(crate) struct Waiting {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    /// The number of the latest note.
    last: u64,
    notes: Vec<Numbered>,
    /// The objects put since they were last settled, each with the number of its note and its size.
    unsettled: HashMap<Hash, (u64, usize)>,
    /// The sizes of those.
    bytes: usize,
}

impl Waiting {
    /// Adds an object; returns how many bytes are unsettled with it.
    pub(crate) fn add_object(&self, hash: Hash, bytes: &[u8]) -> usize {
        let mut inner = self.inner();
        let number = inner.add(Note::Object { hash, bytes: bytes.to_vec() });
        let before = inner.unsettled.insert(hash, (number, bytes.len()));
        inner.bytes += bytes.len() - before.map_or(0, |(_, bytes)| bytes);
        inner.bytes
    }

    /// Adds a note that may be lost.
    pub(crate) fn add(&self, note: Note) {
        let mut inner = self.inner();
        if inner.notes.len() < NOTES {
            inner.add(note);
        }
    }

    /// Was the object put here since it was last settled?
    pub(crate) fn is_unsettled(&self, hash: &Hash) -> bool {
        self.inner().unsettled.contains_key(hash)
    }

    /// What waits now.
    pub(crate) fn notes(&self) -> Vec<Numbered> {
        self.inner().notes.clone()
    }

    /// The number of the latest note.
    pub(crate) fn last(&self) -> u64 {
        self.inner().last
    }

    /// Forgets what a transaction has taken along.
    pub(crate) fn written(&self, until: u64) {
        self.inner().notes.retain(|(number, _)| *number > until);
    }

    /// Forgets the objects up to this number: they are durable where they are.
    pub(crate) fn settled(&self, until: u64) {
        let mut inner = self.inner();
        let is_settled = |number: u64, note: &Note| number <= until && matches!(note, Note::Object { .. });
        inner.notes.retain(|(number, note)| !is_settled(*number, note));
        inner.unsettled.retain(|_, (number, _)| *number > until);
        inner.bytes = inner.unsettled.values().map(|(_, bytes)| bytes).sum();
    }

    /// Forgets an object that was taken away.
    pub(crate) fn forget(&self, removed: &Hash) {
        let mut inner = self.inner();
        inner.notes.retain(|(_, note)| !matches!(&**note, Note::Object { hash, .. } if hash == removed));
        if let Some((_, bytes)) = inner.unsettled.remove(removed) {
            inner.bytes -= bytes;
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn add(&mut self, note: Note) -> u64 {
        self.last += 1;
        self.notes.push((self.last, Arc::new(note)));
        self.last
    }
}

/// Writes the notes into the tables they belong to.
pub(crate) fn write(transaction: &Transaction<'_>, notes: &[Numbered]) -> rusqlite::Result<()> {
    for (_, note) in notes {
        match &**note {
            Note::Object { hash, bytes } => pending::add(transaction, hash, bytes)?,
            Note::File(memory) => file_cache::set(transaction, memory)?,
            Note::Used { key, at } => cache::touch(transaction, key, *at)?,
        }
    }
    Ok(())
}
