//! Silences: signals that people asked not to hear of. Their points are recorded, but open and hold no incident.

use base::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{SignalName, Window};

/// Who wants to hear nothing of which signals, for how long and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Silence {
    /// A signal's name, or the beginning of one and `*`: `drift.temp`, `drift.*`, `*`.
    pub signals: String,
    /// From this time of the monitor's clock.
    pub from: Timestamp,
    /// Up to, but not including, this time of the monitor's clock.
    pub until: Timestamp,
    /// Why.
    pub reason: String,
}

impl Silence {
    /// Whether it covers this signal in this window: any part of the window is enough.
    pub fn covers(&self, name: &SignalName, window: Window) -> bool {
        let overlaps = self.from < window.end && window.start < self.until;
        overlaps && matches(&self.signals, &name.to_string())
    }
}

fn matches(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(beginning) => name.starts_with(beginning),
        None => pattern == name,
    }
}

#[cfg(test)]
mod tests {
    use base::Timestamp;

    use super::Silence;
    use crate::{SignalName, Window};

    #[test]
    fn a_silence_covers_what_it_names_while_it_lasts() {
        let time = Timestamp::from_micros;
        let silence = |signals: &str| Silence {
            signals: signals.to_owned(),
            from: time(10),
            until: time(20),
            reason: "planned".to_owned(),
        };
        let window = |start, end| Window { start: time(start), end: time(end) };
        let temp = SignalName::Drift("temp".to_owned());
        for (pattern, covered) in [("drift.temp", true), ("drift.*", true), ("*", true), ("drift.te", false)]
        {
            assert_eq!(silence(pattern).covers(&temp, window(12, 14)), covered, "{pattern}");
        }
        assert!(silence("*").covers(&temp, window(5, 11)));
        assert!(!silence("*").covers(&temp, window(5, 10)));
        assert!(!silence("*").covers(&temp, window(20, 30)));
    }
}
