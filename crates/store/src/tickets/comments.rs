//! What people and the loop said about a ticket.

use base::Timestamp;
use rusqlite::{Row, Transaction, params};
use serde::{Deserialize, Serialize};

use super::find;
use crate::{Error, Store, column, column::signed, database::Fault};

/// One remark on a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comment {
    /// The ticket.
    pub ticket: u64,
    /// When it was made, by the wall clock.
    pub at: Timestamp,
    /// A person, or a part of Kaizen such as `monitor.late`.
    pub by: String,
    /// The remark, in Markdown.
    pub text: String,
}

impl Store {
    /// The comments on a ticket, oldest first.
    ///
    /// # Errors
    /// [`Error::UnknownNumber`] when there is no ticket of that number.
    pub fn comments(&self, ticket: u64) -> Result<Vec<Comment>, Error> {
        self.database().read("read the comments", |transaction| {
            find(transaction, ticket)?;
            let mut statement =
                transaction.prepare("SELECT * FROM comments WHERE ticket = $1 ORDER BY id")?;
            Ok(statement.query_map([signed(ticket)], read)?.collect::<Result<_, _>>()?)
        })
    }

    /// Comments on a ticket.
    ///
    /// # Errors
    /// [`Error::UnknownNumber`] when there is no ticket of that number.
    pub fn comment(&self, ticket: u64, by: &str, text: &str) -> Result<(), Error> {
        let comment = Comment { ticket, at: self.clock().now(), by: by.to_owned(), text: text.to_owned() };
        self.database().write("comment on a ticket", |transaction| add(transaction, &comment))
    }
}

/// Adds a comment; its ticket is updated by it.
pub(crate) fn add(transaction: &Transaction<'_>, comment: &Comment) -> Result<(), Fault> {
    let touch = "UPDATE tickets SET updated = $1 WHERE id = $2";
    if transaction.execute(touch, params![comment.at.micros(), signed(comment.ticket)])? == 0 {
        return Err(Error::UnknownNumber { kind: "ticket", id: comment.ticket }.into());
    }
    let statement = "INSERT INTO comments (ticket, at, author, text) VALUES ($1, $2, $3, $4)";
    let values = params![signed(comment.ticket), comment.at.micros(), comment.by, comment.text];
    transaction.execute(statement, values)?;
    Ok(())
}

fn read(row: &Row<'_>) -> rusqlite::Result<Comment> {
    Ok(Comment {
        ticket: column::count(row, "ticket")?,
        at: column::time(row, "at")?,
        by: row.get("author")?,
        text: row.get("text")?,
    })
}
