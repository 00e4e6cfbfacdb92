//! Intent, action, outcome. The engine calls [`Store::intend`] before it acts and
//! [`Store::conclude`] after,
//! so that a killed process leaves a record of what it was doing.

#[cfg(test)]
mod tests;

use std::{fmt, str::FromStr};

use base::{Hash, Timestamp};
use rusqlite::{OptionalExtension as _, Row, Transaction, params};
use serde::{Deserialize, Serialize};

use crate::{Change, Error, Store, change, column, column::signed, database::Fault};

/// The number of an action in the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ActionId(u64);

/// What is about to be done, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Intent {
    /// The plan it belongs to.
    pub plan: Hash,
    /// The action's id in the plan, such as `train model.late`.
    pub action: String,
    /// The node it works on, such as `model.late`.
    pub node: String,
    /// The engine's generation, from [`Store::next_generation`].
    pub generation: u64,
    /// The planner's reason.
    pub reason: serde_json::Value,
    /// The key of its inputs, where it has one.
    pub key: Option<Hash>,
}

/// How an action ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// In which way.
    pub status: Status,
    /// Figures, messages, the error: whatever its reader needs.
    pub detail: serde_json::Value,
}

/// The ways in which an action ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// As intended.
    Done,
    /// With an error.
    Failed,
    /// Not begun, because something before it failed.
    Skipped,
    /// Its process ended before it did.
    Interrupted,
}

/// One action as the journal has it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Its number.
    pub id: ActionId,
    /// The plan it belongs to.
    pub plan: Hash,
    /// Its id in the plan.
    pub action: String,
    /// The node it works on.
    pub node: String,
    /// The generation of the engine that began it.
    pub generation: u64,
    /// The planner's reason.
    pub reason: serde_json::Value,
    /// The key of its inputs.
    pub key: Option<Hash>,
    /// When it began.
    pub started: Timestamp,
    /// When it ended; this and the next two are `None` together.
    pub finished: Option<Timestamp>,
    /// How it ended.
    pub status: Option<Status>,
    /// What its outcome said.
    pub detail: Option<serde_json::Value>,
}

impl Store {
    /// Begins a new generation of the engine and returns its number. Older generations record
    /// nothing more.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn next_generation(&self) -> Result<u64, Error> {
        self.database().write("begin a generation", |transaction| {
            let statement = "UPDATE meta SET value = value + 1 WHERE key = 'generation' RETURNING value";
            Ok(transaction.query_row(statement, [], |row| column::count(row, "value"))?)
        })
    }

    /// The generation that may record now. A command beside the engine, such as `kaizen promote`,
    /// acts in it.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn generation(&self) -> Result<u64, Error> {
        self.database().read("read the generation", |transaction| Ok(current_generation(transaction)?))
    }

    /// Records that an action begins.
    ///
    /// # Errors
    /// [`Error::Fenced`] when the intent is not of the current generation.
    pub fn intend(&self, intent: &Intent) -> Result<ActionId, Error> {
        let started = self.clock().now();
        self.database().write("record an intent", |transaction| {
            fence(transaction, &intent.action, intent.generation)?;
            let statement = "INSERT INTO actions (plan, action, node, generation, reason, key, started)
                VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id";
            let values = params![
                intent.plan.to_string(),
                intent.action,
                intent.node,
                signed(intent.generation),
                intent.reason.to_string(),
                intent.key.map(|key| key.to_string()),
                started.micros(),
            ];
            Ok(transaction.query_row(statement, values, |row| column::count(row, "id").map(ActionId))?)
        })
    }

    /// Records how an action ended together with the state it leaves behind: both or neither.
    ///
    /// Returns the numbers of the versions that the changes added, in their order.
    ///
    /// # Errors
    /// [`Error::Fenced`] when a newer generation has begun since the intent. Only
    /// [`Status::Interrupted`] without changes is taken then: so the new engine closes what the
    /// old one left open. [`Error::Concluded`] when the action has an outcome already.
    pub fn conclude(&self, id: ActionId, outcome: &Outcome, changes: &[Change]) -> Result<Vec<u64>, Error> {
        self.require_objects(changes)?;
        let now = self.clock().now();
        self.database().write("record an outcome", |transaction| {
            let entry = find(transaction, id)?.ok_or(Error::UnknownAction(id))?;
            if entry.finished.is_some() {
                return Err(Error::Concluded(id).into());
            }
            let only_closes = outcome.status == Status::Interrupted && changes.is_empty();
            if !only_closes {
                fence(transaction, &entry.action, entry.generation)?;
            }
            let statement = "UPDATE actions SET finished = $1, status = $2, detail = $3 WHERE id = $4";
            let (status, detail) = (outcome.status.as_str(), outcome.detail.to_string());
            transaction.execute(statement, params![now.micros(), status, detail, signed(id.0)])?;
            change::apply(transaction, now, changes)
        })
    }

    /// The actions that began and have no outcome, oldest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn unfinished(&self) -> Result<Vec<Entry>, Error> {
        self.database().read("read the journal", |transaction| {
            let mut statement =
                transaction.prepare("SELECT * FROM actions WHERE finished IS NULL ORDER BY id")?;
            Ok(statement.query_map([], read)?.collect::<Result<_, _>>()?)
        })
    }

    /// The latest actions, newest first; of one node when it is given.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn entries(&self, node: Option<&str>, limit: usize) -> Result<Vec<Entry>, Error> {
        self.database().read("read the journal", |transaction| {
            let mut statement = transaction
                .prepare("SELECT * FROM actions WHERE $1 IS NULL OR node = $1 ORDER BY id DESC LIMIT $2")?;
            let rows = statement.query_map(params![node, signed(limit as u64)], read)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}

/// Refuses what is not of the current generation.
fn fence(transaction: &Transaction<'_>, action: &str, generation: u64) -> Result<(), Fault> {
    let current = current_generation(transaction)?;
    if generation == current {
        return Ok(());
    }
    Err(Error::Fenced { action: format!("`{action}`"), generation, current }.into())
}

fn current_generation(transaction: &Transaction<'_>) -> rusqlite::Result<u64> {
    let statement = "SELECT value FROM meta WHERE key = 'generation'";
    transaction.query_row(statement, [], |row| column::count(row, "value"))
}

fn find(transaction: &Transaction<'_>, id: ActionId) -> rusqlite::Result<Option<Entry>> {
    transaction.query_row("SELECT * FROM actions WHERE id = $1", [signed(id.0)], read).optional()
}

fn read(row: &Row<'_>) -> rusqlite::Result<Entry> {
    Ok(Entry {
        id: ActionId(column::count(row, "id")?),
        plan: column::parsed(row, "plan")?,
        action: row.get("action")?,
        node: row.get("node")?,
        generation: column::count(row, "generation")?,
        reason: column::parsed(row, "reason")?,
        key: column::optional(row, "key")?,
        started: column::time(row, "started")?,
        finished: row.get::<_, Option<i64>>("finished")?.map(Timestamp::from_micros),
        status: column::optional(row, "status")?,
        detail: column::optional(row, "detail")?,
    })
}

impl fmt::Display for ActionId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

impl Status {
    /// The status as one word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Interrupted => "interrupted",
        }
    }
}

/// Text that is no status.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not a status of an action")]
pub struct StatusError(String);

impl FromStr for Status {
    type Err = StatusError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let all = [Self::Done, Self::Failed, Self::Skipped, Self::Interrupted];
        let found = all.into_iter().find(|status| status.as_str() == text);
        found.ok_or_else(|| StatusError(text.to_owned()))
    }
}
