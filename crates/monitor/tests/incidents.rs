//! Incidents over the history of signals: when they open, are confirmed, resolved, and come back.

use std::time::Duration;

use base::Timestamp;
use monitor::{
    Expected, History, Incident, Measure, Point, Resolution, Settings, Severity, SignalName, Silence, Status,
    Window, Windows, advance,
};
use proptest::prelude::{any, prop, prop_assert, prop_assert_eq, proptest};
use stats::Metric;

const LIMIT: f64 = 0.1;

/// The window of a day, counted from 2013-04-01.
fn window(number: i64) -> Window {
    let start: Timestamp = "2013-04-01".parse().expect("a date");
    Windows::new(Duration::from_secs(86_400), Duration::ZERO).of(start).shifted(number)
}

fn drift(column: &str) -> SignalName {
    SignalName::Drift(column.to_owned())
}

/// A drift of this size, of which 0.03 ± 0.01 is usual and 0.1 is too much.
fn size(number: i64, version: u64, value: f64) -> Point {
    Point {
        expected: Some(Expected { value: 0.03, deviation: 0.01, error: 0.003 }),
        limit: Some(LIMIT),
        departs: value >= LIMIT,
        ..Point::new(window(number), version, value, 500)
    }
}

/// A log loss, of which 0.50 ± 0.02 is usual and 0.525 is too much.
fn loss(number: i64, value: f64) -> Point {
    Point {
        lower: Some(value - 0.03),
        upper: Some(value + 0.03),
        expected: Some(Expected { value: 0.5, deviation: 0.02, error: 0.002 }),
        limit: Some(0.525),
        departs: value > 0.58,
        ..Point::new(window(number), 1, value, 500)
    }
}

fn log_loss(measured: bool) -> SignalName {
    let measure = Measure::Metric(Metric::LogLoss);
    if measured { SignalName::Measured(measure) } else { SignalName::Estimated(measure) }
}

/// A drift's history from window 0 on.
fn sizes(column: &str, values: &[f64]) -> History {
    let mut history = History::default();
    for (number, value) in values.iter().enumerate() {
        history.put([(drift(column), size(number as i64, 1, *value))]);
    }
    history
}

/// The incidents after each window up to the last of the history.
fn through(history: &History, settings: &Settings) -> Vec<Vec<Incident>> {
    let last =
        history.series.values().filter_map(|series| series.points().last()).map(|point| point.window).max();
    let mut states: Vec<Vec<Incident>> = Vec::new();
    let mut incidents = Vec::new();
    for number in 0..=last.expect("a point").since(window(0)) {
        incidents = advance(&incidents, history, window(number), settings);
        states.push(incidents.clone());
    }
    states
}

fn after(history: &History) -> Vec<Incident> {
    through(history, &Settings::default()).pop().expect("a window")
}

#[test]
fn one_bad_window_opens_an_incident_that_passes_unconfirmed() {
    let states = through(&sizes("temp", &[0.03, 0.2, 0.03, 0.03]), &Settings::default());
    assert!(states[0].is_empty());
    assert_eq!(states[1][0].status, Status::Open);
    assert_eq!(states[2][0].status, Status::Open);
    let last = &states[3][0];
    assert_eq!((last.status, last.resolution), (Status::Resolved, Some(Resolution::Passed)));
    assert_eq!((last.confirmed, last.resolved), (None, Some(window(3).end)));
}

#[test]
fn two_departing_windows_running_confirm_it_and_two_quiet_ones_resolve_it() {
    let states = through(&sizes("temp", &[0.03, 0.2, 0.2, 0.03, 0.03]), &Settings::default());
    let confirmed = &states[2][0];
    assert_eq!((confirmed.status, confirmed.confirmed), (Status::Confirmed, Some(window(2).end)));
    assert_eq!((confirmed.opened, confirmed.onset), (window(1).end, window(1).start));
    assert_eq!(states[3][0].status, Status::Confirmed);
    assert_eq!(states[4][0].resolution, Some(Resolution::Returned));
}

#[test]
fn an_overwhelming_departure_waits_for_no_second_window() {
    let mut history = sizes("temp", &[0.03, 0.03]);
    history.put([(drift("temp"), Point { overwhelming: true, ..size(2, 1, 0.6) })]);
    assert_eq!(after(&history)[0].status, Status::Confirmed);
}

#[test]
fn signals_that_depart_together_are_one_incident_and_a_late_one_joins_with_its_own_beginning() {
    let mut history = sizes("temp", &[0.03, 0.2, 0.25, 0.25, 0.25]);
    history.put((0..5).map(|number| (drift("dewp"), size(number, 1, if number >= 1 { 0.15 } else { 0.03 }))));
    history.put((0..5).map(|number| (drift("wind"), size(number, 1, if number >= 3 { 0.3 } else { 0.03 }))));
    let incidents = after(&history);
    assert_eq!(incidents.len(), 1);
    let since = |column: &str| incidents[0].member(&drift(column)).unwrap().since;
    assert_eq!(
        (since("temp"), since("dewp"), since("wind")),
        (window(1).start, window(1).start, window(3).start)
    );
    assert_eq!(incidents[0].signals[0].signal, drift("temp"), "the clearest first");
    assert_eq!(incidents[0].signals[2].signal, drift("wind"), "a later one last");
}

#[test]
fn an_incident_that_returns_soon_is_the_same_and_later_a_new_one() {
    let soon = after(&sizes("temp", &[0.2, 0.2, 0.03, 0.03, 0.03, 0.2, 0.2]));
    assert_eq!((soon.len(), soon[0].flaps, soon[0].status), (1, 1, Status::Confirmed));
    assert_eq!((soon[0].opened, soon[0].reopened), (window(0).end, window(5).end));
    assert_eq!(soon[0].confirmed, Some(window(6).end), "confirmed anew");

    let later = after(&sizes("temp", &[0.2, 0.2, 0.03, 0.03, 0.03, 0.03, 0.03, 0.03, 0.2]));
    assert_eq!((later.len(), later[1].flaps, later[1].status), (2, 0, Status::Open));
    assert_ne!(later[0].fingerprint, later[1].fingerprint);
}

#[test]
fn another_signal_soon_after_is_another_incident() {
    let mut history = sizes("temp", &[0.2, 0.2, 0.03, 0.03, 0.03]);
    history.put((0..5).map(|number| (drift("wind"), size(number, 1, if number == 4 { 0.3 } else { 0.03 }))));
    assert_eq!(after(&history).len(), 2);
}

#[test]
fn a_new_version_whose_first_window_is_quiet_resolves_it() {
    let mut history = sizes("temp", &[0.03, 0.2, 0.2]);
    history.put([(drift("temp"), size(3, 2, 0.03))]);
    let incidents = after(&history);
    assert_eq!(
        (incidents[0].status, incidents[0].resolution),
        (Status::Resolved, Some(Resolution::Released))
    );
    assert!(incidents[0].text.contains("a new version was released"), "{}", incidents[0].text);
}

#[test]
fn a_new_version_that_departs_as_well_resolves_nothing() {
    let mut history = sizes("temp", &[0.03, 0.2, 0.2]);
    history.put([(drift("temp"), size(3, 2, 0.2))]);
    assert_eq!(after(&history)[0].status, Status::Confirmed);
}

#[test]
fn what_a_new_version_no_longer_watches_holds_nothing_open() {
    let mut history = sizes("temp", &[0.03, 0.2, 0.2]);
    history.put([(drift("wind"), size(3, 2, 0.03))]);
    assert_eq!(after(&history)[0].resolution, Some(Resolution::Released));
}

#[test]
fn a_window_without_traffic_neither_resolves_nor_confirms() {
    let mut history = sizes("temp", &[0.03, 0.2]);
    history.put((0..5).map(|number| (SignalName::Traffic, Point::new(window(number), 1, 0.0, 0))));
    assert_eq!(after(&history)[0].status, Status::Open);
}

#[test]
fn a_silenced_signal_is_recorded_and_opens_nothing() {
    let history = sizes("temp", &[0.03, 0.2, 0.2, 0.2]);
    let silence = |signals: &str, until: i64| Silence {
        signals: signals.to_owned(),
        from: window(0).start,
        until: window(until).end,
        reason: "the sensor is being replaced".to_owned(),
    };
    let settings = |silence| Settings { silences: vec![silence], ..Settings::default() };
    assert!(through(&history, &settings(silence("drift.*", 3))).pop().unwrap().is_empty());
    let until_two = through(&history, &settings(silence("drift.temp", 2))).pop().unwrap();
    assert_eq!((until_two.len(), until_two[0].opened), (1, window(3).end));
}

#[test]
fn a_silence_that_covers_an_open_incident_lets_it_pass() {
    let history = sizes("temp", &[0.03, 0.2, 0.2, 0.2]);
    let mut incidents = advance(&[], &history, window(1), &Settings::default());
    let silence = Silence {
        signals: "*".to_owned(),
        from: window(2).start,
        until: window(9).end,
        reason: "known".to_owned(),
    };
    let settings = Settings { silences: vec![silence], ..Settings::default() };
    for number in 2..=3 {
        incidents = advance(&incidents, &history, window(number), &settings);
    }
    assert_eq!(incidents[0].status, Status::Resolved);
}

#[test]
fn labels_that_come_three_windows_late_still_confirm_a_loss() {
    let mut incidents = Vec::new();
    let mut history = History::default();
    let mut confirmed = None;
    for number in 0..12 {
        history.put([(log_loss(false), loss(number, 0.5))]);
        if number >= 3 {
            let value = if number - 3 >= 4 { 0.7 } else { 0.5 };
            history.put([(log_loss(true), loss(number - 3, value))]);
        }
        incidents = advance(&incidents, &history, window(number), &Settings::default());
        let is_confirmed = incidents.first().is_some_and(|incident| incident.status == Status::Confirmed);
        confirmed = confirmed.or(is_confirmed.then_some(number));
    }
    assert_eq!(confirmed, Some(8));
    let incident = &incidents[0];
    assert_eq!(incident.onset, window(4).start);
    assert_eq!(incident.severity, Severity::Critical);
}

#[test]
fn late_labels_of_windows_before_the_release_do_not_bring_a_resolved_incident_back() {
    let mut history = sizes("temp", &[0.03, 0.2, 0.2]);
    history.put([(drift("temp"), size(3, 2, 0.03))]);
    let mut incidents = after(&history);
    history.put([(log_loss(true), loss(1, 0.8)), (log_loss(true), loss(2, 0.8))]);
    let revised = advance(&incidents, &history, window(3), &Settings::default());
    assert_eq!(revised, incidents);
    history.put([(drift("temp"), size(4, 2, 0.03))]);
    incidents = advance(&revised, &history, window(4), &Settings::default());
    assert_eq!(incidents, revised);
}

/// Two windows that confirm a drift, then these held to a reference that moved to newer rows of the same version.
fn after_the_reference_moved(values: &[f64]) -> History {
    let mut history = sizes("temp", &[0.03, 0.2, 0.2]);
    for (number, value) in (3..).zip(values) {
        history.put([(drift("temp"), Point { epoch: 1, ..size(number, 1, *value) })]);
    }
    history
}

#[test]
fn a_reference_that_moved_resolves_what_is_usual_by_it_as_judged_again() {
    let history = after_the_reference_moved(&[0.03]);
    let states = through(&history, &Settings::default());
    assert_eq!((states[2][0].status, states[2][0].against), (Status::Confirmed, (1, 0)));
    let incident = &states[3][0];
    assert_eq!((incident.status, incident.resolution), (Status::Resolved, Some(Resolution::JudgedAgain)));
}

#[test]
fn what_departs_from_the_moved_reference_as_well_is_confirmed_against_it() {
    let states = through(&after_the_reference_moved(&[0.2, 0.2]), &Settings::default());
    assert_eq!(
        (states[3][0].status, states[3][0].against),
        (Status::Confirmed, (1, 0)),
        "one window is not enough"
    );
    let incident = &states[4][0];
    assert_eq!((incident.status, incident.against), (Status::Confirmed, (1, 1)));
    assert_eq!(incident.confirmed, Some(window(4).end));
}

#[test]
fn a_slow_decay_that_no_single_window_shows_is_seen_on_the_chart() {
    let mut history = History::default();
    for number in 0..30 {
        // Within one deviation of chance each; from window 15 on two deviations up.
        let wave = 0.012 * f64::from([-1, 1, 0, 1, -1][number as usize % 5]);
        let value = 0.5 + wave + if number >= 15 { 0.035 } else { 0.0 };
        history.put([(log_loss(true), loss(number, value))]);
    }
    assert!(history.series[&log_loss(true)].points().iter().all(|point| !point.departs));
    let states = through(&history, &Settings::default());
    assert!(states[14].is_empty(), "nothing before the change");
    let incident = states.last().unwrap().first().expect("the decay is seen");
    assert_eq!(incident.status, Status::Confirmed);
    assert!(!incident.signals[0].by_verdict);
    let off = incident.onset.micros().abs_diff(window(15).start.micros());
    assert!(off <= 86_400_000_000, "the onset is within a window of the change: {}", incident.onset);
}

#[test]
fn drift_without_a_loss_of_quality_is_for_information_and_says_so() {
    let mut history = sizes("temp", &[0.03, 0.2, 0.2]);
    history.put((0..3).map(|number| (log_loss(true), loss(number, 0.5))));
    let incident = &after(&history)[0];
    assert_eq!(incident.severity, Severity::Info);
    assert_eq!(incident.title, "drift in temp since 2013-04-02; no loss of quality seen");
    assert!(incident.text.contains("quality is measured to be as before"), "{}", incident.text);
}

#[test]
fn drift_whose_effect_nobody_knows_is_minor() {
    let incident = &after(&sizes("temp", &[0.03, 0.2, 0.2]))[0];
    assert_eq!(incident.severity, Severity::Minor);
    assert!(incident.text.contains("is not known"), "{}", incident.text);
}

#[test]
fn the_title_names_two_columns_counts_the_rest_and_gives_the_loss() {
    let mut history = History::default();
    for number in 0..3 {
        for (place, column) in ["temp", "dewp", "wind", "hour", "pressure"].into_iter().enumerate() {
            let value = if number >= 1 { 0.5 - 0.05 * place as f64 } else { 0.03 };
            history.put([(drift(column), size(number, 1, value))]);
        }
        history.put([(log_loss(false), loss(number, if number >= 1 { 0.6 } else { 0.5 }))]);
    }
    let incident = &after(&history)[0];
    assert_eq!(
        incident.title,
        "drift in temp, dewp and 3 more since 2013-04-02; log_loss estimated +0.100 (+0.070 to +0.130)"
    );
    assert_eq!(incident.severity, Severity::Major, "four margins, but estimated only");
}

#[test]
fn a_service_without_a_single_request_is_an_incident() {
    let mut history = History::default();
    for number in 0..12 {
        let requests = if number >= 10 { 0 } else { 900 + 40 * (number as u64 % 4) };
        let point = Point::new(window(number), 1, requests as f64, requests);
        history.put([(SignalName::Traffic, point)]);
    }
    let incident = &after(&history)[0];
    assert_eq!(incident.status, Status::Confirmed);
    assert_eq!(incident.title, "traffic at 0 since 2013-04-11");
    assert_eq!(incident.severity, Severity::Major);
}

#[test]
fn a_history_without_a_point_has_no_incident() {
    assert!(advance(&[], &History::default(), window(0), &Settings::default()).is_empty());
}

#[test]
fn an_incident_reads_back_as_it_was_written() {
    let incidents = after(&sizes("temp", &[0.03, 0.2, 0.2, 0.03, 0.03]));
    let text = serde_json::to_string(&incidents).unwrap();
    assert_eq!(serde_json::from_str::<Vec<Incident>>(&text).unwrap(), incidents);
}

proptest! {
    #[test]
    fn what_is_told_again_changes_nothing_and_one_incident_at_most_is_unresolved(
        temp in prop::collection::vec(0.0..0.25_f64, 1..25),
        wind in prop::collection::vec(0.0..0.25_f64, 1..25),
        released in any::<prop::sample::Index>(),
    ) {
        let mut history = History::default();
        let released = released.index(temp.len()) as i64;
        for (column, values) in [("temp", &temp), ("wind", &wind)] {
            for (number, value) in values.iter().enumerate() {
                let version = if number as i64 >= released { 2 } else { 1 };
                history.put([(drift(column), size(number as i64, version, *value))]);
            }
        }
        let mut incidents = Vec::new();
        for number in 0..temp.len().max(wind.len()) as i64 {
            incidents = advance(&incidents, &history, window(number), &Settings::default());
            let again = advance(&incidents, &history, window(number), &Settings::default());
            prop_assert_eq!(&again, &incidents);
            prop_assert!(incidents.iter().filter(|one| one.status != Status::Resolved).count() <= 1);
            for one in &incidents {
                prop_assert!(one.onset < one.opened && one.opened <= one.reopened);
                prop_assert!(one.resolved.is_none_or(|resolved| resolved >= one.reopened));
                prop_assert_eq!(one.status == Status::Resolved, one.resolution.is_some());
            }
        }
    }
}
