use std::sync::Arc;

use base::{FixedClock, Timestamp};
use tempfile::TempDir;

use super::{Ending, Place, Promise, Promises, Secret};
use crate::{Code, Settings, Tracking, metrics::Metric, runs::Status};

fn promise() -> Promise {
    Promise {
        place: Place::Named("line".to_owned()),
        name: "features".to_owned(),
        user: "tester".to_owned(),
        tags: vec![("kaizen.step".to_owned(), "features".to_owned())],
        secret: Secret::new("kz_a"),
    }
}

fn tracking() -> (Tracking, TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let clock = Arc::new(FixedClock::at(Timestamp::from_micros(5_000_000)));
    (Tracking::open(Settings::of(directory.path(), clock)).unwrap(), directory)
}

fn metric(key: &str, value: f64) -> Metric<'_> {
    let (model_id, dataset_name, dataset_digest) = (None, None, None);
    Metric { key, value, timestamp: 1, step: 0, model_id, dataset_name, dataset_digest }
}

#[test]
fn a_run_that_nobody_named_was_never_made() {
    let promises = Promises::default();
    promises.promise("a", promise());
    promises.promise("b", promise());
    promises.mark_used("b");
    promises.promise_again("c", promise());
    assert_eq!(["a", "b", "c", "d"].map(|id| promises.withdraw(id)), [false, true, true, false]);
    assert_eq!(promises.of("b"), None);
}

#[test]
fn a_command_is_known_by_its_secret_until_it_has_ended() {
    let promises = Promises::default();
    promises.promise("a", promise());
    assert_eq!(promises.run_of("kz_a").as_deref(), Some("a"));
    assert_eq!(promises.run_of("kz_b"), None);
    promises.withdraw("a");
    assert_eq!(promises.run_of("kz_a"), None);
    assert!(!format!("{:?}", promise()).contains("kz_a"));
}

#[test]
fn a_command_chooses_its_experiment_until_its_run_is_made() {
    let promises = Promises::default();
    promises.promise("a", promise());
    assert!(promises.wants_experiment("line"));
    promises.prefer("a", Place::Named("mine".to_owned()));
    assert!(promises.wants_experiment("mine") && !promises.wants_experiment("line"));
    promises.mark_used("a");
    promises.prefer("a", Place::Id("7".to_owned()));
    assert_eq!(promises.of("a").unwrap().place, Place::Named("mine".to_owned()));
}

#[test]
fn a_promised_run_is_made_by_the_first_request_that_names_it_whether_it_reads_or_writes() {
    let (tracking, _directory) = tracking();
    for run_id in ["read", "written"] {
        tracking.promises().promise(run_id, promise());
    }
    tracking.log_metric("written", metric("loss", 0.5)).wait().unwrap();
    for run_id in ["read", "written"] {
        let run = tracking.run(run_id).unwrap();
        assert_eq!((run.info.run_name.as_str(), run.info.user_id.as_str()), ("features", "tester"));
        assert_eq!((run.info.start_time, run.info.status), (5_000, Status::Running));
        assert!(run.data.tags.iter().any(|tag| tag.key == "kaizen.step" && tag.value == "features"));
        assert_eq!(tracking.experiment(&run.info.experiment_id).unwrap().name, "line");
        assert!(tracking.promises().withdraw(run_id));
    }
}

#[test]
fn a_run_that_was_not_promised_or_no_more_is_not_made() {
    let (tracking, _directory) = tracking();
    tracking.promises().promise("a", promise());
    tracking.promises().withdraw("a");
    for run_id in ["a", "b"] {
        assert_eq!(tracking.run(run_id).unwrap_err().code, Code::ResourceDoesNotExist);
        let refused = tracking.log_metric(run_id, metric("loss", 0.5)).wait();
        assert_eq!(refused.unwrap_err().code, Code::ResourceDoesNotExist);
    }
}

#[test]
fn a_promised_run_that_a_refused_write_would_have_made_is_made_by_the_next() {
    let (tracking, _directory) = tracking();
    tracking.promises().promise("a", promise());
    tracking.promises().prefer("a", Place::Id("77".to_owned()));
    assert!(tracking.log_param("a", "lr", "1").wait().is_err(), "there is no such experiment");
    tracking.promises().prefer("a", Place::Named("line".to_owned()));
    // Undone with the write that it came with, and nothing is remembered of it.
    let of_nothing = Metric { model_id: Some("m-none"), ..metric("loss", 0.5) };
    let refused = tracking.log_metric("a", of_nothing).wait();
    assert!(refused.is_err() && tracking.promises().withdraw("a"), "{refused:?}");
    assert!(tracking.run("a").is_err());
    tracking.promises().promise("a", promise());
    let other = tracking.create_run(crate::runs::NewRun::default()).wait().unwrap();
    tracking.log_metric("a", metric("loss", 0.5)).wait().unwrap();
    assert_eq!(tracking.run("a").unwrap().data.metrics.len(), 1);
    assert!(tracking.run(&other.info.run_id).unwrap().data.metrics.is_empty());
}

#[test]
fn an_experiment_that_is_promised_is_there_for_whoever_looks() {
    let (tracking, _directory) = tracking();
    tracking.promises().promise("a", promise());
    assert_eq!(tracking.experiment_by_name("line").unwrap().name, "line");
    assert_eq!(tracking.experiment_by_name("other").unwrap_err().code, Code::ResourceDoesNotExist);
}

#[test]
fn a_run_ends_as_its_command_did_unless_it_has_an_end() {
    let (tracking, _directory) = tracking();
    for (run_id, ending, status) in [
        ("a", Ending::Finished, Status::Finished),
        ("b", Ending::Failed, Status::Failed),
        ("c", Ending::Killed, Status::Killed),
    ] {
        tracking.promises().promise(run_id, promise());
        tracking.run_json(run_id).unwrap();
        assert!(tracking.close_run(run_id, ending).wait().unwrap());
        assert!(tracking.close_run(run_id, Ending::Failed).wait().unwrap());
        let run = tracking.run(run_id).unwrap();
        assert_eq!((run.info.status, run.info.end_time), (status, Some(5_000)));
        assert!(String::from_utf8_lossy(&tracking.run_json(run_id).unwrap()).contains(status.name()));
    }
    assert!(!tracking.close_run("d", Ending::Finished).wait().unwrap());
}
