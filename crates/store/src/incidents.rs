//! Incidents: confirmed or suspected departures of a monitor's signals, from onset to resolution.
//!
//! The monitor loop opens and updates them through [`MonitorChange`](crate::MonitorChange); the planner
//! and the commands read them.

#[cfg(test)]
mod tests;

use std::str::FromStr;

use base::{Name, Timestamp};
use rusqlite::{OptionalExtension as _, Row, Transaction, params};
use serde::{Deserialize, Serialize};

use crate::{
    Error, Store, column,
    column::signed,
    database::Fault,
    word::{WordError, choose},
};

/// How far an incident has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Signals depart.
    Open,
    /// They have departed for long enough.
    Confirmed,
    /// They are back.
    Resolved,
}

/// An incident to open. Its number is given by the store.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewIncident {
    /// The monitor.
    pub monitor: Name,
    /// What makes it the same incident when it is seen again.
    pub fingerprint: String,
    /// How far it has come.
    pub status: Status,
    /// When the departure began, on the monitor's clock.
    pub onset: Timestamp,
    /// When it was opened, on the monitor's clock.
    pub opened: Timestamp,
    /// When it was confirmed, on the monitor's clock.
    pub confirmed: Option<Timestamp>,
    /// When it was resolved, on the monitor's clock.
    pub resolved: Option<Timestamp>,
    /// How bad it is, in the monitor's words.
    pub severity: String,
    /// One line that names it.
    pub title: String,
    /// Signals, causes, whys.
    pub detail: serde_json::Value,
}

/// An incident as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IncidentRecord {
    /// Its number.
    pub id: u64,
    /// The monitor.
    pub monitor: Name,
    /// What makes it the same incident when it is seen again.
    pub fingerprint: String,
    /// How far it has come.
    pub status: Status,
    /// When the departure began, on the monitor's clock.
    pub onset: Timestamp,
    /// When it was opened, on the monitor's clock.
    pub opened: Timestamp,
    /// When it was confirmed, on the monitor's clock.
    pub confirmed: Option<Timestamp>,
    /// When it was resolved, on the monitor's clock.
    pub resolved: Option<Timestamp>,
    /// How bad it is, in the monitor's words.
    pub severity: String,
    /// One line that names it.
    pub title: String,
    /// Signals, causes, whys.
    pub detail: serde_json::Value,
    /// When it was last recorded, by the wall clock. The store sets it.
    pub updated: Timestamp,
}

/// Which incidents to read. The default is all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IncidentFilter {
    /// Only those of this monitor.
    pub monitor: Option<Name>,
    /// Only those that have come this far.
    pub status: Option<Status>,
    /// At most this many.
    pub limit: Option<usize>,
}

impl Store {
    /// Incidents, newest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn incidents(&self, filter: &IncidentFilter) -> Result<Vec<IncidentRecord>, Error> {
        self.database().read("read the incidents", |transaction| {
            let mut statement = transaction.prepare(
                "SELECT * FROM incidents WHERE ($1 IS NULL OR monitor = $1) AND ($2 IS NULL OR status = $2)
                ORDER BY id DESC LIMIT $3",
            )?;
            let values = params![
                filter.monitor.as_ref().map(Name::as_str),
                filter.status.map(Status::as_str),
                column::limit(filter.limit),
            ];
            Ok(statement.query_map(values, read)?.collect::<Result<_, _>>()?)
        })
    }

    /// One incident.
    ///
    /// # Errors
    /// [`Error::UnknownNumber`] when there is none of that number.
    pub fn incident(&self, id: u64) -> Result<IncidentRecord, Error> {
        self.database().read("read the incidents", |transaction| {
            let statement = "SELECT * FROM incidents WHERE id = $1";
            let found = transaction.query_row(statement, [signed(id)], read).optional()?;
            Ok(found.ok_or(Error::UnknownNumber { kind: "incident", id })?)
        })
    }
}

/// Opens an incident and returns its number.
pub(crate) fn open(
    transaction: &Transaction<'_>,
    now: Timestamp,
    incident: &NewIncident,
) -> rusqlite::Result<u64> {
    let statement = "INSERT INTO incidents (monitor, fingerprint, status, onset, opened, confirmed, resolved,
            severity, title, detail, updated)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING id";
    let values = params![
        incident.monitor.as_str(),
        incident.fingerprint,
        incident.status.as_str(),
        incident.onset.micros(),
        incident.opened.micros(),
        incident.confirmed.map(Timestamp::micros),
        incident.resolved.map(Timestamp::micros),
        incident.severity,
        incident.title,
        incident.detail.to_string(),
        now.micros(),
    ];
    transaction.query_row(statement, values, |row| column::count(row, "id"))
}

/// Records what an incident has become. Its monitor stays.
pub(crate) fn update(
    transaction: &Transaction<'_>,
    now: Timestamp,
    incident: &IncidentRecord,
) -> Result<(), Fault> {
    let statement = "UPDATE incidents SET fingerprint = $1, status = $2, onset = $3, opened = $4,
            confirmed = $5, resolved = $6, severity = $7, title = $8, detail = $9, updated = $10
        WHERE id = $11 AND monitor = $12";
    let values = params![
        incident.fingerprint,
        incident.status.as_str(),
        incident.onset.micros(),
        incident.opened.micros(),
        incident.confirmed.map(Timestamp::micros),
        incident.resolved.map(Timestamp::micros),
        incident.severity,
        incident.title,
        incident.detail.to_string(),
        now.micros(),
        signed(incident.id),
        incident.monitor.as_str(),
    ];
    match transaction.execute(statement, values)? {
        0 => Err(Error::UnknownNumber { kind: "incident", id: incident.id }.into()),
        _ => Ok(()),
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<IncidentRecord> {
    Ok(IncidentRecord {
        id: column::count(row, "id")?,
        monitor: column::parsed(row, "monitor")?,
        fingerprint: row.get("fingerprint")?,
        status: column::parsed(row, "status")?,
        onset: column::time(row, "onset")?,
        opened: column::time(row, "opened")?,
        confirmed: column::optional_time(row, "confirmed")?,
        resolved: column::optional_time(row, "resolved")?,
        severity: row.get("severity")?,
        title: row.get("title")?,
        detail: column::parsed(row, "detail")?,
        updated: column::time(row, "updated")?,
    })
}

impl Status {
    const ALL: [Self; 3] = [Self::Open, Self::Confirmed, Self::Resolved];

    /// The status as one word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Confirmed => "confirmed",
            Self::Resolved => "resolved",
        }
    }
}

impl FromStr for Status {
    type Err = WordError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        choose(text, "an incident", &Self::ALL, Self::as_str)
    }
}
