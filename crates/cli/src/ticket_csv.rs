//! Tickets as CSV, for spreadsheets and other trackers: the rows, and how they are written and read.
//! `commands::tickets` calls it.

mod cell;
mod import;

use serde::{Deserialize, Serialize};
use store::{Link, Ticket, TicketStatus};

pub(crate) use import::import;

/// A ticket as a row. The times are there to be read; an import takes the rest, and opens new tickets with the
/// fingerprint and the links too.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
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

const HEAD: [&str; 10] =
    ["id", "status", "severity", "title", "body", "fingerprint", "created", "updated", "closed", "links"];

fn open() -> String {
    TicketStatus::Open.as_str().to_owned()
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

    /// The row with each cell of text as `change` makes it.
    fn each_text(mut self, change: impl Fn(&str) -> String) -> Self {
        for text in [&mut self.severity, &mut self.title, &mut self.body, &mut self.links] {
            *text = change(text);
        }
        self.fingerprint = self.fingerprint.map(|fingerprint| change(&fingerprint));
        self
    }

    fn status(&self) -> Result<TicketStatus, String> {
        self.status.trim().parse().map_err(|error: store::WordError| error.to_string())
    }

    /// What it refers to, written `incident=incident/7 earlier=ticket/3`.
    fn links(&self) -> Result<Vec<Link>, String> {
        let link = |word: &str| {
            let (rel, target) = word
                .split_once('=')
                .ok_or_else(|| format!("`{word}` is no link; write it as earlier=ticket/3"))?;
            Ok(Link { rel: rel.to_owned(), target: target.to_owned() })
        };
        self.links.split_whitespace().map(link).collect()
    }

    fn check(&self) -> Result<(), String> {
        self.status().map_err(|message| format!(", status: {message}"))?;
        self.links().map_err(|message| format!(", links: {message}"))?;
        if self.title.trim().is_empty() {
            return Err(": it has no title; every ticket needs one".to_owned());
        }
        Ok(())
    }
}

/// The tickets as CSV with a header line.
pub(crate) fn to_csv(tickets: &[Ticket]) -> Result<String, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    if tickets.is_empty() {
        writer.write_record(HEAD)?;
    }
    for ticket in tickets {
        writer.serialize(Row::of(ticket).each_text(cell::guarded))?;
    }
    let bytes = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The rows of a file; `title` is the one column that must be there.
pub(crate) fn from_csv(bytes: &[u8]) -> Result<Vec<Row>, String> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::Headers).from_reader(bytes);
    let mut rows = Vec::new();
    for (place, row) in reader.deserialize::<Row>().enumerate() {
        let line = line_of(place);
        let row = row.map_err(|error| {
            format!("row {line}: {error}; the columns are id, status, severity, title, body")
        })?;
        let row = row.each_text(cell::bare);
        row.check().map_err(|message| format!("row {line}{message}"))?;
        rows.push(row);
    }
    Ok(rows)
}

/// What a row is called: the header is row 1.
fn line_of(place: usize) -> usize {
    place + 2
}

#[cfg(test)]
mod tests {
    use super::{Row, cell, from_csv};

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
        assert!(from_csv(b"title,links\nx,incident/7\n").unwrap_err().contains("row 2, links"));
    }

    #[test]
    fn a_formula_is_text_in_the_file_and_itself_again_when_it_is_read() {
        let row = Row { title: "=1+1".to_owned(), body: "- a list\n- of two".to_owned(), ..Row::default() };
        let guarded = row.clone().each_text(cell::guarded);
        assert_eq!((guarded.title.as_str(), guarded.body.as_str()), ("'=1+1", "'- a list\n- of two"));
        assert_eq!(guarded.each_text(cell::bare), row);
    }
}
