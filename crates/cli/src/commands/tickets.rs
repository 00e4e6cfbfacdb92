//! `kaizen tickets`, and what people do with them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use engine::Project;
use store::{NewTicket, Store, TicketEdit, TicketFilter, TicketStatus};

use super::io;
use crate::{
    Environment, Failure,
    arguments::{Tickets, TicketsCommand},
    exit,
    output::Output,
    ticket_csv,
    views::{self, tickets::Shown},
};

pub(crate) fn run(
    arguments: Tickets,
    at: Option<PathBuf>,
    environment: &Environment,
    output: &mut Output,
) -> Result<u8, Failure> {
    // Also when the project file has errors: the board does not depend on it.
    let directory = Project::store_of(&at.unwrap_or_else(|| PathBuf::from(".")))?;
    let read = || Store::open_read_only(&directory, environment.clock.clone());
    let write = || Store::open(&directory, environment.clock.clone());
    let user = environment.user.as_str();
    match arguments.command {
        None => list(&read()?, arguments.all, output),
        Some(TicketsCommand::Show { number }) => show(&read()?, number, output),
        Some(TicketsCommand::New { title, body, severity }) => {
            let ticket = NewTicket {
                fingerprint: None,
                title,
                severity,
                body: body.unwrap_or_default(),
                evidence: serde_json::Value::Null,
                links: Vec::new(),
            };
            let store = write()?;
            let number = store.open_ticket(&ticket)?.id;
            show(&store, number, output)
        }
        Some(TicketsCommand::Edit { number, title, body, severity }) => {
            let store = write()?;
            store.edit_ticket(number, &TicketEdit { title, body, severity, ..TicketEdit::default() })?;
            show(&store, number, output)
        }
        Some(TicketsCommand::Comment { number, text }) => {
            let store = write()?;
            store.comment(number, user, &text)?;
            show(&store, number, output)
        }
        Some(TicketsCommand::Move { number, to, because }) => {
            let store = write()?;
            store.move_ticket(number, to)?;
            if let Some(because) = because {
                store.comment(number, user, &format!("moved to {}: {because}", to.as_str()))?;
            }
            show(&store, number, output)
        }
        Some(TicketsCommand::Export { file }) => export(&read()?, file.as_deref(), output),
        Some(TicketsCommand::Import { file }) => import(&write()?, &file, output),
    }
}

fn list(store: &Store, all: bool, output: &mut Output) -> Result<u8, Failure> {
    let mut tickets = store.tickets(&TicketFilter::default())?;
    tickets.retain(|ticket| all || ticket.status != TicketStatus::Done);
    output.result(&tickets, |tickets| views::tickets::list(tickets, all));
    Ok(exit::DONE)
}

fn show(store: &Store, number: u64, output: &mut Output) -> Result<u8, Failure> {
    let shown = Shown { ticket: store.ticket(number)?, comments: store.comments(number)? };
    output.result(&shown, views::tickets::one);
    Ok(exit::DONE)
}

fn export(store: &Store, file: Option<&Path>, output: &mut Output) -> Result<u8, Failure> {
    let mut tickets = store.tickets(&TicketFilter::default())?;
    tickets.reverse();
    let failed = |error: csv::Error| Failure::new(exit::FAILED, format!("write the tickets as CSV: {error}"));
    let text = ticket_csv::to_csv(&tickets).map_err(failed)?;
    let Some(file) = file else {
        output.text(&text);
        return Ok(exit::DONE);
    };
    fs::write(file, text).map_err(io("write", file))?;
    let value = serde_json::json!({ "file": file, "tickets": tickets.len() });
    output.result(&value, |_| format!("wrote {} tickets to {}", tickets.len(), file.display()));
    Ok(exit::DONE)
}

/// All rows are read and held against the board before any is written, so that a file with an error changes nothing.
fn import(store: &Store, file: &Path, output: &mut Output) -> Result<u8, Failure> {
    let bytes = fs::read(file).map_err(io("read", file))?;
    let failed = |code, message: &str| Failure::new(code, format!("import {}: {message}", file.display()));
    let rows = ticket_csv::from_csv(&bytes).map_err(|message| failed(exit::DATA, &message))?;
    let imported =
        ticket_csv::import(store, &rows).map_err(|failure| failed(failure.code, &failure.message))?;
    output.result(&imported, |imported| {
        format!(
            "{} tickets are new, {} were changed, {} are as they were",
            imported.new, imported.changed, imported.same
        )
    });
    Ok(exit::DONE)
}
