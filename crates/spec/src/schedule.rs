//! When something is done again and again. The engine asks a schedule what comes next.

use std::{fmt, str::FromStr};

use base::{Span, Timestamp};
use chrono::{DateTime, Utc};
use croner::parser::{CronParser, Seconds, Year};
use serde::{Serialize, Serializer};

/// When something is done again and again.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Schedule {
    /// So long after the last time.
    Every(Span),
    /// At these times of the calendar, in UTC.
    Cron(Cron),
}

/// Times of the calendar as cron writes them: minute, hour, day of the month, month, day of the week.
///
/// When both days are given, either will do, as POSIX has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Cron {
    written: String,
    times: Box<croner::Cron>,
}

/// Text that is no cron expression, or one whose time never comes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a time that comes again; write minute, hour, day, month and weekday, such as 0 3 * * 1"
)]
pub struct CronError(String);

impl Schedule {
    /// The first time after this one; nothing when the calendar has no more.
    pub fn next_after(&self, time: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Every(span) => {
                let micros = i64::try_from(span.get().as_micros()).ok()?;
                time.micros().checked_add(micros).map(Timestamp::from_micros)
            }
            Self::Cron(cron) => cron.next_after(time),
        }
    }
}

impl Cron {
    fn next_after(&self, time: Timestamp) -> Option<Timestamp> {
        let start: DateTime<Utc> = DateTime::from_timestamp_micros(time.micros())?;
        let next = self.times.find_next_occurrence(&start, false).ok()?;
        Some(Timestamp::from_micros(next.timestamp_micros()))
    }
}

impl FromStr for Cron {
    type Err = CronError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || CronError(text.chars().take(80).collect());
        let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        let times = parser.parse(text).map_err(|_| invalid())?;
        let cron = Self { written: text.trim().to_owned(), times: Box::new(times) };
        // The 30th of February can be written, and never comes.
        cron.next_after(Timestamp::from_micros(0)).map(|_| cron.clone()).ok_or_else(invalid)
    }
}

impl fmt::Display for Cron {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.written)
    }
}

impl Serialize for Cron {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.written)
    }
}

#[cfg(test)]
mod tests {
    use base::{Span, Timestamp};

    use super::{Cron, Schedule};

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn cron(text: &str) -> Schedule {
        Schedule::Cron(text.parse().unwrap())
    }

    #[test]
    fn a_span_counts_from_the_last_time() {
        let weekly = Schedule::Every("7d".parse::<Span>().unwrap());
        assert_eq!(weekly.next_after(time("2013-05-02T06:00:00Z")), Some(time("2013-05-09T06:00:00Z")));
        assert_eq!(weekly.next_after(Timestamp::from_micros(i64::MAX)), None);
    }

    #[test]
    fn cron_gives_the_next_time_of_the_calendar_in_utc_and_never_the_same() {
        let mondays = cron("0 3 * * 1");
        assert_eq!(mondays.next_after(time("2013-05-02")), Some(time("2013-05-06T03:00:00Z")));
        let monday = time("2013-05-06T03:00:00Z");
        assert_eq!(mondays.next_after(monday), Some(time("2013-05-13T03:00:00Z")));
        assert_eq!(mondays.next_after(time("2013-05-06T02:59:59.999999Z")), Some(monday));
        let leap_days = cron("30 12 29 2 *");
        assert_eq!(leap_days.next_after(time("2013-01-01")), Some(time("2016-02-29T12:30:00Z")));
    }

    #[test]
    fn the_day_of_the_month_or_that_of_the_week_will_do() {
        let either = cron("0 0 1 * MON");
        assert_eq!(either.next_after(time("2013-05-28")), Some(time("2013-06-01")));
        assert_eq!(either.next_after(time("2013-06-01")), Some(time("2013-06-03")));
    }

    #[test]
    fn what_is_no_cron_expression_or_never_comes_is_refused() {
        for text in
            ["", "weekly", "* * * *", "* * * * * *", "60 * * * *", "0 0 30 2 *", "0 24 * * *", "1-0 * * * *"]
        {
            assert!(text.parse::<Cron>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_time_beyond_the_calendar_has_no_next() {
        assert_eq!(cron("0 3 * * 1").next_after(Timestamp::from_micros(i64::MAX)), None);
    }
}
