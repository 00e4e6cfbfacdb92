//! `kaizen import mlflow`, of a store that MLflow made itself: see `crates/tracking/tests/mlflow/make.py`.

mod answers;
mod refusals;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    thread,
    time::{Duration, UNIX_EPOCH},
};

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::{
    context::{Ran, TestContext, wait},
    server_command::server,
    wire::call,
};

/// Where the store is.
fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tracking/tests/mlflow")
}

/// A directory with a copy of the store in `there`.
fn with_store() -> TestContext {
    let context = TestContext::empty();
    for (path, bytes) in files(&fixture()) {
        if !path.ends_with(".py") {
            context.write(&format!("there/{path}"), bytes);
        }
    }
    context
}

const IMPORT: [&str; 7] =
    ["import", "mlflow", "sqlite:///there/mlflow.db", "--artifacts", "there/mlartifacts", "--data", "data"];

fn import(context: &TestContext, more: &[&str]) -> Ran {
    context.run(&[&IMPORT, more].concat())
}

/// What an import reports.
fn report(context: &TestContext, code: i32) -> Value {
    import(context, &["--json"]).code(code).json()
}

/// The files below a directory, with what is in them.
fn files(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![directory.to_owned()];
    while let Some(next) = waiting.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else {
                let name = path.strip_prefix(directory).unwrap().to_str().unwrap().to_owned();
                found.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    found
}

fn counts(report: &Value, kind: &str) -> [u64; 5] {
    ["found", "new", "changed", "same", "conflicting"].map(|count| report[kind][count].as_u64().unwrap())
}

const KINDS: [&str; 7] =
    ["experiments", "runs", "points", "logged_models", "registered_models", "model_versions", "files"];

#[test]
fn after_an_import_everything_is_said_as_mlflow_said_it() {
    let context = with_store();
    let before = files(&context.path("there"));
    let report = report(&context, 0);
    for kind in KINDS {
        let [found, new, changed, same, conflicting] = counts(&report, kind);
        assert!(found > 0 && found == new + changed && same + conflicting == 0, "{kind}: {report:#}");
    }
    assert_eq!(report["conflicts"], json!([]));
    let left: Vec<_> = report["not_imported"].as_array().unwrap().iter().map(|of| &of["table"]).collect();
    assert!(left.contains(&&json!("trace_info")), "{left:?}");
    assert!(files(&context.path("there")) == before, "MLflow's files were changed");
    answers::check(&context);
}

#[test]
fn artifacts_are_here_byte_for_byte_and_come_through_the_server() {
    let context = with_store();
    import(&context, &[]).code(0);
    let expected: BTreeMap<String, String> =
        serde_json::from_value(answers::recorded()["files"].clone()).unwrap();
    let here: BTreeMap<String, String> = files(&context.path("data/artifacts"))
        .into_iter()
        .filter(|(path, _)| !path.starts_with(".kaizen"))
        .map(|(path, bytes)| (path, Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()))
        .collect();
    assert_eq!(here, expected);
    let (_running, url) = server(&context, &[]);
    let hello = expected.keys().find(|path| path.ends_with("hello.txt")).unwrap();
    let reply = call(&url, ("GET", &format!("/api/2.0/mlflow-artifacts/artifacts/{hello}")), &[], "");
    assert_eq!((reply.status, reply.body.as_str()), (200, "hello\n"));
}

#[test]
fn a_second_import_changes_nothing_and_says_so() {
    let context = with_store();
    import(&context, &[]).code(0).says("in MLflow");
    let before = files(&context.path("data/artifacts"));
    import(&context, &[]).code(0).says("nothing is new");
    let report = report(&context, 0);
    for kind in KINDS {
        let [found, new, changed, same, _] = counts(&report, kind);
        assert!(found == same && new + changed == 0, "{kind}: {report:#}");
    }
    assert!(files(&context.path("data/artifacts")) == before);
    answers::check(&context);
}

#[test]
fn an_import_that_was_killed_goes_on() {
    let context = with_store();
    for delay in [0, 10, 20, 40, 60, 80, 120, 160] {
        let mut child = context.command(&IMPORT).spawn().unwrap();
        thread::sleep(Duration::from_millis(delay));
        child.kill().unwrap();
        wait(&mut child);
    }
    let report = report(&context, 0);
    for kind in KINDS {
        let [found, new, changed, same, _] = counts(&report, kind);
        assert_eq!(found, new + changed + same, "{kind}: {report:#}");
    }
    answers::check(&context);
}

#[test]
fn a_dry_run_says_what_would_come_and_makes_nothing() {
    let context = with_store();
    let dry = import(&context, &["--dry-run", "--json"]).code(0).json();
    assert!(!context.path("data").exists());
    import(&context, &["--dry-run"]).code(0).says("nothing was written");
    let real = report(&context, 0);
    for kind in KINDS {
        assert_eq!(dry[kind], real[kind], "{kind}");
    }
    // Held against what is here now, there is nothing left to do.
    import(&context, &["--dry-run"]).code(0).says("nothing is new");
}

/// Posts to the server, which must be content.
fn post(url: &str, endpoint: &str, body: &Value) -> Value {
    let reply = call(url, ("POST", &format!("/api/2.0/mlflow/{endpoint}")), &[], &body.to_string());
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.json()
}

#[test]
fn what_was_changed_here_is_a_conflict_and_stays() {
    let context = with_store();
    import(&context, &[]).code(0);
    let run = answers::run_with("depth");
    let file = answers::recorded()["files"].as_object().unwrap().keys().next().unwrap().clone();
    let (running, url) = server(&context, &[]);
    post(&url, "runs/set-tag", &json!({"run_id": run, "key": "note", "value": "mine"}));
    post(&url, "runs/set-tag", &json!({"run_id": run, "key": "only here", "value": "too"}));
    running.interrupt().code(0);
    context.write(&format!("data/artifacts/{file}"), "mine");
    let report = report(&context, 1);
    assert_eq!(counts(&report, "runs")[4], 1, "{report:#}");
    assert_eq!(counts(&report, "files")[4], 0, "the files of a run that contradicts are left: {report:#}");
    let conflict = &report["conflicts"][0];
    assert_eq!((&conflict["kind"], &conflict["name"]), (&json!("run"), &json!(run)));
    assert!(conflict["problem"].as_str().unwrap().contains("tag `note` is `mine` here"), "{conflict}");
    import(&context, &[]).code(1).says("1 conflict; what is here stays");
    assert_eq!(context.read(&format!("data/artifacts/{file}")), "mine");
}

#[test]
fn of_artifacts_the_newer_stays_and_a_newer_one_there_is_brought_over() {
    let context = with_store();
    import(&context, &[]).code(0);
    let names: Vec<String> = answers::recorded()["files"].as_object().unwrap().keys().cloned().collect();
    let (changed_here, changed_there) = (&names[0], &names[1]);
    context.write(&format!("data/artifacts/{changed_here}"), "newer here");
    context.write(&format!("there/mlartifacts/{changed_there}"), "newer there");
    for (path, seconds) in [("there/mlartifacts", 4_000_000_000), ("data/artifacts", 1_000_000_000)] {
        let file =
            fs::File::options().append(true).open(context.path(&format!("{path}/{changed_there}"))).unwrap();
        file.set_modified(UNIX_EPOCH + Duration::from_secs(seconds)).unwrap();
    }
    let report = report(&context, 1);
    assert_eq!((counts(&report, "files")[2], counts(&report, "files")[4]), (1, 1), "{report:#}");
    assert_eq!(context.read(&format!("data/artifacts/{changed_here}")), "newer here");
    assert_eq!(context.read(&format!("data/artifacts/{changed_there}")), "newer there");
}

#[test]
fn an_experiment_that_means_another_here_stays_out_unless_it_gets_a_prefix() {
    let context = with_store();
    let (running, url) = server(&context, &[]);
    post(&url, "experiments/create", &json!({"name": "mine"}));
    post(&url, "experiments/create", &json!({"name": "churn"}));
    running.interrupt().code(0);
    let report = report(&context, 1);
    let problems = report["conflicts"].to_string();
    assert!(problems.contains("the id of this name is `2` here and `1` there"), "{problems}");
    assert!(problems.contains("--prefix"), "{problems}");
    assert!(counts(&report, "runs")[4] >= 4, "{report:#}");

    let ran = import(&context, &["--prefix", "old ", "--json"]);
    // Runs of experiments without a conflict are here already, under the other name.
    let report = ran.code(1).json();
    assert_eq!(counts(&report, "experiments"), [4, 4, 0, 0, 0], "{report:#}");
    let fresh = with_store();
    import(&fresh, &["--prefix", "old "]).code(0);
    let (_running, url) = server(&fresh, &[]);
    let name = "/api/2.0/mlflow/experiments/get-by-name?experiment_name=old%20churn";
    let found = call(&url, ("GET", name), &[], "").json();
    assert_eq!(found["experiment"]["experiment_id"], "old 1");
    let copied = "/api/2.0/mlflow/model-versions/get?name=old%20copied&version=1";
    assert_eq!(call(&url, ("GET", copied), &[], "").json()["model_version"]["source"], "models:/old churn/2");
    let runs =
        post(&url, "runs/search", &json!({"experiment_ids": ["old 1"], "filter": "params.depth = '3'"}));
    assert_eq!(runs["runs"].as_array().unwrap().len(), 1, "{runs:#}");
}

#[test]
fn in_a_project_it_comes_to_the_project() {
    let context = with_store();
    context.write("kaizen.toml", "[project]\nname = \"here\"\n");
    let arguments = ["import", "mlflow", "there/mlflow.db", "--artifacts", "there/mlartifacts"];
    context.run(&arguments).code(0);
    assert!(context.path(".kaizen/tracking/tracking.db").exists());
    context.run(&["runs"]).code(0).says("depth 3");
}
