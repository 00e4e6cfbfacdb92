//! Events on their way to webhooks.
//!
//! An event is enqueued in the transaction that records what it tells of, and the engine's dispatcher
//! sends what is due: a receiver that is down delays its deliveries and loses none.

#[cfg(test)]
mod tests;

use std::str::FromStr;

use base::Timestamp;
use rusqlite::{OptionalExtension as _, Row, Transaction, params};
use serde::{Deserialize, Serialize};

use crate::{
    Error, Store, column,
    column::signed,
    database::Fault,
    word::{WordError, choose},
};

/// Deliveries that one call takes away at most.
const PRUNED_AT_ONCE: i64 = 1_000;

/// What has become of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It is still to be sent.
    Waiting,
    /// The receiver has taken it.
    Delivered,
    /// It is not tried again.
    Abandoned,
}

/// An event to send to a webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewDelivery {
    /// The webhook it goes to.
    pub webhook: String,
    /// The event's id. Enqueued again for the same webhook it changes nothing.
    pub event_id: String,
    /// What happened, such as `kaizen.incident.confirmed`.
    pub kind: String,
    /// What it happened to, such as `incident/7`.
    pub subject: String,
    /// The bytes to sign and send, which are text.
    pub body: String,
}

/// An event with what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Its number.
    pub id: u64,
    /// The webhook it goes to.
    pub webhook: String,
    /// The event's id.
    pub event_id: String,
    /// What happened.
    pub kind: String,
    /// What it happened to.
    pub subject: String,
    /// The bytes to sign and send, which are text.
    pub body: String,
    /// What has become of it.
    pub status: Status,
    /// How many times it was sent.
    pub attempts: u64,
    /// Why the last attempt failed, or why it was abandoned.
    pub error: Option<String>,
    /// When it was enqueued, by the wall clock.
    pub created: Timestamp,
    /// When it is to be sent next, by the wall clock, while it waits.
    pub next_attempt: Timestamp,
    /// When it was delivered or abandoned, by the wall clock.
    pub ended: Option<Timestamp>,
}

/// Which deliveries to read. The default is all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeliveryFilter {
    /// Only those to this webhook.
    pub webhook: Option<String>,
    /// Only those of which this has become.
    pub status: Option<Status>,
    /// At most this many.
    pub limit: Option<usize>,
}

impl Store {
    /// The waiting deliveries of a webhook whose time has come, the longest due first, at most `limit`.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn due_deliveries(
        &self,
        webhook: &str,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Delivery>, Error> {
        self.database().read("read the outbox", |transaction| {
            let mut statement = transaction.prepare(
                "SELECT * FROM deliveries WHERE status = 'waiting' AND webhook = $1 AND next_attempt <= $2
                ORDER BY next_attempt, id LIMIT $3",
            )?;
            let rows = statement.query_map(params![webhook, now.micros(), signed(limit as u64)], read)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Deliveries, newest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn deliveries(&self, filter: &DeliveryFilter) -> Result<Vec<Delivery>, Error> {
        self.database().read("read the outbox", |transaction| {
            let mut statement = transaction.prepare(
                "SELECT * FROM deliveries WHERE ($1 IS NULL OR webhook = $1)
                    AND ($2 IS NULL OR status = $2) ORDER BY id DESC LIMIT $3",
            )?;
            let status = filter.status.map(Status::as_str);
            let values = params![filter.webhook, status, column::limit(filter.limit)];
            Ok(statement.query_map(values, read)?.collect::<Result<_, _>>()?)
        })
    }

    /// Enqueues an event by itself, due at once.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn enqueue(&self, delivery: &NewDelivery) -> Result<(), Error> {
        let now = self.clock().now();
        self.database().write("enqueue an event", |transaction| Ok(add(transaction, now, delivery)?))
    }

    /// Records that the receiver took a delivery.
    ///
    /// # Errors
    /// [`Error::UnknownNumber`] when none of that number waits.
    pub fn delivered(&self, id: u64) -> Result<(), Error> {
        let now = self.clock().now();
        self.change_waiting(id, |delivery| {
            delivery.attempts += 1;
            delivery.status = Status::Delivered;
            delivery.ended = Some(now);
            delivery.error = None;
        })
    }

    /// Records that an attempt failed, and when the next one is due.
    ///
    /// # Errors
    /// [`Error::UnknownNumber`] when none of that number waits.
    pub fn failed(&self, id: u64, error: &str, next_attempt: Timestamp) -> Result<(), Error> {
        self.change_waiting(id, |delivery| {
            delivery.attempts += 1;
            delivery.error = Some(error.to_owned());
            delivery.next_attempt = next_attempt;
        })
    }

    /// Gives a delivery up: it is not tried again.
    ///
    /// # Errors
    /// [`Error::UnknownNumber`] when none of that number waits.
    pub fn abandon(&self, id: u64, why: &str) -> Result<(), Error> {
        let now = self.clock().now();
        self.change_waiting(id, |delivery| {
            delivery.status = Status::Abandoned;
            delivery.ended = Some(now);
            delivery.error = Some(why.to_owned());
        })
    }

    /// Takes away the oldest of the deliveries that have ended, beyond the `keep` newest of them; returns
    /// how many went. What waits stays.
    ///
    /// One call takes at most 1,000, so that nobody waits long for the database: whoever gets as many
    /// back may call again. A call that finds nothing to do only reads. An event whose delivery is
    /// gone would be sent again if it were enqueued again, so `keep` must cover what may be.
    ///
    /// # Errors
    /// When the database cannot be read or written.
    pub fn prune_deliveries(&self, keep: usize) -> Result<u64, Error> {
        let newest = self.database().read("read the outbox", |transaction| {
            let statement = "SELECT id FROM deliveries WHERE status <> 'waiting' ORDER BY id DESC
                LIMIT 1 OFFSET $1";
            Ok(transaction
                .query_row(statement, [signed(keep as u64)], |row| row.get::<_, i64>(0))
                .optional()?)
        })?;
        // What ends meanwhile makes more of them too many, never fewer.
        let Some(newest) = newest else { return Ok(0) };
        self.database().write("prune the outbox", |transaction| {
            let statement = "DELETE FROM deliveries WHERE id IN
                (SELECT id FROM deliveries WHERE status <> 'waiting' AND id <= $1 ORDER BY id LIMIT $2)";
            Ok(transaction.execute(statement, [newest, PRUNED_AT_ONCE])? as u64)
        })
    }

    fn change_waiting(&self, id: u64, change: impl FnOnce(&mut Delivery)) -> Result<(), Error> {
        self.database().write("record a delivery", |transaction| {
            let statement = "SELECT * FROM deliveries WHERE id = $1 AND status = 'waiting'";
            let found = transaction.query_row(statement, [signed(id)], read).optional()?;
            let mut delivery = found.ok_or(Error::UnknownNumber { kind: "waiting delivery", id })?;
            change(&mut delivery);
            update(transaction, &delivery)
        })
    }
}

/// Enqueues an event, due at once, unless its webhook has it already.
pub(crate) fn add(
    transaction: &Transaction<'_>,
    now: Timestamp,
    delivery: &NewDelivery,
) -> rusqlite::Result<()> {
    let statement = "INSERT INTO deliveries (webhook, event_id, kind, subject, body, status, attempts,
            created, next_attempt)
        VALUES ($1, $2, $3, $4, $5, 'waiting', 0, $6, $6)
        ON CONFLICT (webhook, event_id) DO NOTHING";
    let values = params![
        delivery.webhook,
        delivery.event_id,
        delivery.kind,
        delivery.subject,
        delivery.body,
        now.micros(),
    ];
    transaction.execute(statement, values).map(|_| ())
}

fn update(transaction: &Transaction<'_>, delivery: &Delivery) -> Result<(), Fault> {
    let statement = "UPDATE deliveries SET status = $1, attempts = $2, error = $3, next_attempt = $4,
            ended = $5
        WHERE id = $6";
    let values = params![
        delivery.status.as_str(),
        signed(delivery.attempts),
        delivery.error,
        delivery.next_attempt.micros(),
        delivery.ended.map(Timestamp::micros),
        signed(delivery.id),
    ];
    transaction.execute(statement, values)?;
    Ok(())
}

fn read(row: &Row<'_>) -> rusqlite::Result<Delivery> {
    Ok(Delivery {
        id: column::count(row, "id")?,
        webhook: row.get("webhook")?,
        event_id: row.get("event_id")?,
        kind: row.get("kind")?,
        subject: row.get("subject")?,
        body: row.get("body")?,
        status: column::parsed(row, "status")?,
        attempts: column::count(row, "attempts")?,
        error: row.get("error")?,
        created: column::time(row, "created")?,
        next_attempt: column::time(row, "next_attempt")?,
        ended: column::optional_time(row, "ended")?,
    })
}

impl Status {
    const ALL: [Self; 3] = [Self::Waiting, Self::Delivered, Self::Abandoned];

    /// The status as one word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Delivered => "delivered",
            Self::Abandoned => "abandoned",
        }
    }
}

impl FromStr for Status {
    type Err = WordError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        choose(text, "a delivery", &Self::ALL, Self::as_str)
    }
}
