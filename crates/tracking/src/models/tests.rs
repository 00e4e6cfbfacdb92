use std::{sync::Arc, time::Duration};

use base::{FixedClock, Timestamp};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::{Code, Error, Settings, Tracking};

struct Here {
    tracking: Tracking,
    clock: Arc<FixedClock>,
    _directory: TempDir,
}

impl Here {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let clock = Arc::new(FixedClock::at(Timestamp::from_micros(5_000_000)));
        let tracking = Tracking::open(Settings::of(directory.path(), Arc::clone(&clock) as _)).unwrap();
        let here = Self { tracking, clock, _directory: directory };
        here.sql("INSERT INTO experiments (id, experiment_id, name, artifact_location, created, updated) \
            VALUES (77, '77', 'here', 'mlflow-artifacts:/77', 0, 0), (78, '78', 'gone', 's3://b/78?x=y', 0, 0)");
        here
    }

    fn sql(&self, sql: &'static str) {
        self.tracking.write(move |writing| Ok(writing.transaction.execute_batch(sql)?)).wait().unwrap();
    }

    fn make(&self, name: &str) -> LoggedModel {
        let new = NewLoggedModel { name: Some(name.to_owned()), ..self.plain() };
        self.tracking.create_logged_model(new).wait().unwrap()
    }

    fn plain(&self) -> NewLoggedModel {
        NewLoggedModel { experiment_id: "77".to_owned(), ..NewLoggedModel::default() }
    }

    fn seen(&self, model_id: &str) -> Value {
        serde_json::to_value(self.tracking.logged_model(model_id, false).unwrap()).unwrap()
    }

    fn log(&self, run_id: &'static str, points: Vec<(String, f64, i64, i64)>) -> Result<(), Error> {
        let body = move |writing: &mut crate::writer::Writing<'_>| {
            let point = |(model_id, value, timestamp, step): &(String, f64, i64, i64)| {
                let (dataset_name, dataset_digest) =
                    if *step > 0 { (Some("train"), Some("d1")) } else { (None, None) };
                log_metrics(
                    writing,
                    RunRef { run_id, experiment: 77 },
                    &[Point {
                        model_id,
                        key: "loss",
                        value: *value,
                        timestamp: *timestamp,
                        step: *step,
                        dataset_name,
                        dataset_digest,
                    }],
                )
            };
            points.iter().try_for_each(point)
        };
        self.tracking.write(body).wait()
    }
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn a_model_is_shown_as_mlflow_shows_it() {
    let here = Here::new();
    let new = NewLoggedModel {
        name: Some("forest".to_owned()),
        model_type: "sklearn".to_owned(),
        source_run_id: "r1".to_owned(),
        params: pairs(&[("depth", "3"), ("a", "")]),
        tags: pairs(&[("t", "old"), ("t", "new")]),
        ..here.plain()
    };
    let model = here.tracking.create_logged_model(new).wait().unwrap();
    let id = &model.info.model_id;
    assert!(id.len() == 34 && id.starts_with("m-"), "{id}");
    assert_eq!(
        here.seen(id),
        json!({
            "info": {
                "model_id": id,
                "experiment_id": "77",
                "name": "forest",
                "creation_timestamp_ms": 5_000,
                "last_updated_timestamp_ms": 5_000,
                "artifact_uri": format!("mlflow-artifacts:/77/models/{id}/artifacts"),
                "status": "LOGGED_MODEL_PENDING",
                "model_type": "sklearn",
                "source_run_id": "r1",
                "tags": [{"key": "t", "value": "new"}],
            },
            "data": {"params": [{"key": "a", "value": ""}, {"key": "depth", "value": "3"}]},
        })
    );
    let uri = here.tracking.artifact_uri_of_logged_model(id).unwrap();
    assert_eq!(uri, model.info.artifact_uri);
}

#[test]
fn a_model_without_a_name_gets_one_and_a_bad_name_is_refused() {
    let here = Here::new();
    let model = here.tracking.create_logged_model(here.plain()).wait().unwrap();
    assert!(!model.info.name.is_empty());
    for bad in ["", "a/b", "a:b", "a.b", "a%b", "a\"b", "a'b"] {
        let new = NewLoggedModel { name: Some(bad.to_owned()), ..here.plain() };
        let error = here.tracking.create_logged_model(new).wait().unwrap_err();
        assert_eq!(error.code, Code::InvalidParameterValue);
        assert!(error.message.starts_with("Invalid model name ("), "{}", error.message);
    }
}

#[test]
fn a_model_needs_an_experiment_that_is_there() {
    let here = Here::new();
    let in_experiment = |id: &str| {
        let new = NewLoggedModel { experiment_id: id.to_owned(), ..NewLoggedModel::default() };
        here.tracking.create_logged_model(new).wait()
    };
    assert_eq!(in_experiment("99").unwrap_err(), Error::missing("No Experiment with id=99 exists"));
    let uri = in_experiment("78").unwrap().info.artifact_uri;
    assert!(uri.starts_with("s3://b/78/models/m-") && uri.ends_with("/artifacts?x=y"), "{uri}");
    here.sql("UPDATE experiments SET deleted = 1 WHERE id = 78");
    let refused = in_experiment("78").unwrap_err();
    assert!(refused.message.contains("must be in the 'active' state"), "{}", refused.message);
}

#[test]
fn a_status_moves_the_time_of_the_last_update_and_tags_do_not() {
    let here = Here::new();
    let id = here.make("a").info.model_id;
    here.clock.advance(Duration::from_secs(1));
    here.tracking.set_logged_model_tags(id.clone(), pairs(&[("k", "v")])).wait().unwrap();
    assert_eq!(here.seen(&id)["info"]["last_updated_timestamp_ms"], 5_000);
    let model = here.tracking.finalize_logged_model(id.clone(), LoggedModelStatus::Ready).wait().unwrap();
    assert_eq!((model.info.status, model.info.last_updated_timestamp_ms), (LoggedModelStatus::Ready, 6_000));
    here.tracking.finalize_logged_model(id.clone(), LoggedModelStatus::Failed).wait().unwrap();
    assert_eq!(here.seen(&id)["info"]["status"], "LOGGED_MODEL_UPLOAD_FAILED");
}

#[test]
fn a_deleted_model_is_found_only_by_who_asks_for_those_too() {
    let here = Here::new();
    let id = here.make("a").info.model_id;
    here.tracking.delete_logged_model(id.clone()).wait().unwrap();
    let missing = Error::missing(format!("Logged model with ID '{id}' not found."));
    assert_eq!(here.tracking.logged_model(&id, false).unwrap_err(), missing);
    assert_eq!(here.tracking.artifact_uri_of_logged_model(&id).unwrap_err(), missing);
    assert_eq!(here.tracking.logged_model(&id, true).unwrap().info.model_id, id);
}

#[test]
fn what_is_not_known_is_missing_everywhere() {
    let here = Here::new();
    let tracking = &here.tracking;
    let id = || "nowhere".to_owned();
    let missing = Error::missing("Logged model with ID 'nowhere' not found.");
    assert_eq!(tracking.logged_model("nowhere", true).unwrap_err(), missing);
    assert_eq!(tracking.finalize_logged_model(id(), LoggedModelStatus::Ready).wait().unwrap_err(), missing);
    assert_eq!(tracking.delete_logged_model(id()).wait().unwrap_err(), missing);
    assert_eq!(tracking.log_logged_model_params(id(), Vec::new()).wait().unwrap_err(), missing);
    assert_eq!(tracking.set_logged_model_tags(id(), Vec::new()).wait().unwrap_err(), missing);
    assert_eq!(tracking.delete_logged_model_tag(id(), "k".to_owned()).wait().unwrap_err(), missing);
    assert_eq!(here.log("r1", vec![("nowhere".to_owned(), 1.0, 0, 0)]).unwrap_err(), missing);
}

#[test]
fn a_parameter_keeps_its_first_value() {
    let here = Here::new();
    let id = here.make("a").info.model_id;
    let log = |list: &[(&str, &str)]| here.tracking.log_logged_model_params(id.clone(), pairs(list)).wait();
    log(&[("x", "1")]).unwrap();
    log(&[("x", "1"), ("y", "2")]).unwrap();
    let error = log(&[("z", "9"), ("x", "3")]).unwrap_err();
    assert_eq!(error.code, Code::InvalidParameterValue);
    assert!(error.message.contains("key='x'") && error.message.contains("value='1'"), "{}", error.message);
    let params = json!([{"key": "x", "value": "1"}, {"key": "y", "value": "2"}]);
    assert_eq!(here.seen(&id)["data"]["params"], params, "nothing of a refused request stays");
}

#[test]
fn a_tag_can_be_taken_away_once() {
    let here = Here::new();
    let id = here.make("a").info.model_id;
    here.tracking.set_logged_model_tags(id.clone(), pairs(&[("it's/k", "v")])).wait().unwrap();
    let delete = || here.tracking.delete_logged_model_tag(id.clone(), "it's/k".to_owned()).wait();
    delete().unwrap();
    let message = format!("No tag with key \"it's/k\" found for model with ID '{id}'.");
    assert_eq!(delete().unwrap_err(), Error::missing(message));
}

#[test]
fn points_of_runs_are_shown_with_the_model_they_measure() {
    let here = Here::new();
    let id = here.make("a").info.model_id;
    let point = |value, timestamp, step| (id.clone(), value, timestamp, step);
    here.log("r1", vec![point(f64::NAN, 7, 0), point(0.5, 8, 1), point(0.25, 8, 1), point(f64::MAX, 9, -3)])
        .unwrap();
    let shown = |value: Value, timestamp: i64, step: i64| json!({"key": "loss", "value": value, "timestamp": timestamp, "step": step, "model_id": id, "run_id": "r1"});
    let mut with_data = shown(json!(0.25), 8, 1);
    with_data["dataset_name"] = json!("train");
    with_data["dataset_digest"] = json!("d1");
    let expected = json!([shown(json!("NaN"), 7, 0), with_data, shown(json!(f64::MAX), 9, -3)]);
    assert_eq!(here.seen(&id)["data"]["metrics"], expected);
}

#[test]
fn a_run_has_its_outputs_by_step_and_then_what_names_it() {
    let here = Here::new();
    let [first, second, third, gone] = ["a", "b", "c", "d"].map(|name| {
        here.clock.advance(Duration::from_secs(1));
        let new = NewLoggedModel {
            name: Some(name.to_owned()),
            source_run_id: if name == "a" { "r1".to_owned() } else { String::new() },
            ..here.plain()
        };
        here.tracking.create_logged_model(new).wait().unwrap().info.model_id
    });
    here.sql(
        "INSERT INTO runs (id, run_id, experiment, name, status, artifact_uri) \
        VALUES (5, 'r1', 77, 'run', 'RUNNING', 'mlflow-artifacts:/77/r1/artifacts')",
    );
    let outputs = [(second.clone(), 9), (third.clone(), 2), (third.clone(), 11), (gone.clone(), 0)];
    let link = move |writing: &mut crate::writer::Writing<'_>| {
        let sql = "INSERT INTO model_outputs (run, model_id, step) VALUES (5, ?1, ?2)";
        for (model, step) in outputs {
            writing.transaction.execute(sql, rusqlite::params![model, step])?;
        }
        Ok(())
    };
    here.tracking.write(link).wait().unwrap();
    here.tracking.delete_logged_model(gone).wait().unwrap();
    let models = here.tracking.models_of_run("r1").unwrap();
    let ids: Vec<_> = models.iter().map(|model| &model.info.model_id).collect();
    assert_eq!(ids, [&third, &second, &first]);
    assert!(here.tracking.models_of_run("").unwrap().is_empty());
    assert!(here.tracking.models_of_run("r2").unwrap().is_empty());
}
