//! What came out when something was last made from the same inputs: the cache. The engine looks here before
//! it runs a step, and checks that what it finds is whole.

#[cfg(test)]
mod tests;

use base::{Hash, Timestamp};
use rusqlite::{OptionalExtension as _, Row, Transaction, params};
use serde::{Deserialize, Serialize};

use crate::{Error, Store, column, waiting::Note};

/// Entries that are kept. Of more, those go that were not used for longest.
const KEPT: u64 = 100_000;

/// After how many new entries those that are too many go.
const PRUNED_EVERY: i64 = 256;

/// How old a record of use must be before it is renewed: nobody needs to know it to the second.
const RENEWED_MICROS: i64 = 60 * 60 * 1_000_000;

/// An entry of the cache.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Remembered {
    /// The key of the inputs.
    pub key: Hash,
    /// The node that gave it.
    pub node: String,
    /// The object it gave.
    pub output: Hash,
    /// What else was remembered.
    pub detail: serde_json::Value,
    /// When it was recorded.
    pub recorded: Timestamp,
    /// When it was last used, to the hour.
    pub used: Timestamp,
}

/// What to remember.
pub(crate) struct Kept<'a> {
    pub(crate) key: &'a Hash,
    pub(crate) node: &'a str,
    pub(crate) output: &'a Hash,
    pub(crate) detail: &'a serde_json::Value,
}

impl Store {
    /// What came out of the inputs with this key, and counts it as used. Nothing says that the objects are
    /// still there: look with [`Store::verify`].
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn remembered(&self, key: &Hash) -> Result<Option<Remembered>, Error> {
        let found = self.database().read("look into the cache", |transaction| {
            let mut statement = transaction.prepare_cached("SELECT * FROM cache WHERE key = $1")?;
            Ok(statement.query_row([key.to_string()], read).optional()?)
        })?;
        let at = self.clock().now();
        if let Some(found) = &found
            && at.micros().saturating_sub(found.used.micros()) >= RENEWED_MICROS
            && !self.database().is_read_only()
        {
            self.database().waiting().add(Note::Used { key: *key, at });
        }
        Ok(found)
    }
}

pub(crate) fn set(transaction: &Transaction<'_>, now: Timestamp, kept: &Kept<'_>) -> rusqlite::Result<()> {
    let statement = "INSERT INTO cache (key, node, output, detail, recorded, used)
        VALUES ($1, $2, $3, $4, $5, $5)
        ON CONFLICT (key) DO UPDATE SET node = excluded.node, output = excluded.output,
            detail = excluded.detail, recorded = excluded.recorded, used = excluded.used
        RETURNING rowid";
    let (key, output) = (kept.key.to_string(), kept.output.to_string());
    let values = params![key, kept.node, output, kept.detail.to_string(), now.micros()];
    let row: i64 = transaction.prepare_cached(statement)?.query_row(values, |row| row.get(0))?;
    if row % PRUNED_EVERY == 0 { prune(transaction, KEPT) } else { Ok(()) }
}

/// Records that an entry was used.
pub(crate) fn touch(transaction: &Transaction<'_>, key: &Hash, at: Timestamp) -> rusqlite::Result<()> {
    let statement = "UPDATE cache SET used = $1 WHERE key = $2 AND used < $1";
    transaction.prepare_cached(statement)?.execute(params![at.micros(), key.to_string()]).map(|_| ())
}

/// Takes away the entries beyond this many, those that were not used for longest.
fn prune(transaction: &Transaction<'_>, kept: u64) -> rusqlite::Result<()> {
    let statement = "DELETE FROM cache WHERE key IN
        (SELECT key FROM cache ORDER BY used DESC, key LIMIT -1 OFFSET $1)";
    transaction.execute(statement, [column::signed(kept)]).map(|_| ())
}

fn read(row: &Row<'_>) -> rusqlite::Result<Remembered> {
    Ok(Remembered {
        key: column::parsed(row, "key")?,
        node: row.get("node")?,
        output: column::parsed(row, "output")?,
        detail: column::parsed(row, "detail")?,
        recorded: column::time(row, "recorded")?,
        used: column::time(row, "used")?,
    })
}
