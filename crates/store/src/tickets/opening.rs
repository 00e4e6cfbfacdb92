//! Opens a ticket, or tells the one that is open for the same fingerprint the news.

use base::Timestamp;
use rusqlite::{OptionalExtension as _, Transaction, params};

use super::{Link, NewTicket, Opened, Status, Ticket, links_text, unfinished, update};
use crate::{column, database::Fault};

/// Opens a ticket, unless an unfinished one has its fingerprint: that one takes the news.
pub(crate) fn open(
    transaction: &Transaction<'_>,
    now: Timestamp,
    ticket: &NewTicket,
) -> Result<Opened, Fault> {
    let Some(fingerprint) = &ticket.fingerprint else {
        return Ok(Opened { id: insert(transaction, now, ticket, &ticket.links)?, new: true });
    };
    if let Some(there) = unfinished(transaction, fingerprint)? {
        let id = there.id;
        refresh(transaction, now, there, ticket)?;
        return Ok(Opened { id, new: false });
    }
    let mut links = ticket.links.clone();
    if let Some(earlier) = newest(transaction, fingerprint)? {
        links.push(Link { rel: "earlier".to_owned(), target: format!("ticket/{earlier}") });
    }
    Ok(Opened { id: insert(transaction, now, ticket, &links)?, new: true })
}

/// The title stays, as do the links that people added.
fn refresh(
    transaction: &Transaction<'_>,
    now: Timestamp,
    mut there: Ticket,
    news: &NewTicket,
) -> Result<(), Fault> {
    there.title.clone_from(&news.title);
    there.severity.clone_from(&news.severity);
    there.body.clone_from(&news.body);
    there.evidence.clone_from(&news.evidence);
    for link in &news.links {
        if !there.links.contains(link) {
            there.links.push(link.clone());
        }
    }
    there.updated = now;
    update(transaction, &there)
}

fn newest(transaction: &Transaction<'_>, fingerprint: &str) -> rusqlite::Result<Option<u64>> {
    let statement = "SELECT id FROM tickets WHERE fingerprint = $1 ORDER BY id DESC LIMIT 1";
    transaction.query_row(statement, [fingerprint], |row| column::count(row, "id")).optional()
}

fn insert(
    transaction: &Transaction<'_>,
    now: Timestamp,
    ticket: &NewTicket,
    links: &[Link],
) -> rusqlite::Result<u64> {
    let statement = "INSERT INTO tickets (fingerprint, title, status, severity, body, evidence, links,
            created, updated)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8) RETURNING id";
    let values = params![
        ticket.fingerprint,
        ticket.title,
        Status::Open.as_str(),
        ticket.severity,
        ticket.body,
        ticket.evidence.to_string(),
        links_text(links),
        now.micros(),
    ];
    transaction.query_row(statement, values, |row| column::count(row, "id"))
}
