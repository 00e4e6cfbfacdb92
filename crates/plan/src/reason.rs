use std::fmt;

use base::{Span, Timestamp, grouped};
use serde::{Deserialize, Serialize};

use crate::{
    moment::{day, moment},
    observed::{incident_key, schedule_key},
};

/// Why an action is planned. The vocabulary is closed: nothing happens for any other reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Reason {
    /// It has never been done.
    NeverRan,
    /// The last attempt failed.
    FailedBefore,
    /// What it made is no longer there.
    OutputMissing,
    /// These fields of the project file changed.
    SpecChanged {
        /// The fields, in byte order.
        fields: Vec<String>,
    },
    /// An input has another content than last time.
    InputChanged {
        /// Which.
        input: String,
    },
    /// An earlier action of this plan may give an input another content.
    InputMayChange {
        /// Which.
        input: String,
    },
    /// A trigger that it reads fired.
    Triggered {
        /// The trigger.
        trigger: String,
        /// What made it fire, when it is known.
        why: Option<String>,
    },
    /// A person asked for this step to run, whether it is settled or not.
    Forced,
    /// Its last result is older than the project file lets it be.
    Expired {
        /// How old it may be.
        after: Span,
    },
    /// The project file says that its results are not kept for reuse.
    NotCached,
    /// A file it wrote was changed or removed since.
    OutputsTouched {
        /// The file, relative to the project.
        path: String,
    },
    /// An incident is confirmed, no brake holds, and there are labelled rows to learn from.
    DriftConfirmed {
        /// The incident's number.
        incident: u64,
        /// What it is.
        title: String,
        /// The event time of the first labelled row.
        from: Option<Timestamp>,
        /// The end of the labelled rows' event times.
        until: Option<Timestamp>,
        /// The labelled rows since the last collect.
        rows: u64,
    },
    /// The schedule of the project file says so.
    Scheduled {
        /// When it was due, on the monitor's clock.
        due: Timestamp,
    },
    /// What an earlier action of this plan collects is to be learned from.
    Retrain {
        /// The incident that it is for; nothing for a schedule.
        incident: Option<u64>,
    },
    /// The gate's verdict is `promote`.
    GatePassed,
    /// The gate has yet to decide in this plan.
    GateDecides,
    /// The service answers with nothing yet.
    NotServing,
    /// The champion is no longer what the service answers with.
    ChampionChanged {
        /// The version that answers now.
        from: u64,
        /// The champion.
        to: u64,
    },
    /// The service's model is another one now.
    ModelChanged,
    /// The champion may move in this plan.
    ChampionMayChange,
    /// The project file no longer declares it.
    Removed,
    /// A person asked for it, whatever the plan says. Only they give this reason, never the planner.
    Override {
        /// Who.
        actor: String,
        /// The reason they gave.
        because: String,
    },
}

impl Reason {
    /// Whether it asks for the work to be done again, so that no kept result may stand in for it.
    pub fn compels(&self) -> bool {
        matches!(self, Self::Forced | Self::Expired { .. } | Self::NotCached)
    }

    /// Whether it is a reason to act although fields and inputs are as they were.
    pub(crate) fn unsettles(&self) -> bool {
        self.compels() || matches!(self, Self::OutputsTouched { .. })
    }

    /// The [key](crate::DemandCause::key) of the cause that a collect is for; nothing for any other reason.
    pub fn cause_key(&self) -> Option<String> {
        match self {
            Self::DriftConfirmed { incident, .. } => Some(incident_key(*incident)),
            Self::Scheduled { due } => Some(schedule_key(*due)),
            _ => None,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NeverRan => out.write_str("never ran"),
            Self::FailedBefore => out.write_str("failed last time"),
            Self::OutputMissing => out.write_str("output missing"),
            Self::SpecChanged { fields } => write!(out, "spec changed: {}", fields.join(", ")),
            Self::InputChanged { input } => write!(out, "input changed: {input}"),
            Self::InputMayChange { input } => write!(out, "input may change: {input}"),
            Self::Triggered { trigger, why: Some(why) } => write!(out, "trigger {trigger}: {why}"),
            Self::Triggered { trigger, why: None } => write!(out, "trigger {trigger} fired"),
            Self::Forced => out.write_str("forced"),
            Self::Expired { after } => write!(out, "older than {after}"),
            Self::NotCached => out.write_str("not cached"),
            Self::OutputsTouched { path } => write!(out, "`{path}` is not as the step left it"),
            Self::DriftConfirmed { incident, title, from, until, rows } => {
                write!(out, "drift confirmed: incident {incident} ({title}); ")?;
                write!(out, "with {} new labelled rows", grouped(*rows))?;
                match (from, until) {
                    (Some(from), Some(until)) => write!(out, " of {} to {}", day(*from), day(*until)),
                    _ => Ok(()),
                }
            }
            Self::Scheduled { due } => write!(out, "scheduled: due {}", moment(*due)),
            Self::Retrain { incident: Some(incident) } => write!(out, "retrain for incident {incident}"),
            Self::Retrain { incident: None } => out.write_str("retrain on schedule"),
            Self::GatePassed => out.write_str("gate passed"),
            Self::GateDecides => out.write_str("gate decides"),
            Self::NotServing => out.write_str("not serving yet"),
            Self::ChampionChanged { from, to } => write!(out, "champion changed: version {from} to {to}"),
            Self::ModelChanged => out.write_str("model changed"),
            Self::ChampionMayChange => out.write_str("champion may change"),
            Self::Removed => out.write_str("removed from the project"),
            Self::Override { actor, because } => write!(out, "override by {actor}: {because}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Reason;
    use crate::DemandCause;

    #[test]
    fn the_reason_of_a_collect_names_the_cause_as_the_demand_does() {
        let due = "2013-05-06T03:00:00Z".parse().unwrap();
        let scheduled = Reason::Scheduled { due }.cause_key();
        assert_eq!(scheduled, Some(DemandCause::Schedule { due }.key()));
        let (title, fingerprint) = ("temp drifted".to_owned(), "f".to_owned());
        let cause = DemandCause::Incident { id: 3, fingerprint, title: title.clone(), confirmed: due };
        let drift = Reason::DriftConfirmed { incident: 3, title, from: None, until: None, rows: 5 };
        assert_eq!(drift.cause_key(), Some(cause.key()));
        assert_eq!(Reason::OutputMissing.cause_key(), None);
    }

    #[test]
    fn the_reasons_to_run_a_settled_step_are_shown_and_read_back() {
        let touched = Reason::OutputsTouched { path: "build/x".to_owned() };
        let why = Some("due 2026-11-25 03:00".to_owned());
        let shown = [
            (Reason::Forced, "forced", true),
            (Reason::Expired { after: "12h".parse().unwrap() }, "older than 12h", true),
            (Reason::NotCached, "not cached", true),
            (touched, "`build/x` is not as the step left it", false),
            (Reason::OutputMissing, "output missing", false),
            (
                Reason::Triggered { trigger: "nightly".to_owned(), why },
                "trigger nightly: due 2026-11-25 03:00",
                false,
            ),
        ];
        for (reason, text, compels) in shown {
            assert_eq!((reason.to_string().as_str(), reason.compels()), (text, compels));
            let kept = serde_json::to_string(&reason).unwrap();
            assert_eq!(serde_json::from_str::<Reason>(&kept).unwrap(), reason);
        }
    }

    #[test]
    fn an_override_is_kept_and_shown_with_its_actor_and_cause() {
        let reason = Reason::Override { actor: "ada".to_owned(), because: "costs rose".to_owned() };
        let kept = serde_json::json!({ "reason": "override", "actor": "ada", "because": "costs rose" });
        assert_eq!(serde_json::to_value(&reason).unwrap(), kept);
        assert_eq!(serde_json::from_value::<Reason>(kept).unwrap(), reason);
        assert_eq!(reason.to_string(), "override by ada: costs rose");
    }
}
