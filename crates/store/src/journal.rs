//! Intent, action, outcome. The engine records an intent before it acts and an outcome after, so that a
//! killed process leaves a record of what it was doing.
//!
//! [`Store::journal`] records many of both in one transaction, with one sync: while steps run side by side,
//! those that have ended and those that begin share it.

mod batch;
#[cfg(test)]
mod tests;

use std::{fmt, str::FromStr};

use base::{Hash, Timestamp};
pub use batch::{Batch, Concluded, Journalled};
use rusqlite::{OptionalExtension as _, Row, Transaction, params};
use serde::{Deserialize, Serialize};

use crate::{Error, RunId, Store, column, column::signed};

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
    /// The run it belongs to, where it has one.
    pub run: Option<RunId>,
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
    /// The run it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunId>,
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

    /// One action.
    ///
    /// # Errors
    /// [`Error::UnknownAction`] when there is none of this number.
    pub fn entry(&self, id: ActionId) -> Result<Entry, Error> {
        self.database().read("read the journal", |transaction| {
            let mut statement = transaction.prepare_cached("SELECT * FROM actions WHERE id = $1")?;
            let found = statement.query_row([signed(id.0)], read).optional()?;
            Ok(found.ok_or(Error::UnknownAction(id))?)
        })
    }

    /// The latest actions, newest first; of one node when it is given.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn entries(&self, node: Option<&str>, limit: usize) -> Result<Vec<Entry>, Error> {
        self.database().read("read the journal", |transaction| {
            let limit = signed(limit as u64);
            // Two statements, so that each has an index to follow: journals grow for years.
            let Some(node) = node else {
                let statement = "SELECT * FROM actions ORDER BY id DESC LIMIT $1";
                return Ok(transaction
                    .prepare(statement)?
                    .query_map([limit], read)?
                    .collect::<Result<_, _>>()?);
            };
            let mut statement =
                transaction.prepare("SELECT * FROM actions WHERE node = $1 ORDER BY id DESC LIMIT $2")?;
            Ok(statement.query_map(params![node, limit], read)?.collect::<Result<_, _>>()?)
        })
    }
}

fn current_generation(transaction: &Transaction<'_>) -> rusqlite::Result<u64> {
    let statement = "SELECT value FROM meta WHERE key = 'generation'";
    transaction.prepare_cached(statement)?.query_row([], |row| column::count(row, "value"))
}

pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<Entry> {
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
        run: column::optional_count(row, "run")?.map(RunId::new),
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
