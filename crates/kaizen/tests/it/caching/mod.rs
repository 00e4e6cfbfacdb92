//! What is known is not made again, and what is made again has a reason.

mod audit;
mod effects;
mod keys;
mod lasting;
mod outputs;
mod shared;

use std::{fs, os::unix::fs::PermissionsExt as _, path::PathBuf};

use crate::context::{Ran, TestContext};

/// Two steps: the second reads what the first makes of the first letter of a file.
const CHAIN: &str = r#"
[step.first]
run = "echo first >> ran; head -c 1 in.txt > first"
reads = ["in.txt"]
writes = ["first"]

[step.second]
run = "echo second >> ran; cat first first > second"
reads = ["step.first"]
writes = ["second"]
"#;

/// The two steps, never run.
fn chain() -> TestContext {
    let context = TestContext::of_steps(CHAIN);
    context.write("in.txt", "xa");
    context
}

/// The binary on a project, with these variables in its environment.
fn run_with(context: &TestContext, arguments: &[&str], variables: &[(&str, &str)]) -> Ran {
    let mut command = context.command(arguments);
    command.envs(variables.iter().copied());
    Ran::wait(command)
}

fn write_program(context: &TestContext, path: &str, text: &str) {
    context.write(path, format!("#!/bin/sh\n{text}\n"));
    fs::set_permissions(context.path(path), fs::Permissions::from_mode(0o755)).unwrap();
}

/// Puts other content into an object of a store or a shared cache: the one that has `content`.
#[track_caller]
fn damage(objects: PathBuf, content: &str, damaged: &str) {
    for shard in fs::read_dir(&objects).unwrap() {
        for object in fs::read_dir(shard.unwrap().path()).unwrap() {
            let object = object.unwrap().path();
            if fs::read(&object).unwrap() == content.as_bytes() {
                fs::set_permissions(&object, fs::Permissions::from_mode(0o644)).unwrap();
                return fs::write(&object, damaged).unwrap();
            }
        }
    }
    panic!("no object in {} has the content {content:?}", objects.display());
}

#[test]
fn what_has_not_changed_is_not_run_again() {
    let context = chain();
    context.run(&["run"]).code(0).says("2 done");
    assert_eq!(context.ran(), ["first", "second"]);
    context.run(&["run"]).code(0).says("nothing to do: 2 steps are as before");
    context.run(&["run", "first"]).code(0).says("nothing to do: 1 step is as before");
    context.run(&["plan"]).code(0).says("nothing to do");
    assert!(context.ran().is_empty());
}

#[test]
fn a_file_that_was_only_touched_runs_nothing() {
    let context = chain();
    context.run(&["run"]).code(0);
    context.ran();
    context.write("in.txt", "xa");
    let file = fs::File::options().write(true).open(context.path("in.txt")).unwrap();
    file.set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000)).unwrap();
    context.run(&["run"]).code(0).says("nothing to do");
    assert!(context.ran().is_empty());
}

#[test]
fn a_step_that_comes_out_as_it_was_ends_the_change_there() {
    let context = chain();
    context.run(&["run"]).code(0);
    context.ran();
    context.write("in.txt", "xb");
    context
        .run(&["plan"])
        .says("input changed: in.txt")
        .says("input may change: step.first (only if it does)");
    context.run(&["run"]).code(0).says("1 done, 1 unchanged");
    assert_eq!(context.ran(), ["first"]);
    context.run(&["run"]).code(0).says("nothing to do");
    context.write("in.txt", "ya");
    context.run(&["run"]).code(0).says("2 done");
    assert_eq!((context.ran().len(), context.read("second").as_str()), (2, "yy"));
}

#[test]
fn a_way_back_takes_the_whole_chain_from_the_cache() {
    let context = chain();
    context.run(&["run"]).code(0);
    context.write("in.txt", "ya");
    context.run(&["run"]).code(0);
    assert_eq!(context.read("second"), "yy");
    context.ran();
    context.write("in.txt", "xa");
    context.run(&["run"]).code(0).says("as before, from the cache").says("2 done");
    assert!(context.ran().is_empty());
    assert_eq!((context.read("first").as_str(), context.read("second").as_str()), ("x", "xx"));
    context.run(&["why", "second"]).code(0).says("as before, from the cache");
}

#[test]
fn what_a_failed_step_left_is_no_result() {
    let context = chain();
    context.edit("head -c 1 in.txt > first", "head -c 1 in.txt > first; test ! -e broken");
    context.write("broken", "");
    context.run(&["run"]).code(5);
    context.ran();
    fs::remove_file(context.path("broken")).unwrap();
    context.run(&["plan"]).says("failed last time");
    context.run(&["run"]).code(0).says("2 done").never_says("from the cache");
    assert_eq!(context.ran(), ["first", "second"]);
}
