//! What a monitor's pass over a window leaves behind, in one transaction: points, the assessment, the
//! monitor's state, incidents, tickets and the events that tell of them.
//!
//! The engine's monitor loop calls it. After a kill it resumes from a state that agrees with all of
//! them.

#[cfg(test)]
mod tests;

use std::cell::RefCell;

use base::{Name, Timestamp};
use rusqlite::Transaction;

use crate::{
    Comment, Error, IncidentRecord, NewDelivery, NewIncident, NewTicket, SignalPoint, Store, TicketStatus,
    WindowRecord, database::Fault, incidents, outbox, signals, tickets, tickets::Link, windows,
};

/// One change that a monitor makes.
#[derive(Debug, Clone, PartialEq)]
pub enum MonitorChange {
    /// Records a point in place of the one that its window had.
    Point(SignalPoint),
    /// Records an assessment in place of the one that its window had.
    Window(WindowRecord),
    /// Records where the monitor stands.
    State {
        /// The monitor.
        monitor: Name,
        /// Its clock, its counters: what it resumes from.
        value: serde_json::Value,
    },
    /// Opens an incident.
    OpenIncident(NewIncident),
    /// Records what an incident has become. Its `updated` is set by the store.
    UpdateIncident(IncidentRecord),
    /// Opens a ticket, as [`Store::open_ticket`] does.
    OpenTicket {
        /// The ticket.
        ticket: NewTicket,
        /// The incident it is about, which becomes a link `incident`.
        incident: Option<IncidentRef>,
    },
    /// Comments on a ticket.
    CommentTicket {
        /// The ticket.
        ticket: u64,
        /// Who says it, such as `monitor.late`.
        by: String,
        /// What, in Markdown.
        text: String,
    },
    /// Moves a ticket to a column of the board.
    MoveTicket {
        /// The ticket.
        ticket: u64,
        /// Where to.
        to: TicketStatus,
    },
    /// Enqueues an event for a webhook.
    Enqueue(NewDelivery),
}

/// An incident that a change refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IncidentRef {
    /// One that is there.
    Id(u64),
    /// The one that the change at this position of the same call opened, counted from 0.
    Opened(usize),
}

impl Store {
    /// Makes the changes in their order, all or none. They are on disk when this returns.
    ///
    /// Returns the numbers of the incidents and tickets that they opened, in their order.
    ///
    /// # Errors
    /// [`Error::UnknownNumber`], [`Error::NotOpened`] and [`Error::TicketTaken`] name the change that
    /// cannot be made.
    pub fn record(&self, changes: &[MonitorChange]) -> Result<Vec<u64>, Error> {
        self.record_with(|recorder| {
            let mut opened = Vec::new();
            for change in changes {
                opened.extend(recorder.make(change)?);
            }
            Ok(opened)
        })
    }

    /// The same, for a caller whose later changes spell the numbers that the earlier ones gave, as an
    /// event does that tells of a new ticket. Whatever `body` refuses undoes all of it.
    ///
    /// `body` must not call the store: it holds the connection, and the call would wait for ever.
    ///
    /// # Errors
    /// As [`Store::record`].
    pub fn record_with<T>(&self, body: impl FnOnce(&Recorder<'_>) -> Result<T, Error>) -> Result<T, Error> {
        let now = self.clock().now();
        self.database().write(OPERATION, |transaction| {
            let recorder = Recorder { store: self, transaction, now, opened: RefCell::default() };
            Ok(body(&recorder)?)
        })
    }
}

const OPERATION: &str = "record what a monitor found";

/// Makes changes within one transaction.
pub struct Recorder<'a> {
    store: &'a Store,
    transaction: &'a Transaction<'a>,
    now: Timestamp,
    /// For each change so far, the incident it opened.
    opened: RefCell<Vec<Option<u64>>>,
}

impl Recorder<'_> {
    /// Makes a change; returns the number of the incident or ticket when it opens one.
    ///
    /// # Errors
    /// As [`Store::record`].
    pub fn make(&self, change: &MonitorChange) -> Result<Option<u64>, Error> {
        let made = self.apply(change).map_err(|fault| self.store.database().error(OPERATION, fault))?;
        let incident = made.filter(|_| matches!(change, MonitorChange::OpenIncident(_)));
        self.opened.borrow_mut().push(incident);
        Ok(made)
    }

    fn apply(&self, change: &MonitorChange) -> Result<Option<u64>, Fault> {
        let (transaction, now) = (self.transaction, self.now);
        match change {
            MonitorChange::Point(point) => signals::set(transaction, point)?,
            MonitorChange::Window(window) => windows::set(transaction, window)?,
            MonitorChange::State { monitor, value } => {
                windows::set_state(transaction, now, monitor, value)?;
            }
            MonitorChange::OpenIncident(incident) => {
                return Ok(Some(incidents::open(transaction, now, incident)?));
            }
            MonitorChange::UpdateIncident(incident) => incidents::update(transaction, now, incident)?,
            MonitorChange::OpenTicket { ticket, incident } => {
                return self.open_ticket(ticket, *incident).map(Some);
            }
            MonitorChange::CommentTicket { ticket, by, text } => {
                let comment = Comment { ticket: *ticket, at: now, by: by.clone(), text: text.clone() };
                tickets::add_comment(transaction, &comment)?;
            }
            MonitorChange::MoveTicket { ticket, to } => tickets::move_to(transaction, now, *ticket, *to)?,
            MonitorChange::Enqueue(delivery) => outbox::add(transaction, now, delivery)?,
        }
        Ok(None)
    }

    fn open_ticket(&self, ticket: &NewTicket, incident: Option<IncidentRef>) -> Result<u64, Fault> {
        let mut ticket = ticket.clone();
        if let Some(incident) = incident {
            let target = format!("incident/{}", self.resolve(incident)?);
            ticket.links.push(Link { rel: "incident".to_owned(), target });
        }
        Ok(tickets::open(self.transaction, self.now, &ticket)?.id)
    }

    fn resolve(&self, incident: IncidentRef) -> Result<u64, Error> {
        match incident {
            IncidentRef::Id(id) => Ok(id),
            IncidentRef::Opened(change) => {
                let opened = self.opened.borrow().get(change).copied().flatten();
                opened.ok_or(Error::NotOpened { change })
            }
        }
    }
}
