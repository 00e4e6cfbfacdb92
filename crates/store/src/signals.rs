//! The series a monitor measures: one point a signal, a window and a version of the model.
//!
//! The monitor loop records them through [`MonitorChange`](crate::MonitorChange) and reads them back as
//! history; commands and charts read them.

#[cfg(test)]
mod tests;

use base::{Name, Timestamp};
use rusqlite::{Row, Transaction, params};
use serde::{Deserialize, Serialize};

use crate::{Error, Store, column, column::signed};

/// A signal's value in one window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SignalPoint {
    /// The monitor.
    pub monitor: Name,
    /// The version of the model that answered in the window.
    pub version: u64,
    /// The signal, such as `drift.temp`.
    pub signal: String,
    /// When the window begins, in event time.
    pub start: Timestamp,
    /// When it ends, in event time; that instant is not in it.
    pub end: Timestamp,
    /// The value, in the signal's unit. It may be infinite or not a number, which JSON shows as null.
    pub value: f64,
    /// The lower bound of its interval. One that is not a number is kept as none.
    pub lower: Option<f64>,
    /// The upper bound of its interval. One that is not a number is kept as none.
    pub upper: Option<f64>,
    /// How many rows it was computed from.
    pub rows: u64,
    /// The p-value of its test. One that is not a number is kept as none.
    pub p_value: Option<f64>,
    /// Does it depart from the reference?
    pub departs: bool,
    /// What else its reader needs.
    pub detail: serde_json::Value,
}

impl Store {
    /// The points of a monitor, by window, signal and version; of one signal when it is given, and
    /// of windows that begin at or after `since`.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn signals(
        &self,
        monitor: &Name,
        signal: Option<&str>,
        since: Option<Timestamp>,
    ) -> Result<Vec<SignalPoint>, Error> {
        self.database().read("read the signals", |transaction| {
            let mut statement = transaction.prepare(
                "SELECT * FROM signals WHERE monitor = $1 AND ($2 IS NULL OR signal = $2)
                    AND window_start >= $3 ORDER BY window_start, signal, version",
            )?;
            let since = since.map_or(i64::MIN, Timestamp::micros);
            let rows = statement.query_map(params![monitor.as_str(), signal, since], read)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}

/// Records a point in place of the one that its window had.
pub(crate) fn set(transaction: &Transaction<'_>, point: &SignalPoint) -> rusqlite::Result<()> {
    let statement =
        "INSERT INTO signals (monitor, version, signal, window_start, window_end, value, lower_bound,
            upper_bound, row_count, p_value, departs, detail)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        ON CONFLICT (monitor, signal, window_start, version) DO UPDATE SET
            window_end = excluded.window_end, value = excluded.value,
            lower_bound = excluded.lower_bound, upper_bound = excluded.upper_bound,
            row_count = excluded.row_count, p_value = excluded.p_value, departs = excluded.departs,
            detail = excluded.detail";
    let values = params![
        point.monitor.as_str(),
        signed(point.version),
        point.signal,
        point.start.micros(),
        point.end.micros(),
        a_number(Some(point.value)),
        a_number(point.lower),
        a_number(point.upper),
        signed(point.rows),
        a_number(point.p_value),
        i64::from(point.departs),
        point.detail.to_string(),
    ];
    transaction.execute(statement, values).map(|_| ())
}

/// SQLite would make null of it anyway; PostgreSQL would not.
fn a_number(value: Option<f64>) -> Option<f64> {
    value.filter(|value| !value.is_nan())
}

fn read(row: &Row<'_>) -> rusqlite::Result<SignalPoint> {
    Ok(SignalPoint {
        monitor: column::parsed(row, "monitor")?,
        version: column::count(row, "version")?,
        signal: row.get("signal")?,
        start: column::time(row, "window_start")?,
        end: column::time(row, "window_end")?,
        value: column::number(row, "value")?,
        lower: row.get("lower_bound")?,
        upper: row.get("upper_bound")?,
        rows: column::count(row, "row_count")?,
        p_value: row.get("p_value")?,
        departs: row.get("departs")?,
        detail: column::parsed(row, "detail")?,
    })
}
