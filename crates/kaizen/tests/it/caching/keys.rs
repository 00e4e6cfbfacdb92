//! Each part of a step's key: a change of it runs the step, with the reason, and the way back is a hit.

use super::{run_with, write_program};
use crate::context::TestContext;

/// A step whose only input is what a test is about.
fn project(more: &str) -> TestContext {
    let step = "[step.part]\nwrites = [\"part\"]\n";
    TestContext::of_steps(&format!("{step}{more}"))
}

/// The first run, then a change and the way back. Each is run with its variables.
struct Change<'a> {
    context: &'a TestContext,
    before: &'a [(&'a str, &'a str)],
    after: &'a [(&'a str, &'a str)],
    reason: &'a str,
}

impl<'a> Change<'a> {
    fn of(context: &'a TestContext, reason: &'a str) -> Self {
        Self { context, before: &[], after: &[], reason }
    }

    #[track_caller]
    fn check(&self, there: impl Fn(&TestContext), back: impl Fn(&TestContext)) {
        let Self { context, before, after, reason } = self;
        run_with(context, &["run"], before).code(0);
        assert_eq!(context.ran(), ["part"]);
        run_with(context, &["run"], before).code(0).says("nothing to do");
        there(context);
        run_with(context, &["plan"], after).code(0).says("run       step.part").says(reason);
        run_with(context, &["why", "step", "part"], after).code(0).says(&format!("to do: run: {reason}"));
        run_with(context, &["run"], after).code(0).never_says("from the cache");
        assert_eq!(context.ran(), ["part"], "the change did not run the step");
        let why = run_with(context, &["why", "part"], after);
        why.code(0).says(&reason.replace("may change", "changed"));
        back(context);
        run_with(context, &["plan"], before).code(0).says(reason);
        run_with(context, &["run"], before).code(0).says("as before, from the cache");
        assert!(context.ran().is_empty(), "the way back is no hit");
        run_with(context, &["run"], before).code(0).says("nothing to do");
    }
}

#[test]
fn the_command_is_part_of_the_key() {
    let context = project("run = 'echo part >> ran; echo 1 > part'");
    Change::of(&context, "spec changed: run")
        .check(|context| context.edit("echo 1", "echo 2"), |context| context.edit("echo 2", "echo 1"));
}

#[test]
fn the_content_of_a_file_is_part_of_the_key() {
    let context = project("run = 'echo part >> ran; cat in.txt > part'\nreads = ['in.txt']");
    context.write("in.txt", "1");
    Change::of(&context, "input changed: in.txt")
        .check(|context| context.write("in.txt", "2"), |context| context.write("in.txt", "1"));
}

#[test]
fn names_and_contents_below_a_directory_are_part_of_the_key() {
    let context = project("run = 'echo part >> ran; cat in/*/* > part'\nreads = ['in']");
    context.write("in/deep/one", "1");
    Change::of(&context, "input changed: in")
        .check(|context| context.write("in/deep/two", "2"), |context| context.remove("in/deep/two"));
    context.write("in/deep/one", "3");
    context.run(&["run"]).code(0);
    assert_eq!(context.ran(), ["part"]);
    context.rename("in/deep/one", "in/deep/other");
    context.run(&["run"]).code(0);
    assert_eq!(context.ran(), ["part"], "a file was renamed");
}

#[test]
fn the_snapshot_of_a_data_set_is_part_of_the_key() {
    let data = "\n[data.rows]\nsource = 'rows.csv'";
    let step = "run = 'echo part >> ran; cat \"$KAIZEN_INPUT_ROWS\" > part'\nreads = ['data.rows']";
    let context = project(&format!("{step}{data}"));
    context.write("rows.csv", "a\n1\n");
    Change::of(&context, "input may change: data.rows")
        .check(|context| context.write("rows.csv", "a\n2\n"), |context| context.write("rows.csv", "a\n1\n"));
}

#[test]
fn the_output_of_a_step_is_part_of_the_key() {
    let upstream = "\n[step.up]\nrun = 'cp in.txt up'\nreads = ['in.txt']\nwrites = ['up']";
    let step = "run = 'echo part >> ran; cat up > part'\nreads = ['step.up']";
    let context = project(&format!("{step}{upstream}"));
    context.write("in.txt", "1");
    Change::of(&context, "input may change: step.up")
        .check(|context| context.write("in.txt", "2"), |context| context.write("in.txt", "1"));
}

#[test]
fn a_value_taken_from_the_environment_is_part_of_the_key() {
    let context = project("run = 'echo part >> ran; echo $X > part'\nenv = { X = { from = 'OUTER' } }");
    let change = Change::of(&context, "input changed: env.OUTER");
    Change { before: &[("OUTER", "1")], after: &[("OUTER", "2")], ..change }.check(|_| (), |_| ());
    assert_eq!(context.read("part"), "1\n");
    run_with(&context, &["run"], &[]).code(5).says("the environment variable OUTER it takes is not set");
    run_with(&context, &["run"], &[("OUTER", "1"), ("OTHER", "2")]).code(0).says("nothing to do");
}

#[test]
fn a_declared_value_is_part_of_the_key() {
    let context = project("run = 'echo part >> ran; echo $LR > part'\nenv = { LR = 0.1 }");
    Change::of(&context, "spec changed: env").check(
        |context| context.edit("LR = 0.1", "LR = 0.2"),
        |context| context.edit("LR = 0.2", "LR = 0.1"),
    );
    assert_eq!(context.read("part"), "0.1\n");
}

#[test]
fn the_content_of_a_tool_of_the_project_is_part_of_the_key() {
    let context = project("run = '(echo part >> ran; ./mytool > part)'\ntools = ['./mytool']");
    write_program(&context, "mytool", "echo 1");
    let tool = |text: &'static str| move |context: &TestContext| write_program(context, "mytool", text);
    Change::of(&context, "input changed: tool../mytool").check(tool("echo 2"), tool("echo 1"));
    context.remove("mytool");
    context.run(&["run"]).code(5).says("the tool `./mytool` it uses is not on the PATH");
}

#[test]
fn the_content_of_a_tool_on_the_path_is_part_of_the_key() {
    let context = project("run = '(echo part >> ran; helper > part)'\ntools = ['helper']");
    tool_on_the_path(&context, "input changed: tool.helper");
}

#[test]
fn the_program_that_a_command_begins_with_is_part_of_the_key() {
    let context = project("run = 'helper > part; echo part >> ran'");
    tool_on_the_path(&context, "input changed: tool.helper");
}

#[track_caller]
fn tool_on_the_path(context: &TestContext, reason: &str) {
    let path = format!("{}:/usr/bin:/bin", context.path("bin").display());
    write_program(context, "bin/helper", "echo 1");
    let tool = |text: &'static str| move |context: &TestContext| write_program(context, "bin/helper", text);
    let variables = [("PATH", path.as_str())];
    let change = Change::of(context, reason);
    Change { before: &variables, after: &variables, ..change }.check(tool("echo 2"), tool("echo 1"));
}

#[test]
fn a_version_stands_for_the_tools() {
    let context = project("run = 'helper > part; echo part >> ran'\nversion = '1'");
    let path = format!("{}:/usr/bin:/bin", context.path("bin").display());
    let variables = [("PATH", path.as_str())];
    write_program(&context, "bin/helper", "echo 1");
    let change = Change::of(&context, "spec changed: version");
    Change { before: &variables, after: &variables, ..change }.check(
        |context| context.edit("version = '1'", "version = '2'"),
        |context| context.edit("version = '2'", "version = '1'"),
    );
    write_program(&context, "bin/helper", "echo 3");
    run_with(&context, &["run"], &variables).code(0).says("nothing to do");
}

#[test]
fn how_a_step_is_performed_is_no_part_of_the_key() {
    let context = project("run = 'echo part >> ran; echo 1 > part'\nenv = { T = { secret = 'env:API' } }");
    run_with(&context, &["run"], &[("API", "the old password")]).code(0);
    assert_eq!(context.ran(), ["part"]);
    let how = "timeout = '3s'\ngrace = '1s'\npriority = 3\nresources = { cpus = 0.5 }\nretry = { attempts = 2 }\nrun";
    context.edit("run", how);
    run_with(&context, &["run"], &[("API", "the new password")]).code(0).says("nothing to do");
    assert!(context.ran().is_empty());
}
