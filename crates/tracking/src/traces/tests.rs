use std::sync::Arc;

use base::{FixedClock, Timestamp};
use serde_json::{Map, Value, json};
use tempfile::TempDir;

use super::LOCATION_TAG;
use crate::{Code, Settings, Tracking};

fn tracking() -> (Tracking, TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let clock = Arc::new(FixedClock::at(Timestamp::from_micros(0)));
    (Tracking::open(Settings::of(directory.path(), clock)).unwrap(), directory)
}

fn info(trace_id: &str, experiment_id: &str, tags: &Value) -> Map<String, Value> {
    let place = json!({"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": experiment_id}});
    let info = json!({"trace_id": trace_id, "trace_location": place, "state": "OK", "tags": tags});
    info.as_object().unwrap().clone()
}

#[test]
fn a_trace_is_shown_as_it_was_said_with_where_its_spans_are() {
    let (tracking, _directory) = tracking();
    let made = tracking.start_trace(info("tr-1", "0", &json!({"a": "b"}))).wait().unwrap();
    let location = "mlflow-artifacts:/0/traces/tr-1/artifacts";
    let expected = Value::Object(info("tr-1", "0", &json!({"a": "b", LOCATION_TAG: location})));
    assert_eq!(made, expected);
    tracking.start_trace(info("tr-1", "0", &json!({"a": "c"}))).wait().unwrap();
    assert_eq!(tracking.trace("tr-1").unwrap()["tags"]["a"], "c");
}

#[test]
fn tags_of_a_trace_are_set_and_deleted() {
    let (tracking, _directory) = tracking();
    tracking.start_trace(info("tr-1", "0", &json!({}))).wait().unwrap();
    tracking.delete_trace_tag("tr-1", LOCATION_TAG).wait().unwrap();
    assert_eq!(tracking.trace("tr-1").unwrap().get("tags"), None);
    tracking.set_trace_tag("tr-1", "a", "1").wait().unwrap();
    tracking.set_trace_tag("tr-1", "a", "2").wait().unwrap();
    assert_eq!(tracking.trace("tr-1").unwrap()["tags"], json!({"a": "2"}));
    let error = tracking.delete_trace_tag("tr-1", "b").wait().unwrap_err();
    assert_eq!(error.message, "No trace tag with key 'b' for trace with ID 'tr-1'");
}

#[test]
fn what_is_not_there_or_wrong_is_refused() {
    let (tracking, _directory) = tracking();
    let start = |trace_id: &str, experiment_id: &str| {
        tracking.start_trace(info(trace_id, experiment_id, &json!({}))).wait()
    };
    assert_eq!(start("tr-1", "9").unwrap_err().code, Code::ResourceDoesNotExist);
    assert_eq!(start("", "0").unwrap_err().code, Code::InvalidParameterValue);
    assert_eq!(start(&"x".repeat(251), "0").unwrap_err().code, Code::InvalidParameterValue);
    assert_eq!(tracking.trace("tr-1").unwrap_err().code, Code::ResourceDoesNotExist);
    let set = |key: &str| tracking.set_trace_tag("tr-1", key, "v").wait().unwrap_err();
    assert_eq!(set("a").code, Code::ResourceDoesNotExist);
    assert!(set("../").message.starts_with("Invalid value \"../\" for parameter 'key' supplied"));
    assert_eq!(set(&"k".repeat(251)).message, "'key' exceeds the maximum length of 250 characters");
}
