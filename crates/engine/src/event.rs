use std::{path::PathBuf, time::Duration};

use base::Name;
use monitor::Assessment;
use plan::{Action, ActionId};
use serde::Serialize;
use store::RunId;

use crate::{Conclusion, Detail};

/// What is happening, for whoever watches. Events are for people and scripts; nothing depends on them.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A run begins.
    Begun {
        /// Its number.
        run: RunId,
        /// How many actions the plan has.
        total: usize,
    },
    /// The command of a step runs.
    Running {
        /// The action.
        action: ActionId,
        /// Which attempt this is, from 1.
        attempt: u32,
        /// Where its output goes.
        log: PathBuf,
    },
    /// Something about an action that whoever wrote the project should know.
    Notice {
        /// The action.
        action: ActionId,
        /// What, with the way out.
        text: String,
    },
    /// Something that concerns no action alone.
    Remark {
        /// What.
        text: String,
    },
    /// An action begins.
    Started {
        /// The action.
        action: Box<Action>,
        /// Its place in the plan, from 1.
        position: usize,
        /// How many actions the plan has.
        total: usize,
    },
    /// A running action says how far it is.
    Progress {
        /// The action.
        action: ActionId,
        /// How far, in words.
        message: String,
    },
    /// An action has ended, and what came of it is recorded.
    Finished {
        /// The action.
        action: ActionId,
        /// What came of it.
        conclusion: Conclusion,
        /// How long it took; in JSON `elapsed_ms`.
        #[serde(rename = "elapsed_ms", serialize_with = "millis")]
        elapsed: Duration,
    },
    /// The project or its data changed, so there is a new plan.
    Changed {
        /// What changed.
        what: Vec<String>,
    },
    /// A window of traffic was held to the reference, or again since more labels came.
    Window {
        /// The monitor.
        monitor: Name,
        /// What it told.
        assessment: Box<Assessment>,
    },
    /// An incident opened, was confirmed, came back or is over.
    Incident {
        /// The monitor.
        monitor: Name,
        /// What became of it: `opened`, `confirmed`, `reopened` or `resolved`.
        what: &'static str,
        /// All about it.
        detail: Box<Detail>,
    },
    /// A model is to be retrained, and brakes hold it; none when the last one has let go.
    Held {
        /// What holds what, one line each.
        held: Vec<String>,
    },
    /// A monitor cannot do its work.
    NotWatching {
        /// The monitor.
        monitor: Name,
        /// Why.
        why: String,
    },
    /// A monitor cannot read the files of its labels, or some rows of them, and goes on without these until they
    /// change.
    NotLabelled {
        /// The monitor.
        monitor: Name,
        /// Why.
        why: String,
    },
    /// A webhook could not be told of something: for the first time, or for the last.
    Webhook {
        /// The webhook.
        webhook: String,
        /// Of what, why, and whether it is tried again.
        why: String,
    },
    /// The traffic of a service cannot be captured.
    NotCaptured {
        /// The service.
        service: Name,
        /// Why.
        why: String,
    },
    /// Something befell the capture of a service.
    Capture {
        /// What.
        notice: String,
    },
    /// A service cannot answer with the version that the history says.
    NotServing {
        /// The service.
        service: Name,
        /// Why.
        why: String,
    },
    /// The project file no longer makes sense; the last good one stays in force.
    Invalid {
        /// What is wrong, one line each.
        diagnostics: Vec<String>,
    },
}

fn millis<S: serde::Serializer>(elapsed: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX))
}
