//! `in = "copy"`, and the environment that a command finds.

use std::{fs, time::Duration};

use crate::context::{Ran, TestContext, eventually};

/// A step in a working copy.
fn copied(command: &str) -> TestContext {
    let step = "reads = ['in.txt', 'code', 'step.up']\nwrites = ['out']\nin = 'copy'";
    let up = "[step.up]\nrun = 'mkdir -p up; echo up > up/file'\nwrites = ['up']";
    let context = TestContext::of_steps(&format!("[step.a]\nrun = '''{command}'''\n{step}\n{up}"));
    for file in ["in.txt", "code/deep/one", "undeclared.txt"] {
        context.write(file, file);
    }
    context
}

#[test]
fn a_working_copy_has_what_is_declared_and_nothing_else() {
    let look = "all=$(find . -type f | sort); echo \"$all\" > out; cat in.txt code/deep/one up/file";
    let context = copied(look);
    context.run(&["run"]).code(0);
    assert_eq!(context.read("out"), "./code/deep/one\n./in.txt\n./up/file\n");
    context.run(&["logs", "a"]).code(0).says("in.txtcode/deep/oneup\n");
}

#[test]
fn a_working_copy_cannot_change_the_project() {
    let context = copied("echo evil > in.txt; rm -r code; echo evil > up/file; echo > extra; echo > out");
    context.run(&["run"]).code(0);
    assert_eq!(
        (context.read("in.txt").as_str(), context.read("code/deep/one").as_str()),
        ("in.txt", "code/deep/one")
    );
    assert_eq!(context.read("up/file"), "up\n");
    assert!(!context.path("extra").exists());
    context.run(&["run"]).code(0).says("nothing to do");
}

#[test]
fn outputs_of_a_working_copy_appear_whole_at_its_end() {
    let context = copied(
        "echo half > out; echo > $KAIZEN_PROJECT/written; until [ -e $KAIZEN_PROJECT/go ]; do sleep 0.02; done; echo whole > out",
    );
    context.write("out", "of before");
    let child = context.command(&["run"]).spawn().unwrap();
    eventually("half of the output is written", || context.path("written").exists());
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(context.read("out"), "of before");
    context.write("go", "");
    assert!(child.wait_with_output().unwrap().status.success());
    assert_eq!(context.read("out"), "whole\n");
    assert_eq!(context.kept("replaced/out"), ["of before"]);
}

#[test]
fn a_working_copy_that_fails_leaves_the_project_as_it_was() {
    let context = copied("echo half > out; exit 1");
    context.write("out", "of before");
    context.run(&["run"]).code(5);
    assert_eq!(context.read("out"), "of before");
}

#[test]
fn a_working_copy_goes_when_its_step_is_done() {
    let context = copied("echo > out");
    context.run(&["run"]).code(0);
    let works = fs::read_dir(context.path(".kaizen/runs"))
        .unwrap()
        .filter(|run| run.as_ref().unwrap().path().join("work").exists());
    assert_eq!(works.count(), 0);
}

#[test]
fn only_what_is_declared_or_needed_by_any_program_is_in_the_environment() {
    let step = "run = 'env | cut -d= -f1 | sort > names; echo $HOME $LR $TAKEN > values'";
    let rest = "writes = ['names', 'values']\nenv = { LR = 0.5, TAKEN = { from = 'GIVEN' } }";
    let context = TestContext::of_steps(&format!("[step.a]\n{step}\n{rest}"));
    let mut command = context.command(&["run"]);
    let given = [
        ("HOME", "/home/tester"),
        ("GIVEN", "taken"),
        ("STRAY", "1"),
        ("PYTHONPATH", "/x"),
        ("AWS_TOKEN", "x"),
    ];
    command.envs(given);
    Ran::wait(command).code(0);
    let names = context.read("names");
    let known = [
        "CUDA_VISIBLE_DEVICES",
        "HOME",
        "KAIZEN_PROJECT",
        "KAIZEN_RUN",
        "KAIZEN_STEP",
        "LR",
        "MLFLOW_EXPERIMENT_NAME",
        "MLFLOW_RUN_CONTEXT",
        "MLFLOW_RUN_ID",
        "MLFLOW_TRACKING_TOKEN",
        "MLFLOW_TRACKING_URI",
        "PATH",
        "PWD",
        "TAKEN",
        "USER",
    ];
    let odd: Vec<_> = names
        .lines()
        .filter(|name| !known.contains(name) && !["_", "OLDPWD", "SHLVL"].contains(name))
        .collect();
    assert!(odd.is_empty(), "{odd:?}");
    assert!(known.iter().all(|name| names.lines().any(|line| line == *name)), "{names}");
    assert_eq!(context.read("values"), "/home/tester 0.5 taken\n");
}
