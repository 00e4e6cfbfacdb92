//! Small objects without a sync of their own.
//!
//! A step leaves a few small objects: what it gave, its figures. Syncing the file and the directory of
//! each costs more than the step. So their files are written and not synced, and the transaction that
//! may name them has their bytes in the table `pending_objects`: what the database names is either
//! synced, or its bytes are in the database, which is. Now and then one sync of the whole file system
//! settles them all, and the rows go. After a loss of power, opening the store writes again whatever is
//! not as it was.
//!
//! A file that no transaction took along may be there after a loss of power with anything in it. Nothing
//! names it, and putting the object again compares the bytes and writes it anew.

#[cfg(test)]
mod tests;

use std::path::Path;

use base::Hash;
use rusqlite::{Row, Transaction, params};

use crate::{
    Error, Store, column,
    database::Fault,
    objects::Durable,
    waiting::{Note, Numbered},
};

/// Bytes that may be unsettled. They are in memory, in the database's log and on disk.
const LIMIT: usize = 8 * 1024 * 1024;

/// What a call to settle has to make durable.
struct Pending {
    /// The last row of the table, 0 when it has none.
    row: i64,
    /// What no transaction has taken along yet.
    notes: Vec<Numbered>,
    /// The last note of this process.
    note: u64,
}

impl Pending {
    fn is_empty(&self) -> bool {
        self.row == 0 && !self.notes.iter().any(|(_, note)| matches!(&**note, Note::Object { .. }))
    }
}

impl Store {
    /// Makes every small object that was put before durable at its place. One sync of the file system,
    /// whatever their number, and nothing at all when none is unsettled.
    ///
    /// The engine calls this at the end of a pass. Nothing is lost without: a store that is opened does
    /// it, and so does one that more than 8 MiB were put into.
    ///
    /// # Errors
    /// When they cannot be written. They stay what they were: their bytes are in the database as soon as
    /// anything there names them.
    pub fn settle(&self) -> Result<(), Error> {
        // In this order: what was put before these are read is written before the sync.
        let note = self.database().waiting().last();
        let notes = self.database().waiting().notes();
        let row = self.database().read("read the unsettled objects", |transaction| {
            let statement = "SELECT coalesce(max(id), 0) FROM pending_objects";
            Ok(transaction.prepare_cached(statement)?.query_row([], |row| row.get(0))?)
        })?;
        let pending = Pending { row, notes, note };
        if pending.is_empty() {
            // Another process may have settled what this one knows of.
            self.database().waiting().settled(pending.note);
            return Ok(());
        }
        if self.objects().settle().is_err() {
            // After a failure the system takes what it could not write for written, so a second sync would
            // tell nothing: each is written anew.
            self.write_each(&pending)?;
        }
        self.database().waiting().settled(pending.note);
        if pending.row == 0 {
            return Ok(());
        }
        self.database().write("settle objects", |transaction| {
            transaction.execute("DELETE FROM pending_objects WHERE id <= $1", [pending.row])?;
            Ok(())
        })
    }

    /// Puts a small object; the next transaction takes its bytes along.
    pub(crate) fn put_small(&self, hash: &Hash, bytes: &[u8]) -> Result<(), Error> {
        if self.database().is_read_only() {
            // No transaction follows.
            return self.objects().put(&mut &bytes[..], Path::new("memory")).map(|_| ());
        }
        let waiting = self.database().waiting();
        if !self.objects().holds(hash, bytes)? {
            self.objects().write(hash, bytes, Durable::Later)?;
        } else if waiting.is_unsettled(hash) {
            return Ok(());
        }
        // Also when it was there: whoever wrote it may not have synced it, and not have recorded it.
        if waiting.add_object(*hash, bytes) > LIMIT {
            self.settle()?;
        }
        Ok(())
    }

    /// Writes again those of the unsettled objects that are not what they were, and settles all of them.
    pub(crate) fn restore_pending(&self) -> Result<(), Error> {
        let mut found = false;
        self.each_pending(i64::MAX, |hash, bytes| {
            found = true;
            if self.objects().holds(hash, bytes)? {
                return Ok(());
            }
            self.objects().write(hash, bytes, Durable::Later)
        })?;
        if found { self.settle() } else { Ok(()) }
    }

    fn write_each(&self, pending: &Pending) -> Result<(), Error> {
        self.each_pending(pending.row, |hash, bytes| self.objects().write(hash, bytes, Durable::Now))?;
        for (_, note) in &pending.notes {
            if let Note::Object { hash, bytes } = &**note {
                self.objects().write(hash, bytes, Durable::Now)?;
            }
        }
        Ok(())
    }

    /// Visits the rows up to this one, oldest first.
    fn each_pending(
        &self,
        last: i64,
        mut visit: impl FnMut(&Hash, &[u8]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.database().read("read the unsettled objects", |transaction| {
            let mut statement =
                transaction.prepare("SELECT hash, bytes FROM pending_objects WHERE id <= $1 ORDER BY id")?;
            let mut rows = statement.query([last])?;
            while let Some(row) = rows.next()? {
                let (hash, bytes) = read(row)?;
                // Bytes that are not the object's cannot help it: whoever reads it says that it is damaged.
                if Hash::of(bytes) == hash {
                    visit(&hash, bytes)?;
                }
            }
            Ok::<_, Fault>(())
        })
    }
}

/// Takes the bytes of an object along.
pub(crate) fn add(transaction: &Transaction<'_>, hash: &Hash, bytes: &[u8]) -> rusqlite::Result<()> {
    let statement = "INSERT INTO pending_objects (hash, bytes) VALUES ($1, $2)";
    transaction.prepare_cached(statement)?.execute(params![hash.to_string(), bytes]).map(|_| ())
}

/// Forgets an object that is taken away.
pub(crate) fn forget(transaction: &Transaction<'_>, hash: &Hash) -> rusqlite::Result<()> {
    transaction.execute("DELETE FROM pending_objects WHERE hash = $1", [hash.to_string()]).map(|_| ())
}

fn read<'a>(row: &'a Row<'_>) -> rusqlite::Result<(Hash, &'a [u8])> {
    let hash = column::parsed(row, "hash")?;
    let bytes = row.get_ref("bytes")?.as_blob().map_err(|error| column::mistyped(row, "bytes", error))?;
    Ok((hash, bytes))
}
