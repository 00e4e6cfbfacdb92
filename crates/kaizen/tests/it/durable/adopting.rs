//! What a killed Kaizen had begun goes on, and the next one goes on with it.

use std::process::Stdio;

use super::{graph, slow::Slow};
use crate::context::{Ran, eventually, wait};

#[test]
fn a_step_goes_on_when_kaizen_is_killed_and_the_next_run_takes_what_comes_of_it() {
    let slow = Slow::orphaned();
    assert!(slow.has_processes(), "the step was ended");
    let mut next = slow.start();
    eventually("the next run has it among its steps", || {
        slow.entries().iter().any(|entry| entry["run"] == 2 && entry["status"].is_null())
    });
    slow.let_go();
    assert_eq!(wait(&mut next), Some(0));
    slow.is_whole(1);
    let entries = slow.entries();
    assert_eq!((entries.len(), &entries[0]["status"], &entries[0]["run"]), (1, &"done".into(), &2.into()));
    slow.context.run(&["runs"]).code(0).says("interrupted").says("done");
}

#[test]
fn a_step_that_ended_while_no_kaizen_was_there_does_not_run_again() {
    let slow = ended_alone();
    slow.run().code(0).says("2 done");
    slow.is_whole(1);
    assert_eq!(slow.entries().len(), 1);
}

#[test]
fn a_step_that_ended_alone_does_not_run_again_though_the_next_kaizen_is_killed_too() {
    let slow = ended_alone();
    for _ in 0..2 {
        let mut command = graph::run(&slow.context);
        command.env("KAIZEN_ABORT_AT", "run step.slow:acted");
        assert_eq!(Ran::wait(command).code, None);
    }
    slow.run().code(0).says("2 done");
    slow.is_whole(1);
}

/// A project whose step came to its end after Kaizen was killed, and its supervisor with it.
fn ended_alone() -> Slow {
    let slow = Slow::orphaned();
    slow.let_go();
    eventually("it has ended, and so has its supervisor", || !slow.has_processes());
    assert!(slow.context.read("diary").ends_with("end slow\n"));
    slow
}

#[test]
fn a_step_that_is_adopted_twice_started_once() {
    let slow = Slow::orphaned();
    for run in 2..4 {
        let mut next = slow.start();
        eventually("the next run has it", || slow.entries().iter().any(|entry| entry["run"] == run));
        next.kill().unwrap();
        next.wait().unwrap();
    }
    slow.let_go();
    slow.run().code(0);
    slow.is_whole(1);
}

#[test]
fn an_adopted_step_that_fails_fails_the_run_that_adopted_it() {
    let slow = Slow::new();
    slow.context.edit("cat \"$KAIZEN_INPUT_FIRST\"", "echo no luck; exit 3");
    slow.orphan();
    slow.let_go();
    slow.run().code(5).says("exit status: 3").says("no luck");
    assert_eq!(slow.starts("slow"), 1);
    assert!(!slow.context.path("slow.txt").exists(), "half of an output is left");
}

#[test]
fn a_step_that_works_in_a_copy_is_adopted_too_and_shows_its_output_when_it_is_whole() {
    let slow = Slow::new();
    slow.context.edit("writes = [\"slow.txt\"]", "writes = [\"slow.txt\"]\nin = \"copy\"");
    slow.orphan();
    let mut next = slow.start();
    eventually("the next run has it", || slow.entries().iter().any(|entry| entry["run"] == 2));
    assert!(!slow.context.path("slow.txt").exists());
    slow.let_go();
    assert_eq!(wait(&mut next), Some(0));
    slow.is_whole(1);
}

#[test]
fn a_step_killed_between_two_attempts_goes_on_with_the_second() {
    let slow = Slow::new();
    let retry = "retry = { attempts = 2, backoff = \"1s\", on = [75] }\nreads = [\"step.first\"]";
    slow.context.edit("reads = [\"step.first\"]", retry);
    slow.context.edit(
        "cat \"$KAIZEN_INPUT_FIRST\"",
        "if [ ! -e \"$HOME/failed\" ]; then touch \"$HOME/failed\"; exit 75; fi\ncat \"$KAIZEN_INPUT_FIRST\"",
    );
    slow.let_go();
    let mut command = graph::run(&slow.context);
    let mut kaizen = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    eventually("the first attempt has ended", || slow.context.path("failed").exists());
    kaizen.kill().unwrap();
    kaizen.wait().unwrap();
    slow.run().code(0);
    slow.is_whole(2);
    let entries = slow.entries();
    assert_eq!((entries.len(), &entries[0]["detail"]["detail"]["attempts"]), (1, &2.into()), "{entries:#?}");
}

#[test]
fn a_step_goes_on_when_what_it_reads_runs_again_and_comes_out_as_it_was() {
    let slow = Slow::new();
    slow.context.edit("writes = [\"first.txt\"]", "writes = [\"first.txt\"]\ncache = false");
    slow.orphan();
    slow.let_go();
    slow.run().code(0).says("3 done");
    slow.context.edit("\ncache = false", "");
    slow.is_whole(1);
    assert_eq!(slow.entries().len(), 1);
}

#[test]
fn a_run_of_something_else_leaves_a_step_alone_that_goes_on() {
    let slow = Slow::new();
    slow.orphan();
    for arguments in [&["run", "first"][..], &["exec", "--no-cache", "--", "true"]] {
        slow.context.run(arguments).code(0);
        assert!(slow.has_processes(), "{arguments:?} ended the step");
    }
    slow.let_go();
    slow.run().code(0);
    slow.is_whole(1);
}

#[test]
fn a_step_whose_turn_does_not_come_before_another_fails_is_left_for_the_next_run() {
    let slow = Slow::new();
    let wait = "while [ ! -e \"$HOME/zgo\" ]; do sleep 0.02; done; echo whole > zlow.txt";
    let other = format!("[step.zlow]\nrun = '''echo \"start zlow\" >> \"$HOME/diary\"; {wait}'''\n");
    let other = format!("[run]\ncpus = 2\n\n{other}reads = [\"step.first\"]\nwrites = [\"zlow.txt\"]\n\n");
    slow.context.edit("[step.slow]", &format!("{other}[step.slow]"));
    slow.context.edit("cat \"$KAIZEN_INPUT_FIRST\" >>", "exit 3 >>");
    let at_a_time = |jobs: &str| {
        let mut command = graph::run(&slow.context);
        command.args(["--jobs", jobs]);
        command
    };
    let mut kaizen = at_a_time("2").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    eventually("both run", || ["slow", "zlow"].iter().all(|step| slow.starts(step) == 1));
    kaizen.kill().unwrap();
    kaizen.wait().unwrap();
    slow.let_go();
    let one_at_a_time = || Ran::wait(at_a_time("1"));
    one_at_a_time().code(5).says("exit status: 3");
    slow.context.write("zgo", "");
    slow.context.edit("exit 3 >>", "cat \"$KAIZEN_INPUT_FIRST\" >>");
    one_at_a_time().code(0);
    assert_eq!((slow.starts("zlow"), slow.context.read("zlow.txt").as_str()), (1, "whole\n"));
    assert!(!slow.has_processes());
    assert!(graph::entries(&slow.context).iter().all(|entry| !entry["status"].is_null()));
}
