//! What ran: listed, shown with what it took, read, ended from outside, and made again.

mod logs;

use std::{io::Read as _, process::Child};

use serde_json::Value;

use crate::context::{Ran, TestContext, eventually, wait};

/// Two steps, of which the second fails until there is a file `mended`.
const TWO: &str = r#"
[project]
name = "two"

[step.first]
run = "echo first >> ran; mkdir -p build; cat in.txt | tee build/first"
reads = ["in.txt"]
writes = ["build/first"]

[step.second]
run = "echo second >> ran; test -e mended || { echo not mended yet; exit 3; }; cp build/first build/second"
reads = ["step.first"]
writes = ["build/second"]
"#;

fn two() -> TestContext {
    let context = with(TWO);
    context.write("in.txt", "one\n");
    context
}

fn with(toml: &str) -> TestContext {
    let context = TestContext::empty();
    context.write("kaizen.toml", toml);
    context
}

/// One step called `slow` that does this.
fn slow(command: &str) -> TestContext {
    with(&format!("[project]\nname = \"slow\"\n\n[step.slow]\nrun = '''{command}'''\n"))
}

/// A run that goes on, once its step has made this file.
fn running(context: &TestContext, begun: &str) -> Child {
    let child = context.command(&["run"]).spawn().unwrap();
    eventually("the step runs", || context.path(begun).exists());
    child
}

fn ended(mut child: Child) -> Ran {
    let code = wait(&mut child);
    let (mut stdout, mut stderr) = (String::new(), String::new());
    child.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    Ran { code, stdout, stderr }
}

fn entry<'a>(run: &'a Value, action: &str) -> &'a Value {
    let entries = run["entries"].as_array().unwrap();
    entries.iter().find(|entry| entry["action"] == action).unwrap_or_else(|| panic!("no {action} in {run:#}"))
}

#[test]
fn runs_are_listed_newest_first_with_their_state_and_command() {
    let context = two();
    context.run(&["run", "--keep-going"]).code(5);
    context.write("mended", "");
    context.run(&["run", "second"]).code(0);
    let ran = context.run(&["runs"]);
    let lines: Vec<_> = ran.code(0).stdout.lines().collect();
    assert_eq!(lines.len(), 3, "{ran:#?}");
    assert!(lines[0].starts_with("run  started"), "{ran:#?}");
    for (line, [number, state, command]) in lines[1..]
        .iter()
        .zip([["2", "done", "kaizen run second"], ["1", "failed", "kaizen run --keep-going"]])
    {
        assert!(line.starts_with(number) && line.contains(state) && line.ends_with(command), "{line}");
    }
    let runs = context.json(&["runs"]);
    let told: Vec<_> =
        runs.as_array().unwrap().iter().map(|run| (&run["id"], &run["status"], &run["kind"])).collect();
    assert_eq!(
        told,
        [(&2.into(), &"done".into(), &"run".into()), (&1.into(), &"failed".into(), &"run".into())]
    );
    assert!(runs[0]["started"].as_str() <= runs[0]["finished"].as_str(), "{runs:#}");
    assert_eq!(context.json(&["runs", "--limit", "1"]).as_array().unwrap().len(), 1);
}

#[test]
fn a_command_is_listed_as_it_can_be_pasted() {
    let context = TestContext::empty();
    context.run(&["exec", "--", "sh", "-c", "echo 'a  b'"]).code(0);
    context.run(&["runs"]).code(0).says(r"kaizen exec -- sh -c 'echo '\''a  b'\'''");
}

#[test]
fn a_run_is_shown_with_the_time_cpu_memory_and_bytes_of_each_step() {
    let context = slow(
        "head -c 300000 /dev/zero > zeros; cat zeros > /dev/null; awk 'BEGIN { x = \"0123456789\"; while (length(x) < 60000000) x = x x }'; sleep 0.2",
    );
    context.run(&["run"]).code(0);
    let run = context.json(&["runs", "1"]);
    assert_eq!((&run["id"], &run["status"]), (&1.into(), &"done".into()));
    let usage = &entry(&run, "run step.slow")["detail"]["detail"]["usage"];
    let number = |field: &str| usage[field].as_f64().unwrap_or_else(|| panic!("{field} in {usage}"));
    assert!((200.0..60_000.0).contains(&number("wall_ms")), "{usage}");
    assert!((1.0..60_000.0).contains(&number("cpu_ms")), "{usage}");
    assert!(number("peak_memory") > 60_000_000.0, "{usage}");
    assert!(number("read") >= 600_000.0, "{usage}");
    assert!((300_000.0..3_000_000.0).contains(&number("written")), "{usage}");
    let ran = context.run(&["runs", "1"]);
    let lines: Vec<_> = ran.code(0).stdout.lines().collect();
    assert!(lines[0].starts_with("run 1  done  ") && lines[0].ends_with("  kaizen run"), "{ran:#?}");
    let heads: Vec<_> = lines[1].split_whitespace().collect();
    assert_eq!(heads, ["action", "state", "wall", "cpu", "memory", "read", "written"]);
    for unit in [" ms  ", " MiB  ", " KiB  "] {
        assert!(lines[2].contains(unit), "{unit} is not in {}", lines[2]);
    }
}

#[test]
fn a_step_from_the_cache_took_nothing_and_says_where_it_is_from() {
    let context = two();
    context.write("mended", "");
    for (number, text) in ["one\n", "two\n", "one\n"].into_iter().enumerate() {
        context.write("in.txt", text);
        context.run(&["run"]).code(0);
        assert_eq!(context.read("ran").lines().count(), [2, 4, 4][number]);
    }
    let ran = context.run(&["runs", "3"]);
    let row = ran.code(0).stdout.lines().find(|line| line.contains("run step.first")).unwrap().to_owned();
    assert!(row.contains("from the cache") && !row.contains("MiB"), "{row}");
}

#[test]
fn a_failure_is_listed_with_its_reason_in_one_line() {
    let context = two();
    context.run(&["run"]).code(5);
    let ran = context.run(&["runs", "1"]);
    let row = ran.code(0).stdout.lines().find(|line| line.contains("run step.second")).unwrap().to_owned();
    assert!(row.contains("failed") && row.ends_with("it ended with exit status: 3"), "{row}");
}

#[test]
fn a_cancelled_run_ends_its_commands_and_both_processes_say_so() {
    let context = with(
        r#"
[project]
name = "cancelled"

[step.quick]
run = "echo quick >> ran; echo 1 > quick"
writes = ["quick"]

[step.slow]
run = "test -e go || while :; do echo >> beat; sleep 0.05; done; echo 2 > slow"
reads = ["step.quick"]
writes = ["slow"]

[step.after]
run = "echo after >> ran"
reads = ["step.slow"]
"#,
    );
    let child = running(&context, "beat");
    assert_eq!(context.json(&["runs"])[0]["status"], "running");
    context.run(&["runs", "1"]).code(0).says("running");
    let cancelled = context.run(&["cancel", "1"]);
    assert_eq!(cancelled.code(0).stdout, "run 1: cancelled\n");
    let ran = ended(child);
    ran.code(130).says("run 1: cancelled; 1 done");
    context.stopped("beat");
    assert!(!context.path("slow").exists());
    let run = context.json(&["runs", "1"]);
    assert_eq!(run["status"], "cancelled");
    assert!(run["cancel_requested"].is_string(), "{run:#}");
    assert_eq!(entry(&run, "run step.quick")["status"], "done");
    assert_eq!(entry(&run, "run step.slow")["status"], "interrupted");
    context.run(&["cancel", "1"]).code(2).says("run 1 has ended already").says("`kaizen runs`");
    // What was finished stays finished.
    context.write("go", "");
    context.run(&["retry", "1"]).code(0);
    assert_eq!(context.read("ran"), "quick\nafter\n");
    assert_eq!(context.json(&["runs"])[0]["command"], "kaizen retry 1");
}

#[test]
fn a_pass_of_up_that_is_cancelled_is_not_taken_for_one_that_was_done() {
    let context = slow("while :; do echo >> beat; sleep 0.05; done");
    let child = context.command(&["up", "--once"]).spawn().unwrap();
    eventually("the step runs", || context.path("beat").exists());
    context.run(&["cancel", "1"]).code(0);
    ended(child).code(130).says("run 1: cancelled");
    context.stopped("beat");
}

#[test]
fn a_run_whose_process_was_killed_is_not_waited_for() {
    let context = slow("touch begun; while [ ! -e go ]; do sleep 0.05; done");
    let mut child = running(&context, "begun");
    context.run(&["runs"]).code(0).says("  running  ").never_says("killed");
    child.kill().unwrap();
    child.wait().unwrap();
    context.run(&["runs"]).code(0).says("  killed  ").never_says("running");
    context.run(&["runs", "1"]).code(0).says("run 1  killed  ");
    // A program is told what is recorded: nobody has ended it.
    assert_eq!(context.json(&["runs"])[0]["status"], "running");
    context.run(&["cancel", "1"]).code(1).says("run 1 has no process any more").says("`kaizen run`");
    context.write("go", "");
    context.run(&["run"]).code(0);
    assert_eq!(context.json(&["runs", "1"])["status"], "interrupted");
    context.run(&["runs"]).code(0).never_says("killed");
}

#[test]
fn a_number_that_no_run_has_is_answered_with_where_the_numbers_are() {
    let context = two();
    for command in
        [&["runs", "99"][..], &["cancel", "99"], &["retry", "99"], &["logs", "first", "--run", "99"]]
    {
        // Before anything ran there is another answer.
        context.run(command).code(3).says("nothing has run here yet").says("`kaizen run`");
    }
    context.run(&["run"]).code(5);
    for command in
        [&["runs", "99"][..], &["cancel", "99"], &["retry", "99"], &["logs", "first", "--run", "99"]]
    {
        context.run(command).code(2).says("there is no run 99; `kaizen runs` lists them");
    }
    for command in
        [&["runs", "last"][..], &["cancel", "-1"], &["retry", "1.5"], &["logs", "first", "--run", "x"]]
    {
        context.run(command).code(2).says("error:");
    }
    context.run(&["retry", "last"]).says("write its number, as `kaizen runs` lists it");
}

#[test]
fn a_retry_after_the_failure_was_mended_does_only_what_is_missing() {
    let context = two();
    context.run(&["run"]).code(5).says("not mended yet");
    context.run(&["retry", "1"]).code(5);
    context.write("mended", "");
    context.run(&["retry", "1"]).code(0).says("run 3: 1 done");
    assert_eq!(context.read("ran"), "first\nsecond\nsecond\nsecond\n");
    assert_eq!(context.read("build/second"), "one\n");
    context.run(&["retry", "3"]).code(0).says("run 3 was done").says("nothing to do");
}

#[test]
fn a_retry_asks_for_the_same_steps_as_before() {
    let context = two();
    context.run(&["run", "first"]).code(0);
    context.write("in.txt", "two\n");
    context.run(&["retry", "1"]).code(0);
    assert_eq!(context.read("ran"), "first\nfirst\n");
}

#[test]
fn a_command_of_exec_is_made_again_with_its_own_words() {
    let context = TestContext::empty();
    let script = "test -e mended || exit 3; printf '<%s>' \"$GREETING\" \"$@\" > out";
    let words = [
        "exec",
        "--name",
        "greet",
        "--writes",
        "out",
        "--env",
        "GREETING=good  day",
        "--",
        "sh",
        "-c",
        script,
    ];
    context.run(&[&words[..], &["sh", "it's", "a \"b\""]].concat()).code(5);
    context.write("mended", "");
    context.run(&["retry", "1"]).code(0);
    assert_eq!(context.read("out"), "<good  day><it's><a \"b\">");
    assert_eq!(context.json(&["runs", "2"])["entries"][0]["action"], "run step.greet");
}

#[test]
fn a_retry_of_up_makes_one_pass_of_the_line() {
    let context = two();
    context.run(&["up", "--once"]).code(5);
    context.write("mended", "");
    context.run(&["retry", "1"]).code(0);
    assert_eq!(context.json(&["runs"])[0]["kind"], "up");
    assert_eq!(context.read("ran"), "first\nsecond\nsecond\n");
}

#[test]
fn a_retry_has_the_options_of_the_run_that_it_repeats() {
    let context = with(
        r#"
[project]
name = "options"

[run]
cpus = 4

[step.one]
run = "echo start >> ran; sleep 0.3; echo end >> ran"

[step.two]
run = "echo start >> ran; sleep 0.3; echo end >> ran"
"#,
    );
    context.run(&["run", "--force", "--jobs", "1"]).code(0);
    context.run(&["retry", "1"]).code(0).says("run 2: 2 done");
    // One after the other, and both again.
    assert_eq!(context.read("ran"), "start\nend\n".repeat(4));
    let detail = &context.json(&["runs", "2"])["detail"];
    assert_eq!(
        (&detail["force"], &detail["jobs"], &detail["audit"]),
        (&true.into(), &1.into(), &false.into())
    );
}

#[test]
fn an_audit_of_nothing_says_how_to_audit_something() {
    let context = slow("true");
    context.run(&["run"]).code(0).never_says("--audit");
    let told = "--audit looks at what runs; add --force to run everything again";
    context.run(&["run", "--audit"]).code(0).says("nothing to do").says(told);
    context.run(&["run", "slow", "--audit", "--force"]).never_says(told);
}
