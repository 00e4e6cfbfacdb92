//! The board.

use base::Timestamp;
use serde::Serialize;
use store::{Comment, Ticket, TicketStatus};

use super::{
    plain::{line, lines},
    table::aligned,
};

/// A ticket with what was said about it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Shown {
    #[serde(flatten)]
    pub(crate) ticket: Ticket,
    pub(crate) comments: Vec<Comment>,
}

/// One line a ticket, by column of the board, the newest first.
pub(crate) fn list(tickets: &[Ticket], all: bool) -> String {
    if tickets.is_empty() {
        let all = if all { "" } else { "; `kaizen tickets --all` shows those that are done" };
        return format!("no tickets to be done{all}");
    }
    let mut rows = Vec::new();
    for status in [TicketStatus::Doing, TicketStatus::Open, TicketStatus::Done] {
        for ticket in tickets.iter().filter(|ticket| ticket.status == status) {
            rows.push(vec![
                ticket.id.to_string(),
                status.as_str().to_owned(),
                ticket.severity.clone(),
                minute(ticket.created),
                ticket.title.clone(),
            ]);
        }
    }
    aligned(&rows, 0)
}

/// All of one.
pub(crate) fn one(shown: &Shown) -> String {
    let Shown { ticket, comments } = shown;
    let mut text = format!("ticket {}: {}\n", ticket.id, line(&ticket.title));
    let closed = ticket.closed.map(|closed| format!(", closed {}", minute(closed))).unwrap_or_default();
    let (status, severity) = (ticket.status.as_str(), line(&ticket.severity));
    let severity = if severity.is_empty() { String::new() } else { format!(", {severity}") };
    text.push_str(&format!("{status}{severity}, opened {}{closed}\n", minute(ticket.created)));
    for link in &ticket.links {
        text.push_str(&format!("{}: {}\n", line(&link.rel), line(&link.target)));
    }
    if !ticket.body.is_empty() {
        text.push_str(&format!("\n{}\n", lines(ticket.body.trim_end())));
    }
    for comment in comments {
        text.push_str(&format!(
            "\n{} {}: {}\n",
            minute(comment.at),
            line(&comment.by),
            lines(comment.text.trim_end())
        ));
    }
    text
}

/// `2013-04-01 06:00`
pub(super) fn minute(time: Timestamp) -> String {
    time.to_string().chars().take(16).map(|letter| if letter == 'T' { ' ' } else { letter }).collect()
}
