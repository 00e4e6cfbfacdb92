//! What a command is told of where to log, and when it is not.

use super::{project, project_with, tracked};
use crate::context::TestContext;

const TELL: &str =
    "open('told', 'w').write('\\n'.join(f'{k}={v}' for k, v in sorted(os.environ.items()) if 'MLFLOW' in k))";

fn told(context: &TestContext) -> Vec<(String, String)> {
    context.run(&["run"]).code(0);
    let pair = |line: &str| line.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    context.read("told").lines().filter_map(pair).collect()
}

fn names(told: &[(String, String)]) -> Vec<&str> {
    told.iter().map(|(name, _)| name.as_str()).collect()
}

#[test]
fn a_command_is_told_where_to_log_and_as_which_run() {
    let told = told(&project(TELL));
    let expected = [
        "MLFLOW_EXPERIMENT_NAME",
        "MLFLOW_RUN_CONTEXT",
        "MLFLOW_RUN_ID",
        "MLFLOW_TRACKING_TOKEN",
        "MLFLOW_TRACKING_URI",
    ];
    assert_eq!(names(&told), expected);
    assert_eq!(told[0].1, "steps");
    assert!(told[1].1.contains("\"kaizen.step\":\"train\""), "{told:?}");
    assert!(told[2].1.len() == 32 && told[2].1.bytes().all(|letter| letter.is_ascii_hexdigit()), "{told:?}");
    assert!(told[4].1.starts_with("http://127.0.0.1:"), "{told:?}");
}

#[test]
fn a_step_that_logs_elsewhere_is_told_nothing() {
    for (field, expected) in [
        ("env = { MLFLOW_TRACKING_URI = \"file:///tmp/elsewhere\" }", "MLFLOW_TRACKING_URI"),
        ("env = { MLFLOW_RUN_ID = \"mine\" }", "MLFLOW_RUN_ID"),
    ] {
        assert_eq!(names(&told(&project_with(TELL, field))), [expected]);
    }
}

#[test]
fn an_experiment_that_the_step_names_is_the_one_of_its_run() {
    let python = format!("log.metric('a', 1); {TELL}");
    let context = project_with(&python, "env = { MLFLOW_EXPERIMENT_NAME = \"mine\" }");
    assert_eq!(told(&context)[0].1, "mine");
    assert_eq!(context.json(&["runs", "--experiment", "mine"]).as_array().unwrap().len(), 1);
}

#[test]
fn where_to_log_is_no_reason_to_run_again() {
    let context = project("log.metric('a', 1)");
    context.run(&["run"]).code(0);
    context.run(&["run"]).code(0).says("nothing to do");
    assert_eq!(tracked(&context).len(), 1);
}

#[test]
fn the_secret_of_a_command_is_hidden_in_its_log_and_recorded_nowhere() {
    let context = project(
        "print(os.environ['MLFLOW_TRACKING_TOKEN']); open('told', 'w').write(os.environ['MLFLOW_TRACKING_TOKEN'])",
    );
    context.run(&["run"]).code(0);
    let secret = context.read("told");
    assert!(secret.len() == 40, "{secret}");
    context.run(&["logs", "train"]).code(0).says("***").never_says(&secret);
    context.run(&["runs", "1", "--json"]).code(0).never_says(&secret);
    context.run(&["why", "train", "--json"]).code(0).never_says(&secret);
}

#[test]
fn a_command_is_let_in_where_tokens_are_asked_for_and_others_are_not() {
    let context = project(
        "log.metric('a', 1)\nos.environ['MLFLOW_TRACKING_TOKEN'] = 'kz_step_guessed'\n\
         try: log.metric('b', 1)\nexcept SystemExit as refused: open('told', 'w').write(str(refused))",
    );
    context.run(&["token", "create", "ci", "--scope", "read"]).code(0);
    context.run(&["run"]).code(0);
    assert!(context.read("told").starts_with("401"), "{}", context.read("told"));
    assert_eq!(tracked(&context)[0]["data"]["metrics"].as_array().unwrap().len(), 1);
}

#[test]
fn a_project_whose_tracking_another_process_has_open_runs_without_it_and_says_so() {
    let context = project("assert 'MLFLOW_RUN_ID' not in os.environ");
    let mut server = context.command(&["server", "--port", "0"]).spawn().unwrap();
    crate::context::eventually("it is open", || context.path(".kaizen/tracking/tracking.db").exists());
    context.run(&["run"]).code(0).says("is not kept");
    rustix::process::kill_process(rustix::process::Pid::from_child(&server), rustix::process::Signal::TERM)
        .unwrap();
    crate::context::wait(&mut server);
}
