//! What is seen of a run: on a terminal, off it, by programs; the graph; and what a wrong command line is told.

pub(crate) mod events;
mod graph;
mod terminal;
mod why;

use crate::context::TestContext;

/// A project whose step `many` has so many instances, each of which does this.
fn many(count: usize, command: &str) -> TestContext {
    let numbers: Vec<_> = (1..=count).map(|number| number.to_string()).collect();
    let numbers = numbers.join(", ");
    with(&format!(
        "[project]\nname = \"many\"\n\n[step.many]\nrun = '''{command}'''\neach = {{ n = [{numbers}] }}\n"
    ))
}

fn with(toml: &str) -> TestContext {
    let context = TestContext::empty();
    context.write("kaizen.toml", toml);
    context
}

#[test]
fn off_a_terminal_three_steps_have_a_line_each_before_and_after() {
    let context = many(3, "true");
    let ran = context.run(&["run"]);
    assert_eq!(ran.code(0).stdout, "");
    let lines: Vec<_> = ran.stderr.lines().collect();
    assert_eq!(lines.len(), 8, "{ran:#?}");
    assert_eq!((lines[0], lines[7]), ("3 actions", "run 1: 3 done"));
    assert_eq!(lines[1], "  1  run       step.many[n=1]  never ran");
    for line in &lines[4..7] {
        assert!(line.contains("/3  run       step.many[n=") && line.ends_with(" s)"), "{line}");
    }
    assert!(!ran.stderr.contains('\u{1b}'), "{ran:#?}");
    assert_eq!(context.run(&["run"]).code(0).stderr, "nothing to do: 3 steps are as before\n");
}

#[test]
fn off_a_terminal_three_hundred_steps_have_few_lines_and_a_failure_is_one_of_them() {
    let context = many(300, "test ${each.n} != 77 || { echo the culprit; exit 9; }");
    let ran = context.run(&["run", "--keep-going"]);
    ran.code(5).says("step.many[n=77]  failed after").says("exit status: 9").says("the culprit");
    ran.says("300 of 300 steps to run").says("run 1: 299 done, 1 failed");
    let lines = ran.stderr.lines().count();
    assert!((8..20).contains(&lines), "{lines} lines: {ran:#?}");
    assert!(!ran.stderr.contains("step.many[n=78]"), "{ran:#?}");
}

#[test]
fn a_wrong_command_line_is_told_what_would_be_right() {
    let context = with(
        r#"
[project]
name = "wrong"

[step.first]
run = "true"

[step.train]
run = "echo ${each.lr}"
each = { lr = [1, 2] }

[step.blocked]
run = "true"
reads = ["nothere.txt"]
"#,
    );
    context.run(&["run", "first"]).code(0);
    for (arguments, code, words) in [
        (&["run", "fist"][..], 2, "the project has no step `fist`; did you mean `first`?"),
        (&["run", "zzzzzz"], 2, "the project has no step `zzzzzz`; it has blocked, first, train"),
        (
            &["run", "train[lr=3]"],
            2,
            "step `train` has no instance `train[lr=3]`; it has train[lr=1], train[lr=2]",
        ),
        (&["run", "data.rows"], 2, "the project has no step `data.rows`"),
        (&["run", "--jobs", "0"], 2, "0 is not in 1..=65535"),
        (&["run", "--watsh"], 2, "--watch"),
        (&["run", "blocked"], 5, "the file `nothere.txt` it reads is not there"),
        (&["logs"], 2, "<STEP>"),
        (&["logs", "a b"], 2, "the project has no step `a b`"),
        (&["logs", "first", "--run"], 2, "--run <RUN>"),
        (&["runs", "--limit", "0"], 2, "0 is not in 1..=65535"),
        (&["cancel"], 2, "Usage: kaizen cancel <RUN>"),
        (&["retry"], 2, "Usage: kaizen retry <RUN>"),
        (&["cancel", "first"], 2, "write its number, as `kaizen runs` lists it"),
        (&["retry", "7"], 2, "there is no run 7; `kaizen runs` lists them"),
        (&["graph", "--format", "png"], 2, "possible values: mermaid, dot"),
        (&["graph", "elsewhere"], 3, "name the directory that has it"),
        (&["-C", "elsewhere", "run"], 3, "name the directory that has it"),
        (&["-C", "elsewhere", "runs"], 3, "nothing has run in elsewhere yet; `kaizen run` or `kaizen exec`"),
    ] {
        context.run(arguments).code(code).says(words);
    }
}

#[test]
fn a_project_without_steps_says_how_to_declare_one() {
    let context = with("[project]\nname = \"empty\"\n");
    context.run(&["run"]).code(0).says("nothing to do");
    context.run(&["run", "train"]).code(2).says("it has no steps; declare one: [step.NAME]");
}
