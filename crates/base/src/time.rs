use std::{fmt, str::FromStr, sync::Mutex, time::Duration};

use chrono::{DateTime, NaiveDate, NaiveDateTime, SecondsFormat};
use serde::{Deserialize, Serialize};

/// An instant, in microseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Timestamp(i64);

/// Text that is not an instant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a time; write it as 2013-04-01, 2013-04-01T06:00:00 (taken as UTC) or 2013-04-01T06:00:00Z"
)]
pub struct TimestampError(String);

impl Timestamp {
    /// The instant this many microseconds after the epoch.
    pub fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since the epoch.
    pub fn micros(self) -> i64 {
        self.0
    }
}

impl FromStr for Timestamp {
    type Err = TimestampError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let zoned = DateTime::parse_from_rfc3339(text).map(|time| time.timestamp_micros());
        let naive = || {
            ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]
                .iter()
                .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
                .or_else(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0))
                .map(|time| time.and_utc().timestamp_micros())
        };
        zoned.ok().or_else(naive).map(Self).ok_or_else(|| TimestampError(text.chars().take(80).collect()))
    }
}

/// RFC 3339 in UTC, with as many decimals as are needed.
impl fmt::Display for Timestamp {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match DateTime::from_timestamp_micros(self.0) {
            Some(time) => out.write_str(&time.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
            None => write!(out, "{} µs", self.0),
        }
    }
}

impl TryFrom<String> for Timestamp {
    type Error = TimestampError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Timestamp> for String {
    fn from(time: Timestamp) -> Self {
        time.to_string()
    }
}

/// Where the time comes from. The binary passes the system's; tests pass a [`FixedClock`].
pub trait Clock: Send + Sync {
    /// The time of day.
    fn now(&self) -> Timestamp;

    /// A time that never goes back, from any fixed start; for measuring how long something took.
    fn elapsed(&self) -> Duration;
}

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub struct FixedClock(Mutex<(Timestamp, Duration)>);

impl FixedClock {
    /// A clock that shows this time.
    pub fn at(time: Timestamp) -> Self {
        Self(Mutex::new((time, Duration::ZERO)))
    }

    /// Moves the clock forward.
    ///
    /// # Panics
    /// When another thread panicked while moving it.
    pub fn advance(&self, by: Duration) {
        let mut state = self.0.lock().expect("no thread panics while it moves the clock");
        let micros = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
        state.0 = Timestamp(state.0.0.saturating_add(micros));
        state.1 += by;
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        self.0.lock().expect("no thread panics while it moves the clock").0
    }

    fn elapsed(&self) -> Duration {
        self.0.lock().expect("no thread panics while it moves the clock").1
    }
}

#[cfg(test)]
mod tests {
    use super::Timestamp;

    #[test]
    fn a_timestamp_reads_back_as_it_was_written() {
        for text in ["2013-04-01T06:00:00Z", "2013-04-01T06:00:00.125Z", "1969-12-31T23:59:59Z"] {
            assert_eq!(text.parse::<Timestamp>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_date_is_its_first_instant_in_utc_and_an_offset_is_applied() {
        let date: Timestamp = "2013-04-01".parse().unwrap();
        assert_eq!(date.to_string(), "2013-04-01T00:00:00Z");
        assert_eq!("2013-04-01T02:00:00+02:00".parse(), Ok(date));
        assert!("yesterday".parse::<Timestamp>().is_err());
    }
}
