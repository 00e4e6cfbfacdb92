//! Incidents: signals that depart together, from the first departing window to their return.

use base::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Point, Severity, SignalName};

mod advance;
mod member;
mod onset;
mod text;

pub use self::advance::advance;
pub(crate) use self::{advance::Scene, text::unharmed};

/// Departures of one monitor that belong together. All times are on the monitor's clock.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Incident {
    /// Given by the store; nothing while the store has not seen it.
    pub id: Option<u64>,
    /// The same for the same incident, however often it is computed.
    pub fingerprint: String,
    /// How far it has come.
    pub status: Status,
    /// When the change is estimated to have happened.
    pub onset: Timestamp,
    /// The end of the window in which it opened.
    pub opened: Timestamp,
    /// The end of the window in which it opened last: `opened`, unless it came back.
    pub reopened: Timestamp,
    /// The end of the window in which it was confirmed last.
    pub confirmed: Option<Timestamp>,
    /// The end of the window in which it was resolved.
    pub resolved: Option<Timestamp>,
    /// Why it was resolved.
    pub resolution: Option<Resolution>,
    /// How bad it was at its worst.
    pub severity: Severity,
    /// The version of the model that served when it opened.
    pub version: u64,
    /// The version, and the epoch of its reference, that it was last confirmed against.
    pub against: (u64, u64),
    /// The signals, in the order in which they joined; of one window the clearest first.
    pub signals: Vec<Member>,
    /// How often it came back after it was resolved.
    pub flaps: u32,
    /// One line for people.
    pub title: String,
    /// A few sentences for people.
    pub text: String,
}

/// How far an incident has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It departed in one window.
    Open,
    /// It departed in two windows running, or overwhelmingly in one.
    Confirmed,
    /// All of its signals are back within their limits.
    Resolved,
}

/// Why an incident is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resolution {
    /// It was never confirmed: one bad window.
    Passed,
    /// The signals came back by themselves.
    Returned,
    /// A new version was released, and the signals do not depart from its reference.
    Released,
    /// The version was judged again on newer rows and stands, and the signals do not depart from those.
    JudgedAgain,
}

/// A signal of an incident.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Member {
    /// The signal.
    pub signal: SignalName,
    /// The start of the first window in which it departed.
    pub since: Timestamp,
    /// The end of the last window in which it departed.
    pub until: Timestamp,
    /// Whether it departed by its own verdict in any window, rather than on its control chart alone.
    pub by_verdict: bool,
    /// How far it departed at its worst, where 1 is just enough.
    pub strength: f64,
    /// Its point in the window in which it departed the most.
    pub worst: Point,
    /// Its point in the last window in which it departed.
    pub latest: Point,
}

impl Incident {
    /// The signal of this name, if it is part of the incident.
    pub fn member(&self, signal: &SignalName) -> Option<&Member> {
        self.signals.iter().find(|member| member.signal == *signal)
    }
}
