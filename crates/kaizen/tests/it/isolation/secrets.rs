//! Secrets reach the environment of the command, and nothing else.

use std::{fs, path::Path};

use crate::context::{Ran, TestContext};

const TOKEN: &str = "hunter22-of-the-environment";
const KEY: &str = "correct-horse-of-the-file";

/// A step that prints its secrets, whole and in pieces.
fn project(end: &str) -> TestContext {
    let says = "echo token $TOKEN, key $KEY; printf hunter22-of; sleep 0.1; printf '%s\\n' -the-environment; echo $TOKEN >&2";
    let env = "env = { TOKEN = { secret = 'env:API_TOKEN' }, KEY = { secret = 'file:key.txt' } }";
    let checks = "test \"$TOKEN\" = \"$(cat token.txt)\" && test \"$KEY\" = \"$(cat key.txt)\" || exit 9";
    let context = TestContext::of_steps(&format!("[step.a]\nrun = '''{checks}; {says}; {end}'''\n{env}"));
    context.write("key.txt", format!("{KEY}\n"));
    context.write("token.txt", TOKEN);
    context
}

fn run(context: &TestContext, arguments: &[&str], token: &str) -> Ran {
    let mut command = context.command(arguments);
    command.env("API_TOKEN", token);
    Ran::wait(command)
}

/// The files below a directory that have this text.
fn with_text(folder: &Path, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(with_text(&path, text));
        } else if path.is_file() {
            let bytes = fs::read(&path).unwrap();
            if bytes.windows(text.len()).any(|window| window == text.as_bytes()) {
                found.push(path.display().to_string());
            }
        }
    }
    found
}

#[track_caller]
fn nowhere(context: &TestContext, shown: &[&Ran]) {
    for secret in [TOKEN, KEY] {
        assert_eq!(with_text(&context.path(".kaizen"), secret), [] as [String; 0]);
        for ran in shown {
            ran.never_says(secret);
        }
    }
}

#[test]
fn secrets_are_hidden_wherever_the_output_of_a_command_is_shown() {
    let context = project("exit 3");
    let failed = run(&context, &["run"], TOKEN);
    failed.code(5).says("token ***, key ***").says("exit status: 3");
    let logs = context.run(&["logs", "a"]);
    assert_eq!(logs.code(0).stdout, "token ***, key ***\n***\n***\n");
    let (one, json) = (context.run(&["runs", "1"]), context.run(&["runs", "1", "--json"]));
    json.code(0).says("token ***, key ***");
    let why = context.run(&["why", "a", "--json"]);
    let events = run(&context, &["run", "--json"], TOKEN);
    events.code(5).says("token ***, key ***");
    nowhere(&context, &[&failed, &logs, one.code(0), &json, why.code(0), &events]);
}

#[test]
fn secrets_of_a_command_that_ends_well_are_nowhere_in_the_store() {
    let context = project("true");
    let done = run(&context, &["run"], TOKEN);
    nowhere(&context, &[done.code(0), &run(&context, &["plan", "--json"], TOKEN)]);
}

#[test]
fn secrets_of_a_command_that_runs_are_nowhere_in_the_store() {
    let context = project("echo > running; until [ -e go ]; do sleep 0.02; done");
    let mut command = context.command(&["run"]);
    let child = command.env("API_TOKEN", TOKEN).spawn().unwrap();
    crate::context::eventually("the command runs", || context.path("running").exists());
    nowhere(&context, &[&context.run(&["logs", "a"])]);
    context.write("go", "");
    assert!(child.wait_with_output().unwrap().status.success());
}

#[test]
fn a_secret_that_is_too_short_to_hide_is_refused() {
    let context = project("true");
    let ran = run(&context, &["run"], "abc");
    ran.code(5).says("the secret TOKEN has fewer than 4 characters").says("use a longer one");
}

#[test]
fn a_secret_that_is_not_there_is_named_with_its_place() {
    let context = project("true");
    context.run(&["run"]).code(5).says("the secret TOKEN is to come from API_TOKEN, which is not set");
    context.remove("key.txt");
    let ran = run(&context, &["run"], TOKEN);
    ran.code(5).says("the secret KEY is to come from").says("key.txt").says("No such file");
}
