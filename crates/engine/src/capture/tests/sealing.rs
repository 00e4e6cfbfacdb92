//! What becomes of journals, whole, torn, already sealed, or with nowhere to go.

use std::{fs, io::Write as _, sync::Arc, time::Duration};

use base::Size;

use super::{Scene, ask, ask_each, model, numbers, service, wait_until};
use crate::capture::{Notice, Position, Settings, Writer};

#[test]
fn segments_are_apart_by_version_and_hour_and_know_their_spans() {
    let scene = Scene::new();
    let (recorder, handle) = scene.start();
    let (old, new) = (model("7"), model("8"));
    ask(&recorder, &old, "a", "2013-04-02");
    ask(&recorder, &new, "b", "2013-04-03");
    ask(&recorder, &new, "c", "2013-04-05");
    handle.stop();
    let segments = scene.store.segments(&service(), None, None).unwrap();
    let spans: Vec<_> =
        segments.iter().map(|segment| (segment.version, segment.rows, segment.first.to_string())).collect();
    let expected =
        [(7, 1, "2013-04-02T00:00:00Z"), (8, 2, "2013-04-03T00:00:00Z"), (8, 0, "2013-04-01T06:00:00Z")];
    assert_eq!(
        spans,
        expected.map(|(version, rows, first)| (version, rows, first.to_owned())),
        "the last holds totals"
    );
    assert_eq!(segments[1].last.to_string(), "2013-04-05T00:00:00Z");
    assert_eq!(segments[1].received_first.to_string(), "2013-04-01T06:00:00Z");
    assert_eq!(segments[0].model.as_str(), "delays");
    let table = data::read_table(&scene.store.path(&segments[1].object).unwrap()).unwrap();
    let names: Vec<_> = table.columns().iter().map(|column| column.name.as_str()).collect();
    let expected = [
        "id",
        "received",
        "latency_us",
        "outcome",
        "version",
        "sequence",
        "input.x",
        "input.at",
        "prediction",
    ];
    assert_eq!(names, expected);
}

#[test]
fn a_journal_that_was_sealed_and_not_removed_is_not_counted_twice() {
    let scene = Scene::new();
    let (recorder, handle) = scene.start();
    ask_each(&recorder, &model("7"), 0..10);
    wait_until("all on disk", || scene.ids(&mut Position::default()).len() == 10);
    let journals = scene.copies();
    handle.stop();
    for (path, bytes) in &journals {
        fs::write(path, bytes).unwrap();
    }
    assert_eq!(scene.ids(&mut Position::default()), numbers(0..10), "nor before it is sealed again");
    scene.start().1.stop();
    assert_eq!(scene.ids(&mut Position::default()), numbers(0..10));
    assert!(scene.copies().is_empty());
}

#[test]
fn a_torn_end_costs_the_torn_record_alone_and_is_told() {
    let scene = Scene::new();
    let (recorder, handle) = scene.start();
    ask_each(&recorder, &model("7"), 0..10);
    wait_until("all on disk", || scene.ids(&mut Position::default()).len() == 10);
    let (path, mut bytes) = scene.copies().remove(0);
    handle.stop();
    let scene = Scene::new();
    fs::create_dir_all(scene.journals()).unwrap();
    bytes.extend_from_slice(&[7; 40]);
    fs::write(scene.journals().join(path.file_name().unwrap()), &bytes).unwrap();
    // Killed before it had written even the first bytes.
    fs::write(scene.journals().join("0000000000000001.journal"), b"KZ").unwrap();
    scene.start().1.stop();
    assert_eq!(scene.ids(&mut Position::default()), numbers(0..10));
    assert!(scene.noticed(|notice| matches!(notice, Notice::Torn { bytes: 40, .. })));
    assert!(scene.copies().is_empty());
}

#[test]
fn a_file_that_is_no_journal_is_told_and_left_where_it_is() {
    let scene = Scene::new();
    fs::create_dir_all(scene.journals()).unwrap();
    fs::write(scene.journals().join("0000000000000001.journal"), b"from a later kaizen").unwrap();
    scene.start().1.stop();
    assert!(scene.noticed(|notice| matches!(notice, Notice::NotSealed { .. })));
    assert_eq!(scene.copies().len(), 1);
}

/// Takes the place of the journals' directory, so that nothing can be written.
fn block(scene: &Scene) {
    let directory = scene.journals();
    fs::create_dir_all(directory.parent().unwrap()).unwrap();
    fs::File::create(&directory).unwrap().write_all(b"in the way").unwrap();
}

#[test]
fn serving_goes_on_while_nothing_can_be_written_and_what_was_held_is_written_later() {
    let scene = Scene::new();
    let (recorder, handle) = scene.start();
    block(&scene);
    ask_each(&recorder, &model("7"), 0..50);
    wait_until("the pause is told", || scene.noticed(|notice| matches!(notice, Notice::Paused { .. })));
    ask_each(&recorder, &model("7"), 50..100);
    fs::remove_file(scene.journals()).unwrap();
    wait_until("it goes on", || scene.noticed(|notice| matches!(notice, Notice::Resumed { .. })));
    handle.stop();
    assert_eq!(scene.ids(&mut Position::default()), numbers(0..100));
    let pauses =
        scene.notices.lock().unwrap().iter().filter(|notice| matches!(notice, Notice::Paused { .. })).count();
    assert_eq!(pauses, 1, "told once, not at each try");
}

#[test]
fn what_does_not_fit_while_the_writer_is_stalled_is_dropped_counted_and_told() {
    let scene = Scene::new();
    let recorder = scene.recorder(4 << 10);
    let handle = Writer::start(scene.settings(&recorder)).unwrap();
    block(&scene);
    ask_each(&recorder, &model("7"), 0..1);
    wait_until("the pause is told", || scene.noticed(|notice| matches!(notice, Notice::Paused { .. })));
    ask_each(&recorder, &model("7"), 1..1_000);
    assert!(recorder.waiting() <= 5 << 10);
    fs::remove_file(scene.journals()).unwrap();
    handle.stop();
    let pieces = scene.follow(&mut Position::default());
    let kept: usize = pieces.iter().flat_map(|piece| &piece.captured).map(|captured| captured.rows()).sum();
    let totals: Vec<_> = pieces.iter().flat_map(|piece| &piece.totals).collect();
    let dropped: u64 = totals.iter().map(|totals| totals.dropped).sum();
    assert_eq!(totals.iter().map(|totals| totals.answered).sum::<u64>(), 1_000, "all are counted");
    assert_eq!(kept as u64 + dropped, 1_000);
    assert!(dropped > 900 && scene.noticed(|notice| matches!(notice, Notice::Dropped { .. })));
}

#[test]
fn the_oldest_segments_are_forgotten_beyond_the_storage_and_the_time() {
    let scene = Scene::new();
    let (recorder, handle) = scene.start();
    ask_each(&recorder, &model("7"), 0..10);
    handle.stop();
    let kept = scene.store.capture_totals(&service()).unwrap();
    let limited = |settings: Settings| {
        scene.clock.advance(Duration::from_secs(7_200));
        let recorder = Arc::clone(&settings.recorder);
        let handle = Writer::start(settings).unwrap();
        ask_each(&recorder, &model("7"), 10..20);
        handle.stop();
    };
    let recorder = scene.recorder(1 << 20);
    limited(Settings { max_storage: Some(Size::bytes(kept.bytes + 100)), ..scene.settings(&recorder) });
    assert_eq!(scene.ids(&mut Position::default()), numbers(10..20));
    assert!(scene.noticed(
        |notice| matches!(notice, Notice::Forgotten { segments: 2, objects, .. } if objects.len() == 2)
    ));
    let recorder = scene.recorder(1 << 20);
    limited(Settings { keep: Some(Duration::from_secs(3_600)), ..scene.settings(&recorder) });
    assert_eq!(scene.ids(&mut Position::default()), numbers(10..20), "those of the last hour alone");
    assert_eq!(scene.store.capture_totals(&service()).unwrap().segments, 2);
}

#[test]
fn a_large_journal_is_sealed_before_its_hour_is_over() {
    let scene = Scene::new();
    let recorder = scene.recorder(1 << 20);
    let settings = Settings { journal: Size::bytes(2_000), ..scene.settings(&recorder) };
    let handle = Writer::start(settings).unwrap();
    ask_each(&recorder, &model("7"), 0..50);
    wait_until("it is sealed", || scene.store.capture_totals(&service()).unwrap().rows == 50);
    handle.stop();
    assert_eq!(scene.ids(&mut Position::default()), numbers(0..50));
}
