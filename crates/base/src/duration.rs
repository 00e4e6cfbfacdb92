use std::{fmt, str::FromStr, time::Duration};

use serde::{Deserialize, Serialize};

/// A length of time as people write it: `500ms`, `60s`, `20m`, `2h`, `7d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Span(Duration);

/// Text that is not a length of time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a duration; write a whole number and a unit, such as 500ms, 60s, 20m, 2h or 7d")]
pub struct DurationError(String);

const UNITS: [(&str, u64); 6] = [
    ("us", 1),
    ("ms", 1_000),
    ("s", 1_000_000),
    ("m", 60_000_000),
    ("h", 3_600_000_000),
    ("d", 86_400_000_000),
];

impl Span {
    /// The length as the standard library's type.
    pub fn get(self) -> Duration {
        self.0
    }
}

impl From<Duration> for Span {
    fn from(duration: Duration) -> Self {
        Self(duration)
    }
}

impl FromStr for Span {
    type Err = DurationError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || DurationError(text.to_owned());
        let digits = text.trim().trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
        let unit = &text.trim()[digits.len()..];
        let (_, micros) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(invalid)?;
        let count: u64 = digits.parse().map_err(|_| invalid())?;
        let total = count.checked_mul(*micros).ok_or_else(invalid)?;
        Ok(Self(Duration::from_micros(total)))
    }
}

impl fmt::Display for Span {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = u64::try_from(self.0.as_micros()).unwrap_or(u64::MAX);
        let fits = |size: &u64| micros.is_multiple_of(*size);
        let (unit, size) = UNITS.iter().rev().find(|(_, size)| fits(size)).unwrap_or(&UNITS[0]);
        write!(out, "{}{unit}", micros / size)
    }
}

impl TryFrom<String> for Span {
    type Error = DurationError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Span> for String {
    fn from(span: Span) -> Self {
        span.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::Span;

    #[test]
    fn a_span_reads_back_as_it_was_written() {
        for text in ["500ms", "61s", "20m", "2h", "7d", "15us"] {
            assert_eq!(text.parse::<Span>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn nonsense_is_refused_and_named() {
        for text in ["", "s", "5", "-5s", "1.5h", "5 weeks", "99999999999999999999d", "9999999999999999d"] {
            let error = text.parse::<Span>().unwrap_err();
            assert!(error.to_string().contains(text));
        }
    }
}
