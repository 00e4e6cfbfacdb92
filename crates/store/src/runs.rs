//! Runs: what one command of Kaizen did. Each action that it recorded names its run, so that runs can be
//! listed, cancelled and tried again.

#[cfg(test)]
mod tests;

use std::{fmt, num::ParseIntError, process, str::FromStr};

use base::Timestamp;
use rusqlite::{OptionalExtension as _, Row, Transaction, params};
use serde::{Deserialize, Serialize};

use crate::{
    Entry, Error, Lock, Store, column,
    column::signed,
    database::Fault,
    journal,
    word::{WordError, choose},
};

/// The number of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunId(u64);

/// How far a run has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It goes on.
    Running,
    /// It did what it was for.
    Done,
    /// Something in it failed.
    Failed,
    /// Somebody asked for its end.
    Cancelled,
    /// Its process ended before it did.
    Interrupted,
}

/// A run to begin. Its number, time and process are given by the store.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewRun {
    /// What kind of run it is, such as `run`, `up` or `exec`.
    pub kind: String,
    /// The command as it was given.
    pub command: String,
    /// What else its reader needs. What is given at its end takes the place of this.
    pub detail: serde_json::Value,
}

/// A run as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Its number. Later runs have greater ones.
    pub id: RunId,
    /// What kind of run it is.
    pub kind: String,
    /// The command as it was given.
    pub command: String,
    /// When it began.
    pub started: Timestamp,
    /// When it ended, if it has.
    pub finished: Option<Timestamp>,
    /// How far it has come.
    pub status: Status,
    /// The process that it ran in.
    pub pid: u32,
    /// When somebody first asked for its end.
    pub cancel_requested: Option<Timestamp>,
    /// What else its reader needs.
    pub detail: serde_json::Value,
}

impl Store {
    /// Begins a run of this process. Call [`Store::interrupt_runs`] before the first.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn begin_run(&self, run: &NewRun) -> Result<RunId, Error> {
        let now = self.clock().now();
        self.database().write("begin a run", |transaction| {
            let statement = "INSERT INTO runs (kind, command, started, status, pid, detail)
                VALUES ($1, $2, $3, $4, $5, $6) RETURNING id";
            let (status, pid) = (Status::Running.as_str(), process::id());
            let values = params![run.kind, run.command, now.micros(), status, pid, run.detail.to_string()];
            Ok(transaction.query_row(statement, values, |row| column::count(row, "id").map(RunId))?)
        })
    }

    /// Ends a run. With [`Status::Running`] it goes on, and only its detail is replaced.
    ///
    /// # Errors
    /// [`Error::UnknownNumber`] when there is no such run, [`Error::RunEnded`] when it has ended.
    pub fn end_run(&self, id: RunId, status: Status, detail: &serde_json::Value) -> Result<(), Error> {
        let now = self.clock().now();
        self.database().write("end a run", |transaction| {
            let run = find(transaction, id)?;
            if run.status != Status::Running {
                return Err(Error::RunEnded { run: id, status: run.status.as_str() }.into());
            }
            let statement = "UPDATE runs SET finished = $1, status = $2, detail = $3 WHERE id = $4";
            let finished = (status != Status::Running).then(|| now.micros());
            let values = params![finished, status.as_str(), detail.to_string(), signed(id.0)];
            transaction.execute(statement, values)?;
            Ok(())
        })
    }

    /// Ends the runs that go on as interrupted, and returns them. Whoever has just taken the project's lock
    /// calls this before it begins a run of its own: the processes of all others have ended.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn interrupt_runs(&self, _held: &Lock) -> Result<Vec<RunId>, Error> {
        let now = self.clock().now();
        let running = self.database().read("read the runs", |transaction| Ok(running(transaction)?))?;
        if running.is_empty() {
            return Ok(running);
        }
        self.database().write("end the runs of ended processes", |transaction| {
            let statement = "UPDATE runs SET finished = $1, status = 'interrupted' WHERE status = 'running'";
            transaction.execute(statement, [now.micros()])?;
            Ok(())
        })?;
        Ok(running)
    }

    /// The latest runs, newest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn latest_runs(&self, limit: usize) -> Result<Vec<Run>, Error> {
        self.database().read("read the runs", |transaction| {
            let mut statement = transaction.prepare("SELECT * FROM runs ORDER BY id DESC LIMIT $1")?;
            Ok(statement.query_map([signed(limit as u64)], read)?.collect::<Result<_, _>>()?)
        })
    }

    /// One run.
    ///
    /// # Errors
    /// [`Error::UnknownNumber`] when there is none of this number.
    pub fn run(&self, id: RunId) -> Result<Run, Error> {
        self.database().read("read the runs", |transaction| find(transaction, id))
    }

    /// The actions of a run, in the order in which they began. One that was adopted belongs to the run that
    /// went on with it.
    ///
    /// # Errors
    /// [`Error::UnknownNumber`] when there is none of this number.
    pub fn run_entries(&self, id: RunId) -> Result<Vec<Entry>, Error> {
        self.database().read("read the journal", |transaction| {
            find(transaction, id)?;
            let mut statement = transaction.prepare("SELECT * FROM actions WHERE run = $1 ORDER BY id")?;
            Ok(statement.query_map([signed(id.0)], journal::read)?.collect::<Result<_, _>>()?)
        })
    }

    /// Asks a run to end. Its process looks with [`Store::is_cancel_requested`].
    ///
    /// # Errors
    /// [`Error::UnknownNumber`] when there is no such run, [`Error::RunEnded`] when it has ended.
    pub fn request_cancel(&self, id: RunId) -> Result<(), Error> {
        let now = self.clock().now();
        self.database().write("ask a run to end", |transaction| {
            let run = find(transaction, id)?;
            if run.status != Status::Running {
                return Err(Error::RunEnded { run: id, status: run.status.as_str() }.into());
            }
            let statement =
                "UPDATE runs SET cancel_requested = $1 WHERE id = $2 AND cancel_requested IS NULL";
            transaction.execute(statement, params![now.micros(), signed(id.0)])?;
            Ok(())
        })
    }

    /// Has somebody asked the run to end?
    ///
    /// # Errors
    /// [`Error::UnknownNumber`] when there is none of this number.
    pub fn is_cancel_requested(&self, id: RunId) -> Result<bool, Error> {
        self.database().read("look whether a run is to end", |transaction| {
            let statement = "SELECT cancel_requested IS NOT NULL FROM runs WHERE id = $1";
            let mut statement = transaction.prepare_cached(statement)?;
            let asked = statement.query_row([signed(id.0)], |row| row.get(0)).optional()?;
            Ok(asked.ok_or_else(|| unknown(id))?)
        })
    }
}

fn running(transaction: &Transaction<'_>) -> rusqlite::Result<Vec<RunId>> {
    let mut statement = transaction.prepare("SELECT id FROM runs WHERE status = 'running' ORDER BY id")?;
    statement.query_map([], |row| column::count(row, "id").map(RunId))?.collect()
}

fn find(transaction: &Transaction<'_>, id: RunId) -> Result<Run, Fault> {
    let found = transaction.query_row("SELECT * FROM runs WHERE id = $1", [signed(id.0)], read).optional()?;
    Ok(found.ok_or_else(|| unknown(id))?)
}

fn unknown(id: RunId) -> Error {
    Error::UnknownNumber { kind: "run", id: id.0 }
}

fn read(row: &Row<'_>) -> rusqlite::Result<Run> {
    Ok(Run {
        id: RunId(column::count(row, "id")?),
        kind: row.get("kind")?,
        command: row.get("command")?,
        started: column::time(row, "started")?,
        finished: column::optional_time(row, "finished")?,
        status: column::parsed(row, "status")?,
        pid: row.get("pid")?,
        cancel_requested: column::optional_time(row, "cancel_requested")?,
        detail: column::parsed(row, "detail")?,
    })
}

impl RunId {
    /// The run of this number.
    pub fn new(number: u64) -> Self {
        Self(number)
    }

    /// Its number.
    pub fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

impl FromStr for RunId {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

impl Status {
    const ALL: [Self; 5] = [Self::Running, Self::Done, Self::Failed, Self::Cancelled, Self::Interrupted];

    /// The status as one word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Interrupted => "interrupted",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

impl FromStr for Status {
    type Err = WordError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        choose(text, "a run", &Self::ALL, Self::as_str)
    }
}
