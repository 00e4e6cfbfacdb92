//! What the commands of steps log with MLflow: it is kept, shown, and costs nothing where there is none of it.

mod adopting;
mod choosing;
mod logging;
mod telling;
mod terminal;

use serde_json::Value;

use crate::context::TestContext;

/// A client of MLflow's API that needs Python alone, as `import log` in a step's command.
const LOG: &str = r#"
import json, os, sys, time, urllib.error, urllib.parse, urllib.request

URL = os.environ.get("MLFLOW_TRACKING_URI", "")
RUN = os.environ.get("MLFLOW_RUN_ID", "")

def call(method, path, **fields):
    url = f"{URL}/api/2.0/mlflow/{path}"
    body = None
    if method == "GET":
        url += "?" + urllib.parse.urlencode(fields)
    else:
        body = json.dumps(fields).encode()
    headers = {"Content-Type": "application/json"}
    if os.environ.get("MLFLOW_TRACKING_TOKEN"):
        headers["Authorization"] = "Bearer " + os.environ["MLFLOW_TRACKING_TOKEN"]
    request = urllib.request.Request(url, body, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        sys.exit(f"{error.code} {error.read().decode()}")

def again(method, path, **fields):
    for _ in range(600):
        try:
            return call(method, path, **fields)
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.05)
    sys.exit("nobody answers")

def metric(key, value, step=0):
    call("POST", "runs/log-metric", run_id=RUN, key=key, value=value, timestamp=1, step=step)

def param(key, value):
    call("POST", "runs/log-parameter", run_id=RUN, key=key, value=value)

def start():
    call("POST", "runs/update", run_id=RUN, status="RUNNING")
    return call("GET", "runs/get", run_id=RUN)["run"]
"#;

/// A project called `steps` of one step, `train`, that is this Python and writes `out`.
fn project(python: &str) -> TestContext {
    project_with(python, "")
}

/// The same with more fields of the step, or more tables.
fn project_with(python: &str, more: &str) -> TestContext {
    let step = format!(
        "[step.train]\nrun = \"python3 train.py && echo done > out\"\nreads = [\"train.py\", \"log.py\"]\nwrites = [\"out\"]\n{more}"
    );
    let context = TestContext::of_steps(&step);
    context.write("log.py", LOG);
    context.write("train.py", format!("import os, log\n{python}\n"));
    context
}

/// The tracked runs, newest first.
fn tracked(context: &TestContext) -> Vec<Value> {
    context.json(&["runs", "--tracked"]).as_array().unwrap().clone()
}

/// The one tracked run.
#[track_caller]
fn only(context: &TestContext) -> Value {
    let runs = tracked(context);
    assert_eq!(runs.len(), 1, "{runs:#?}");
    runs[0].clone()
}

/// The value under a key of a list of keys and values.
fn value<'a>(run: &'a Value, list: &str, key: &str) -> &'a Value {
    let pairs = run["data"][list].as_array().unwrap_or_else(|| panic!("no {list} in {run:#}"));
    let found = pairs.iter().find(|pair| pair["key"] == key);
    &found.unwrap_or_else(|| panic!("no {key} among {list} of {run:#}"))["value"]
}
