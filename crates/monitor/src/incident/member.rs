use base::Timestamp;

use super::Member;
use crate::{SignalName, departure::Departure};

/// The signal of these departures, of which the last is there.
pub(super) fn of(name: &SignalName, since: Timestamp, departing: &[Option<Departure>]) -> Member {
    let run: Vec<&Departure> =
        departing.iter().flatten().filter(|departure| departure.point.window.start >= since).collect();
    let worst = run.iter().max_by(|one, other| one.strength.total_cmp(&other.strength));
    let (worst, latest) = worst.zip(run.last()).expect("its last point departs");
    Member {
        signal: name.clone(),
        since,
        until: latest.point.window.end,
        by_verdict: run.iter().any(|departure| departure.by_verdict),
        strength: worst.strength,
        worst: worst.point.clone(),
        latest: latest.point.clone(),
    }
}

/// Adds a departing signal, or what is new of one that is a member already.
pub(super) fn join(members: &mut Vec<Member>, joined: Member) {
    let Some(member) = members.iter_mut().find(|member| member.signal == joined.signal) else {
        members.push(joined);
        return;
    };
    member.since = member.since.min(joined.since);
    member.until = member.until.max(joined.until);
    member.by_verdict |= joined.by_verdict;
    // The same window may have been revised: its new point counts.
    if joined.strength >= member.strength || joined.worst.window == member.worst.window {
        member.strength = joined.strength;
        member.worst = joined.worst;
    }
    member.latest = joined.latest;
}
