//! What a monitor demands of the planner, from what is recorded.

use base::Name;
use plan::{Collection, Decision, Demand, DemandCause, Watch};
use store::{IncidentFilter, IncidentRecord, IncidentStatus, Store, TicketFilter, TicketStatus};

use super::{Detail, State};
use crate::{Error, Project, collections::labelled_then};

/// What the planner wants to know of a monitor; nothing before there was any traffic.
pub(crate) fn watch(
    project: &Project,
    store: &Store,
    name: &Name,
    past: &[Collection],
) -> Result<Option<Watch>, Error> {
    let Some(monitor) = project.spec.monitors.get(name) else { return Ok(None) };
    let Some(state) = State::load(store, name)? else { return Ok(None) };
    let Some(now) = state.clock() else { return Ok(None) };
    let incident = if monitor.on_confirmed.contains(&spec::Response::Retrain) {
        of_incident(store, name)?
    } else {
        None
    };
    let due = monitor.retrain.schedule.as_ref().and_then(|schedule| {
        let last = past.first().map(|last| last.at).or(state.first)?;
        schedule.next_after(last).filter(|due| *due <= now)
    });
    let incident = incident.filter(|demand| due.is_none() || !is_answered(demand, past));
    let scheduled = due.map(|due| Demand { cause: DemandCause::Schedule { due }, flaps: 0 });
    let new_rows = state.labelled.saturating_sub(labelled_then(store, name)?);
    let from = past.first().map(|last| last.at).or(state.labelled_from);
    Ok(Some(Watch { now, demand: incident.or(scheduled), new_rows, from, until: state.labelled_until }))
}

/// Whether a version was promoted for it since it was last confirmed: a schedule that is due need not wait for it.
fn is_answered(demand: &Demand, past: &[Collection]) -> bool {
    let (DemandCause::Incident { confirmed, .. }, Some(last)) = (&demand.cause, past.first()) else {
        return false;
    };
    last.cause_key == demand.cause.key() && last.decision == Some(Decision::Promote) && last.at >= *confirmed
}

/// The demand of the incident that has been confirmed for the longest.
fn of_incident(store: &Store, monitor: &Name) -> Result<Option<Demand>, Error> {
    let filter = IncidentFilter {
        monitor: Some(monitor.clone()),
        status: Some(IncidentStatus::Confirmed),
        ..IncidentFilter::default()
    };
    let Some(record) = store.incidents(&filter)?.pop() else { return Ok(None) };
    let detail = Detail::of(&record)?;
    let confirmed = record.confirmed.unwrap_or(record.opened).max(detail.incident.reopened);
    let flaps = if released(store, &record)? { 0 } else { detail.incident.flaps };
    let (id, fingerprint, title) = (record.id, record.fingerprint, record.title);
    Ok(Some(Demand { cause: DemandCause::Incident { id, fingerprint, title, confirmed }, flaps }))
}

/// Whether a person has closed the ticket of an incident that goes on: they have looked.
fn released(store: &Store, record: &IncidentRecord) -> Result<bool, Error> {
    let filter = TicketFilter {
        fingerprint: Some(record.fingerprint.clone()),
        limit: Some(1),
        ..TicketFilter::default()
    };
    Ok(store.tickets(&filter)?.first().is_some_and(|ticket| ticket.status == TicketStatus::Done))
}
