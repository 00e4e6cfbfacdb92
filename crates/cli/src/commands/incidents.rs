//! `kaizen incidents [NUMBER]`

use std::path::PathBuf;

use engine::{Detail, Project};
use store::{IncidentFilter, IncidentStatus, Store};

use crate::{
    Environment, Failure,
    arguments::Incidents,
    exit,
    output::Output,
    views::{self, incidents::Shown},
};

pub(crate) fn run(
    arguments: &Incidents,
    at: Option<PathBuf>,
    environment: &Environment,
    output: &mut Output,
) -> Result<u8, Failure> {
    // Also when the project file has errors: what happened does not depend on it.
    let directory = Project::store_of(&at.unwrap_or_else(|| PathBuf::from(".")))?;
    let store = Store::open_read_only(&directory, environment.clock.clone())?;
    if let Some(number) = arguments.number {
        let record = store.incident(number)?;
        let shown = Shown { number, monitor: record.monitor.clone(), detail: Detail::of(&record)? };
        output.result(&shown, views::incidents::one);
        return Ok(exit::DONE);
    }
    let filter = IncidentFilter { monitor: arguments.monitor.clone(), ..IncidentFilter::default() };
    let mut records = store.incidents(&filter)?;
    records.retain(|record| arguments.all || record.status != IncidentStatus::Resolved);
    output.result(&records, |records| views::incidents::list(records, arguments.all));
    Ok(exit::DONE)
}
