use base::{Hash, Timestamp};

use crate::{
    CaptureTotals, Error, NewSegment, Segment,
    testing::{Scene, name},
};

fn at(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros)
}

/// A segment of service `late` with events in `[first, last]`.
fn segment(scene: &Scene, source: &str, first: i64, last: i64) -> NewSegment {
    NewSegment {
        service: name("late"),
        object: scene.store.put_bytes(format!("rows of {source}")).unwrap(),
        model: name("late"),
        version: 3,
        first: at(first),
        last: at(last),
        received_first: at(first + 1_000),
        received_last: at(last + 1_000),
        rows: 10,
        bytes: 4_096,
        source: source.to_owned(),
    }
}

fn sources(segments: &[Segment]) -> Vec<&str> {
    segments.iter().map(|segment| segment.source.as_str()).collect()
}

#[test]
fn a_segment_is_read_back_as_it_was_registered() {
    let scene = Scene::new();
    let new = segment(&scene, "a", -5, 7);
    scene.store.add_segments(std::slice::from_ref(&new)).unwrap();
    let found = scene.reopened().segments(&name("late"), None, None).unwrap();
    let [found] = &found[..] else { panic!("{found:?}") };
    assert_eq!((found.id, found.object, &found.model, found.version), (1, new.object, &new.model, 3));
    assert_eq!((found.first, found.last), (at(-5), at(7)));
    assert_eq!((found.received_first, found.received_last), (at(995), at(1_007)));
    assert_eq!((found.rows, found.bytes, found.source.as_str()), (10, 4_096, "a"));
}

#[test]
fn segments_are_found_by_the_time_of_their_events() {
    let scene = Scene::new();
    let mut other = segment(&scene, "other", 0, 100);
    other.service = name("early");
    let late = [("b", 10, 19), ("a", 0, 9), ("c", 20, 29)];
    let mut segments: Vec<_> = late.map(|(source, first, last)| segment(&scene, source, first, last)).into();
    segments.push(other);
    scene.store.add_segments(&segments).unwrap();
    let between = |from: Option<i64>, until: Option<i64>| {
        let found = scene.store.segments(&name("late"), from.map(at), until.map(at)).unwrap();
        sources(&found).join("")
    };
    assert_eq!(between(None, None), "bac", "in the order of their numbers");
    assert_eq!(between(Some(9), Some(10)), "a", "the end is not in the window");
    assert_eq!(between(Some(19), Some(21)), "bc");
    assert_eq!(between(Some(30), None), "");
    assert_eq!(between(None, Some(0)), "");
}

#[test]
fn a_source_that_is_sealed_twice_is_registered_once() {
    let scene = Scene::new();
    let new = segment(&scene, "journal-1", 0, 9);
    scene.store.add_segments(&[new.clone(), new.clone()]).unwrap();
    scene.store.add_segments(std::slice::from_ref(&new)).unwrap();
    assert_eq!(scene.store.capture_totals(&name("late")).unwrap().segments, 1);
    scene.store.forget_segments(&[1]).unwrap();
    scene.store.add_segments(&[new]).unwrap();
    assert_eq!(scene.store.capture_totals(&name("late")).unwrap(), CaptureTotals::default());
}

#[test]
fn the_number_of_a_forgotten_segment_is_not_given_again() {
    let scene = Scene::new();
    scene.store.add_segments(&["a", "b"].map(|source| segment(&scene, source, 0, 9))).unwrap();
    let seen = scene.store.segments_after(&name("late"), 0).unwrap().last().unwrap().id;
    scene.store.forget_segments(&[seen]).unwrap();
    scene.store.add_segments(&[segment(&scene, "c", 0, 9)]).unwrap();
    assert_eq!(sources(&scene.store.segments_after(&name("late"), seen).unwrap()), ["c"]);
    assert_eq!(sources(&scene.store.segments_after(&name("late"), 0).unwrap()), ["a", "c"]);
}

#[test]
fn a_segment_whose_object_is_not_in_the_store_is_refused_with_all_of_its_call() {
    let scene = Scene::new();
    let mut missing = segment(&scene, "b", 0, 9);
    missing.object = Hash::of("never stored");
    let error = scene.store.add_segments(&[segment(&scene, "a", 0, 9), missing]).unwrap_err();
    assert!(matches!(error, Error::Missing { .. }), "{error}");
    assert_eq!(scene.store.segments(&name("late"), None, None).unwrap(), []);
}

#[test]
fn the_totals_are_those_of_the_segments_that_are_kept() {
    let scene = Scene::new();
    let segments = [("a", -9, 0), ("b", 1, 5), ("c", 6, 70)];
    let segments = segments.map(|(source, first, last)| segment(&scene, source, first, last));
    scene.store.add_segments(&segments).unwrap();
    scene.store.forget_segments(&[3]).unwrap();
    let expected =
        CaptureTotals { segments: 2, rows: 20, bytes: 8_192, first: Some(at(-9)), last: Some(at(5)) };
    assert_eq!(scene.store.capture_totals(&name("late")).unwrap(), expected);
    assert_eq!(scene.store.capture_totals(&name("early")).unwrap(), CaptureTotals::default());
}
