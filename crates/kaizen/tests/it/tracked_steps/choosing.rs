//! Code that chooses an experiment for itself, as most code that uses MLflow does.

use super::{only, project};

/// What MLflow's client does for `set_experiment(name)` and `start_run()`.
const CHOOSE: &str = r#"
import urllib.error
def set_experiment(name):
    try:
        return log.call("GET", "experiments/get-by-name", experiment_name=name)["experiment"]["experiment_id"]
    except SystemExit as missing:
        assert str(missing).startswith("404"), missing
        return log.call("POST", "experiments/create", name=name)["experiment_id"]
chosen = set_experiment("mine")
assert log.call("GET", "runs/get", run_id=log.RUN)["run"]["info"]["experiment_id"] == chosen
log.metric("a", 1)
"#;

#[test]
fn a_command_that_chooses_an_experiment_has_its_run_there() {
    let context = project(CHOOSE);
    context.run(&["run"]).code(0);
    let run = only(&context);
    assert_eq!(context.json(&["runs", "--experiment", "mine"])[0]["info"]["run_id"], run["info"]["run_id"]);
}

#[test]
fn a_run_that_is_made_stays_in_its_experiment() {
    let context = project(
        "log.metric('a', 1)\nfirst = log.call('GET', 'runs/get', run_id=log.RUN)['run']['info']['experiment_id']\n\
         log.call('POST', 'experiments/create', name='other')\n\
         log.call('GET', 'experiments/get-by-name', experiment_name='other')\n\
         assert log.call('GET', 'runs/get', run_id=log.RUN)['run']['info']['experiment_id'] == first",
    );
    context.run(&["run"]).code(0);
    assert_eq!(context.json(&["runs", "--experiment", "other"]), serde_json::json!([]));
}
