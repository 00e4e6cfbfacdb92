use base::{Name, Span, Timestamp};
use monitor::{Watermark, Window};
use serde::{Deserialize, Serialize};
use store::Store;

use super::{Judged, Times, counts::Counts};
use crate::{Error, Project, capture::Position};

/// Where a monitor stands: recorded together with what it found, and read by the planner and `kaizen status`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// What it is the state of; of anything else it says nothing.
    #[serde(default)]
    pub tie: Tie,
    /// The greatest event times seen, which make the clock.
    pub watermark: Watermark,
    /// The first event time seen.
    pub first: Option<Timestamp>,
    /// The last window that was closed and assessed.
    pub closed: Option<Window>,
    /// How far the captured traffic has been read.
    #[serde(default)]
    pub position: Position,
    /// From which place of the captured traffic on the rows of each recent window come, oldest first.
    pub resume: Vec<(Window, Position)>,
    /// The place of the last label that was looked at.
    pub label: u64,
    /// What the service did, window by window.
    #[serde(default)]
    pub counts: Counts,
    /// Captured rows, each once.
    pub rows: u64,
    /// Rows whose label is known.
    pub labelled: u64,
    /// The event time of the first labelled row.
    pub labelled_from: Option<Timestamp>,
    /// The event time of the last labelled row.
    pub labelled_until: Option<Timestamp>,
    /// Where the serving version was last judged again and stood.
    #[serde(default)]
    pub judged: Option<Judged>,
    /// How the wall clock and the monitor's went together.
    pub times: Times,
    /// What could not be used, and why: a count each.
    pub oddities: Oddities,
}

/// What a monitor watches, and how it cuts it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tie {
    /// The service.
    pub service: Option<Name>,
    /// The model behind it.
    pub model: Option<Name>,
    /// The width of a window.
    pub window: Option<Span>,
    /// The input that holds the event time.
    pub time: Option<String>,
}

impl Tie {
    pub(super) fn of(monitor: &spec::Monitor, project: &Project) -> Self {
        let service = project.spec.services.get(&monitor.service);
        Self {
            service: Some(monitor.service.clone()),
            model: service.map(|service| service.model.clone()),
            window: Some(monitor.window),
            time: monitor.time.clone(),
        }
    }
}

/// Rows and labels that were set aside, counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Oddities {
    /// Rows whose id had come before.
    pub repeated_ids: u64,
    /// Rows whose event time is more than a day after the wall clock's.
    pub of_the_future: u64,
    /// Rows that came after their window had been closed and left.
    pub too_late: u64,
    /// Labels of ids that no captured row of the recent windows has (yet).
    pub unmatched_labels: u64,
    /// Labels that are none of the model's classes, or no number.
    pub unusable_labels: u64,
}

impl State {
    /// The state of a monitor; nothing before it has seen any traffic.
    ///
    /// # Errors
    /// When the store cannot be read, or a later release wrote it.
    pub fn load(store: &Store, monitor: &Name) -> Result<Option<Self>, Error> {
        let what = || format!("state of monitor.{monitor}");
        let read =
            |value| serde_json::from_value(value).map_err(|source| Error::Recorded { what: what(), source });
        store.monitor_state(monitor)?.map(read).transpose()
    }

    /// The monitor's clock.
    pub fn clock(&self) -> Option<Timestamp> {
        self.watermark.time()
    }
}
