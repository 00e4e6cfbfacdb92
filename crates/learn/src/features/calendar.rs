//! What an instant says beyond its place in history: the hour, the weekday, the season.
//!
//! The instant itself is left out on purpose: a model that splits on it learns when its training rows
//! were collected, and every later row falls on the far side of all it knows.

/// Seconds of a day.
pub(crate) const SECONDS_OF_DAY: f64 = 86_400.0;
/// Days of a Gregorian year, on average.
pub(crate) const YEAR_OF_DAYS: f64 = 365.2425;

/// A number that repeats with the clock or the calendar, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// Hours since midnight, with their fraction.
    Hour,
    /// 0 for Monday to 6 for Sunday.
    Weekday,
    /// The part of the mean year that has passed, from 0 to 1.
    Season,
}

impl Part {
    /// The parts that these instants can teach.
    pub(crate) fn suited(times: &[Option<i64>]) -> Vec<Self> {
        let known = || times.iter().flatten();
        let span = known().max().zip(known().min()).map_or(0, |(last, first)| last.abs_diff(*first));
        let days = span as f64 / 1e6 / SECONDS_OF_DAY;
        // Within less than a year the season is the place in history again.
        if days >= YEAR_OF_DAYS {
            vec![Self::Hour, Self::Weekday, Self::Season]
        } else {
            vec![Self::Hour, Self::Weekday]
        }
    }

    /// The part of an instant in microseconds; NaN when it is missing.
    ///
    /// Every step is one that the exported model repeats, in the same order and precision.
    pub(crate) fn of(self, time: Option<i64>) -> f32 {
        let Some(micros) = time else { return f32::NAN };
        let days = micros as f64 / 1e6 / SECONDS_OF_DAY;
        let day = days.floor();
        let part = match self {
            Self::Hour => (days - day) * 24.0,
            Self::Weekday => {
                // 1970-01-01 was a Thursday; whole numbers keep this exact.
                let from_monday = day + 3.0;
                from_monday - (from_monday / 7.0).floor() * 7.0
            }
            Self::Season => {
                let years = days / YEAR_OF_DAYS;
                years - years.floor()
            }
        };
        part as f32
    }
}

#[cfg(test)]
mod tests {
    use base::Timestamp;

    use super::Part;

    fn micros(text: &str) -> Option<i64> {
        Some(text.parse::<Timestamp>().unwrap().micros())
    }

    #[test]
    fn the_parts_of_known_instants() {
        // A Monday, a Sunday before the epoch, and the epoch's Thursday.
        assert_eq!(Part::Hour.of(micros("2013-04-01T06:30:00Z")), 6.5);
        assert_eq!(Part::Weekday.of(micros("2013-04-01T06:30:00Z")), 0.0);
        assert_eq!(Part::Weekday.of(micros("1969-12-28T23:59:59Z")), 6.0);
        assert_eq!(Part::Weekday.of(micros("1970-01-01T00:00:00Z")), 3.0);
        assert!((Part::Hour.of(micros("1969-12-31T18:00:00Z")) - 18.0).abs() < 1e-5);
        let season = Part::Season.of(micros("2013-07-02T12:00:00Z"));
        assert!((season - 0.5).abs() < 0.01, "{season}");
        assert!(Part::Hour.of(None).is_nan());
    }

    #[test]
    fn the_season_is_used_once_a_whole_year_is_known() {
        assert!(!Part::suited(&[micros("2013-01-01"), None, micros("2013-12-01")]).contains(&Part::Season));
        assert!(Part::suited(&[micros("2013-01-01"), micros("2014-02-01")]).contains(&Part::Season));
    }
}
