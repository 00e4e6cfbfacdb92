//! The account of every change of what serves, each entry chained to the one before it by its hash.
//!
//! The journal says what the engine did; this says what users were answered from, and on whose decision.
//! An edited, removed or reordered entry breaks the chain. A cut tail leaves a whole, shorter
//! chain: only
//! a head hash noted elsewhere shows it, which is why [`Store::verify_history`] takes one and gives one.

mod movement;
#[cfg(test)]
mod tests;
mod verify;

use std::collections::BTreeMap;

use base::{Hash, Name, Timestamp, canonical_json};
pub(crate) use movement::Movement;
use movement::Replay;
use rusqlite::{OptionalExtension as _, Row, Transaction, params};
use serde::{Deserialize, Serialize};
pub use verify::{Broken, Verified};

use crate::{Author, Error, Store, column, column::signed, database::Fault};

/// One entry of the history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Its place: 1, 2, 3 … without gaps.
    pub sequence: u64,
    /// When it happened; never before the entry before it, even when the clock was set back.
    pub at: Timestamp,
    /// Who or what decided it.
    pub actor: String,
    /// `alias_set`, `alias_removed`, `service_set` or `service_removed`.
    pub kind: String,
    /// What it happened to: `model.late` or `service.late`.
    pub subject: String,
    /// Model, alias, service, version and the artifact behind it.
    pub detail: serde_json::Value,
    /// The reason given.
    pub because: Option<String>,
    /// The hash of the entry before it.
    pub previous: Hash,
    /// The hash of everything above, in canonical JSON.
    pub hash: Hash,
}

/// Which entries to read. The default is all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HistoryFilter {
    /// Only those about this subject.
    pub subject: Option<String>,
    /// Only those at or after this time.
    pub since: Option<Timestamp>,
    /// Only those at or before this time.
    pub until: Option<Timestamp>,
    /// At most this many.
    pub limit: Option<usize>,
}

/// What a service answered from, since when and on whose decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Serving {
    /// The model.
    pub model: Name,
    /// Its version.
    pub version: u64,
    /// The tree of the model directory.
    pub artifact: Hash,
    /// When it began to answer.
    pub since: Timestamp,
    /// Who or what decided it.
    pub actor: String,
    /// The reason given.
    pub because: Option<String>,
    /// The entry of the history that says so.
    pub sequence: u64,
}

impl Store {
    /// Entries of the history, newest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn history(&self, filter: &HistoryFilter) -> Result<Vec<Event>, Error> {
        self.database().read("read the history", |transaction| {
            let mut statement = transaction.prepare(
                "SELECT * FROM history WHERE ($1 IS NULL OR subject = $1) AND at >= $2 AND at <= $3
                 ORDER BY sequence DESC LIMIT $4",
            )?;
            let values = params![
                filter.subject,
                filter.since.map_or(i64::MIN, Timestamp::micros),
                filter.until.map_or(i64::MAX, Timestamp::micros),
                filter.limit.map_or(i64::MAX, |limit| signed(limit as u64)),
            ];
            Ok(statement.query_map(values, read)?.collect::<Result<_, _>>()?)
        })
    }

    /// What each service answered from at a time, by the history.
    ///
    /// # Errors
    /// When the database cannot be read, or [`Error::Broken`] when an entry makes no sense.
    pub fn serving_at(&self, time: Timestamp) -> Result<BTreeMap<Name, Serving>, Error> {
        self.database().read("read the history", |transaction| {
            let mut statement =
                transaction.prepare("SELECT * FROM history WHERE at <= $1 ORDER BY sequence")?;
            let mut replay = Replay::default();
            for event in statement.query_map([time.micros()], read)? {
                replay.apply(&event?).map_err(Error::from)?;
            }
            Ok(replay.services)
        })
    }
}

/// Adds an entry about a movement that the same transaction makes.
pub(crate) fn append(
    transaction: &Transaction<'_>,
    now: Timestamp,
    by: &Author,
    movement: &Movement,
) -> Result<(), Fault> {
    let newest = "SELECT * FROM history ORDER BY sequence DESC LIMIT 1";
    let last = transaction.query_row(newest, [], read).optional()?;
    let (kind, detail) = movement.parts();
    let mut event = Event {
        sequence: last.as_ref().map_or(1, |last| last.sequence + 1),
        at: last.as_ref().map_or(now, |last| last.at.max(now)),
        actor: by.actor.clone(),
        kind,
        subject: movement.subject(),
        detail,
        because: by.because.clone(),
        previous: last.map_or_else(beginning, |last| last.hash),
        hash: beginning(),
    };
    event.hash = event.sealed();
    insert(transaction, &event)?;
    Ok(())
}

impl Event {
    /// The hash its content should have.
    fn sealed(&self) -> Hash {
        let content = serde_json::json!({
            "sequence": self.sequence,
            "at": self.at,
            "actor": self.actor,
            "kind": self.kind,
            "subject": self.subject,
            "detail": self.detail,
            "because": self.because,
            "previous": self.previous,
        });
        Hash::of(canonical_json(&content))
    }
}

/// What stands before the first entry.
fn beginning() -> Hash {
    Hash::of("kaizen history")
}

fn insert(transaction: &Transaction<'_>, event: &Event) -> rusqlite::Result<()> {
    let statement =
        "INSERT INTO history (sequence, at, actor, kind, subject, detail, because, previous, hash)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let values = params![
        signed(event.sequence),
        event.at.micros(),
        event.actor,
        event.kind,
        event.subject,
        event.detail.to_string(),
        event.because,
        event.previous.to_string(),
        event.hash.to_string(),
    ];
    transaction.execute(statement, values).map(|_| ())
}

fn read(row: &Row<'_>) -> rusqlite::Result<Event> {
    Ok(Event {
        sequence: column::count(row, "sequence")?,
        at: column::time(row, "at")?,
        actor: row.get("actor")?,
        kind: row.get("kind")?,
        subject: row.get("subject")?,
        detail: column::parsed(row, "detail")?,
        because: row.get("because")?,
        previous: column::parsed(row, "previous")?,
        hash: column::parsed(row, "hash")?,
    })
}
