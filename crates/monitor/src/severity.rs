//! How bad an incident is.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    Member, SignalName,
    departure::progress,
    incident::{Scene, unharmed},
};

/// So many margins of quality lost are beyond repair by waiting.
const FAR: f64 = 3.0;

/// How bad an incident is, from its effect on quality, on value and on the service's users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The world changed, and quality is estimated or measured to be as before.
    Info,
    /// The effect on quality is small or unknown.
    Minor,
    /// Quality is lost beyond the margin.
    Major,
    /// Quality is lost several times beyond the margin, or the service fails its users.
    Critical,
}

impl Severity {
    /// The severity of an incident of these signals: that of the worst.
    pub(crate) fn of(members: &[Member], scene: &Scene<'_>) -> Self {
        let known = unharmed(scene).is_some();
        members.iter().map(|member| of_signal(member, known)).max().unwrap_or(Self::Info)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Minor => "minor",
            Self::Major => "major",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// What a signal's departure means; `known` is whether anything tells how good the model still is.
fn of_signal(member: &Member, known: bool) -> Severity {
    let margins = progress(&member.worst).unwrap_or(0.0);
    match member.signal {
        SignalName::Measured(_) if margins >= FAR => Severity::Critical,
        SignalName::Measured(_) if margins >= 1.0 => Severity::Major,
        // An estimate can be wrong where the labels cannot: one step lower.
        SignalName::Estimated(_) if margins >= FAR => Severity::Major,
        SignalName::AvailabilityBurn => Severity::Critical,
        SignalName::LatencyBurn | SignalName::ErrorRate => Severity::Major,
        SignalName::Traffic if member.worst.value == 0.0 => Severity::Major,
        SignalName::Drift(_)
        | SignalName::Missing(_)
        | SignalName::Unseen(_)
        | SignalName::OutOfRange(_)
        | SignalName::DriftAll
            if known =>
        {
            Severity::Info
        }
        _ => Severity::Minor,
    }
}
