use std::{fs, path::Path, sync::Arc, thread, time::Duration};

use base::{FixedClock, Timestamp};
use proptest::prelude::*;
use tempfile::TempDir;

use super::{Metric, memory::Memory, point::Point};
use crate::{
    Settings, Tracking,
    runs::{Batch, NewRun},
};

struct Here {
    tracking: Tracking,
    directory: TempDir,
    run: String,
}

impl Here {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let tracking = open(directory.path());
        let run = tracking.create_run(NewRun::default()).wait().unwrap().info.run_id;
        Self { tracking, directory, run }
    }

    fn log(&self, key: &str, points: &[(i64, i64, f64)]) {
        let metrics: Vec<Metric<'_>> = points.iter().map(|point| metric(key, *point)).collect();
        let batch = Batch { metrics: &metrics, ..Batch::default() };
        self.tracking.log_batch(&self.run, batch).wait().unwrap();
    }

    fn tidy(&self) {
        self.tracking
            .write(|writing| {
                let run = writing.transaction.query_row("SELECT max(id) FROM runs", [], |row| row.get(0))?;
                writing.memory.loads.look_at(run);
                Memory::tidy(writing, true)
            })
            .wait()
            .unwrap();
    }

    fn count(&self, sql: &'static str) -> i64 {
        self.tracking.read(|transaction| Ok(transaction.query_row(sql, [], |row| row.get(0))?)).unwrap()
    }
}

fn open(directory: &Path) -> Tracking {
    let clock = Arc::new(FixedClock::at(Timestamp::from_micros(0)));
    Tracking::open(Settings::of(directory, clock)).unwrap()
}

fn metric(key: &str, (timestamp, step, value): (i64, i64, f64)) -> Metric<'_> {
    let (model_id, dataset_name, dataset_digest) = (None, None, None);
    Metric { key, value, timestamp, step, model_id, dataset_name, dataset_digest }
}

/// All of a history, page by page.
fn history(tracking: &Tracking, run: &str, key: &str, size: usize) -> Vec<(i64, i64, u64)> {
    let mut found = Vec::new();
    let mut token = None;
    loop {
        let page = tracking.metric_history(run, key, Some(size), token.as_deref()).unwrap();
        assert!(page.metrics().len() <= size);
        found.extend(page.metrics().iter().map(|point| (point.timestamp, point.step, point.value.to_bits())));
        match page.next_page_token() {
            Some(next) => token = Some(next.to_owned()),
            None => return found,
        }
    }
}

fn bits(points: &[(i64, i64, f64)]) -> Vec<(i64, i64, u64)> {
    points.iter().map(|(timestamp, step, value)| (*timestamp, *step, value.to_bits())).collect()
}

fn latest(tracking: &Tracking, run: &str) -> Vec<(String, i64, i64, f64)> {
    let latest = tracking.latest_metrics(run).unwrap();
    latest.into_iter().map(|of| (of.key, of.timestamp, of.step, of.value)).collect()
}

#[test]
fn the_latest_is_by_step_then_time_then_value() {
    let here = Here::new();
    let points =
        [(100, 0, 1_000.0), (40, 3, 100.0), (50, 3, 10.0), (50, 3, 20.0), (50, 3, 20.0), (900, -3, 900.0)];
    for point in points.iter().rev() {
        here.tracking.log_metric(&here.run, metric("m", *point)).wait().unwrap();
    }
    assert_eq!(latest(&here.tracking, &here.run), [("m".to_owned(), 50, 3, 20.0)]);
    assert_eq!(history(&here.tracking, &here.run, "m", 10).len(), 5);
    // What is in the table is not replaced by what is older.
    here.log("m", &[(60, 2, 5.0)]);
    assert_eq!(latest(&here.tracking, &here.run), [("m".to_owned(), 50, 3, 20.0)]);
    here.log("m", &[(0, 4, -1.0)]);
    assert_eq!(latest(&here.tracking, &here.run), [("m".to_owned(), 0, 4, -1.0)]);
}

#[test]
fn extreme_values_steps_and_times_come_back_to_the_bit() {
    let here = Here::new();
    let points = [
        (0, i64::MIN, f64::MIN),
        (0, -1, -0.0),
        (0, -1, 0.0),
        (1, 0, f64::MIN_POSITIVE),
        (2, 0, 5e-324),
        (3, 0, 0.1 + 0.2),
        (i64::MAX, i64::MAX, f64::MAX),
    ];
    here.log("m", &points);
    assert_eq!(history(&here.tracking, &here.run, "m", 2), bits(&points));
    here.log("n", &[(0, 0, f64::INFINITY), (1, 0, f64::NEG_INFINITY)]);
    assert_eq!(history(&here.tracking, &here.run, "n", 2), bits(&[(0, 0, f64::MAX), (1, 0, f64::MIN)]));
}

#[test]
fn nan_is_kept_once_and_stands_where_zero_would() {
    let here = Here::new();
    here.log("m", &[(1, 1, f64::NAN), (1, 1, f64::NAN), (1, 1, 1.0), (1, 1, -1.0)]);
    let expected = [(1, 1, -1.0), (1, 1, f64::NAN), (1, 1, 1.0)];
    assert_eq!(history(&here.tracking, &here.run, "m", 1), bits(&expected));
    here.log("n", &[(1, 1, -1.0), (1, 1, f64::NAN)]);
    let latest = here.tracking.latest_metrics(&here.run).unwrap();
    assert!(latest[0].value == 1.0 && latest[1].value.is_nan());
    let page = here.tracking.metric_history(&here.run, "n", None, None).unwrap();
    let shown = serde_json::to_string(&page).unwrap();
    assert!(shown.contains(r#"{"key":"n","value":"NaN","timestamp":1,"step":1}"#), "{shown}");
}

#[test]
fn pages_end_and_a_size_of_nothing_gives_nothing() {
    let here = Here::new();
    let points: Vec<_> = (0..10).map(|at| (1_000 + at, at, at as f64)).collect();
    here.log("m", &points);
    let page = |size, token: Option<&str>| here.tracking.metric_history(&here.run, "m", size, token).unwrap();
    assert_eq!(page(None, None).metrics().len(), 10);
    assert_eq!(page(Some(10), None).next_page_token(), None);
    let first = page(Some(9), None);
    assert_eq!(page(Some(9), first.next_page_token()).metrics().len(), 1);
    assert_eq!(serde_json::to_string(&page(Some(0), None)).unwrap(), "{}");
    for (run, key) in [(here.run.as_str(), "none"), ("none", "m")] {
        assert!(here.tracking.metric_history(run, key, None, None).unwrap().metrics().is_empty());
    }
    for bad in ["invalid_token", "1.2", "1.2.x", "1.2.0.0", "eyJvZmZzZXQiOiA0fQ=="] {
        let error = here.tracking.metric_history(&here.run, "m", None, Some(bad)).unwrap_err();
        assert_eq!(error.code, crate::Code::InvalidParameterValue, "{bad}");
    }
}

#[test]
fn what_was_acknowledged_is_there_after_a_kill_although_it_was_not_folded() {
    let here = Here::new();
    here.log("a", &[(1, 1, 1.0), (2, 2, f64::NAN)]);
    here.log("b", &[(3, 3, 3.0)]);
    // What a kill leaves is what is in the files now.
    let left = tempfile::tempdir().unwrap();
    for name in ["tracking.db", "tracking.db-wal"] {
        fs::copy(here.directory.path().join(name), left.path().join(name)).unwrap();
    }
    let again = open(left.path());
    assert_eq!(history(&again, &here.run, "a", 10), bits(&[(1, 1, 1.0), (2, 2, f64::NAN)]));
    let latest = again.latest_metrics(&here.run).unwrap();
    assert_eq!((latest[0].step, latest[1].step), (2, 3));
    assert!(latest[0].value.is_nan());
    // Its keys are known and its numbers go on.
    again.log_metric(&here.run, metric("a", (5, 5, 5.0))).wait().unwrap();
    assert_eq!(again.latest_metrics(&here.run).unwrap()[0].step, 5);
}

#[test]
fn without_anything_to_write_the_latest_values_reach_their_table() {
    let here = Here::new();
    here.log("a", &[(1, 1, 1.0)]);
    for _ in 0..100 {
        if here.count("SELECT count(*) FROM latest") == 1 {
            return;
        }
        thread::sleep(Duration::from_millis(50));
    }
    panic!("they are not there after five seconds");
}

#[test]
fn a_refused_write_leaves_no_key_and_no_value() {
    let here = Here::new();
    here.tracking.log_param(&here.run, "p", "1").wait().unwrap();
    let metrics = [Metric { model_id: Some("m-none"), ..metric("new", (1, 1, 1.0)) }];
    let batch = Batch { metrics: &metrics, ..Batch::default() };
    here.tracking.log_batch(&here.run, batch).wait().unwrap_err();
    assert_eq!(here.count("SELECT count(*) FROM metric_keys"), 0);
    assert_eq!(latest(&here.tracking, &here.run), []);
    here.log("other", &[(1, 1, 2.0)]);
    here.log("new", &[(1, 1, 3.0)]);
    let expected = [("new".to_owned(), 1, 1, 3.0), ("other".to_owned(), 1, 1, 2.0)];
    assert_eq!(latest(&here.tracking, &here.run), expected);
    assert_eq!(history(&here.tracking, &here.run, "new", 10), bits(&[(1, 1, 3.0)]));
}

#[test]
fn many_single_points_are_put_in_order_and_stay_the_same() {
    let here = Here::new();
    let points: Vec<_> = (0..300).map(|at| (at / 3, at % 7, f64::from(at as i32))).collect();
    for point in &points {
        // Nobody waits for each of them.
        drop(here.tracking.log_metric(&here.run, metric("m", *point)));
    }
    here.log("n", &[(1, 1, 1.0)]);
    let before = history(&here.tracking, &here.run, "m", 40);
    assert_eq!(before.len(), 300);
    here.tidy();
    // The writer may have had a moment to do it between the first key and the second.
    assert!(here.count("SELECT sum(count) FROM series") >= 300);
    assert!(here.count("SELECT count(*) FROM points") <= 1);
    assert_eq!(history(&here.tracking, &here.run, "m", 40), before);
    assert_eq!(latest(&here.tracking, &here.run).len(), 2);
}

#[test]
fn a_writer_with_nothing_to_do_puts_long_histories_in_order() {
    let here = Here::new();
    for at in 0..256 {
        drop(here.tracking.log_metric(&here.run, metric("m", (at, at, 1.0))));
    }
    here.log("m", &[(999, 999, 1.0)]);
    for _ in 0..100 {
        if here.count("SELECT coalesce(sum(count), 0) FROM series") >= 256 {
            assert_eq!(history(&here.tracking, &here.run, "m", 1_000).len(), 257);
            return;
        }
        thread::sleep(Duration::from_millis(50));
    }
    panic!("they are not in order after five seconds");
}

#[test]
fn histories_of_several_runs_come_in_the_order_of_their_ids() {
    let here = Here::new();
    let other = here.tracking.create_run(NewRun::default()).wait().unwrap().info.run_id;
    here.log("m", &[(1, 2, 10.0), (1, 3, 11.0)]);
    here.tracking.log_metric(&other, metric("m", (7, 7, 7.0))).wait().unwrap();
    let ids = [other.clone(), here.run.clone(), other.clone(), "none".to_owned()];
    let all = serde_json::to_value(here.tracking.metric_history_bulk(&ids, "m", 100).unwrap()).unwrap();
    let runs: Vec<&str> =
        all["metrics"].as_array().unwrap().iter().map(|of| of["run_id"].as_str().unwrap()).collect();
    let mut expected = [other.as_str(), here.run.as_str(), here.run.as_str()];
    expected.sort();
    if other > here.run {
        expected = [here.run.as_str(), here.run.as_str(), other.as_str()];
    }
    assert_eq!(runs, expected);
    let two = serde_json::to_value(here.tracking.metric_history_bulk(&ids, "m", 2).unwrap()).unwrap();
    assert_eq!(two["metrics"].as_array().unwrap().len(), 2);
}

#[test]
fn a_chart_has_the_same_steps_of_every_run() {
    let here = Here::new();
    let points: Vec<_> = (0..10).map(|at| (1, at, 10.0)).collect();
    here.log("m", &points);
    let ids = [here.run.clone()];
    let shown = here.tracking.metric_history_interval(&ids, "m", None, 5).unwrap();
    let shown = serde_json::to_value(shown).unwrap();
    let steps: Vec<i64> =
        shown["metrics"].as_array().unwrap().iter().map(|of| of["step"].as_i64().unwrap()).collect();
    assert_eq!(steps, [0, 2, 4, 6, 8, 9]);
}

/// What the history of these points must be: each once, in order.
fn expected(points: &[(i64, i64, f64)]) -> Vec<(i64, i64, u64)> {
    let of = |(timestamp, step, value): &(i64, i64, f64)| Point {
        timestamp: *timestamp,
        step: *step,
        value: if value.is_nan() { f64::NAN } else { *value },
    };
    let mut all: Vec<Point> = points.iter().map(of).collect();
    super::compact::order(&mut all);
    all.iter().map(|point| (point.timestamp, point.step, point.value.to_bits())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn a_history_is_the_same_however_much_of_it_was_put_in_order(
        batches in prop::collection::vec(
            (
                prop::collection::vec(
                    (0..40_i64, -3..3_i64, prop_oneof![Just(f64::NAN), Just(0.0), Just(-0.0), -1e3..1e3]),
                    65..90,
                ),
                any::<bool>(),
            ),
            1..6,
        ),
        size in 1..300_usize,
    ) {
        let here = Here::new();
        let mut all = Vec::new();
        for (points, is_in_order) in &batches {
            for point in points {
                drop(here.tracking.log_metric(&here.run, metric("m", *point)));
            }
            all.extend_from_slice(points);
            if *is_in_order {
                here.tidy();
            }
        }
        here.log("other", &[(0, 0, 0.0)]);
        prop_assert_eq!(history(&here.tracking, &here.run, "m", size), expected(&all));
    }
}
