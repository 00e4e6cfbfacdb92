//! Brings rows onto the board: all of them are held against it before any is written.

use std::collections::{HashMap, HashSet};

use serde::Serialize;
use store::{NewTicket, Store, Ticket, TicketEdit, TicketFilter, TicketStatus};

use super::{Row, line_of};
use crate::{Failure, exit};

/// What an import did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Imported {
    pub(crate) new: u64,
    pub(crate) changed: u64,
    pub(crate) same: u64,
}

/// A row with the ticket that it is about, if there is one.
struct Step<'a> {
    row: &'a Row,
    status: TicketStatus,
    ticket: Option<&'a Ticket>,
}

/// Changes the tickets that the rows are about, and opens new ones for the others.
///
/// A row that cannot be written refuses the file, and the board stays as it was.
pub(crate) fn import(store: &Store, rows: &[Row]) -> Result<Imported, Failure> {
    let tickets = store.tickets(&TicketFilter::default())?;
    let mut steps = matched(rows, &tickets);
    check_unfinished(&steps, &tickets).map_err(|message| Failure::new(exit::DATA, message))?;
    // What is closed makes room for what is opened with the same fingerprint; known ones go before new ones.
    steps.sort_by_key(|step| (step.status != TicketStatus::Done, step.ticket.is_none()));
    let mut imported = Imported::default();
    for step in &steps {
        match step.ticket {
            None => {
                step.open(store)?;
                imported.new += 1;
            }
            Some(ticket) if step.is_as(ticket) => imported.same += 1,
            Some(ticket) => {
                step.change(store, ticket)?;
                imported.changed += 1;
            }
        }
    }
    Ok(imported)
}

/// Finds the ticket of each row. No two rows are about the same one.
fn matched<'a>(rows: &'a [Row], tickets: &'a [Ticket]) -> Vec<Step<'a>> {
    let status = |row: &Row| row.status().unwrap_or(TicketStatus::Open);
    let mut steps: Vec<_> = rows.iter().map(|row| Step { row, status: status(row), ticket: None }).collect();
    let mut taken = HashSet::new();
    // The surest sign first, for all rows, so that a lesser one takes no ticket away from it.
    for is_of in [Step::is_numbered, Step::is_unfinished, Step::says_the_same] {
        for step in steps.iter_mut().filter(|step| step.ticket.is_none()) {
            let free = |ticket: &&Ticket| !taken.contains(&ticket.id) && is_of(step, ticket);
            if let Some(ticket) = tickets.iter().find(free) {
                taken.insert(ticket.id);
                step.ticket = Some(ticket);
            }
        }
    }
    steps
}

/// The store keeps one unfinished ticket of a fingerprint.
fn check_unfinished(steps: &[Step<'_>], tickets: &[Ticket]) -> Result<(), String> {
    let about: HashSet<u64> = steps.iter().filter_map(|step| step.ticket.map(|ticket| ticket.id)).collect();
    let others = tickets.iter().filter(|ticket| !about.contains(&ticket.id));
    let mut unfinished: HashMap<&str, String> = others
        .filter(|ticket| ticket.status != TicketStatus::Done)
        .filter_map(|ticket| Some((ticket.fingerprint.as_deref()?, format!("ticket {}", ticket.id))))
        .collect();
    for (place, step) in steps.iter().enumerate() {
        let Some(fingerprint) = step.fingerprint().filter(|_| step.status != TicketStatus::Done) else {
            continue;
        };
        let row = format!("row {}", line_of(place));
        if let Some(other) = unfinished.insert(fingerprint, row.clone()) {
            return Err(format!(
                "{row}: {other} has its fingerprint, and only one of them can be unfinished; set the status of one to done"
            ));
        }
    }
    Ok(())
}

impl Step<'_> {
    /// A known ticket keeps the fingerprint that it has, whatever the row says.
    fn fingerprint(&self) -> Option<&str> {
        let row = self.row.fingerprint.as_deref().filter(|fingerprint| !fingerprint.is_empty());
        self.ticket.map_or(row, |ticket| ticket.fingerprint.as_deref())
    }

    /// Exported from this board: the number alone could be that of another board's ticket.
    fn is_numbered(&self, ticket: &Ticket) -> bool {
        self.row.id == Some(ticket.id) && self.is_created_with(ticket)
    }

    fn is_created_with(&self, ticket: &Ticket) -> bool {
        let created = self.row.created.as_ref().and_then(|created| created.parse().ok());
        created == Some(ticket.created)
    }

    /// The unfinished ticket of its fingerprint, as whatever opens one again would find.
    fn is_unfinished(&self, ticket: &Ticket) -> bool {
        let open = |status: TicketStatus| status != TicketStatus::Done;
        let same = self.fingerprint().is_some() && self.fingerprint() == ticket.fingerprint.as_deref();
        same && open(self.status) && open(ticket.status)
    }

    /// Imported before.
    fn says_the_same(&self, ticket: &Ticket) -> bool {
        let row = self.row;
        row.title == ticket.title
            && (self.is_created_with(ticket) || (row.body == ticket.body && self.status == ticket.status))
    }

    fn is_as(&self, ticket: &Ticket) -> bool {
        let row = self.row;
        (&row.title, &row.severity, &row.body) == (&ticket.title, &ticket.severity, &ticket.body)
            && self.status == ticket.status
    }

    fn open(&self, store: &Store) -> Result<(), store::Error> {
        let ticket = NewTicket {
            fingerprint: self.free_fingerprint(store)?,
            title: self.row.title.clone(),
            severity: self.row.severity.clone(),
            body: self.row.body.clone(),
            evidence: serde_json::Value::Null,
            links: self.row.links().unwrap_or_default(),
        };
        let id = store.open_ticket(&ticket)?.id;
        store.move_ticket(id, self.status)
    }

    /// A ticket that is done is opened first, which would tell an unfinished one of its fingerprint its old news: it
    /// goes without one then.
    fn free_fingerprint(&self, store: &Store) -> Result<Option<String>, store::Error> {
        let Some(fingerprint) = self.fingerprint().map(str::to_owned) else { return Ok(None) };
        let filter = TicketFilter { fingerprint: Some(fingerprint.clone()), ..TicketFilter::default() };
        let is_free = store.tickets(&filter)?.iter().all(|ticket| ticket.status == TicketStatus::Done);
        Ok(is_free.then_some(fingerprint))
    }

    fn change(&self, store: &Store, ticket: &Ticket) -> Result<(), store::Error> {
        let edit = TicketEdit {
            title: Some(self.row.title.clone()),
            severity: Some(self.row.severity.clone()),
            body: Some(self.row.body.clone()),
            ..TicketEdit::default()
        };
        store.edit_ticket(ticket.id, &edit)?;
        store.move_ticket(ticket.id, self.status)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use base::{FixedClock, Timestamp};
    use store::{Store, Ticket, TicketFilter, TicketStatus};

    use super::{Imported, import};
    use crate::ticket_csv::{from_csv, to_csv};

    fn board(name: &str) -> (tempfile::TempDir, Store) {
        let folder = tempfile::Builder::new().prefix(name).tempdir().unwrap();
        let clock = Arc::new(FixedClock::at(Timestamp::from_micros(name.len() as i64)));
        let store = Store::open(folder.path(), clock).unwrap();
        (folder, store)
    }

    fn bring(store: &Store, text: &str) -> Imported {
        import(store, &from_csv(text.as_bytes()).unwrap()).unwrap()
    }

    fn all(store: &Store) -> Vec<Ticket> {
        store.tickets(&TicketFilter::default()).unwrap()
    }

    const TWO: &str = "title,status,fingerprint,links\none,done,monitor.late/drift,\n\
        two,open,monitor.late/drift,incident=incident/7\n";

    #[test]
    fn the_same_file_twice_brings_each_row_once() {
        let (_folder, store) = board("a");
        let text = "title,status\nlook,open\nlook,open\nold,done\n";
        assert_eq!(bring(&store, text), Imported { new: 3, ..Imported::default() });
        assert_eq!(bring(&store, text), Imported { same: 3, ..Imported::default() });
        assert_eq!(all(&store).len(), 3);
    }

    #[test]
    fn another_board_takes_fingerprints_and_links_and_takes_them_once() {
        let ((_one, store), (_two, other)) = (board("a"), board("ab"));
        bring(&store, TWO);
        let exported = to_csv(&all(&store)).unwrap();
        assert_eq!(bring(&other, &exported), Imported { new: 2, ..Imported::default() });
        assert_eq!(bring(&other, &exported), Imported { same: 2, ..Imported::default() });
        let tickets = all(&other);
        assert!(tickets.iter().all(|ticket| ticket.fingerprint.as_deref() == Some("monitor.late/drift")));
        assert_eq!((tickets[0].title.as_str(), tickets[0].links[0].target.as_str()), ("two", "incident/7"));
    }

    #[test]
    fn a_row_that_cannot_be_leaves_the_board_as_it_was() {
        let (_folder, store) = board("a");
        bring(&store, TWO);
        let before = all(&store);
        // The one that is done is to be open beside the other.
        let text = to_csv(&before).unwrap().replace(",done,", ",open,");
        let rows = from_csv(format!("{text},open,,new,,,,,,\n").as_bytes()).unwrap();
        let refused = import(&store, &rows).unwrap_err();
        assert!(refused.message.contains("row 3: row 2 has its fingerprint"), "{}", refused.message);
        assert_eq!(all(&store), before);
    }

    #[test]
    fn closing_one_makes_room_for_another_of_its_fingerprint() {
        let (_folder, store) = board("a");
        bring(&store, TWO);
        let text = to_csv(&all(&store)).unwrap();
        let swapped = text.replace(",done,", ",doing,").replace(",open,", ",done,");
        assert_eq!(bring(&store, &swapped), Imported { changed: 2, ..Imported::default() });
        let standing: Vec<_> = all(&store).iter().map(|ticket| ticket.status).collect();
        assert_eq!(standing, [TicketStatus::Done, TicketStatus::Doing]);
    }
}
