//! The board of tickets as CSV, for spreadsheets and other trackers. `commands::tickets` calls it.

use base::Timestamp;
use serde::{Deserialize, Serialize};
use store::{Error, NewTicket, Store, Ticket, TicketEdit, TicketStatus};

/// A ticket as a row. The times, the fingerprint and the evidence are there to be read; an import takes the
/// status, the severity, the title and the body.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Row {
    #[serde(default)]
    id: Option<u64>,
    #[serde(default = "open")]
    status: String,
    #[serde(default)]
    severity: String,
    title: String,
    #[serde(default)]
    body: String,
    #[serde(default)]
    fingerprint: Option<String>,
    #[serde(default)]
    created: Option<String>,
    #[serde(default)]
    updated: Option<String>,
    #[serde(default)]
    closed: Option<String>,
    #[serde(default)]
    links: String,
}

fn open() -> String {
    TicketStatus::Open.as_str().to_owned()
}

/// What an import did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Imported {
    pub(crate) new: u64,
    pub(crate) changed: u64,
    pub(crate) same: u64,
}

/// What became of one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Became {
    New,
    Changed,
    Same,
}

impl Imported {
    pub(crate) fn add(&mut self, became: Became) {
        match became {
            Became::New => self.new += 1,
            Became::Changed => self.changed += 1,
            Became::Same => self.same += 1,
        }
    }
}

impl Row {
    fn of(ticket: &Ticket) -> Self {
        let links: Vec<_> = ticket.links.iter().map(|link| format!("{}={}", link.rel, link.target)).collect();
        Self {
            id: Some(ticket.id),
            status: ticket.status.as_str().to_owned(),
            severity: ticket.severity.clone(),
            title: ticket.title.clone(),
            body: ticket.body.clone(),
            fingerprint: ticket.fingerprint.clone(),
            created: Some(ticket.created.to_string()),
            updated: Some(ticket.updated.to_string()),
            closed: ticket.closed.map(|closed| closed.to_string()),
            links: links.join(" "),
        }
    }

    fn status(&self) -> Result<TicketStatus, String> {
        self.status.trim().parse().map_err(|error: store::WordError| error.to_string())
    }
}

/// The tickets as CSV with a header line.
pub(crate) fn to_csv(tickets: &[Ticket]) -> Result<String, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    if tickets.is_empty() {
        writer.write_record([
            "id",
            "status",
            "severity",
            "title",
            "body",
            "fingerprint",
            "created",
            "updated",
            "closed",
            "links",
        ])?;
    }
    for ticket in tickets {
        writer.serialize(Row::of(ticket))?;
    }
    let bytes = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The rows of a file; `title` is the one column that must be there.
pub(crate) fn from_csv(bytes: &[u8]) -> Result<Vec<Row>, String> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::Headers).from_reader(bytes);
    let mut rows = Vec::new();
    for (place, row) in reader.deserialize::<Row>().enumerate() {
        let line = place + 2;
        let row = row.map_err(|error| {
            format!("row {line}: {error}; the columns are id, status, severity, title, body")
        })?;
        row.status().map_err(|message| format!("row {line}, status: {message}"))?;
        if row.title.trim().is_empty() {
            return Err(format!("row {line}: it has no title; every ticket needs one"));
        }
        rows.push(row);
    }
    Ok(rows)
}

/// A row is the ticket of its id when that was created at the same time; otherwise it is a new one.
pub(crate) fn import(store: &Store, row: &Row) -> Result<Became, Error> {
    let created: Option<Timestamp> = row.created.as_ref().and_then(|created| created.parse().ok());
    let there = row.id.and_then(|id| store.ticket(id).ok()).filter(|ticket| Some(ticket.created) == created);
    let status = row.status().unwrap_or(TicketStatus::Open);
    let Some(ticket) = there else {
        let new = NewTicket {
            fingerprint: None,
            title: row.title.clone(),
            severity: row.severity.clone(),
            body: row.body.clone(),
            evidence: serde_json::Value::Null,
            links: Vec::new(),
        };
        let id = store.open_ticket(&new)?.id;
        if status != TicketStatus::Open {
            store.move_ticket(id, status)?;
        }
        return Ok(Became::New);
    };
    let same = (&ticket.title, &ticket.severity, &ticket.body) == (&row.title, &row.severity, &row.body);
    if same && ticket.status == status {
        return Ok(Became::Same);
    }
    let edit = TicketEdit {
        title: Some(row.title.clone()),
        severity: Some(row.severity.clone()),
        body: Some(row.body.clone()),
        ..TicketEdit::default()
    };
    store.edit_ticket(ticket.id, &edit)?;
    if ticket.status != status {
        store.move_ticket(ticket.id, status)?;
    }
    Ok(Became::Changed)
}

#[cfg(test)]
mod tests {
    use super::from_csv;

    #[test]
    fn a_file_with_titles_alone_is_a_list_of_open_tickets() {
        let rows = from_csv(b"title\nlook at the sensors\n\"two, lines\nof it\"\n").unwrap();
        assert_eq!(rows.len(), 2);
        assert_eq!((rows[1].title.as_str(), rows[1].status.as_str()), ("two, lines\nof it", "open"));
    }

    #[test]
    fn a_bad_row_is_named_by_its_place_and_nothing_is_read() {
        let refused = from_csv(b"title,status\na,open\nb,closed\n").unwrap_err();
        assert!(refused.contains("row 3") && refused.contains("closed"), "{refused}");
        assert!(from_csv(b"status\nopen\n").unwrap_err().contains("title"));
        assert!(from_csv(b"title,id\n,1\n").unwrap_err().contains("no title"));
        assert!(from_csv(b"title,id\nx,one\n").unwrap_err().contains("row 2"));
    }
}
