//! Each window a monitor has assessed, whole, and where the monitor stands: what it resumes from
//! after a restart.

#[cfg(test)]
mod tests;

use base::{Name, Timestamp};
use rusqlite::{OptionalExtension as _, Row, Transaction, params};
use serde::{Deserialize, Serialize};

use crate::{Error, Store, column, column::signed};

/// The assessment of one window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WindowRecord {
    /// The monitor.
    pub monitor: Name,
    /// The version of the model that answered in the window.
    pub version: u64,
    /// When it begins, in event time.
    pub start: Timestamp,
    /// When it ends, in event time; that instant is not in it.
    pub end: Timestamp,
    /// The whole assessment.
    pub detail: serde_json::Value,
}

impl Store {
    /// The latest windows of a monitor, at most `limit`, newest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn windows(&self, monitor: &Name, limit: usize) -> Result<Vec<WindowRecord>, Error> {
        self.database().read("read the windows", |transaction| {
            let mut statement = transaction.prepare(
                "SELECT * FROM windows WHERE monitor = $1 ORDER BY window_start DESC, version DESC LIMIT $2",
            )?;
            let rows = statement.query_map(params![monitor.as_str(), signed(limit as u64)], read)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Where a monitor stands, as it was last recorded.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn monitor_state(&self, monitor: &Name) -> Result<Option<serde_json::Value>, Error> {
        self.database().read("read where a monitor stands", |transaction| {
            let statement = "SELECT state FROM monitor_states WHERE monitor = $1";
            let state = |row: &Row<'_>| column::parsed(row, "state");
            Ok(transaction.query_row(statement, [monitor.as_str()], state).optional()?)
        })
    }
}

/// Records a window in place of the one that was there.
pub(crate) fn set(transaction: &Transaction<'_>, window: &WindowRecord) -> rusqlite::Result<()> {
    let statement = "INSERT INTO windows (monitor, version, window_start, window_end, detail)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (monitor, window_start, version) DO UPDATE SET
            window_end = excluded.window_end, detail = excluded.detail";
    let values = params![
        window.monitor.as_str(),
        signed(window.version),
        window.start.micros(),
        window.end.micros(),
        window.detail.to_string(),
    ];
    transaction.execute(statement, values).map(|_| ())
}

/// Records where a monitor stands.
pub(crate) fn set_state(
    transaction: &Transaction<'_>,
    now: Timestamp,
    monitor: &Name,
    state: &serde_json::Value,
) -> rusqlite::Result<()> {
    let statement = "INSERT INTO monitor_states (monitor, state, recorded) VALUES ($1, $2, $3)
        ON CONFLICT (monitor) DO UPDATE SET state = excluded.state, recorded = excluded.recorded";
    transaction.execute(statement, params![monitor.as_str(), state.to_string(), now.micros()]).map(|_| ())
}

fn read(row: &Row<'_>) -> rusqlite::Result<WindowRecord> {
    Ok(WindowRecord {
        monitor: column::parsed(row, "monitor")?,
        version: column::count(row, "version")?,
        start: column::time(row, "window_start")?,
        end: column::time(row, "window_end")?,
        detail: column::parsed(row, "detail")?,
    })
}
