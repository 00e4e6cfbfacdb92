//! Writes down what a turn of a monitor found: points, windows, incidents, tickets and the events that tell of them,
//! all in one transaction, so that a killed process has told everything or nothing.

use base::{Name, Timestamp};
use monitor::Status;
use serde_json::{Value, json};
use spec::{Response, Topic};
use store::{MonitorChange, Recorder, SignalPoint, Store, Ticket, TicketFilter, TicketStatus, WindowRecord};

use super::{Detail, ticket};
use crate::{Error, Project, webhook::Occurrence};

/// What a turn found.
pub(super) struct Found<'a> {
    pub(super) points: Vec<SignalPoint>,
    pub(super) windows: Vec<WindowRecord>,
    pub(super) state: Value,
    pub(super) steps: &'a [Step],
}

/// How an incident went on.
pub(super) struct Step {
    pub(super) before: Option<Detail>,
    pub(super) now: Detail,
    /// The newest ticket of its fingerprint.
    pub(super) ticket: Option<Ticket>,
    /// What the ticket is to be told of the retraining.
    pub(super) news: Option<String>,
}

/// Where it is written, and for whom.
pub(super) struct Book<'a> {
    pub(super) store: &'a Store,
    pub(super) project: &'a Project,
    pub(super) monitor: &'a Name,
    pub(super) wall: Timestamp,
}

impl Step {
    /// The step of an incident, with the ticket that it has.
    pub(super) fn new(store: &Store, before: Option<Detail>, now: Detail) -> Result<Self, Error> {
        let fingerprint = Some(now.incident.fingerprint.clone());
        let newest =
            store.tickets(&TicketFilter { fingerprint, limit: Some(1), ..TicketFilter::default() })?;
        Ok(Self { before, now, ticket: newest.into_iter().next(), news: None })
    }

    /// What became of it, in a word; nothing when nothing did that others want to hear of.
    pub(super) fn what(&self) -> Option<&'static str> {
        let before = self.before.as_ref().map(|before| before.incident.status);
        match (before, self.now.incident.status) {
            (None, Status::Confirmed) | (Some(Status::Open), Status::Confirmed) => Some("confirmed"),
            (None, Status::Open) => Some("opened"),
            (Some(Status::Resolved), Status::Open | Status::Confirmed) => Some("reopened"),
            (Some(Status::Open | Status::Confirmed), Status::Resolved) => Some("resolved"),
            _ => None,
        }
    }

    fn is_confirmed(&self) -> bool {
        self.now.incident.status == Status::Confirmed
    }

    fn has_changed(&self) -> bool {
        self.before.as_ref() != Some(&self.now)
    }

    /// The ticket that is still to be done.
    fn open_ticket(&self) -> Option<&Ticket> {
        self.ticket.as_ref().filter(|ticket| ticket.status != TicketStatus::Done)
    }
}

impl Book<'_> {
    /// Writes it all down.
    pub(super) fn write(&self, found: &Found<'_>) -> Result<(), Error> {
        let written = self.store.record_with(|recorder| {
            for point in &found.points {
                recorder.make(&MonitorChange::Point(point.clone()))?;
            }
            for window in &found.windows {
                recorder.make(&MonitorChange::Window(window.clone()))?;
            }
            for step in found.steps {
                self.step(recorder, step)?;
            }
            let (monitor, value) = (self.monitor.clone(), found.state.clone());
            recorder.make(&MonitorChange::State { monitor, value }).map(|_| ())
        });
        Ok(written?)
    }

    fn step(&self, recorder: &Recorder<'_>, step: &Step) -> Result<(), store::Error> {
        if !step.has_changed() && step.news.is_none() {
            return Ok(());
        }
        let id = match step.now.incident.id {
            Some(id) => {
                let record = step.now.record(id, self.monitor, self.wall);
                recorder.make(&MonitorChange::UpdateIncident(record))?;
                id
            }
            None => {
                let new = MonitorChange::OpenIncident(step.now.new_record(self.monitor));
                recorder.make(&new)?.unwrap_or_default()
            }
        };
        if let Some(what) = step.what() {
            let data = json!({ "incident": id, "monitor": self.monitor, "detail": step.now });
            self.tell(recorder, Topic::Incident, what, (format!("incident/{id}"), data))?;
        }
        self.ticket(recorder, step, id)
    }

    fn ticket(&self, recorder: &Recorder<'_>, step: &Step, incident: u64) -> Result<(), store::Error> {
        let wanted = self.project.spec.monitors.get(self.monitor);
        let wanted = wanted.is_some_and(|monitor| monitor.on_confirmed.contains(&Response::Ticket));
        let by = format!("monitor.{}", self.monitor);
        if step.is_confirmed() && wanted && self.is_due(step) {
            let new = step.open_ticket().is_none();
            let ticket = ticket::of(&step.now, self.monitor);
            let title = ticket.title.clone();
            let incident = Some(store::IncidentRef::Id(incident));
            let number = recorder.make(&MonitorChange::OpenTicket { ticket, incident })?.unwrap_or_default();
            if new {
                let data = json!({ "ticket": number, "title": title });
                self.tell(recorder, Topic::Ticket, "opened", (format!("ticket/{number}"), data))?;
            }
        }
        let Some(ticket) = step.open_ticket() else { return Ok(()) };
        if let Some(news) = &step.news {
            self.pass_on(recorder, ticket, news)?;
        }
        if step.what() == Some("resolved") {
            let text = resolution(step);
            recorder.make(&MonitorChange::CommentTicket { ticket: ticket.id, by, text: text.clone() })?;
            recorder.make(&MonitorChange::MoveTicket { ticket: ticket.id, to: TicketStatus::Done })?;
            let data = json!({ "ticket": ticket.id, "title": ticket.title, "because": text });
            self.tell(recorder, Topic::Ticket, "closed", (format!("ticket/{}", ticket.id), data))?;
        }
        Ok(())
    }

    /// Comments on a ticket with what becomes of it, and moves it to those that are worked on.
    fn pass_on(&self, recorder: &Recorder<'_>, ticket: &Ticket, news: &str) -> Result<(), store::Error> {
        let (by, text) = (format!("monitor.{}", self.monitor), news.to_owned());
        recorder.make(&MonitorChange::CommentTicket { ticket: ticket.id, by, text })?;
        if ticket.status != TicketStatus::Open {
            return Ok(());
        }
        let to = TicketStatus::Doing;
        recorder.make(&MonitorChange::MoveTicket { ticket: ticket.id, to })?;
        let data = json!({ "ticket": ticket.id, "title": ticket.title, "status": to, "because": news });
        self.tell(recorder, Topic::Ticket, "changed", (format!("ticket/{}", ticket.id), data))
    }

    /// Whether the ticket is to be opened, or to be told of new evidence. One that a person closed stays closed
    /// until the incident has come back.
    fn is_due(&self, step: &Step) -> bool {
        let closed = step.ticket.as_ref().is_some_and(|ticket| ticket.status == TicketStatus::Done);
        step.what().is_some() || !closed
    }

    fn tell(
        &self,
        recorder: &Recorder<'_>,
        topic: Topic,
        what: &'static str,
        (subject, data): (String, Value),
    ) -> Result<(), store::Error> {
        let occurrence = Occurrence { topic, what, subject, at: self.wall, data };
        for delivery in occurrence.deliveries(&self.project.spec) {
            recorder.make(&MonitorChange::Enqueue(delivery))?;
        }
        Ok(())
    }
}

/// Why a ticket is closed.
fn resolution(step: &Step) -> String {
    let incident = &step.now.incident;
    let at = incident.resolved.map(|at| format!(" at {at}")).unwrap_or_default();
    let why = match incident.resolution {
        Some(monitor::Resolution::Released) => {
            "a new version was released, and nothing departs from its reference"
        }
        Some(monitor::Resolution::JudgedAgain) => {
            "the gate judged the version again on newer rows and kept it, and nothing departs from those; look at what it loses against its release"
        }
        Some(monitor::Resolution::Returned) => "its signals are back within their limits",
        Some(monitor::Resolution::Passed) | None => "it passed",
    };
    format!("resolved{at}: {why}")
}
