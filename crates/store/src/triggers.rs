//! What each trigger of a project last fired for, and when it was last looked at: a restart neither fires
//! twice for the same cause nor misses what came due meanwhile.

#[cfg(test)]
mod tests;

use std::time::Duration;

use base::{Name, Timestamp};
use rusqlite::{OptionalExtension as _, Row, params};
use serde::{Deserialize, Serialize};

use crate::{Error, Store, column};

/// Where a trigger stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trigger {
    /// Its name in the project file.
    pub name: Name,
    /// What it last fired for, if it ever did.
    pub firing: Option<Firing>,
    /// Until when it was looked at, if it ever was.
    pub checked: Option<Timestamp>,
}

/// A time that lies further ahead of now than this is of a clock that went wrong; less is a clock that was put right.
const LARGEST_LEAD: Duration = Duration::from_secs(60 * 60);

impl Trigger {
    /// Whether a time lies more than an hour ahead of now, so that no clock that can be relied on has told it.
    pub fn is_far_ahead(time: Timestamp, now: Timestamp) -> bool {
        time.micros() > lead(now)
    }
}

/// The last time, in microseconds, that is not far ahead of this one.
fn lead(now: Timestamp) -> i64 {
    let lead = i64::try_from(LARGEST_LEAD.as_micros()).unwrap_or(i64::MAX);
    now.micros().saturating_add(lead)
}

/// One firing of a trigger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Firing {
    /// Tells it from other firings of the trigger, such as the instant that came due.
    pub key: String,
    /// Why, for people.
    pub why: String,
    /// When.
    pub at: Timestamp,
}

impl Store {
    /// Where a trigger stands; nothing when it neither fired nor was looked at.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn trigger(&self, name: &Name) -> Result<Option<Trigger>, Error> {
        self.database().read("read the triggers", |transaction| {
            let mut statement = transaction.prepare_cached("SELECT * FROM triggers WHERE name = $1")?;
            Ok(statement.query_row([name.as_str()], read).optional()?)
        })
    }

    /// Where every trigger stands, by name. One that a project no longer has stays among them.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn triggers(&self) -> Result<Vec<Trigger>, Error> {
        self.database().read("read the triggers", |transaction| {
            let mut statement = transaction.prepare_cached("SELECT * FROM triggers ORDER BY name")?;
            Ok(statement.query_map([], read)?.collect::<Result<_, _>>()?)
        })
    }

    /// Records that a trigger fired; false when it had fired for that already, and nothing changed.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn fire(&self, name: &Name, firing: &Firing) -> Result<bool, Error> {
        self.database().write("record that a trigger fired", |transaction| {
            let statement = "INSERT INTO triggers (name, fired, why, at) VALUES ($1, $2, $3, $4)
                ON CONFLICT (name) DO UPDATE SET fired = excluded.fired, why = excluded.why, at = excluded.at
                    WHERE triggers.fired IS NULL OR triggers.fired <> excluded.fired";
            let values = params![name.as_str(), firing.key, firing.why, firing.at.micros()];
            Ok(transaction.execute(statement, values)? > 0)
        })
    }

    /// Records until when a trigger was looked at.
    ///
    /// The later of two looks stays: a clock that was set back a little does not take one back. Only a look that is
    /// [far ahead](Trigger::is_far_ahead) of this one is replaced by it, so that a clock that once ran ahead does not
    /// keep a trigger from firing until time has caught up.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn check_trigger(&self, name: &Name, at: Timestamp) -> Result<(), Error> {
        self.database().write("record that a trigger was looked at", |transaction| {
            let statement = "INSERT INTO triggers (name, checked) VALUES ($1, $2)
                ON CONFLICT (name) DO UPDATE SET checked = excluded.checked
                    WHERE triggers.checked IS NULL OR triggers.checked < excluded.checked OR triggers.checked > $3";
            transaction.execute(statement, params![name.as_str(), at.micros(), lead(at)])?;
            Ok(())
        })
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<Trigger> {
    Ok(Trigger {
        name: column::parsed(row, "name")?,
        firing: read_firing(row)?,
        checked: column::optional_time(row, "checked")?,
    })
}

fn read_firing(row: &Row<'_>) -> rusqlite::Result<Option<Firing>> {
    let Some(key) = row.get("fired")? else { return Ok(None) };
    Ok(Some(Firing { key, why: row.get("why")?, at: column::time(row, "at")? }))
}
