//! When something is done again and again. The engine asks a schedule what comes next.

use std::{fmt, str::FromStr};

use base::{Span, Timestamp};
use chrono::DateTime;
use chrono_tz::Tz;
use croner::parser::{CronParser, Seconds, Year};
use serde::{Serialize, Serializer};

/// When something is done again and again.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Schedule {
    /// So long after the last time.
    Every(Span),
    /// At these times of the calendar, in their time zone.
    Cron(Cron),
}

/// Times of the calendar as cron writes them: minute, hour, day of the month, month, day of the week.
///
/// When both days are given, either will do, as POSIX has it. They are times of UTC, or of another
/// [zone](Cron::in_zone). Where clocks are put forward, a time of day that is left out comes when they have
/// been; where they are put back, one that comes twice is taken once, the first time. What comes every
/// few minutes or hours goes on through both.
#[derive(Debug, Clone, PartialEq)]
pub struct Cron {
    written: String,
    times: Box<croner::Cron>,
    zone: Tz,
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
    /// The same times of day, in this time zone.
    #[must_use]
    pub fn in_zone(self, zone: Tz) -> Self {
        Self { zone, ..self }
    }

    /// The first of these times after this one; nothing when the calendar has no more.
    pub fn next_after(&self, time: Timestamp) -> Option<Timestamp> {
        let start = DateTime::from_timestamp_micros(time.micros())?.with_timezone(&self.zone);
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
        let cron = Self { written: text.trim().to_owned(), times: Box::new(times), zone: Tz::UTC };
        // The 30th of February can be written, and never comes.
        cron.next_after(Timestamp::from_micros(0)).map(|_| cron.clone()).ok_or_else(invalid)
    }
}

/// `0 3 * * 1`, or `0 3 * * 1 Europe/Berlin` when it is not in UTC.
impl fmt::Display for Cron {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.zone {
            Tz::UTC => out.write_str(&self.written),
            zone => write!(out, "{} {zone}", self.written),
        }
    }
}

impl Serialize for Cron {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use base::{Span, Timestamp};

    use super::{Cron, Schedule};

    /// The first times of this cron expression in this zone after this time.
    fn times(text: &str, zone: &str, after: &str, count: usize) -> Vec<String> {
        let cron = text.parse::<Cron>().unwrap().in_zone(zone.parse().unwrap());
        let mut times = vec![time(after)];
        for _ in 0..count {
            times.push(cron.next_after(times[times.len() - 1]).unwrap());
        }
        times[1..].iter().map(Timestamp::to_string).collect()
    }

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

    #[test]
    fn a_time_of_day_follows_the_clocks_of_its_zone() {
        let berlin = times("0 3 * * *", "Europe/Berlin", "2026-03-28T00:00:00Z", 3);
        assert_eq!(berlin, ["2026-03-28T02:00:00Z", "2026-03-29T01:00:00Z", "2026-03-30T01:00:00Z"]);
        let berlin = times("0 3 * * *", "Europe/Berlin", "2026-10-24T00:00:00Z", 3);
        assert_eq!(berlin, ["2026-10-24T01:00:00Z", "2026-10-25T02:00:00Z", "2026-10-26T02:00:00Z"]);
        let new_york = times("0 9 * * 1", "America/New_York", "2026-03-01T00:00:00Z", 2);
        assert_eq!(new_york, ["2026-03-02T14:00:00Z", "2026-03-09T13:00:00Z"]);
    }

    #[test]
    fn a_time_that_is_left_out_comes_as_soon_as_the_clocks_are_put_forward() {
        // Clocks go from 02:00 to 03:00, which is 01:00 UTC in Berlin and 07:00 UTC in New York.
        let berlin = times("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", 2);
        assert_eq!(berlin, ["2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]);
        let new_york = times("30 2 * * *", "America/New_York", "2026-03-07T12:00:00Z", 2);
        assert_eq!(new_york, ["2026-03-08T07:00:00Z", "2026-03-09T06:30:00Z"]);
    }

    #[test]
    fn a_time_that_comes_twice_is_taken_once() {
        // Clocks go back to 02:00 in Berlin at 01:00 UTC, and to 01:00 in New York at 06:00 UTC.
        let berlin = times("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", 2);
        assert_eq!(berlin, ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]);
        let new_york = times("30 1 * * *", "America/New_York", "2026-10-31T12:00:00Z", 2);
        assert_eq!(new_york, ["2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"]);
    }

    #[test]
    fn what_comes_every_half_hour_goes_on_through_both_changes() {
        for (zone, after) in [
            ("Europe/Berlin", "2026-03-29T00:00:00Z"),
            ("Europe/Berlin", "2026-10-25T00:00:00Z"),
            ("America/New_York", "2026-03-08T06:00:00Z"),
            ("America/New_York", "2026-11-01T05:00:00Z"),
        ] {
            let start = time(after);
            let expected: Vec<String> = (1..=6)
                .map(|half_hours| {
                    Timestamp::from_micros(start.micros() + half_hours * 1_800_000_000).to_string()
                })
                .collect();
            assert_eq!(times("*/30 * * * *", zone, after, 6), expected, "{zone} {after}");
        }
    }

    #[test]
    fn a_zone_is_shown_unless_it_is_utc() {
        let cron: Cron = "0 3 * * 1".parse().unwrap();
        assert_eq!(cron.to_string(), "0 3 * * 1");
        assert_eq!(cron.in_zone("Europe/Berlin".parse().unwrap()).to_string(), "0 3 * * 1 Europe/Berlin");
    }
}
