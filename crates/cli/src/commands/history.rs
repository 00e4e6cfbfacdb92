//! `kaizen history`, `kaizen history verify`, `kaizen history --at TIME`

use std::path::PathBuf;

use base::{Hash, Timestamp};
use engine::Project;
use store::{HistoryFilter, Store};

use crate::{
    Environment, Failure,
    arguments::{History, HistoryCommand},
    exit,
    output::Output,
    views,
};

pub(crate) fn run(
    arguments: &History,
    at: Option<PathBuf>,
    environment: &Environment,
    output: &mut Output,
) -> Result<u8, Failure> {
    // Also when the project file has errors: the history does not depend on it.
    let directory = Project::store_of(&at.unwrap_or_else(|| PathBuf::from(".")))?;
    let store = Store::open_read_only(&directory, environment.clock.clone())?;
    match (&arguments.command, &arguments.at) {
        (Some(HistoryCommand::Verify { head }), _) => return verify(&store, head.as_deref(), output),
        (None, Some(time)) => {
            let time: Timestamp = parse(time)?;
            let serving = store.serving_at(time)?;
            output.result(&serving, |serving| views::history::serving(serving, time));
        }
        (None, None) => {
            let filter = HistoryFilter { subject: arguments.about.clone(), ..HistoryFilter::default() };
            output.result(&store.history(&filter)?, |events| views::history::events(events));
        }
    }
    Ok(exit::DONE)
}

fn verify(store: &Store, head: Option<&str>, output: &mut Output) -> Result<u8, Failure> {
    let head: Option<Hash> = head.map(parse).transpose()?;
    let verified = store.verify_history(head)?;
    output.result(&verified, |verified| {
        let (entries, head) = (verified.entries, verified.head);
        format!("{entries} entries hold together, and what serves is what they say; head {head}")
    });
    Ok(exit::DONE)
}

fn parse<T: std::str::FromStr<Err: std::error::Error>>(text: &str) -> Result<T, Failure> {
    text.parse().map_err(|error: T::Err| Failure::new(exit::USAGE, error.to_string()))
}
