//! Labels: what turned out to be true of the rows a service answered, by the id of the request.
//!
//! The server and the label sources put them; the monitor loop follows them by their sequence and
//! looks them up by id. A label that was acknowledged survives a kill and a loss of power.

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use base::{Name, Timestamp};
use rusqlite::{OptionalExtension as _, Row, Statement, Transaction, params};
use serde::{Deserialize, Serialize};

use crate::{Error, Store, column, column::signed};

/// The most bytes an id may have.
const ID_LIMIT: usize = 256;

/// The most bytes a value may have.
const VALUE_LIMIT: usize = 1024;

/// How many ids are looked up before another thread of this process gets its turn at the database.
const LOOK_UPS_AT_ONCE: usize = 1_000;

/// A label that arrived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewLabel {
    /// The id of the row it belongs to: 1 to 256 bytes.
    pub id: String,
    /// The value as the data writes it: at most 1,024 bytes.
    pub value: String,
    /// When it became known, in event time, where its sender says so.
    pub known: Option<Timestamp>,
}

/// A label as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// The id of the row it belongs to.
    pub id: String,
    /// The value as the data writes it.
    pub value: String,
    /// When it became known, in event time, where its sender said so.
    pub known: Option<Timestamp>,
    /// When it was received, by the wall clock.
    pub received: Timestamp,
    /// Its place among all labels; one that replaces another has a greater one.
    pub sequence: u64,
}

/// What became of the labels of one call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelReceipt {
    /// How many were new.
    pub accepted: u64,
    /// How many were there with that value already.
    pub unchanged: u64,
    /// How many took the place of another value.
    pub replaced: u64,
}

/// What is kept of a service's labels.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelTotals {
    /// How many ids have a label.
    pub labels: u64,
    /// How many times a value took the place of another.
    pub replaced: u64,
    /// The sequence of the newest, or 0.
    pub sequence: u64,
    /// When the newest was received.
    pub received: Option<Timestamp>,
}

impl Store {
    /// Takes labels in their order, all or none. They are on disk when this returns.
    ///
    /// A value that another replaces stays in [`Store::replaced_labels`].
    ///
    /// # Errors
    /// [`Error::LabelSize`] when an id or a value is too long; none of the labels is taken then.
    pub fn put_labels(&self, service: &Name, labels: &[NewLabel]) -> Result<LabelReceipt, Error> {
        labels.iter().try_for_each(check_size)?;
        let now = self.clock().now();
        self.database().write("record labels", |transaction| {
            let mut writer = Writer::new(transaction, service, now)?;
            let mut receipt = LabelReceipt::default();
            for label in labels {
                writer.put(label, &mut receipt)?;
            }
            Ok(receipt)
        })
    }

    /// The labels of a service after this sequence, oldest first, at most `limit`. 0 is before all.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn labels_after(&self, service: &Name, sequence: u64, limit: usize) -> Result<Vec<Label>, Error> {
        self.database().read("read labels", |transaction| {
            let mut statement = transaction.prepare(
                "SELECT * FROM labels WHERE service = $1 AND sequence > $2 ORDER BY sequence LIMIT $3",
            )?;
            let values = params![service.as_str(), signed(sequence), signed(limit as u64)];
            Ok(statement.query_map(values, read)?.collect::<Result<_, _>>()?)
        })
    }

    /// The labels of those ids that have one.
    ///
    /// Other threads may write between two thousand ids, so that a long list does not hold them up.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn labels_of(&self, service: &Name, ids: &[&str]) -> Result<HashMap<String, Label>, Error> {
        let mut found = HashMap::with_capacity(ids.len());
        for ids in ids.chunks(LOOK_UPS_AT_ONCE) {
            self.database().read("read labels", |transaction| {
                let mut statement =
                    transaction.prepare("SELECT * FROM labels WHERE service = $1 AND id = $2")?;
                for id in ids {
                    let label = statement.query_row(params![service.as_str(), id], read).optional()?;
                    found.extend(label.map(|label| (label.id.clone(), label)));
                }
                Ok(())
            })?;
        }
        Ok(found)
    }

    /// The labels of an id that others replaced, oldest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn replaced_labels(&self, service: &Name, id: &str) -> Result<Vec<Label>, Error> {
        self.database().read("read replaced labels", |transaction| {
            let mut statement = transaction
                .prepare("SELECT * FROM replaced_labels WHERE service = $1 AND id = $2 ORDER BY sequence")?;
            Ok(statement.query_map([service.as_str(), id], read)?.collect::<Result<_, _>>()?)
        })
    }

    /// How many labels a service has.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn label_totals(&self, service: &Name) -> Result<LabelTotals, Error> {
        self.database().read("count labels", |transaction| {
            let statement = "SELECT count(*) AS label_count, coalesce(max(sequence), 0) AS newest,
                    max(received) AS received,
                    (SELECT count(*) FROM replaced_labels WHERE service = $1) AS replaced_count
                FROM labels WHERE service = $1";
            Ok(transaction.query_row(statement, [service.as_str()], read_totals)?)
        })
    }
}

fn check_size(label: &NewLabel) -> Result<(), Error> {
    let parts = [("id", label.id.len(), 1, ID_LIMIT), ("value", label.value.len(), 0, VALUE_LIMIT)];
    for (part, bytes, least, limit) in parts {
        if bytes < least || bytes > limit {
            let id = label.id.chars().take(80).collect();
            return Err(Error::LabelSize { id, part, bytes, least, limit });
        }
    }
    Ok(())
}

/// Puts the labels of one transaction.
struct Writer<'a> {
    service: &'a str,
    received: Timestamp,
    sequence: u64,
    insert: Statement<'a>,
    find: Statement<'a>,
    keep: Statement<'a>,
    replace: Statement<'a>,
}

impl<'a> Writer<'a> {
    fn new(
        transaction: &'a Transaction<'_>,
        service: &'a Name,
        received: Timestamp,
    ) -> rusqlite::Result<Self> {
        // No label is ever removed, and one that replaces another moves to the end: the greatest
        // sequence only grows.
        let newest = "SELECT coalesce(max(sequence), 0) AS newest FROM labels";
        Ok(Self {
            service: service.as_str(),
            received,
            sequence: transaction.query_row(newest, [], |row| column::count(row, "newest"))?,
            insert: transaction.prepare(
                "INSERT INTO labels (sequence, service, id, value, known, received)
                VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (service, id) DO NOTHING",
            )?,
            find: transaction.prepare("SELECT * FROM labels WHERE service = $1 AND id = $2")?,
            keep: transaction.prepare(
                "INSERT INTO replaced_labels (sequence, service, id, value, known, received)
                SELECT sequence, service, id, value, known, received FROM labels
                WHERE service = $1 AND id = $2",
            )?,
            replace: transaction.prepare(
                "UPDATE labels SET sequence = $1, value = $2, known = $3, received = $4
                WHERE service = $5 AND id = $6",
            )?,
        })
    }

    fn put(&mut self, label: &NewLabel, receipt: &mut LabelReceipt) -> rusqlite::Result<()> {
        if self.insert(label)? {
            receipt.accepted += 1;
            return Ok(());
        }
        let there = self.find.query_row(params![self.service, label.id], read)?;
        if there.value == label.value {
            receipt.unchanged += 1;
            return Ok(());
        }
        receipt.replaced += 1;
        self.replace(label)
    }

    /// Adds a label; false when its id has one.
    fn insert(&mut self, label: &NewLabel) -> rusqlite::Result<bool> {
        let values = params![
            signed(self.sequence + 1),
            self.service,
            label.id,
            label.value,
            label.known.map(Timestamp::micros),
            self.received.micros(),
        ];
        let added = self.insert.execute(values)? > 0;
        self.sequence += u64::from(added);
        Ok(added)
    }

    fn replace(&mut self, label: &NewLabel) -> rusqlite::Result<()> {
        self.keep.execute(params![self.service, label.id])?;
        self.sequence += 1;
        let values = params![
            signed(self.sequence),
            label.value,
            label.known.map(Timestamp::micros),
            self.received.micros(),
            self.service,
            label.id,
        ];
        self.replace.execute(values).map(|_| ())
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<Label> {
    Ok(Label {
        id: row.get("id")?,
        value: row.get("value")?,
        known: column::optional_time(row, "known")?,
        received: column::time(row, "received")?,
        sequence: column::count(row, "sequence")?,
    })
}

fn read_totals(row: &Row<'_>) -> rusqlite::Result<LabelTotals> {
    Ok(LabelTotals {
        labels: column::count(row, "label_count")?,
        replaced: column::count(row, "replaced_count")?,
        sequence: column::count(row, "newest")?,
        received: column::optional_time(row, "received")?,
    })
}
