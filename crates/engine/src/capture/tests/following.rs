//! Reading on from a position, whatever the writer does meanwhile.

use std::time::Duration;

use base::Timestamp;

use super::{Scene, ask, ask_each, model, numbers, service, wait_until};
use crate::capture::{Position, between, read_range};

#[test]
fn a_reader_gets_everything_once_from_open_journals_and_from_segments() {
    let scene = Scene::new();
    let (recorder, handle) = scene.start();
    let model = model("7");
    let mut position = Position::default();
    let mut ids = Vec::new();
    for round in 0..20 {
        ask_each(&recorder, &model, round * 10..round * 10 + 10);
        if round % 5 == 4 {
            // The journal of the hour before is sealed behind the reader's back.
            scene.clock.advance(Duration::from_secs(3_600));
        }
        ids.extend(scene.ids(&mut position));
    }
    handle.stop();
    ids.extend(scene.ids(&mut position));
    assert_eq!(ids, numbers(0..200));
    assert!(scene.ids(&mut position).is_empty());
    assert_eq!(scene.ids(&mut Position::default()), numbers(0..200), "from the start it is all in segments");
}

#[test]
fn a_position_within_a_journal_still_holds_when_the_journal_has_become_segments() {
    let scene = Scene::new();
    let (recorder, handle) = scene.start();
    ask_each(&recorder, &model("7"), 0..10);
    wait_until("the first ten on disk", || scene.ids(&mut Position::default()).len() == 10);
    let mut position = Position::default();
    scene.ids(&mut position);
    let saved = serde_json::to_string(&position).unwrap();
    ask_each(&recorder, &model("8"), 10..20);
    handle.stop();
    assert!(scene.copies().is_empty());
    let mut position: Position = serde_json::from_str(&saved).unwrap();
    let pieces = scene.follow(&mut position);
    let ids: Vec<_> =
        pieces.iter().flat_map(|piece| &piece.captured).flat_map(|captured| captured.ids.clone()).collect();
    assert_eq!(ids, numbers(10..20));
    let answered: u64 = pieces.iter().flat_map(|piece| &piece.totals).map(|totals| totals.answered).sum();
    assert_eq!(answered, 10, "totals too come once");
}

#[test]
fn what_an_earlier_reader_had_read_and_what_it_had_not_meet_where_it_stopped() {
    let scene = Scene::new();
    let (recorder, handle) = scene.start();
    ask_each(&recorder, &model("7"), 0..10);
    wait_until("the first ten on disk", || scene.ids(&mut Position::default()).len() == 10);
    let mut stopped = Position::default();
    scene.ids(&mut stopped);
    ask_each(&recorder, &model("7"), 10..20);
    wait_until("all on disk", || scene.ids(&mut Position::default()).len() == 20);
    let read_again = |stopped: &Position| {
        let piece = between(&scene.store, &service(), &Position::default(), stopped).unwrap();
        assert_eq!((piece.position, piece.more), (*stopped, false));
        piece.captured.into_iter().flat_map(|captured| captured.ids).collect::<Vec<_>>()
    };
    assert_eq!(read_again(&stopped), numbers(0..10), "in the journal");
    handle.stop();
    assert_eq!(read_again(&stopped), numbers(0..10), "in segments");
    assert_eq!(read_again(&Position::default()), numbers(0..0));
    assert_eq!(scene.ids(&mut stopped), numbers(10..20));
}

#[test]
fn a_clock_that_is_set_back_does_not_hide_what_comes_after() {
    let scene = Scene::new();
    let mut position = Position::default();
    let (recorder, handle) = scene.start();
    ask_each(&recorder, &model("7"), 0..3);
    handle.stop();
    assert_eq!(scene.ids(&mut position), numbers(0..3));
    let earlier =
        Scene { clock: std::sync::Arc::new(base::FixedClock::at("2012-01-01".parse().unwrap())), ..scene };
    let (recorder, handle) = earlier.start();
    ask_each(&recorder, &model("7"), 3..6);
    handle.stop();
    assert_eq!(earlier.ids(&mut position), numbers(3..6));
}

#[test]
fn a_period_of_event_time_is_found_in_segments_and_in_the_open_journal() {
    let scene = Scene::new();
    let (recorder, handle) = scene.start();
    for (id, at) in [("before", "2013-04-01"), ("first", "2013-04-02"), ("after", "2013-04-03")] {
        ask(&recorder, &model("7"), id, at);
    }
    handle.stop();
    let (recorder, _handle) = scene.start();
    ask(&recorder, &model("8"), "last", "2013-04-02T23:59:59Z");
    let days = |from: &str, until: &str| {
        let period = from.parse::<Timestamp>().unwrap()..until.parse().unwrap();
        let mut ids = Vec::new();
        read_range(&scene.store, &service(), Some("at"), &period, &mut |captured| ids.extend(captured.ids))
            .unwrap();
        ids
    };
    wait_until("the open journal holds the last", || days("2013-04-02", "2013-04-03").len() == 2);
    assert_eq!(days("2013-04-02", "2013-04-03"), ["first", "last"]);
    assert_eq!(days("2013-04-03", "2013-05-01"), ["after"]);
}
