//! The board of tickets: units of work with evidence, links and comments.
//!
//! The monitor loop opens, updates and closes them through [`MonitorChange`](crate::MonitorChange);
//! people do the same through the commands, which call the methods here. A ticket with a fingerprint
//! is not opened twice while it is unfinished.

mod comments;
mod opening;
#[cfg(test)]
mod tests;

use std::str::FromStr;

use base::Timestamp;
pub use comments::Comment;
pub(crate) use comments::add as add_comment;
pub(crate) use opening::open;
use rusqlite::{OptionalExtension as _, Row, Transaction, params};
use serde::{Deserialize, Serialize};

use crate::{
    Error, Store, column,
    column::signed,
    database::Fault,
    word::{WordError, choose},
};

/// The column of the board.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// To be done.
    Open,
    /// Somebody, or the loop, works on it.
    Doing,
    /// Closed.
    Done,
}

/// Something a ticket refers to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// How it is related, such as `incident`, `earlier` or `version`.
    pub rel: String,
    /// What it is: an address, or a thing of the store, such as `incident/7` or `ticket/3`.
    pub target: String,
}

/// A ticket to open. Its number and times are given by the store.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewTicket {
    /// What makes it the same ticket when it is opened again; none for one that never is.
    pub fingerprint: Option<String>,
    /// One line that names it.
    pub title: String,
    /// How bad it is, in the opener's words.
    pub severity: String,
    /// What it is about, in Markdown.
    pub body: String,
    /// The figures behind it.
    pub evidence: serde_json::Value,
    /// What it refers to.
    pub links: Vec<Link>,
}

/// A ticket as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ticket {
    /// Its number.
    pub id: u64,
    /// What makes it the same ticket when it is opened again.
    pub fingerprint: Option<String>,
    /// One line that names it.
    pub title: String,
    /// The column it stands in.
    pub status: Status,
    /// How bad it is.
    pub severity: String,
    /// What it is about, in Markdown.
    pub body: String,
    /// The figures behind it.
    pub evidence: serde_json::Value,
    /// What it refers to.
    pub links: Vec<Link>,
    /// When it was opened, by the wall clock.
    pub created: Timestamp,
    /// When anything of it last changed, comments included, by the wall clock.
    pub updated: Timestamp,
    /// When it was closed, by the wall clock, if it is.
    pub closed: Option<Timestamp>,
}

/// Which tickets to read. The default is all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TicketFilter {
    /// Only those in this column.
    pub status: Option<Status>,
    /// Only those with this fingerprint.
    pub fingerprint: Option<String>,
    /// At most this many.
    pub limit: Option<usize>,
}

/// What to change of a ticket. What is none stays.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TicketEdit {
    /// The line that names it.
    pub title: Option<String>,
    /// How bad it is.
    pub severity: Option<String>,
    /// What it is about, in Markdown.
    pub body: Option<String>,
    /// The figures behind it.
    pub evidence: Option<serde_json::Value>,
    /// What it refers to, all of it.
    pub links: Option<Vec<Link>>,
}

/// What opening a ticket led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// The ticket.
    pub id: u64,
    /// False when an unfinished one with the same fingerprint took the news instead.
    pub new: bool,
}

impl Store {
    /// Tickets, newest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn tickets(&self, filter: &TicketFilter) -> Result<Vec<Ticket>, Error> {
        self.database().read("read the tickets", |transaction| {
            let mut statement = transaction.prepare(
                "SELECT * FROM tickets WHERE ($1 IS NULL OR status = $1)
                    AND ($2 IS NULL OR fingerprint = $2) ORDER BY id DESC LIMIT $3",
            )?;
            let status = filter.status.map(Status::as_str);
            let values = params![status, filter.fingerprint, column::limit(filter.limit)];
            Ok(statement.query_map(values, read)?.collect::<Result<_, _>>()?)
        })
    }

    /// One ticket.
    ///
    /// # Errors
    /// [`Error::UnknownNumber`] when there is none of that number.
    pub fn ticket(&self, id: u64) -> Result<Ticket, Error> {
        self.database().read("read the tickets", |transaction| find(transaction, id))
    }

    /// Opens a ticket.
    ///
    /// When an unfinished one has its fingerprint, that one takes its title, severity, body and evidence and
    /// the links it lacks. When a closed one has it, the new one links to it as `earlier`.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn open_ticket(&self, ticket: &NewTicket) -> Result<Opened, Error> {
        let now = self.clock().now();
        self.database().write("open a ticket", |transaction| open(transaction, now, ticket))
    }

    /// Changes what a ticket says.
    ///
    /// # Errors
    /// [`Error::UnknownNumber`] when there is none of that number.
    pub fn edit_ticket(&self, id: u64, edit: &TicketEdit) -> Result<(), Error> {
        let now = self.clock().now();
        self.database().write("edit a ticket", |transaction| {
            let mut ticket = find(transaction, id)?;
            edit.apply(&mut ticket);
            ticket.updated = now;
            update(transaction, &ticket)
        })
    }

    /// Moves a ticket to a column of the board.
    ///
    /// # Errors
    /// [`Error::TicketTaken`] when it would be open beside another with its fingerprint,
    /// [`Error::UnknownNumber`] when there is none of that number.
    pub fn move_ticket(&self, id: u64, to: Status) -> Result<(), Error> {
        let now = self.clock().now();
        self.database().write("move a ticket", |transaction| move_to(transaction, now, id, to))
    }
}

impl TicketEdit {
    fn apply(&self, ticket: &mut Ticket) {
        let texts = [
            (&self.title, &mut ticket.title),
            (&self.severity, &mut ticket.severity),
            (&self.body, &mut ticket.body),
        ];
        for (edited, kept) in texts {
            if let Some(edited) = edited {
                kept.clone_from(edited);
            }
        }
        if let Some(evidence) = &self.evidence {
            ticket.evidence.clone_from(evidence);
        }
        if let Some(links) = &self.links {
            ticket.links.clone_from(links);
        }
    }
}

/// Moves a ticket; one that stands there already is left as it is.
pub(crate) fn move_to(
    transaction: &Transaction<'_>,
    now: Timestamp,
    id: u64,
    to: Status,
) -> Result<(), Fault> {
    let mut ticket = find(transaction, id)?;
    if ticket.status == to {
        return Ok(());
    }
    if ticket.status == Status::Done
        && let Some(fingerprint) = &ticket.fingerprint
        && let Some(other) = unfinished(transaction, fingerprint)?
    {
        return Err(Error::TicketTaken { ticket: id, other: other.id }.into());
    }
    ticket.status = to;
    ticket.updated = now;
    ticket.closed = (to == Status::Done).then_some(now);
    update(transaction, &ticket)
}

/// A ticket that must exist.
fn find(transaction: &Transaction<'_>, id: u64) -> Result<Ticket, Fault> {
    let statement = "SELECT * FROM tickets WHERE id = $1";
    let found = transaction.query_row(statement, [signed(id)], read).optional()?;
    found.ok_or_else(|| Error::UnknownNumber { kind: "ticket", id }.into())
}

/// The ticket with this fingerprint that is not done; there is one at most.
fn unfinished(transaction: &Transaction<'_>, fingerprint: &str) -> rusqlite::Result<Option<Ticket>> {
    let statement = "SELECT * FROM tickets WHERE fingerprint = $1 AND status <> 'done'";
    transaction.query_row(statement, [fingerprint], read).optional()
}

/// Writes what may change of a ticket.
fn update(transaction: &Transaction<'_>, ticket: &Ticket) -> Result<(), Fault> {
    let statement = "UPDATE tickets SET title = $1, status = $2, severity = $3, body = $4, evidence = $5,
            links = $6, updated = $7, closed = $8
        WHERE id = $9";
    let values = params![
        ticket.title,
        ticket.status.as_str(),
        ticket.severity,
        ticket.body,
        ticket.evidence.to_string(),
        links_text(&ticket.links),
        ticket.updated.micros(),
        ticket.closed.map(Timestamp::micros),
        signed(ticket.id),
    ];
    transaction.execute(statement, values)?;
    Ok(())
}

fn links_text(links: &[Link]) -> String {
    let links: Vec<_> =
        links.iter().map(|link| serde_json::json!({"rel": link.rel, "target": link.target})).collect();
    serde_json::Value::from(links).to_string()
}

fn read(row: &Row<'_>) -> rusqlite::Result<Ticket> {
    Ok(Ticket {
        id: column::count(row, "id")?,
        fingerprint: row.get("fingerprint")?,
        title: row.get("title")?,
        status: column::parsed(row, "status")?,
        severity: row.get("severity")?,
        body: row.get("body")?,
        evidence: column::parsed(row, "evidence")?,
        links: column::json(row, "links")?,
        created: column::time(row, "created")?,
        updated: column::time(row, "updated")?,
        closed: column::optional_time(row, "closed")?,
    })
}

impl Status {
    const ALL: [Self; 3] = [Self::Open, Self::Doing, Self::Done];

    /// The status as one word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Doing => "doing",
            Self::Done => "done",
        }
    }
}

impl FromStr for Status {
    type Err = WordError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        choose(text, "a ticket", &Self::ALL, Self::as_str)
    }
}
