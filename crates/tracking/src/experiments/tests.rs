use std::{sync::Arc, time::Duration};

use base::{FixedClock, Timestamp};
use tempfile::TempDir;

use super::*;
use crate::{Code, Settings, Tracking, runs::NewRun};

struct Here {
    tracking: Tracking,
    clock: Arc<FixedClock>,
    directory: TempDir,
}

impl Here {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let clock = Arc::new(FixedClock::at(Timestamp::from_micros(5_000_000)));
        let tracking = Tracking::open(Settings::of(directory.path(), Arc::clone(&clock) as _)).unwrap();
        Self { tracking, clock, directory }
    }

    fn make(&self, name: &str) -> String {
        let new = NewExperiment { name: name.to_owned(), ..NewExperiment::default() };
        self.tracking.create_experiment(new).wait().unwrap()
    }

    fn stage_of_run(&self, run_id: &str) -> Lifecycle {
        self.tracking.run(run_id).unwrap().info.lifecycle_stage
    }
}

#[test]
fn a_new_directory_has_the_default_experiment_and_keeps_it() {
    let here = Here::new();
    let default = here.tracking.experiment("0").unwrap();
    assert_eq!((default.name.as_str(), default.creation_time), ("Default", 5_000));
    assert_eq!(default.artifact_location, "mlflow-artifacts:/0");
    assert_eq!(here.tracking.experiment("").unwrap(), default);
    let Here { tracking, clock, directory } = here;
    tracking.rename_experiment("0", "Other").wait().unwrap();
    drop(tracking);
    let again = Tracking::open(Settings::of(directory.path(), clock)).unwrap();
    assert_eq!(again.experiment("0").unwrap().name, "Other");
}

#[test]
fn ids_count_from_one_and_are_found_however_they_are_written() {
    let here = Here::new();
    assert_eq!([here.make("a"), here.make("b")], ["1", "2"]);
    assert_eq!(here.tracking.experiment("002").unwrap().name, "b");
    assert_eq!(here.tracking.experiment("2").unwrap().artifact_location, "mlflow-artifacts:/2");
    let cases = [
        (
            "x",
            Code::InvalidParameterValue,
            "Invalid experiment ID 'x'. Experiment ID must be a valid integer.",
        ),
        ("7", Code::ResourceDoesNotExist, "No Experiment with id=7 exists"),
    ];
    for (id, code, message) in cases {
        let error = here.tracking.experiment(id).unwrap_err();
        assert_eq!((error.code, error.message.as_str()), (code, message));
    }
}

#[test]
fn a_name_is_taken_also_by_a_deleted_experiment() {
    let here = Here::new();
    let id = here.make("a");
    here.tracking.delete_experiment(&id).wait().unwrap();
    let new = NewExperiment { name: "a".to_owned(), ..NewExperiment::default() };
    let error = here.tracking.create_experiment(new).wait().unwrap_err();
    assert_eq!(error.code, Code::ResourceAlreadyExists);
    assert!(error.message.starts_with("Experiment(name=a) already exists"), "{error}");
    let other = here.make("b");
    assert!(here.tracking.rename_experiment(&other, "a").wait().is_err());
    here.tracking.rename_experiment(&other, "b").wait().unwrap();
}

#[test]
fn names_have_limits() {
    let here = Here::new();
    for bad in [String::new(), "a".repeat(501)] {
        let new = NewExperiment { name: bad.clone(), ..NewExperiment::default() };
        assert_eq!(
            here.tracking.create_experiment(new).wait().unwrap_err().code,
            Code::InvalidParameterValue
        );
        assert!(here.tracking.rename_experiment("0", &bad).wait().is_err());
    }
    here.make(&"ä".repeat(500));
}

#[test]
fn deleting_and_restoring_takes_the_runs_along() {
    let here = Here::new();
    let id = here.make("a");
    let run = NewRun { experiment_id: id.clone(), ..NewRun::default() };
    let run_id = here.tracking.create_run(run.clone()).wait().unwrap().info.run_id;
    here.tracking.log_param(&run_id, "a", "1").wait().unwrap();
    here.clock.advance(Duration::from_secs(1));
    here.tracking.delete_experiment(&id).wait().unwrap();
    let gone = here.tracking.experiment(&id).unwrap();
    assert_eq!((gone.lifecycle_stage, gone.last_update_time), (Lifecycle::Deleted, 6_000));
    assert_eq!(here.stage_of_run(&run_id), Lifecycle::Deleted);
    assert!(here.tracking.log_param(&run_id, "b", "1").wait().is_err());
    assert!(here.tracking.delete_experiment(&id).wait().is_err());
    let error = here.tracking.create_run(run).wait().unwrap_err();
    assert_eq!(error.message, "The experiment 1 must be in the 'active' state. Current state is deleted.");
    here.tracking.restore_experiment(&id).wait().unwrap();
    assert_eq!(here.stage_of_run(&run_id), Lifecycle::Active);
    here.tracking.log_param(&run_id, "b", "1").wait().unwrap();
}

#[test]
fn tags_are_set_overwritten_and_deleted() {
    let here = Here::new();
    let set = |key: &str, value: &str| here.tracking.set_experiment_tag("0", key, value).wait();
    set("b", "1").unwrap();
    set("a", "two\nlines").unwrap();
    set("b", "3").unwrap();
    let pair = |key: &str, value: &str| Pair { key: key.to_owned(), value: value.to_owned() };
    assert_eq!(here.tracking.experiment("0").unwrap().tags, [pair("a", "two\nlines"), pair("b", "3")]);
    assert!(set("a", &"x".repeat(5_000)).is_ok());
    let message = set("a", &"x".repeat(5_001)).unwrap_err().message;
    assert_eq!(message, "'value' exceeds the maximum length of 5000 characters");
    assert!(set(&"k".repeat(251), "").is_err() && set("", "").is_err());
    here.tracking.delete_experiment_tag("0", "a").wait().unwrap();
    let error = here.tracking.delete_experiment_tag("0", "a").wait().unwrap_err();
    assert_eq!(error.message, "No tag with name: a in experiment with id 0");
}

#[test]
fn ensuring_gives_the_one_that_is_there_and_restores_it() {
    let here = Here::new();
    let ensured = || here.tracking.write(|writing| ensure(writing, "line")).wait().unwrap();
    let id = ensured();
    assert_eq!(ensured(), id);
    here.tracking.delete_experiment(&id).wait().unwrap();
    assert_eq!(ensured(), id);
    assert_eq!(here.tracking.experiment_by_name("line").unwrap().lifecycle_stage, Lifecycle::Active);
    assert_eq!(here.tracking.experiment_by_name("none").unwrap_err().code, Code::ResourceDoesNotExist);
}
