//! Experiments, runs and metrics over real sockets, as MLflow's clients call them.

use std::sync::Arc;

use base::{FixedClock, Timestamp};
use serde_json::{Value, json};
use tempfile::TempDir;
use tracking::Tracking;

use crate::support::{Running, settings};

pub(crate) struct Tracker {
    pub(crate) running: Running,
    _directory: TempDir,
}

impl Tracker {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let clock = Arc::new(FixedClock::at(Timestamp::from_micros(1_700_000_000_000_000)));
        let tracking = Tracking::open(tracking::Settings::of(directory.path(), clock)).unwrap();
        let running = Running::start_with(settings(), [], |service| service.track_with(tracking));
        Self { running, _directory: directory }
    }

    fn call(&self, method: &str, path: &str, body: &str) -> (u16, Value) {
        let json = [("Content-Type", "application/json")];
        let answer = self.running.call(method, &format!("/api/2.0/mlflow/{path}"), &json, body);
        (answer.status, answer.body)
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Value {
        let (status, answer) = self.call("POST", path, &body.to_string());
        assert_eq!(status, 200, "{path} {answer}");
        answer
    }

    fn get(&self, path: &str) -> Value {
        let (status, answer) = self.call("GET", path, "");
        assert_eq!(status, 200, "{path} {answer}");
        answer
    }

    /// The message of a request that is refused as wrong.
    fn refused(&self, path: &str, body: &Value) -> String {
        let (status, answer) = self.call("POST", path, &body.to_string());
        assert_eq!(
            (status, &answer["error_code"]),
            (400, &json!("INVALID_PARAMETER_VALUE")),
            "{path} {body}"
        );
        answer["message"].as_str().unwrap().to_owned()
    }

    pub(crate) fn run(&self) -> String {
        let made =
            self.post("runs/create", &json!({"experiment_id": "0", "start_time": 456, "user_id": "me"}));
        made["run"]["info"]["run_id"].as_str().unwrap().to_owned()
    }
}

#[test]
fn an_experiment_is_made_found_renamed_deleted_and_restored() {
    let tracker = Tracker::new();
    let tags = json!([{"key": "a", "value": "b"}]);
    let made = tracker.post("experiments/create", &json!({"name": "My experiment", "tags": tags}));
    assert_eq!(made, json!({"experiment_id": "1"}));
    let id = json!({"experiment_id": "1"});
    tracker.post("experiments/update", &json!({"experiment_id": "1", "new_name": "Other"}));
    tracker.post("experiments/set-experiment-tag", &json!({"experiment_id": "1", "key": "c", "value": ""}));
    tracker.post("experiments/delete-experiment-tag", &json!({"experiment_id": "1", "key": "a"}));
    tracker.post("experiments/delete", &id);
    let expected = json!({"experiment": {
        "experiment_id": "1", "name": "Other", "artifact_location": "mlflow-artifacts:/1", "lifecycle_stage": "deleted",
        "last_update_time": 1_700_000_000_000_i64, "creation_time": 1_700_000_000_000_i64,
        "tags": [{"key": "c", "value": ""}],
    }});
    assert_eq!(tracker.get("experiments/get?experiment_id=1"), expected);
    assert_eq!(tracker.get("experiments/get-by-name?experiment_name=Other"), expected);
    tracker.post("experiments/restore", &id);
    let (status, answer) = tracker.call("GET", "experiments/get-by-name?experiment_name=none", "");
    assert_eq!((status, &answer["error_code"]), (404, &json!("RESOURCE_DOES_NOT_EXIST")));
    let (status, answer) = tracker.call("POST", "experiments/create", r#"{"name": "Other"}"#);
    assert_eq!((status, &answer["error_code"]), (400, &json!("RESOURCE_ALREADY_EXISTS")));
}

#[test]
fn a_run_takes_what_is_logged_and_shows_it() {
    let tracker = Tracker::new();
    let run = tracker.run();
    let metric =
        |value: Value| json!({"run_id": run, "key": "m", "value": value, "timestamp": 5, "step": "7"});
    tracker.post("runs/log-metric", &metric(json!(0.1)));
    tracker.post("runs/log-metric", &json!({"run_uuid": run, "key": "n", "value": "NaN", "timestamp": "6"}));
    tracker
        .post("runs/log-metric", &json!({"run_id": run, "key": "i", "value": "-Infinity", "timestamp": 6}));
    tracker.post("runs/log-parameter", &json!({"run_id": run, "key": "p", "value": ""}));
    tracker.post("runs/set-tag", &json!({"run_id": run, "key": "t", "value": "x\"y"}));
    tracker.post("runs/log-batch", &json!({"run_id": run, "metrics": [
        {"key": "b", "value": 3, "timestamp": 5}, {"key": "b", "value": "Infinity", "timestamp": 9, "step": 1}],
        "params": [{"key": "q"}], "tags": [{"key": "u\u{e9}", "value": "\u{1F600}"}]}));
    tracker.post(
        "runs/update",
        &json!({"run_id": run, "status": "FINISHED", "end_time": 99, "run_name": "done"}),
    );
    let shown = tracker.get(&format!("runs/get?run_id={run}"));
    let data = json!({
        "metrics": [
            {"key": "b", "value": f64::MAX, "timestamp": 9, "step": 1},
            {"key": "i", "value": f64::MIN, "timestamp": 6, "step": 0},
            {"key": "m", "value": 0.1, "timestamp": 5, "step": 7},
            {"key": "n", "value": "NaN", "timestamp": 6, "step": 0},
        ],
        "params": [{"key": "p", "value": ""}, {"key": "q", "value": ""}],
        "tags": [{"key": "mlflow.runName", "value": "done"}, {"key": "t", "value": "x\"y"},
            {"key": "u\u{e9}", "value": "\u{1F600}"}],
    });
    assert_eq!(shown["run"]["data"], data);
    let info = &shown["run"]["info"];
    assert_eq!((&info["status"], &info["end_time"]), (&json!("FINISHED"), &json!(99)));
    assert_eq!((&info["run_name"], &info["start_time"]), (&json!("done"), &json!(456)));
    tracker.post("runs/delete-tag", &json!({"run_id": run, "key": "t"}));
    tracker.post("runs/delete", &json!({"run_id": run}));
    assert_eq!(tracker.get(&format!("runs/get?run_uuid={run}"))["run"]["info"]["lifecycle_stage"], "deleted");
    tracker.post("runs/restore", &json!({"run_id": run}));
}

#[test]
fn inputs_outputs_and_data_sets_are_shown() {
    let tracker = Tracker::new();
    let run = tracker.run();
    let dataset = json!({"name": "d", "digest": "1", "source_type": "local", "source": "here"});
    let tags = json!([{"key": "mlflow.data.context", "value": "train"}]);
    let inputs = json!({"run_id": run, "datasets": [{"tags": tags, "dataset": dataset}], "models": [{"model_id": "m-1"}]});
    tracker.post("runs/log-inputs", &inputs);
    tracker.post("runs/outputs", &json!({"run_id": run, "models": [{"model_id": "m-2", "step": 3}]}));
    let shown = tracker.get(&format!("runs/get?run_id={run}"));
    let expected = json!({"dataset_inputs": [{"tags": tags, "dataset": dataset}], "model_inputs": [{"model_id": "m-1"}]});
    assert_eq!(shown["run"]["inputs"], expected);
    assert_eq!(shown["run"]["outputs"], json!({"model_outputs": [{"model_id": "m-2", "step": 3}]}));
    let found = tracker.post("experiments/search-datasets", &json!({"experiment_ids": ["0"]}));
    let summary = json!({"experiment_id": "0", "name": "d", "digest": "1", "context": "train"});
    assert_eq!(found, json!({"dataset_summaries": [summary]}));
}

#[test]
fn histories_come_in_pages_and_of_several_runs() {
    let tracker = Tracker::new();
    let run = tracker.run();
    let points: Vec<Value> =
        (0..10).map(|at| json!({"key": "m", "value": at, "timestamp": 1_000 + at, "step": at})).collect();
    tracker.post("runs/log-batch", &json!({"run_id": run, "metrics": points}));
    let query = format!("metrics/get-history?run_id={run}&metric_key=m");
    assert_eq!(tracker.get(&query)["metrics"].as_array().unwrap().len(), 10);
    let first = tracker.get(&format!("{query}&max_results=7"));
    let token = first["next_page_token"].as_str().unwrap();
    let rest = tracker.get(&format!("{query}&max_results=7&page_token={token}"));
    assert_eq!(rest["metrics"][0], json!({"key": "m", "value": 7.0, "timestamp": 1_007, "step": 7}));
    assert_eq!((rest["metrics"].as_array().unwrap().len(), rest.get("next_page_token")), (3, None));
    assert_eq!(tracker.call("GET", &format!("{query}&page_token=invalid_token"), "").0, 400);
    let bulk = tracker.get(&format!("metrics/get-history-bulk?run_id={run}&metric_key=m&max_results=2"));
    let second = json!({"key": "m", "value": 1.0, "timestamp": 1_001, "step": 1, "run_id": run});
    assert_eq!(bulk["metrics"][1], second);
    let chart =
        tracker.get(&format!("metrics/get-history-bulk-interval?run_ids={run}&metric_key=m&max_results=5"));
    let steps: Vec<i64> =
        chart["metrics"].as_array().unwrap().iter().map(|point| point["step"].as_i64().unwrap()).collect();
    assert_eq!(steps, [0, 2, 4, 6, 8, 9]);
}

#[test]
fn what_is_wrong_with_a_request_is_said_in_mlflows_words() {
    let tracker = Tracker::new();
    let run = tracker.run();
    let metric = |name: &str, value: Value| {
        let mut body = json!({"run_id": run, "key": "foo", "value": 31, "timestamp": 59, "step": 41});
        body[name] = value;
        tracker.refused("runs/log-metric", &body)
    };
    let invalid = |shown: &str, name: &str| format!("Invalid value {shown} for parameter '{name}' supplied");
    let missing = |name: &str| format!("Missing value for required parameter '{name}'");
    let starts =
        |message: String, expected: String| assert!(message.starts_with(&expected), "{message}\n{expected}");
    starts(metric("run_id", json!(31)), invalid("31", "run_id"));
    starts(metric("key", json!(31)), invalid("31", "key"));
    starts(metric("key", json!("a;b")), invalid("\"a;b\"", "name"));
    starts(metric("step", json!("foo")), invalid("\"foo\"", "step"));
    starts(metric("timestamp", json!("foo")), invalid("\"foo\"", "timestamp"));
    starts(metric("timestamp", json!(-1)), invalid("-1", "timestamp"));
    starts(metric("value", json!("x")), invalid("\"x\"", "value"));
    starts(metric("value", json!(true)), invalid("true", "value"));
    starts(metric("run_id", Value::Null), missing("run_id"));
    starts(metric("key", Value::Null), missing("key"));
    starts(metric("value", Value::Null), missing("value"));
    starts(metric("timestamp", Value::Null), missing("timestamp"));
    let batch =
        |name: &str, value: Value| tracker.refused("runs/log-batch", &json!({"run_id": run, name: value}));
    for list in ["metrics", "params", "tags"] {
        starts(batch(list, json!("foo")), invalid("\"foo\"", list));
        starts(batch(list, json!([5])), invalid("[5]", list));
    }
    starts(batch("metrics", json!([{"key": "a", "value": 1}])), missing("metrics[0].timestamp"));
    starts(
        batch("metrics", json!([{"key": "a", "value": "x", "timestamp": 1}])),
        invalid("\"x\"", "metrics[0].value"),
    );
    starts(batch("params", json!([{"key": "a"}, {"value": "a"}])), missing("params[1].key"));
    starts(tracker.refused("experiments/create", &json!({"name": 123})), invalid("123", "name"));
    starts(tracker.refused("experiments/create", &json!({})), missing("name"));
    let elsewhere = json!({"name": "a", "artifact_location": "file:///etc"});
    starts(tracker.refused("experiments/create", &elsewhere), "Invalid artifact_location".to_owned());
    starts(tracker.refused("runs/log-inputs", &json!({"datasets": []})), missing("run_id"));
    starts(tracker.refused("runs/outputs", &json!({"run_id": run})), missing("models"));
    starts(
        tracker.refused("runs/update", &json!({"run_id": run, "status": "DONE"})),
        invalid("\"DONE\"", "status"),
    );
    let (status, answer) = tracker.call("POST", "runs/log-batch", "not json");
    assert_eq!((status, answer["message"].as_str().unwrap().starts_with("Missing value")), (400, true));
}

#[test]
fn what_is_not_offered_of_traces_is_an_unknown_endpoint() {
    let tracker = Tracker::new();
    let json = [("Content-Type", "application/json")];
    for path in [
        "/api/3.0/mlflow/traces/search",
        "/ajax-api/3.0/mlflow/traces/search",
        "/api/2.0/mlflow/traces/search",
    ] {
        let answer = tracker.running.call("POST", path, &json, "{}");
        assert_eq!(
            (answer.status, &answer.body["error_code"]),
            (404, &json!("ENDPOINT_NOT_FOUND")),
            "{path}"
        );
    }
    let answer = tracker.running.call("GET", "/api/3.0/mlflow/traces/tr-1", &[], "");
    assert_eq!((answer.status, &answer.body["error_code"]), (404, &json!("RESOURCE_DOES_NOT_EXIST")));
    let answer = tracker.running.call("PUT", "/api/3.0/mlflow/traces", &json, "{}");
    assert_eq!(answer.status, 405);
}
