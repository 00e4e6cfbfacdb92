//! What a step printed: whole, followed while it runs, of an earlier run, and without end.

use std::io::{BufRead as _, BufReader};

use super::{ended, running, slow, two, with};
use crate::context::{eventually, wait};

#[test]
fn a_log_is_everything_the_command_printed_in_the_order_it_came() {
    let context = slow("echo out; echo err >&2; echo ünïcode; printf 'no newline'");
    context.run(&["run"]).code(0);
    let printed = "out\nerr\nünïcode\nno newline";
    for name in ["slow", "step.slow"] {
        assert_eq!(context.run(&["logs", name]).code(0).stdout, printed);
    }
    assert_eq!(context.run(&["logs", "slow", "--follow"]).code(0).stdout, printed);
    let told = context.json(&["logs", "slow"]);
    assert_eq!(told["text"], printed);
    assert_eq!(told["entry"]["run"], 1);
}

#[test]
fn a_log_that_is_followed_comes_as_it_is_printed_and_ends_with_the_step() {
    let context = slow("echo one; while [ ! -e go ]; do sleep 0.02; done; echo two");
    let run = context.command(&["run"]).spawn().unwrap();
    eventually("the step prints", || context.run(&["logs", "slow"]).stdout == "one\n");
    let mut logs = context.command(&["logs", "slow", "--follow"]).spawn().unwrap();
    let mut lines = BufReader::new(logs.stdout.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "one");
    assert_eq!(logs.try_wait().unwrap(), None, "it ended before the step");
    context.write("go", "");
    assert_eq!(lines.next().unwrap().unwrap(), "two");
    assert!(lines.next().is_none());
    assert_eq!(wait(&mut logs), Some(0));
    ended(run).code(0);
}

#[test]
fn a_log_that_is_followed_goes_on_with_the_next_attempt() {
    let context = slow(
        "if [ -e tried ]; then echo second; else touch tried; echo first; while [ ! -e go ]; do sleep 0.02; done; exit 1; fi",
    );
    context.edit("[step.slow]", "[step.slow]\nretry = { attempts = 2, backoff = \"300ms\" }");
    let run = context.command(&["run"]).spawn().unwrap();
    eventually("the step prints", || context.run(&["logs", "slow"]).stdout == "first\n");
    let logs = context.command(&["logs", "slow", "-f"]).spawn().unwrap();
    context.write("go", "");
    assert_eq!(ended(logs).code(0).stdout, "first\nsecond\n");
    ended(run).code(0);
}

#[test]
fn a_log_can_be_of_an_earlier_run_and_of_a_cached_step_it_is_of_the_run_that_made_it() {
    let context = two();
    context.write("mended", "");
    let logs = |more: &[&str]| context.run(&[&["logs", "first"], more].concat()).code(0).stdout.clone();
    for text in ["one\n", "two\n"] {
        context.write("in.txt", text);
        context.run(&["run"]).code(0);
        assert_eq!(logs(&[]), text);
    }
    assert_eq!(logs(&["--run", "1"]), "one\n");
    context.write("in.txt", "one\n");
    context.run(&["run"]).code(0).says("from the cache");
    assert_eq!(logs(&[]), "one\n");
    assert_eq!(logs(&["--run", "3"]), "one\n");
    context.run(&["run", "second", "--force"]).code(0);
    context
        .run(&["logs", "first", "--run", "4"])
        .code(2)
        .says("first ran no command in run 4")
        .says("`kaizen runs 4`");
}

#[test]
fn what_an_interrupted_command_had_printed_is_there() {
    let context = slow("echo so far; touch begun; while :; do sleep 0.05; done");
    let child = running(&context, "begun");
    context.run(&["cancel", "1"]).code(0);
    ended(child).code(130);
    assert_eq!(context.run(&["logs", "slow"]).code(0).stdout, "so far\n");
    assert_eq!(context.run(&["logs", "slow", "--run", "1", "-f"]).code(0).stdout, "so far\n");
}

#[test]
fn a_step_without_a_log_is_told_why() {
    let context = with(
        r#"
[project]
name = "logs"

[step.first]
run = "true"

[step.train]
run = "echo ${each.lr}"
each = { lr = [1, 2] }
"#,
    );
    context.run(&["run", "first"]).code(0);
    context.run(&["logs", "train[lr=1]"]).code(2).says("train[lr=1] has run no command yet");
    context.run(&["logs", "train"]).code(2).says("name one: train[lr=1], train[lr=2]");
    context.run(&["logs", "fist"]).code(2).says("did you mean `first`?");
    // It printed nothing, which is no error.
    assert_eq!(context.run(&["logs", "first"]).code(0).stdout, "");
    context.run(&["run", "train"]).code(0);
    assert_eq!(context.run(&["logs", "train[lr=2]"]).code(0).stdout, "2\n");
}

#[test]
fn of_a_log_of_20_megabytes_the_first_and_the_last_part_are_kept_and_shown() {
    let context = slow("echo the beginning; yes 'a line of some length' | head -c 20000000; echo the end");
    context.run(&["run"]).code(0);
    let ran = context.run(&["logs", "slow"]);
    let text = &ran.code(0).stdout;
    assert!(text.starts_with("the beginning\na line of some length\n") && text.ends_with("the end\n"));
    assert!(text.contains("bytes left out …\n"));
    // The first 4 MiB, and of the last ones between 4 and 8.
    assert!((8 << 20..(12 << 20) + 200).contains(&text.len()), "{} bytes", text.len());
}

#[test]
fn a_log_that_is_followed_ends_when_kaizen_was_killed_and_the_next_run_goes_on_with_the_step() {
    let context = slow("echo one; touch begun; while [ ! -e go ]; do sleep 0.02; done; echo two");
    let mut child = running(&context, "begun");
    let mut logs = context.command(&["logs", "slow", "-f"]).spawn().unwrap();
    let mut first = [0; 4];
    std::io::Read::read_exact(logs.stdout.as_mut().unwrap(), &mut first).unwrap();
    assert_eq!(logs.try_wait().unwrap(), None, "it ended before the step");
    child.kill().unwrap();
    child.wait().unwrap();
    let told = "kaizen was killed; the step may still run, and the next `kaizen run` goes on with it";
    ended(logs).code(0).says(told);
    // And at once, for whoever comes later.
    assert_eq!(context.run(&["logs", "slow", "-f"]).code(0).says(told).stdout, "one\n");
    let run = context.command(&["run"]).spawn().unwrap();
    eventually("the next run has the step", || context.json(&["runs"])[0]["id"] == 2);
    context.write("go", "");
    assert_eq!(context.run(&["logs", "slow", "-f"]).code(0).never_says(told).stdout, "one\ntwo\n");
    ended(run).code(0);
}
