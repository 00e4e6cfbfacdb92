use std::{sync::Arc, time::Duration};

use base::{FixedClock, Timestamp};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::{Code, Settings, Tracking, experiments::Pair, metrics::Metric};

struct Here {
    tracking: Tracking,
    clock: Arc<FixedClock>,
    _directory: TempDir,
    run: String,
}

impl Here {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let clock = Arc::new(FixedClock::at(Timestamp::from_micros(5_000_000)));
        let tracking = Tracking::open(Settings::of(directory.path(), Arc::clone(&clock) as _)).unwrap();
        let run = tracking.create_run(named("first")).wait().unwrap().info.run_id;
        Self { tracking, clock, _directory: directory, run }
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.tracking.run_json(&self.run).unwrap()).unwrap()
    }

    fn batch(&self, batch: Batch<'_>) -> Result<(), crate::Error> {
        self.tracking.log_batch(&self.run, batch).wait()
    }
}

fn named(name: &str) -> NewRun {
    NewRun { name: Some(name.to_owned()), ..NewRun::default() }
}

fn metric(key: &str, value: f64, step: i64) -> Metric<'_> {
    let (model_id, dataset_name, dataset_digest) = (None, None, None);
    Metric { key, value, timestamp: 1_000 + step.max(0), step, model_id, dataset_name, dataset_digest }
}

#[test]
fn a_run_is_shown_as_mlflow_shows_it() {
    let here = Here::new();
    let params = [("p", "1"), ("empty", "")];
    let metrics = [metric("loss", f64::NAN, 3), metric("acc", 0.5, -2)];
    here.batch(Batch { metrics: &metrics, params: &params, tags: &[("t", "x")] }).unwrap();
    let run = &here.run;
    let expected = json!({
        "info": {
            "run_uuid": run, "run_id": run, "run_name": "first", "experiment_id": "0", "user_id": "", "status": "RUNNING",
            "start_time": 0, "artifact_uri": format!("mlflow-artifacts:/0/{run}/artifacts"), "lifecycle_stage": "active",
        },
        "data": {
            "metrics": [
                {"key": "acc", "value": 0.5, "timestamp": 1_000, "step": -2},
                {"key": "loss", "value": "NaN", "timestamp": 1_003, "step": 3},
            ],
            "params": [{"key": "empty", "value": ""}, {"key": "p", "value": "1"}],
            "tags": [{"key": "mlflow.runName", "value": "first"}, {"key": "t", "value": "x"}],
        },
        "inputs": {}, "outputs": {},
    });
    assert_eq!(here.json(), expected);
    assert_eq!(serde_json::to_value(here.tracking.run(run).unwrap()).unwrap(), expected);
}

#[test]
fn every_change_of_a_run_is_seen_at_once() {
    let here = Here::new();
    let mut seen = vec![here.json()];
    let mut changed = || {
        let now = here.json();
        assert_ne!(seen.last(), Some(&now));
        seen.push(now);
    };
    here.tracking.log_metric(&here.run, metric("m", 1.0, 0)).wait().unwrap();
    changed();
    here.tracking.log_metric(&here.run, metric("m", 2.0, 1)).wait().unwrap();
    changed();
    here.tracking.log_param(&here.run, "p", "1").wait().unwrap();
    changed();
    here.tracking.set_tag(&here.run, "t", "1").wait().unwrap();
    changed();
    here.tracking.delete_tag(&here.run, "t").wait().unwrap();
    changed();
    here.tracking.log_inputs(&here.run, vec![input("d", &[])], vec!["m-1".to_owned()]).wait().unwrap();
    changed();
    let made = vec![ModelOutput { model_id: "m-2".to_owned(), step: 4 }];
    here.tracking.log_outputs(&here.run, made).wait().unwrap();
    changed();
    let update = RunUpdate { status: Some(Status::Finished), end_time: Some(9), name: None };
    here.tracking.update_run(&here.run, update).wait().unwrap();
    changed();
    here.tracking.delete_run(&here.run).wait().unwrap();
    changed();
    here.tracking.restore_run(&here.run).wait().unwrap();
    changed();
}

#[test]
fn names_come_from_the_argument_the_tag_or_chance() {
    let here = Here::new();
    let tagged = |value: &str| vec![(NAME_TAG.to_owned(), value.to_owned())];
    let create = |new: NewRun| here.tracking.create_run(new).wait();
    let run = create(NewRun { tags: tagged("tag"), ..NewRun::default() }).unwrap();
    assert_eq!(run.info.run_name, "tag");
    let run = create(NewRun { name: Some(String::new()), ..NewRun::default() }).unwrap();
    assert_eq!(run.info.run_name.split('-').count(), 3);
    assert_eq!(run.data.tags[0].value, run.info.run_name);
    let error = create(NewRun { tags: tagged("b"), ..named("a") }).unwrap_err();
    assert_eq!(
        error.message,
        "Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values (run_name='a', mlflow.runName='b')."
    );
}

#[test]
fn the_name_and_its_tag_change_together() {
    let here = Here::new();
    let check = |name: &str, tag: Option<&str>| {
        let run = here.tracking.run(&here.run).unwrap();
        let shown = run.data.tags.iter().find(|tag| tag.key == NAME_TAG).map(|tag| tag.value.clone());
        assert_eq!((run.info.run_name.as_str(), shown.as_deref()), (name, tag));
    };
    let rename = |name: &str| {
        let update = RunUpdate { name: Some(name.to_owned()), ..RunUpdate::default() };
        here.tracking.update_run(&here.run, update).wait().unwrap();
    };
    rename("new");
    check("new", Some("new"));
    rename("");
    check("new", Some("new"));
    here.tracking.delete_tag(&here.run, NAME_TAG).wait().unwrap();
    check("new", None);
    here.tracking.set_tag(&here.run, NAME_TAG, "newest").wait().unwrap();
    check("newest", Some("newest"));
    here.batch(Batch { tags: &[(NAME_TAG, "batch")], ..Batch::default() }).unwrap();
    check("batch", Some("batch"));
}

#[test]
fn a_parameter_never_changes_but_may_be_said_again() {
    let here = Here::new();
    here.tracking.log_param(&here.run, "a", "1").wait().unwrap();
    here.tracking.log_param(&here.run, "a", "1").wait().unwrap();
    let error = here.tracking.log_param(&here.run, "a", "2").wait().unwrap_err();
    let run = &here.run;
    assert_eq!(
        error.message,
        format!(
            "Changing param values is not allowed. Param with key='a' was already logged with value='1' for run ID='{run}'. Attempted logging new value '2'."
        )
    );
    here.batch(Batch { params: &[("a", "1"), ("b", "2")], ..Batch::default() }).unwrap();
    let error = here.batch(Batch { params: &[("c", "1"), ("a", "it's")], ..Batch::default() }).unwrap_err();
    let expected = format!(
        "Changing param values is not allowed. Params were already logged='[{{'key': 'a', 'old_value': '1', 'new_value': \"it's\"}}]' for run ID='{run}'."
    );
    assert_eq!((error.code, error.message), (Code::InvalidParameterValue, expected));
}

#[test]
fn of_a_refused_batch_nothing_is_kept() {
    let here = Here::new();
    here.tracking.log_param(&here.run, "a", "1").wait().unwrap();
    let before = here.json();
    let metrics = [metric("new", 1.0, 0)];
    let params = [("b", "1"), ("a", "2")];
    here.batch(Batch { metrics: &metrics, params: &params, tags: &[("t", "x")] }).unwrap_err();
    assert_eq!(here.json(), before);
    assert!(here.tracking.metric_history(&here.run, "new", None, None).unwrap().metrics().is_empty());
    let of_no_model = [Metric { model_id: Some("m-none"), ..metrics[0] }];
    let error = here.batch(Batch { metrics: &of_no_model, tags: &[("t", "x")], ..Batch::default() });
    assert_eq!(error.unwrap_err().code, Code::ResourceDoesNotExist);
    assert_eq!(here.json(), before);
    here.batch(Batch { metrics: &metrics, ..Batch::default() }).unwrap();
    assert_eq!(here.tracking.latest_metrics(&here.run).unwrap().len(), 1);
}

#[test]
fn what_is_over_a_limit_is_refused_in_mlflows_words() {
    let here = Here::new();
    let keys: Vec<String> = (0..1_001).map(|at| format!("k{at}")).collect();
    let metrics: Vec<Metric<'_>> = keys.iter().map(|key| metric(key, 1.0, 0)).collect();
    let pairs: Vec<(&str, &str)> = keys.iter().map(|key| (key.as_str(), "v")).collect();
    let long = "k".repeat(251);
    let at = |timestamp| Metric { timestamp, ..metric("m", 1.5, 0) };
    let more = "A batch logging request can contain at most";
    let check = |batch: Batch<'_>, message: &str| {
        let error = here.batch(batch).unwrap_err();
        assert_eq!(error.code, Code::InvalidParameterValue);
        assert!(error.message.starts_with(message), "{error}\nis not\n{message}");
    };
    let of_metrics =
        |metrics: &[Metric<'_>], message: &str| check(Batch { metrics, ..Batch::default() }, message);
    let of_params =
        |params: &[(&str, &str)], message: &str| check(Batch { params, ..Batch::default() }, message);
    let of_tags = |tags: &[(&str, &str)], message: &str| check(Batch { tags, ..Batch::default() }, message);
    of_metrics(&metrics, &format!("{more} 1000 metrics. Got 1001 metrics. Please"));
    of_params(&pairs[..101], &format!("{more} 100 params. Got 101 params."));
    of_tags(&pairs[..101], &format!("{more} 100 tags. Got 101 tags."));
    let too_many = Batch { metrics: &metrics[..950], params: &pairs[..51], tags: &[] };
    check(too_many, &format!("{more} 1000 metrics, params, and tags. Got 1001"));
    of_params(
        &[("a", "1"), ("a", "1")],
        "Duplicate parameter keys have been submitted: ['a']. Please ensure",
    );
    of_metrics(
        &[metrics[0], metric("a;b", 1.0, 0)],
        "Invalid value \"a;b\" for parameter 'metrics[1].name' supplied: Names may only contain",
    );
    of_metrics(
        &[at(-1)],
        "Invalid value -1 for parameter 'metrics[0].timestamp' supplied: metric 'm' (value=1.5). Timestamp must be",
    );
    of_metrics(&[metric(&long, 1.0, 0)], "'Metric name' exceeds the maximum length of 250 characters");
    of_params(
        &[("a", "b"), ("../x", "b")],
        "Invalid value \"../x\" for parameter 'params[1].key' supplied: Names may be treated as files",
    );
    of_tags(&[(&long, "b")], "'tags[0].key' exceeds the maximum length of 250 characters");
    of_metrics(
        &[Metric { dataset_name: Some("d"), ..metrics[0] }],
        "Both dataset_name and dataset_digest must be provided if one is provided",
    );
    here.batch(Batch { metrics: &metrics[..1_000], ..Batch::default() }).unwrap();
    here.batch(Batch { metrics: &metrics[..800], params: &pairs[..100], tags: &pairs[..100] }).unwrap();
    here.batch(Batch::default()).unwrap();
}

#[test]
fn long_values_are_cut() {
    let here = Here::new();
    here.tracking.log_param(&here.run, "p", &"ä".repeat(6_001)).wait().unwrap();
    here.tracking.set_tag(&here.run, "t", &"ä".repeat(8_001)).wait().unwrap();
    let data = here.tracking.run(&here.run).unwrap().data;
    assert_eq!(data.params[0].value, "ä".repeat(6_000));
    assert_eq!(data.tags.iter().find(|tag| tag.key == "t").unwrap().value, "ä".repeat(8_000));
}

#[test]
fn a_run_that_is_deleted_or_not_there_takes_nothing() {
    let here = Here::new();
    here.tracking.delete_run(&here.run).wait().unwrap();
    let run = here.run.as_str();
    let tracking = &here.tracking;
    let refused = |run: &str| {
        let update = RunUpdate::default();
        [
            tracking.log_metric(run, metric("m", 1.0, 0)).wait().unwrap_err(),
            tracking.log_batch(run, Batch::default()).wait().unwrap_err(),
            tracking.log_param(run, "p", "1").wait().unwrap_err(),
            tracking.set_tag(run, "t", "1").wait().unwrap_err(),
            tracking.delete_tag(run, "t").wait().unwrap_err(),
            tracking.log_inputs(run, Vec::new(), Vec::new()).wait().unwrap_err(),
            tracking.log_outputs(run, Vec::new()).wait().unwrap_err(),
            tracking.update_run(run, update).wait().unwrap_err(),
        ]
    };
    for error in refused(run) {
        let message = format!("The run {run} must be in the 'active' state. Current state is deleted.");
        assert_eq!((error.code, error.message), (Code::InvalidParameterValue, message));
    }
    for error in refused("nope") {
        let expected = (Code::ResourceDoesNotExist, "Run with id=nope not found".to_owned());
        assert_eq!((error.code, error.message), expected);
    }
    tracking.delete_run(run).wait().unwrap();
    assert!(tracking.delete_run("nope").wait().is_err() && tracking.run("nope").is_err());
}

fn input(name: &str, tags: &[(&str, &str)]) -> DatasetInput {
    let pair = |(key, value): &(&str, &str)| Pair { key: (*key).to_owned(), value: (*value).to_owned() };
    let dataset = Dataset {
        name: name.to_owned(),
        digest: "d1".to_owned(),
        source_type: "local".to_owned(),
        source: "here".to_owned(),
        schema: None,
        profile: Some(String::new()),
    };
    DatasetInput { tags: tags.iter().map(pair).collect(), dataset }
}

#[test]
fn a_data_set_that_a_run_has_stays_as_it_was_first_said() {
    let here = Here::new();
    let log = |inputs| here.tracking.log_inputs(&here.run, inputs, Vec::new()).wait().unwrap();
    let context = ("mlflow.data.context", "train");
    log(vec![input("b", &[context, ("a", "1")]), input("b", &[("x", "2")])]);
    let mut other = input("b", &[("y", "3")]);
    other.dataset.source = "elsewhere".to_owned();
    log(vec![other, input("a", &[])]);
    let inputs = here.tracking.run(&here.run).unwrap().inputs.dataset_inputs;
    let mut first = input("b", &[("a", "1"), context]);
    first.dataset.profile = None;
    let mut second = input("a", &[]);
    second.dataset.profile = None;
    assert_eq!(inputs, [first, second]);
    let summary = |name: &str, context: Option<&str>| DatasetSummary {
        experiment_id: "0".to_owned(),
        name: name.to_owned(),
        digest: "d1".to_owned(),
        context: context.map(str::to_owned),
    };
    let summaries = here.tracking.dataset_summaries(&["0".to_owned()]).unwrap();
    assert_eq!(summaries, [summary("b", Some("train")), summary("a", None)]);
}

#[test]
fn data_sets_have_limits() {
    let here = Here::new();
    let check = |input: DatasetInput, message: &str| {
        let error = here.tracking.log_inputs(&here.run, vec![input], Vec::new()).wait().unwrap_err();
        assert_eq!(error.message, message);
    };
    let with = |change: fn(&mut Dataset)| {
        let mut input = input("a", &[]);
        change(&mut input.dataset);
        input
    };
    check(with(|of| of.name = "a".repeat(501)), "'name' exceeds the maximum length of 500 characters");
    check(with(|of| of.digest = "a".repeat(37)), "'digest' exceeds the maximum length of 36 characters");
    check(
        with(|of| of.source = "a".repeat(65_536)),
        "'source' exceeds the maximum length of 65535 characters",
    );
    check(
        with(|of| of.schema = Some("a".repeat(1_048_576))),
        "'schema' exceeds the maximum length of 1048575 characters",
    );
    check(input("a", &[(&"k".repeat(256), "")]), "'key' exceeds the maximum length of 255 characters");
    check(input("a", &[("k", &"v".repeat(501))]), "'value' exceeds the maximum length of 500 characters");
}

#[test]
fn models_of_old_clients_are_listed_in_a_tag() {
    let here = Here::new();
    let model = |path: &str| {
        json!({
            "artifact_path": path, "utc_time_created": "now", "run_id": here.run, "model_uuid": "u", "signature": {},
            "flavors": {"onnx": {"data": "m.onnx", "config": {"a": 1}}, "x": 1},
        })
        .to_string()
    };
    here.tracking.log_model(&here.run, &model("a")).wait().unwrap();
    here.tracking.log_model(&here.run, &model("b")).wait().unwrap();
    let tags = here.tracking.run(&here.run).unwrap().data.tags;
    let listed: Value = serde_json::from_str(&tags[0].value).unwrap();
    assert_eq!(listed[1]["artifact_path"], "b");
    assert_eq!(listed[0]["flavors"], json!({"onnx": {"data": "m.onnx"}, "x": 1}));
    assert_eq!(listed[0].get("signature"), None);
    let error = here.tracking.log_model(&here.run, "{}").wait().unwrap_err();
    assert!(error.message.contains("'flavors'"), "{error}");
    assert!(here.tracking.log_model(&here.run, "nope").wait().is_err());
}

#[test]
fn a_chosen_id_is_taken_once() {
    let here = Here::new();
    let new = NewRun { run_id: Some("mine".to_owned()), ..NewRun::default() };
    assert_eq!(here.tracking.create_run(new.clone()).wait().unwrap().info.run_id, "mine");
    assert_eq!(here.tracking.create_run(new).wait().unwrap_err().code, Code::ResourceAlreadyExists);
    let bad = NewRun { run_id: Some("../x".to_owned()), ..NewRun::default() };
    assert!(here.tracking.create_run(bad).wait().is_err());
}

#[test]
fn a_run_ends_with_its_status_and_time() {
    let here = Here::new();
    here.clock.advance(Duration::from_secs(1));
    let update = RunUpdate { status: Some(Status::Failed), end_time: Some(7), name: None };
    let info = here.tracking.update_run(&here.run, update).wait().unwrap();
    assert_eq!((info.status, info.end_time), (Status::Failed, Some(7)));
    for (text, status) in [("RUNNING", Status::Running), ("5", Status::Killed), ("3", Status::Finished)] {
        assert_eq!(Status::parse(text), Ok(status));
    }
    for bad in ["running", "0", "6", ""] {
        assert!(Status::parse(bad).is_err(), "{bad}");
    }
}
