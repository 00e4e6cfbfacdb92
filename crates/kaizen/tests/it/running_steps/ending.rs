//! How steps end: well, badly, too late, and after another try.

use std::time::{Duration, Instant};

use crate::context::TestContext;

/// Steps that have nothing to do with each other: one fails, the others take longer.
const FAILING: &str = r#"
[step.bad]
run = "exit 3"
priority = 9

[step.after]
run = "echo after >> ran"
reads = ["step.bad"]
writes = []

[step.other]
run = "echo other >> ran"
"#;

#[test]
fn after_a_failure_nothing_more_begins() {
    let context = TestContext::of_steps(FAILING);
    let ran = context.run(&["run", "--jobs", "1"]);
    ran.code(5).says("exit status: 3").says("1 failed, 2 not reached").says("not reached: run step.");
    assert!(context.ran().is_empty());
    context.run(&["runs", "1"]).code(0).says("failed");
}

#[test]
fn what_runs_when_another_step_fails_ends_well() {
    let other = "[step.other]\nrun = 'echo > began; sleep 0.3; echo other >> ran'\n";
    let bad = "[step.bad]\nrun = 'until [ -e began ]; do sleep 0.02; done; exit 1'\ntimeout = '20s'";
    let context = TestContext::of_steps(&format!("{other}{bad}"));
    context.run(&["run", "--jobs", "2"]).code(5).says("1 done, 1 failed");
    assert_eq!(context.ran(), ["other"]);
}

#[test]
fn keep_going_does_whatever_does_not_depend_on_the_failure() {
    let context = TestContext::of_steps(FAILING);
    let ran = context.run(&["run", "--jobs", "1", "--keep-going"]);
    ran.code(5).says("1 done, 1 failed, 1 not reached").says("not reached: run step.after");
    assert_eq!(context.ran(), ["other"]);
    context.edit("exit 3", "exit 0");
    context.run(&["run"]).code(0).says("2 done");
    assert_eq!(context.ran(), ["after"]);
}

#[test]
fn a_step_that_is_blocked_is_named_and_the_run_does_not_end_well() {
    let context =
        TestContext::of_steps("[step.a]\nrun = 'cat gone.txt'\nreads = ['gone.txt']\n[step.b]\nrun = 'true'");
    context.run(&["run"]).code(5).says("blocked").says("gone.txt").says("1 done");
}

#[test]
fn data_that_are_not_as_expected_end_a_run_with_another_code_than_a_step() {
    let data = "[data.rows]\nsource = 'rows.csv'\n[data.rows.expect]\nrows = { min = 2 }\n";
    let step = "[step.a]\nrun = 'echo a >> ran'\nreads = ['data.rows']";
    let context = TestContext::of_steps(&format!("{data}{step}"));
    context.run(&["run"]).code(4).says("data.rows");
    context.write("rows.csv", "a\n1\n");
    context.run(&["run"]).code(4).says("not reached: run step.a");
    context.write("rows.csv", "a\n1\n2\n");
    context.run(&["run"]).code(0);
    assert_eq!(context.ran(), ["a"]);
}

#[test]
fn a_step_that_is_not_in_the_project_is_refused_with_the_near_name() {
    let context = TestContext::of_steps("[step.train]\nrun = 'true'");
    context.run(&["run", "trian"]).code(2).says("the project has no step `trian`; did you mean `train`?");
}

/// A step that ends with this code until it was tried so many times.
fn flaky(code: i32, succeeds_at: u32, more: &str) -> TestContext {
    let run = format!("echo try >> ran; test $(wc -l < ran) -ge {succeeds_at} || exit {code}; echo > a");
    TestContext::of_steps(&format!("[step.a]\nrun = '{run}'\nwrites = ['a']\n{more}"))
}

#[test]
fn a_step_that_fails_is_tried_again_after_ever_longer_pauses() {
    let context = flaky(75, 3, "retry = { attempts = 3, backoff = '60ms' }");
    let began = Instant::now();
    let ran = context.run(&["run"]);
    ran.code(0).says("attempt 1 ended with exit status: 75; again in 60ms").says("again in 120ms");
    assert!(began.elapsed() >= Duration::from_millis(180));
    assert_eq!(context.ran().len(), 3);
    assert_eq!(context.json(&["runs", "1"])["entries"][0]["detail"]["detail"]["attempts"], 3);
}

#[test]
fn a_step_is_tried_so_often_and_no_more() {
    let context = flaky(1, 99, "retry = { attempts = 2, backoff = '10ms' }");
    context.run(&["run"]).code(5).says("exit status: 1 at attempt 2");
    assert_eq!(context.ran().len(), 2);
}

#[test]
fn a_step_is_tried_again_on_the_chosen_codes_only() {
    let chosen = "retry = { attempts = 3, backoff = '10ms', on = [75, 137] }";
    let context = flaky(75, 2, chosen);
    context.run(&["run"]).code(0);
    let context = flaky(3, 2, chosen);
    context.run(&["run"]).code(5).says("exit status: 3").never_says("again in");
    assert_eq!(context.ran().len(), 1);
    let run = "echo try >> ran; test $(wc -l < ran) -ge 2 || kill -KILL $$";
    let context = TestContext::of_steps(&format!("[step.a]\nrun = '{run}'\n{chosen}"));
    context.run(&["run"]).code(0).says("again in 10ms");
}

#[test]
fn a_step_that_is_too_slow_gets_term_and_time_to_tidy_up() {
    let run = "trap \"echo tidied > tidied; exit 0\" TERM; while :; do sleep 0.05; done";
    let context =
        TestContext::of_steps(&format!("[step.a]\nrun = '{run}'\ntimeout = '200ms'\ngrace = '30s'"));
    let began = Instant::now();
    context.run(&["run"]).code(5).says("did not end within 200ms");
    assert!(began.elapsed() < Duration::from_secs(20), "its grace was waited for though it had ended");
    assert_eq!(context.read("tidied"), "tidied\n");
}

#[test]
fn a_step_that_ignores_term_is_killed_with_its_whole_group() {
    let stubborn =
        "trap \"\" TERM; (while :; do echo >> beat; sleep 0.05; done) & while :; do sleep 0.05; done";
    let context =
        TestContext::of_steps(&format!("[step.a]\nrun = '{stubborn}'\ntimeout = '200ms'\ngrace = '200ms'"));
    context.run(&["run"]).code(5).says("did not end within 200ms").says("raise `timeout`");
    context.stopped("beat");
}

#[test]
fn a_step_that_a_signal_ended_names_the_signal() {
    let context = TestContext::of_steps("[step.a]\nrun = 'kill -SEGV $$'");
    context.run(&["run"]).code(5).says("signal: 11");
}

#[test]
fn the_last_words_and_the_whole_log_are_named_when_there_are_any() {
    let context = TestContext::of_steps("[step.loud]\nrun = 'seq 100; exit 1'\n[step.quiet]\nrun = 'exit 1'");
    let loud = context.run(&["run", "loud"]);
    loud.code(5).says("100\n").says("the whole log is in .kaizen/runs/loud-").never_says("50\n");
    assert!(context.run(&["logs", "loud"]).code(0).stdout.starts_with("1\n2\n3\n"));
    context.run(&["run", "quiet"]).code(5).says("it printed nothing").never_says("the whole log");
}

#[test]
fn a_memory_limit_is_enforced_or_said_not_to_be() {
    // Two copies of a growing text outgrow 24 MiB soon.
    let grow = "x=0123456789abcdef; while [ ${#x} -lt 67108864 ]; do x=$x$x; done; echo ended";
    let context =
        TestContext::of_steps(&format!("[step.a]\nrun = '{grow}'\nresources = {{ memory = '24MiB' }}"));
    let ran = context.run(&["run"]);
    if ran.stderr.contains("its memory limit is not enforced") {
        ran.code(0).says("its memory limit is not enforced: ").says("cgroup");
    } else {
        ran.code(5).says("used more memory than `resources` gives it");
    }
}
