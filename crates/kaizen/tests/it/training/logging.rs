//! Models that a command logs through MLflow's protocol, spoken here by Python's standard library.

use super::trained_by;
use crate::context::TestContext;

/// How MLflow's client logs a model.
const LOG: &str = r#"
import json, os, urllib.request

URL = os.environ["MLFLOW_TRACKING_URI"]
TOKEN = os.environ["MLFLOW_TRACKING_TOKEN"]
RUN = os.environ["MLFLOW_RUN_ID"]


def call(method, path, body):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    kind = "application/octet-stream" if isinstance(body, bytes) else "application/json"
    headers = {"Authorization": "Bearer " + TOKEN, "Content-Type": kind}
    request = urllib.request.Request(URL + path, data, headers, method=method)
    return json.loads(urllib.request.urlopen(request).read() or "{}")


def log_model(name, onnx, run=RUN, tags=()):
    experiment = call("GET", "/api/2.0/mlflow/experiments/get-by-name?experiment_name=" + os.environ["MLFLOW_EXPERIMENT_NAME"], None)
    experiment = experiment["experiment"]["experiment_id"]
    tags = [{"key": key, "value": value} for key, value in tags]
    asked = {"experiment_id": experiment, "name": name, "source_run_id": run, "tags": tags}
    model = call("POST", "/api/2.0/mlflow/logged-models", asked)["model"]["info"]
    place = model["artifact_uri"].removeprefix("mlflow-artifacts:/")
    files = {"MLmodel": b"flavors:\n  onnx:\n    data: model.onnx\n", "model.onnx": onnx}
    for file, content in files.items():
        call("PUT", "/api/2.0/mlflow-artifacts/artifacts/" + place.lstrip("/") + "/" + file, content)
    ready = {"model_id": model["model_id"], "status": "LOGGED_MODEL_READY"}
    call("PATCH", "/api/2.0/mlflow/logged-models/" + model["model_id"], ready)
    if not run:
        return
    outputs = {"run_id": RUN, "models": [{"model_id": model["model_id"], "step": 0}]}
    call("POST", "/api/2.0/mlflow/runs/outputs", outputs)
"#;

#[test]
fn the_last_model_that_a_tracked_run_logs_becomes_the_candidate() {
    let twice = "\ncall('POST', '/api/2.0/mlflow/runs/log-parameter', {'run_id': RUN, 'key': 'middle', 'value': '1500'})\n\
                 log_model('first', b'no model at all')\nlog_model('second', open('ready.onnx', 'rb').read())\n";
    let context = logging(twice);
    context.up_once().code(0).says("an ONNX model from second (m-").says("verdict on model.late: promote");
    assert_eq!(context.served(), Some(1));
    let version = context.json(&["why", "model", "late"]);
    let tracked = version["training"]["report"]["tracked"].as_str().unwrap();
    assert_eq!(tracked.len(), 32, "{tracked}");
    context.run(&["runs"]).code(0).says(&tracked[..8]);
}

#[test]
fn a_model_that_is_logged_without_a_run_is_known_by_its_tags() {
    // As the client tags it of its own accord.
    let without = "\nlog_model('alone', open('ready.onnx', 'rb').read(), '', \
                   json.loads(os.environ['MLFLOW_RUN_CONTEXT']).items())\n";
    let context = logging(without);
    context.up_once().code(0).says("an ONNX model from alone (m-");
    assert_eq!(context.served(), Some(1));
}

/// The usual project, whose model this code logs.
fn logging(code: &str) -> TestContext {
    let context = trained_by("python3 log.py", ", reads = [\"log.py\"]");
    context.write("log.py", LOG.to_owned() + code);
    context
}
