//! MLflow's GraphQL over real sockets, as its pages ask.

use serde_json::{Value, json};

use crate::tracking::Tracker;

impl Tracker {
    fn ask(&self, query: &str, variables: &Value) -> Value {
        let body = json!({"query": query, "operationName": "Q", "variables": variables});
        let json = [("Content-Type", "application/json; charset=utf-8")];
        let answer = self.running.call("POST", "/graphql", &json, &body.to_string());
        assert_eq!(answer.status, 200, "{query} {}", answer.body);
        answer.body
    }

    /// What is answered without an error.
    fn data(&self, query: &str, variables: &Value) -> Value {
        let mut answer = self.ask(query, variables);
        assert_eq!(answer["errors"], Value::Null, "{query} {answer}");
        answer["data"].take()
    }
}

#[test]
fn a_run_is_answered_with_its_experiment_and_the_versions_registered_from_it() {
    let tracker = Tracker::new();
    let run = tracker.run();
    for (key, value) in [("loss", json!(0.5)), ("gone", json!("NaN"))] {
        let point = json!({"run_id": run, "key": key, "value": value, "timestamp": 3, "step": 4});
        tracker.post("runs/log-metric", &point);
    }
    tracker.post("registered-models/create", &json!({"name": "late"}));
    tracker.post("model-versions/create", &json!({"name": "late", "source": "runs:/x/model", "run_id": run}));
    let query = "query Q($data: MlflowGetRunInput!) { mlflowGetRun(input: $data) { apiError { code } run {
        __typename info { runId status startTime endTime } experiment { name tags { key } }
        modelVersions { name version aliases } data { metrics { key value timestamp step } params { key } } } } }";
    let expected = json!({"mlflowGetRun": {"apiError": null, "run": {
        "__typename": "MlflowRunExtension",
        "info": {"runId": run, "status": "RUNNING", "startTime": "456", "endTime": "0"},
        "experiment": {"name": "Default", "tags": []},
        "modelVersions": [{"name": "late", "version": "1", "aliases": []}],
        "data": {"params": [], "metrics": [
            {"key": "gone", "value": null, "timestamp": "3", "step": "4"},
            {"key": "loss", "value": 0.5, "timestamp": "3", "step": "4"},
        ]},
    }}});
    let mut data = tracker.data(query, &json!({"data": {"runId": run}}));
    let metrics = data["mlflowGetRun"]["run"]["data"]["metrics"].as_array_mut().unwrap();
    metrics.sort_by_key(|metric| metric["key"].to_string());
    assert_eq!(data, expected);
}

#[test]
fn searches_histories_and_data_sets_are_answered_as_the_other_routes_answer_them() {
    let tracker = Tracker::new();
    let run = tracker.run();
    let other = tracker.run();
    for step in 0..3 {
        let point = json!({"run_id": run, "key": "m", "value": step, "timestamp": 1, "step": step});
        tracker.post("runs/log-metric", &point);
    }
    let dataset = json!({"name": "d", "digest": "1", "source_type": "s", "source": "t"});
    tracker.post("runs/log-inputs", &json!({"run_id": run, "datasets": [{"tags": [], "dataset": dataset}]}));
    let search = r#"mutation Q {
        one: mlflowSearchRuns(input: {experimentIds: ["0"], maxResults: 1, orderBy: ["metrics.m DESC"]}) { runs { info { runId } } nextPageToken }
        all: mlflowSearchRuns(input: {experimentIds: ["0"], maxResults: 50000}) { runs { info { runId } } }
        mlflowSearchDatasets(input: {experimentIds: ["0"]}) { datasetSummaries { name context } } }"#;
    let data = tracker.data(search, &Value::Null);
    assert_eq!(data["one"]["runs"], json!([{"info": {"runId": run}}]));
    assert!(!data["one"]["nextPageToken"].as_str().unwrap().is_empty());
    assert_eq!(data["all"]["runs"].as_array().unwrap().len(), 2);
    assert!(data["all"].to_string().contains(&other));
    assert_eq!(data["mlflowSearchDatasets"], json!({"datasetSummaries": [{"name": "d", "context": ""}]}));
    let history = "query Q($ids: [String]) { mlflowGetMetricHistoryBulkInterval(input: {runIds: $ids, metricKey: \"m\"}) { metrics { value step runId } } }";
    let data = tracker.data(history, &json!({"ids": [run]}));
    let points: Vec<Value> = (0..3)
        .map(|step| json!({"value": f64::from(step), "step": step.to_string(), "runId": run}))
        .collect();
    assert_eq!(data["mlflowGetMetricHistoryBulkInterval"]["metrics"], json!(points));
}

#[test]
fn an_error_leaves_the_other_fields_and_no_query_is_refused() {
    let tracker = Tracker::new();
    let two = r#"query Q { test(inputString: "abc") { output } mlflowGetRun(input: {runId: "none"}) { run { info { runId } } } }"#;
    let answer = tracker.ask(two, &Value::Null);
    assert_eq!(answer["data"], json!({"test": {"output": "abc"}, "mlflowGetRun": null}));
    assert_eq!(answer["errors"], json!(["Run with id=none not found"]));
    let answer = tracker.ask("query Q { nothing }", &Value::Null);
    assert_eq!(answer, json!({"data": null, "errors": ["Cannot query field 'nothing' on type 'Query'."]}));
    let json = [("Content-Type", "application/json")];
    let answer = tracker.running.call("POST", "/graphql", &json, "{}");
    assert_eq!((answer.status, &answer.body["error_code"]), (400, &json!("INVALID_PARAMETER_VALUE")));
}

#[test]
fn an_answer_that_names_make_very_large_is_refused() {
    let tracker = Tracker::new();
    let tags: Vec<Value> =
        (0..100).map(|at| json!({"key": format!("k{at}"), "value": "x".repeat(8_000)})).collect();
    let run = tracker.run();
    tracker.post("runs/log-batch", &json!({"run_id": run, "tags": tags}));
    let names = |count: usize, of: &str| (0..count).map(|at| format!("n{at}: {of} ")).collect::<String>();
    let all = |data: &str| {
        format!("query Q {{ mlflowSearchRuns(input: {{experimentIds: [\"0\"]}}) {{ runs {{ {data} }} }} }}")
    };
    let answer = tracker.ask(&all("data { tags { value } }"), &Value::Null);
    let tags = &answer["data"]["mlflowSearchRuns"]["runs"][0]["data"]["tags"];
    // One of them is the run's name.
    assert_eq!(tags.as_array().unwrap().len(), 101);
    let many = names(10, &format!("data {{ tags {{ {} }} }}", names(10, "value")));
    let answer = tracker.ask(&all(&many), &Value::Null);
    assert_eq!(answer["data"], json!({"mlflowSearchRuns": null}));
    assert!(
        answer["errors"][0].as_str().unwrap().contains("more than 67108864 bytes"),
        "{}",
        answer["errors"]
    );
}
