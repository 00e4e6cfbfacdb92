//! Project files that make no sense: each is told what is wrong, where, and what would be right.

use crate::{context::TestContext, project};

/// A project that ran, with another project file since.
fn with(toml: &str) -> TestContext {
    let context = TestContext::trained();
    context.write("kaizen.toml", toml);
    context
}

/// With the good file back, everything is as it was.
fn nothing_is_lost(context: &TestContext) {
    context.write("kaizen.toml", project::TOML);
    assert_eq!(context.served(), Some(1));
    context.run(&["history", "verify"]).code(0);
    context.run(&["plan"]).code(0).says("nothing to do");
}

#[test]
fn a_file_that_is_not_toml_is_shown_at_the_line_that_breaks() {
    let context = with("[project]\nname = \"trips\"\n\n[data.trips\nsource = \"trips.csv\"\n");
    for command in [&["up", "--once"][..], &["plan"], &["status"], &["apply"], &["why", "model.late"]] {
        context.run(command).code(3).says("kaizen.toml:4").says("[data.trips");
    }
    nothing_is_lost(&context);
}

#[test]
fn an_unknown_field_is_an_error_with_the_field_that_was_meant() {
    let context = with(&project::TOML.replace("target =", "taget ="));
    let refused = context.run(&["up", "--once"]);
    refused.code(3).says("unknown field `taget`").says("did you mean `target`?").never_says("error: error:");
    nothing_is_lost(&context);
}

#[test]
fn all_errors_are_shown_at_once_each_at_its_line() {
    let wrong = project::TOML
        .replace("task = \"binary\"", "task = \"binry\"")
        .replace("reads = [\"step.short\"]", "reads = [\"step.shrt\"]")
        .replace("[service.late]\nmodel = \"late\"", "[service.late]\nmodel = 7");
    let line = |text: &str| wrong.lines().position(|line| line.contains(text)).unwrap() + 1;
    let lines = [line("binry"), line("shrt"), line("model = 7")];
    let context = with(&wrong);
    let text = context.run(&["plan"]);
    text.code(3).says("3 errors in");
    let json = context.run(&["plan", "--json"]);
    let said = json.code(3).json();
    let diagnostics = said["diagnostics"].as_array().unwrap();
    assert_eq!(diagnostics.len(), 3, "{said:#}");
    for line in lines {
        text.says(&format!("kaizen.toml:{line}:"));
        assert!(diagnostics.iter().any(|diagnostic| diagnostic["line"] == line), "{line} in {said:#}");
    }
    assert!(diagnostics.iter().all(|diagnostic| !diagnostic["field"].is_null()), "{said:#}");
    nothing_is_lost(&context);
}

#[test]
fn a_name_that_is_a_path_is_refused() {
    let context = with(
        &project::TOML
            .replace("[data.trips]", "[data.\"../x\"]")
            .replace("[data.trips.expect]", "[data.\"../x\".expect]"),
    );
    context.run(&["up", "--once"]).code(3).says("../x").says("kaizen.toml:6");
    assert!(!context.path("../x").exists());
    nothing_is_lost(&context);
}

#[test]
fn a_step_that_would_write_outside_the_project_is_refused() {
    let context =
        with(&project::TOML.replace("writes = [\"build/short.csv\"]", "writes = [\"../short.csv\"]"));
    context.run(&["up", "--once"]).code(3).says("../short.csv").says("inside the project");
    nothing_is_lost(&context);
}

#[test]
fn a_variable_that_is_not_set_is_named() {
    let context = with(&project::TOML.replace("trips.csv", "${env.TRIPS_FILE}"));
    context.run(&["up", "--once"]).code(3).says("TRIPS_FILE");
    let mut command = context.command(&["up", "--once"]);
    command.env("TRIPS_FILE", "trips.csv");
    crate::context::Ran::wait(command).code(0).says("nothing to do");
    nothing_is_lost(&context);
}

#[test]
fn steps_that_read_each_other_are_refused() {
    let ring = project::TOML.replace("reads = [\"data.trips\"]", "reads = [\"step.features\"]");
    let context = with(&ring);
    context.run(&["up", "--once"]).code(3).says("step.short").says("step.features");
    nothing_is_lost(&context);
}

#[test]
fn a_project_that_is_not_there_is_named_with_the_way_to_make_one() {
    let context = TestContext::empty();
    for command in [&["up", "--once"][..], &["plan"], &["status"], &["down"], &["history"]] {
        context.run(command).code(3).says("kaizen.toml").says("kaizen init");
    }
    context.run(&["up", "elsewhere", "--once"]).code(3).says("elsewhere");
    assert!(!context.path(".kaizen").exists(), "nothing is made where there is no project");
}

#[test]
fn a_project_that_never_ran_says_so() {
    let context = TestContext::new();
    for command in [&["history"][..], &["history", "verify"], &["promote", "late", "--because", "it is good"]]
    {
        context.run(command).code(3).says("kaizen up");
    }
    context.run(&["status"]).code(0).says("10 to do");
}
