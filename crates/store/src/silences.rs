//! Silences: times in which people do not want to hear about a monitor's signals. Commands add and
//! remove them, the monitor loop asks whether one holds.

#[cfg(test)]
mod tests;

use base::{Name, Timestamp};
use rusqlite::{Row, params};
use serde::{Deserialize, Serialize};

use crate::{Error, Store, column, column::signed};

/// A silence to begin. Its number and time are given by the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewSilence {
    /// The monitor.
    pub monitor: Name,
    /// The signal, such as `drift.temp`, or a family of them, such as `drift`; none means all.
    pub signal: Option<String>,
    /// Until when it holds, on the monitor's clock; that instant is not in it.
    pub until: Timestamp,
    /// Who asked for it.
    pub by: String,
    /// Why.
    pub because: String,
}

/// A silence that has not been removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Silence {
    /// Its number.
    pub id: u64,
    /// The monitor.
    pub monitor: Name,
    /// The signal, such as `drift.temp`, or a family of them, such as `drift`; none means all.
    pub signal: Option<String>,
    /// Until when it holds, on the monitor's clock; that instant is not in it.
    pub until: Timestamp,
    /// Who asked for it.
    pub by: String,
    /// Why.
    pub because: String,
    /// When it was added, by the wall clock.
    pub created: Timestamp,
}

impl Silence {
    /// Does it hold for this signal at this time of the monitor's clock?
    pub fn covers(&self, signal: &str, at: Timestamp) -> bool {
        let named = self.signal.as_deref().is_none_or(|silent| {
            let rest = signal.strip_prefix(silent);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        });
        named && at < self.until
    }
}

impl Store {
    /// Adds a silence and returns its number.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn add_silence(&self, silence: &NewSilence) -> Result<u64, Error> {
        let now = self.clock().now();
        self.database().write("add a silence", |transaction| {
            let statement = "INSERT INTO silences (monitor, signal, until, author, because, created)
                VALUES ($1, $2, $3, $4, $5, $6) RETURNING id";
            let values = params![
                silence.monitor.as_str(),
                silence.signal,
                silence.until.micros(),
                silence.by,
                silence.because,
                now.micros(),
            ];
            Ok(transaction.query_row(statement, values, |row| column::count(row, "id"))?)
        })
    }

    /// The silences, oldest first, those that have run out included; of one monitor when it is given.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn silences(&self, monitor: Option<&Name>) -> Result<Vec<Silence>, Error> {
        self.database().read("read the silences", |transaction| {
            let mut statement = transaction.prepare(
                "SELECT * FROM silences WHERE removed IS NULL AND ($1 IS NULL OR monitor = $1) ORDER BY id",
            )?;
            Ok(statement.query_map([monitor.map(Name::as_str)], read)?.collect::<Result<_, _>>()?)
        })
    }

    /// Ends a silence.
    ///
    /// # Errors
    /// [`Error::UnknownNumber`] when there is none of that number.
    pub fn remove_silence(&self, id: u64) -> Result<(), Error> {
        let now = self.clock().now();
        self.database().write("remove a silence", |transaction| {
            let statement = "UPDATE silences SET removed = $1 WHERE id = $2 AND removed IS NULL";
            match transaction.execute(statement, params![now.micros(), signed(id)])? {
                0 => Err(Error::UnknownNumber { kind: "silence", id }.into()),
                _ => Ok(()),
            }
        })
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<Silence> {
    Ok(Silence {
        id: column::count(row, "id")?,
        monitor: column::parsed(row, "monitor")?,
        signal: row.get("signal")?,
        until: column::time(row, "until")?,
        by: row.get("author")?,
        because: row.get("because")?,
        created: column::time(row, "created")?,
    })
}
