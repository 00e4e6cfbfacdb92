//! Instants as plans show them: people think in days, and no more is said than is needed.

use base::Timestamp;

/// The day: `2013-05-02`.
pub(crate) fn day(time: Timestamp) -> String {
    let whole = time.to_string();
    whole.split_once('T').map_or(whole.clone(), |(day, _)| day.to_owned())
}

/// The day, and the time of day unless it is midnight: `2013-05-02`, `2013-05-02 06:15`.
pub(crate) fn moment(time: Timestamp) -> String {
    let whole = time.to_string();
    match whole.split_once('T') {
        None => whole,
        Some((day, "00:00:00Z")) => day.to_owned(),
        Some((day, clock)) => format!("{day} {}", clock.get(..5).unwrap_or(clock)),
    }
}

#[cfg(test)]
mod tests {
    use base::Timestamp;

    use super::{day, moment};

    #[test]
    fn midnight_is_a_day_and_any_other_time_has_its_minute() {
        let time = |text: &str| text.parse::<Timestamp>().unwrap();
        assert_eq!(moment(time("2013-05-02")), "2013-05-02");
        assert_eq!(moment(time("2013-05-02T06:15:30.5Z")), "2013-05-02 06:15");
        assert_eq!(day(time("2013-05-02T06:15:30.5Z")), "2013-05-02");
    }

    #[test]
    fn an_instant_that_no_calendar_has_is_shown_all_the_same() {
        assert_eq!(moment(Timestamp::from_micros(i64::MAX)), day(Timestamp::from_micros(i64::MAX)));
    }
}
