//! `kaizen run --watch`, and triggers: what changes is acted on, once, and nothing else is.

use std::{fs, os::unix::fs::symlink, thread, time::Duration};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::{
    context::{Ran, TestContext, drain, eventually, wait},
    running::Running,
    seeing::events::is_documented,
};

/// Twice as long as the watcher sleeps.
const TWO_LOOKS: Duration = Duration::from_millis(2_200);

const COPY: &str = r#"
[project]
name = "watched"

[step.copy]
run = "echo copy >> ran; cp in.txt out.txt"
reads = ["in.txt"]
writes = ["out.txt"]
"#;

fn with(toml: &str) -> TestContext {
    let context = TestContext::empty();
    context.write("kaizen.toml", toml);
    context
}

fn copying() -> TestContext {
    let context = with(COPY);
    context.write("in.txt", "one");
    context
}

/// A watcher whose first pass is over.
fn watching(context: &TestContext) -> Running {
    let mut watcher = Running::start(context.command(&["run", "--watch", "--json"]));
    watcher.event("passed");
    watcher
}

/// How often something ran.
fn count(context: &TestContext, what: &str) -> usize {
    let ran = fs::read_to_string(context.path("ran")).unwrap_or_default();
    ran.lines().filter(|line| *line == what).count()
}

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect()
}

#[test]
fn a_changed_file_runs_what_reads_it_and_ctrl_c_ends_the_watch() {
    let context = copying();
    let mut watcher = watching(&context);
    assert_eq!(context.read("out.txt"), "one");
    context.write("in.txt", "two");
    let changed = watcher.event("changed");
    assert!(texts(&changed["what"]).concat().contains("in.txt"), "{changed}");
    assert_eq!(watcher.event("passed")["pass"]["run"], 2);
    assert_eq!(context.read("out.txt"), "two");
    // Touched and unchanged.
    context.write("in.txt", "two");
    thread::sleep(TWO_LOOKS);
    let ended = watcher.interrupt();
    ended.code(0).lines().iter().for_each(is_documented);
    assert_eq!(count(&context, "copy"), 2);
    assert_eq!(context.json(&["runs"]).as_array().unwrap().len(), 2);
}

#[test]
fn text_says_what_changed_and_how_to_end_it() {
    let context = copying();
    let mut child = context.command(&["run", "--watch"]).spawn().unwrap();
    let stderr = drain(child.stderr.take());
    let is_done = |number: u64| {
        let ran = context.run(&["runs", "--json"]);
        ran.code == Some(0) && ran.json()[0]["id"] == number && ran.json()[0]["status"] == "done"
    };
    eventually("the first pass is over", || is_done(1));
    context.write("in.txt", "two");
    eventually("the second pass is over", || is_done(2));
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let code = wait(&mut child);
    let ran = Ran { code, stdout: String::new(), stderr: stderr.join().unwrap() };
    ran.code(0)
        .says("watching the files that steps read; Ctrl-C ends")
        .says("changed: file in.txt changed from ")
        .says("run 2: 1 done");
}

#[test]
fn an_edit_of_the_project_file_is_acted_on() {
    let context = copying();
    let mut watcher = watching(&context);
    context.edit("cp in.txt out.txt", "cat in.txt in.txt > out.txt");
    watcher.event("changed");
    watcher.event("passed");
    assert_eq!(context.read("out.txt"), "oneone");
    context.write(
        "kaizen.toml",
        format!(
            "{}\n[step.more]\nrun = \"echo more >> ran\"\nreads = [\"in.txt\"]\n",
            context.read("kaizen.toml")
        ),
    );
    watcher.event("passed");
    assert_eq!((count(&context, "copy"), count(&context, "more")), (2, 1));
    watcher.interrupt().code(0);
}

#[test]
fn a_project_file_with_errors_is_told_once_and_the_last_good_one_stays_in_force() {
    let context = copying();
    let mut watcher = watching(&context);
    context.edit("run = ", "rum = ");
    let invalid = watcher.event("invalid");
    assert!(texts(&invalid["diagnostics"]).concat().contains("rum"), "{invalid}");
    context.write("in.txt", "two");
    watcher.event("passed");
    assert_eq!(context.read("out.txt"), "two");
    thread::sleep(TWO_LOOKS);
    context.edit("rum = ", "run = ");
    thread::sleep(TWO_LOOKS);
    let ended = watcher.interrupt();
    ended.code(0).lines().iter().for_each(is_documented);
    let told = ended.lines().iter().filter(|event| event["event"] == "invalid").count();
    assert_eq!((told, count(&context, "copy")), (1, 2), "{ended:#?}");
}

#[test]
fn a_new_file_of_a_fan_out_runs_its_own_instance_alone() {
    let context = with(
        r#"
[project]
name = "files"

[step.each]
run = "echo ${each.name} >> ran; mkdir -p out; cp ${each.file} out/${each.name}"
each = { file = "inputs/*.txt" }
reads = ["${each.file}"]
writes = ["out/${each.name}"]
"#,
    );
    context.write("inputs/a.txt", "a");
    let mut watcher = watching(&context);
    context.write("inputs/b.txt", "b");
    watcher.event("passed");
    assert_eq!(context.read("ran"), "a\nb\n");
    assert_eq!(context.read("out/b"), "b");
    watcher.interrupt().code(0);
}

#[test]
fn a_failure_is_tried_again_when_what_it_reads_has_changed_and_not_before() {
    let context = with(&COPY.replace("cp in.txt", "grep -q good in.txt && cp in.txt"));
    context.write("in.txt", "bad");
    let mut watcher = watching(&context);
    thread::sleep(TWO_LOOKS);
    assert_eq!(count(&context, "copy"), 1);
    context.write("in.txt", "good");
    watcher.event("passed");
    assert_eq!((context.read("out.txt").as_str(), count(&context, "copy")), ("good", 2));
    watcher.interrupt().code(0);
}

#[test]
fn ctrl_c_while_a_step_runs_ends_the_step_first() {
    let context = with(
        "[project]\nname = \"slow\"\n\n[step.slow]\nrun = \"while :; do echo >> beat; sleep 0.05; done\"\n",
    );
    let watcher = Running::start(context.command(&["run", "--watch", "--json"]));
    eventually("the step runs", || context.path("beat").exists());
    watcher.interrupt().code(130);
    context.stopped("beat");
    assert_eq!(context.json(&["runs"])[0]["status"], "interrupted");
}

#[test]
fn a_release_of_another_project_runs_what_reads_it_once() {
    let context = with(
        r#"
[project]
name = "follower"

[trigger.late]
release = { project = "other", service = "late" }

[step.follow]
run = "echo follow >> ran"
reads = ["trigger.late"]
"#,
    );
    context.run(&["run"]).code(0);
    context.run(&["run"]).code(0).says("nothing to do");
    let other = TestContext::new();
    other.up_once().code(0);
    symlink(other.root(), context.path("other")).unwrap();
    let ran = context.run(&["run"]);
    ran.code(0).says("trigger late: service.late of").says("answers with late version 1");
    assert_eq!(count(&context, "follow"), 2);
    context.run(&["run"]).code(0).says("nothing to do");
    assert_eq!(count(&context, "follow"), 2);
    context.run(&["why", "trigger.late"]).code(0).says("last fired at ").says("answers with late version 1");
}

#[test]
fn a_step_that_changes_what_it_reads_is_not_run_for_ever() {
    let toml = "[project]\nname = \"own\"\n[step.own]\nrun = \"echo own >> ran; echo more >> in.txt\"\nreads = [\"in.txt\"]\n";
    let context = with(toml);
    context.write("in.txt", "one\n");
    let watcher = watching(&context);
    thread::sleep(3 * TWO_LOOKS);
    let ran = count(&context, "own");
    assert!(ran <= 2, "it ran {ran} times");
    // Another change is a reason like any other.
    context.write("in.txt", "mine\n");
    eventually("it runs again", || count(&context, "own") > ran);
    watcher.interrupt();
}

#[test]
fn a_failure_is_left_alone_while_another_step_runs_again_and_again() {
    let toml = "[project]\nname = \"two\"\n[step.bad]\nrun = \"echo bad >> ran; exit 1\"\nreads = [\"in.txt\"]\n\
        [step.often]\nrun = \"echo often >> ran\"\ncache = \"1s\"\n";
    let context = with(toml);
    context.write("in.txt", "one\n");
    let watcher = Running::start(context.command(&["run", "--watch", "--keep-going", "--json"]));
    eventually("the other ran three times", || count(&context, "often") >= 3);
    assert_eq!(count(&context, "bad"), 1);
    context.write("in.txt", "two\n");
    eventually("what it reads has changed", || count(&context, "bad") == 2);
    watcher.interrupt();
}
