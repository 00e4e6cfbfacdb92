//! The rows of a period of event time, wherever they are.

use std::{collections::BTreeSet, ops::Range};

use base::{Name, Timestamp};
use serving::capture::Captured;
use store::Store;

use super::{
    error::Error,
    journal, read,
    seal::{decode, holds_totals},
};

/// Gives the requests with events at or after the start of `period` and before its end to `each`, a
/// segment's worth at a time; failures, which have no inputs, by their time of receipt.
///
/// The event time is the input of the name `event_time`, and the time of receipt where that is missing
/// or no name is given. What the open journal holds is given too, to its last whole record.
///
/// # Errors
/// When a segment or journal cannot be read.
pub fn read_range(
    store: &Store,
    service: &Name,
    event_time: Option<&str>,
    period: &Range<Timestamp>,
    each: &mut dyn FnMut(Captured),
) -> Result<(), Error> {
    let directory = journal::directory(store, service);
    // The files first, so that one that is sealed meanwhile is found in both places and not in neither.
    let journals = journal::list(&directory)?;
    let sealed = store.segments(service, None, None)?;
    let sources: BTreeSet<u64> =
        sealed.iter().filter_map(|segment| journal::number_of_source(&segment.source)).collect();
    for segment in store.segments(service, Some(period.start), Some(period.end))? {
        if !holds_totals(&segment.source) {
            let table = data::read_table(&store.path(&segment.object)?)?;
            give(read::captured(&segment, &table)?, event_time, period, each);
        }
    }
    for number in journals.into_iter().filter(|number| !sources.contains(number)) {
        let (decoded, _) = decode(&directory.join(journal::name(number)))?;
        decoded.captured.into_iter().for_each(|captured| give(captured, event_time, period, each));
    }
    Ok(())
}

fn give(
    captured: Captured,
    event_time: Option<&str>,
    period: &Range<Timestamp>,
    each: &mut dyn FnMut(Captured),
) {
    let inside = |time: i64| (period.start.micros()..period.end.micros()).contains(&time);
    let times = captured.event_times(event_time);
    let rows: Vec<usize> = (0..captured.rows()).filter(|row| inside(times[*row])).collect();
    let failures = captured.failures.iter().filter(|failure| inside(failure.received)).cloned().collect();
    let taken = Captured { failures, ..captured.take(&rows) };
    if !taken.is_empty() {
        each(taken);
    }
}
