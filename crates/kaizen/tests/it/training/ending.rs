//! Training commands that are ended, and those that outlive the process that started them.

use std::time::Duration;

use rustix::process::Signal;

use super::trained_by;
use crate::{context::eventually, running::Running};

/// Goes on when it is told to.
const WAITING: &str = "echo trained >> ran; until [ -e go ]; do echo . >> ticks; sleep 0.05; done; cp ready.onnx \"$KAIZEN_MODEL\"";

#[test]
fn a_training_outlives_kill_9_and_the_next_process_goes_on_with_it() {
    let context = trained_by(WAITING, "");
    let up = Running::start(context.command(&["up", "--once", "--json"]));
    eventually("it trains", || context.path("ticks").exists());
    up.signal(Signal::KILL);
    up.ended();
    let next = Running::start(context.command(&["up", "--once", "--json"]));
    std::thread::sleep(Duration::from_millis(500));
    context.write("go", "");
    next.ended().code(0);
    assert_eq!(context.ran(), ["trained"]);
    assert_eq!(context.served(), Some(1));
    assert_eq!(context.count("train model.late", "done"), 1);
}

#[test]
fn a_training_that_ended_while_nobody_was_there_is_not_repeated() {
    let context = trained_by(WAITING, "");
    let up = Running::start(context.command(&["up", "--once", "--json"]));
    eventually("it trains", || context.path("ticks").exists());
    up.signal(Signal::KILL);
    up.ended();
    context.write("go", "");
    context.stopped("ticks");
    context.up_once().code(0);
    assert_eq!(context.ran(), ["trained"]);
    assert_eq!(context.served(), Some(1));
}

#[test]
fn an_interrupt_ends_the_command_and_the_next_start_trains_again() {
    let context = trained_by(WAITING, "");
    let up = Running::start(context.command(&["up", "--once", "--json"]));
    eventually("it trains", || context.path("ticks").exists());
    up.interrupt();
    context.stopped("ticks");
    context.write("go", "");
    context.up_once().code(0);
    assert_eq!(context.ran(), ["trained", "trained"]);
}

#[test]
fn a_command_is_tried_again_and_what_the_first_attempt_left_is_not_taken() {
    let command = "echo tried >> ran; [ -e \"$KAIZEN_MODEL\" ] && echo stale >> ran; \
                   [ -e once ] && cp ready.onnx \"$KAIZEN_MODEL\" && exit 0; touch once; echo half > \"$KAIZEN_MODEL\"; exit 1";
    let context = trained_by(command, ", retry = { attempts = 2, backoff = \"10ms\" }");
    context.up_once().code(0);
    assert_eq!(context.ran(), ["tried", "tried"]);
}
