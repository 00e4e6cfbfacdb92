//! Sealed segments of captured traffic: which object holds what a service was asked and answered, and
//! when.
//!
//! The engine's capture writer adds a segment when it has sealed a journal file as Parquet; the
//! monitor loop finds the segments of a window, and retention forgets the old ones.

#[cfg(test)]
mod tests;

use base::{Hash, Name, Timestamp};
use rusqlite::{Row, params};
use serde::{Deserialize, Serialize};

use crate::{Error, Store, column, column::signed};

/// A segment to register. Its number is given by the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewSegment {
    /// The service that answered.
    pub service: Name,
    /// The Parquet file.
    pub object: Hash,
    /// The model that answered.
    pub model: Name,
    /// Its version.
    pub version: u64,
    /// The earliest event in it, in event time.
    pub first: Timestamp,
    /// The latest event in it, in event time.
    pub last: Timestamp,
    /// When its first request was received, by the wall clock.
    pub received_first: Timestamp,
    /// When its last request was received, by the wall clock.
    pub received_last: Timestamp,
    /// How many rows it has.
    pub rows: u64,
    /// The size of the object.
    pub bytes: u64,
    /// The journal file it was sealed from. A service's source is sealed once: again changes nothing.
    pub source: String,
}

/// A registered segment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// Its number. Later segments have greater ones, and none is given twice.
    pub id: u64,
    /// The service that answered.
    pub service: Name,
    /// The Parquet file.
    pub object: Hash,
    /// The model that answered.
    pub model: Name,
    /// Its version.
    pub version: u64,
    /// The earliest event in it, in event time.
    pub first: Timestamp,
    /// The latest event in it, in event time.
    pub last: Timestamp,
    /// When its first request was received, by the wall clock.
    pub received_first: Timestamp,
    /// When its last request was received, by the wall clock.
    pub received_last: Timestamp,
    /// How many rows it has.
    pub rows: u64,
    /// The size of the object.
    pub bytes: u64,
    /// The journal file it was sealed from.
    pub source: String,
}

/// What is kept of a service's traffic.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaptureTotals {
    /// How many segments there are.
    pub segments: u64,
    /// How many rows they hold.
    pub rows: u64,
    /// Their size.
    pub bytes: u64,
    /// The earliest event in them.
    pub first: Option<Timestamp>,
    /// The latest event in them.
    pub last: Option<Timestamp>,
}

impl Store {
    /// Registers segments, all or none. One whose source is sealed already is left as it is, even
    /// when it has been forgotten since.
    ///
    /// # Errors
    /// [`Error::Missing`] when an object is not in the store.
    pub fn add_segments(&self, segments: &[NewSegment]) -> Result<(), Error> {
        for segment in segments {
            self.path(&segment.object)?;
        }
        self.database().write("register captured traffic", |transaction| {
            let mut statement = transaction.prepare(
                "INSERT INTO segments (service, object, model, version, event_first, event_last,
                    received_first, received_last, row_count, byte_count, source)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
                ON CONFLICT (service, source) DO NOTHING",
            )?;
            for segment in segments {
                statement.execute(params![
                    segment.service.as_str(),
                    segment.object.to_string(),
                    segment.model.as_str(),
                    signed(segment.version),
                    segment.first.micros(),
                    segment.last.micros(),
                    segment.received_first.micros(),
                    segment.received_last.micros(),
                    signed(segment.rows),
                    signed(segment.bytes),
                    segment.source,
                ])?;
            }
            Ok(())
        })
    }

    /// The segments of a service with events at or after `from` and before `until`, by number.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn segments(
        &self,
        service: &Name,
        from: Option<Timestamp>,
        until: Option<Timestamp>,
    ) -> Result<Vec<Segment>, Error> {
        self.database().read("read the captured traffic", |transaction| {
            let mut statement = transaction.prepare(
                "SELECT * FROM segments WHERE service = $1 AND forgotten IS NULL
                    AND event_last >= $2 AND ($3 IS NULL OR event_first < $3) ORDER BY id",
            )?;
            let from = from.map_or(i64::MIN, Timestamp::micros);
            let values = params![service.as_str(), from, until.map(Timestamp::micros)];
            Ok(statement.query_map(values, read)?.collect::<Result<_, _>>()?)
        })
    }

    /// The segments of a service registered after the one of this number, by number. 0 is before all.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn segments_after(&self, service: &Name, id: u64) -> Result<Vec<Segment>, Error> {
        self.database().read("read the captured traffic", |transaction| {
            let mut statement = transaction.prepare(
                "SELECT * FROM segments WHERE service = $1 AND id > $2 AND forgotten IS NULL ORDER BY id",
            )?;
            let rows = statement.query_map(params![service.as_str(), signed(id)], read)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Forgets segments. Their objects stay until [`Store::remove_objects`].
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn forget_segments(&self, ids: &[u64]) -> Result<(), Error> {
        let now = self.clock().now();
        self.database().write("forget captured traffic", |transaction| {
            let mut statement = transaction
                .prepare("UPDATE segments SET forgotten = $1 WHERE id = $2 AND forgotten IS NULL")?;
            for id in ids {
                statement.execute(params![now.micros(), signed(*id)])?;
            }
            Ok(())
        })
    }

    /// How much of a service's traffic is kept.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn capture_totals(&self, service: &Name) -> Result<CaptureTotals, Error> {
        self.database().read("read the captured traffic", |transaction| {
            let statement = "SELECT count(*) AS segment_count, coalesce(sum(row_count), 0) AS row_count,
                    coalesce(sum(byte_count), 0) AS byte_count, min(event_first) AS event_first,
                    max(event_last) AS event_last
                FROM segments WHERE service = $1 AND forgotten IS NULL";
            Ok(transaction.query_row(statement, [service.as_str()], read_totals)?)
        })
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<Segment> {
    Ok(Segment {
        id: column::count(row, "id")?,
        service: column::parsed(row, "service")?,
        object: column::parsed(row, "object")?,
        model: column::parsed(row, "model")?,
        version: column::count(row, "version")?,
        first: column::time(row, "event_first")?,
        last: column::time(row, "event_last")?,
        received_first: column::time(row, "received_first")?,
        received_last: column::time(row, "received_last")?,
        rows: column::count(row, "row_count")?,
        bytes: column::count(row, "byte_count")?,
        source: row.get("source")?,
    })
}

fn read_totals(row: &Row<'_>) -> rusqlite::Result<CaptureTotals> {
    Ok(CaptureTotals {
        segments: column::count(row, "segment_count")?,
        rows: column::count(row, "row_count")?,
        bytes: column::count(row, "byte_count")?,
        first: column::optional_time(row, "event_first")?,
        last: column::optional_time(row, "event_last")?,
    })
}
