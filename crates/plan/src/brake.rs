//! The brakes: why a model that should be retrained is not, yet. The planner asks here
//! for each demand; the first brake that holds is the one that is shown.

use std::time::Duration;

use base::{Timestamp, grouped};
use serde::{Deserialize, Serialize};

use crate::{Brakes, Collection, Decision, Demand, DemandCause, Watch, moment::moment};

/// What holds a retraining back, in the order in which they are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Brake {
    /// A version for this very demand was promoted: its effect must show first.
    Answered,
    /// The gate did not promote what was trained last, and there is little to learn from since.
    Judged,
    /// Too few labelled rows came since the last collect.
    TooFewRows,
    /// The last collect was too short a time ago.
    CoolDown,
    /// There were as many collects in seven days as there may be.
    MaxPerWeek,
    /// Retraining does not end the incident: a person must look.
    Flapping,
}

impl Brake {
    /// The brake as it is shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Judged => "already judged",
            Self::TooFewRows => "too few labelled rows",
            Self::CoolDown => "cool-down",
            Self::MaxPerWeek => "max_per_week",
            Self::Flapping => "flapping",
        }
    }
}

/// A demand, and all that the brakes look at.
pub(crate) struct Case<'a> {
    pub(crate) watch: &'a Watch,
    pub(crate) demand: &'a Demand,
    pub(crate) brakes: &'a Brakes,
    /// The newest first.
    pub(crate) past: &'a [Collection],
}

/// A brake that holds.
pub(crate) struct Hold {
    pub(crate) brake: Brake,
    /// In numbers.
    pub(crate) why: String,
    pub(crate) until: Option<Timestamp>,
}

const WEEK: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// The first brake that holds the demand, if one does.
pub(crate) fn holding(case: &Case<'_>) -> Option<Hold> {
    const ALL: [fn(&Case<'_>) -> Option<Hold>; 6] =
        [answered, judged, too_few_rows, cool_down, max_per_week, flapping];
    ALL.iter().find_map(|holds| holds(case))
}

/// A schedule is answered by whatever was collected since it was due. An incident is answered
/// by a promoted version, until it is confirmed again after the collect that led to it.
fn answered(case: &Case<'_>) -> Option<Hold> {
    let last = case.past.first()?;
    let why = match &case.demand.cause {
        DemandCause::Schedule { due } if last.at >= *due => {
            format!("retrained {} for it, and it was due {}", moment(last.at), moment(*due))
        }
        DemandCause::Incident { confirmed, .. }
            if last.decision == Some(Decision::Promote)
                && last.cause_key == case.demand.cause.key()
                && last.at >= *confirmed =>
        {
            format!("retrained {} for it and promoted; waiting for the effect", moment(last.at))
        }
        _ => return None,
    };
    Some(Hold { brake: Brake::Answered, why, until: None })
}

fn judged(case: &Case<'_>) -> Option<Hold> {
    let last = case.past.first()?;
    let said = match last.decision? {
        Decision::Promote => return None,
        Decision::Hold => "held",
        Decision::Reject => "rejected",
    };
    let why = format!(
        "the gate {said} what was trained {} on the same data; {} new labelled rows since, {} needed",
        moment(last.at),
        grouped(case.watch.new_rows),
        grouped(needed(case))
    );
    lacks_rows(case).then_some(Hold { brake: Brake::Judged, why, until: None })
}

fn too_few_rows(case: &Case<'_>) -> Option<Hold> {
    let since = match case.past.first() {
        Some(last) => format!(" since {}", moment(last.at)),
        None => String::new(),
    };
    let (rows, needed) = (grouped(case.watch.new_rows), grouped(needed(case)));
    let why = format!("{rows} new labelled rows{since}, {needed} needed");
    lacks_rows(case).then_some(Hold { brake: Brake::TooFewRows, why, until: None })
}

fn lacks_rows(case: &Case<'_>) -> bool {
    case.watch.new_rows < needed(case)
}

/// Without a single new row there is nothing to collect, whatever the setting.
fn needed(case: &Case<'_>) -> u64 {
    case.brakes.min_rows.max(1)
}

fn cool_down(case: &Case<'_>) -> Option<Hold> {
    let last = case.past.first()?;
    let until = after(last.at, case.brakes.cool_down.get());
    // On a clock that stands still nothing new can be known, however short the cool-down.
    if case.watch.now >= until && case.watch.now > last.at {
        return None;
    }
    let why = format!("retrained {}, next not before {}", moment(last.at), moment(until));
    Some(Hold { brake: Brake::CoolDown, why, until: Some(until) })
}

fn max_per_week(case: &Case<'_>) -> Option<Hold> {
    let most = case.brakes.max_per_week;
    let recent = case.past.iter().filter(|one| after(one.at, WEEK) > case.watch.now).count();
    if recent < usize::try_from(most).unwrap_or(usize::MAX) {
        return None;
    }
    // The oldest of the last so many: when it leaves the week there is room for another.
    let oldest = (most as usize).checked_sub(1).and_then(|position| case.past.get(position));
    let until = oldest.map(|oldest| after(oldest.at, WEEK));
    let why = match until {
        Some(until) => {
            format!("retrained {recent} times in 7 days, {most} allowed; next not before {}", moment(until))
        }
        None => "the project file allows none".to_owned(),
    };
    Some(Hold { brake: Brake::MaxPerWeek, why, until })
}

fn flapping(case: &Case<'_>) -> Option<Hold> {
    let (flaps, most) = (case.demand.flaps, case.brakes.max_flaps);
    let why = format!(
        "it came back {flaps} times after retraining, and max_flaps is {most}; a person must look: \
         resolve its ticket, promote a version, or raise max_flaps"
    );
    (flaps >= most).then_some(Hold { brake: Brake::Flapping, why, until: None })
}

fn after(time: Timestamp, by: Duration) -> Timestamp {
    let micros = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
    Timestamp::from_micros(time.micros().saturating_add(micros))
}
