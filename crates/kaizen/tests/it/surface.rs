//! The command line itself.

use serde_json::Value;

use crate::{context::TestContext, project};

const COMMANDS: [&str; 28] = [
    "up",
    "down",
    "plan",
    "apply",
    "run",
    "exec",
    "logs",
    "runs",
    "compare",
    "cancel",
    "retry",
    "graph",
    "status",
    "why",
    "promote",
    "history",
    "serve",
    "server",
    "import",
    "token",
    "spool",
    "init",
    "schema",
    "replay",
    "drift",
    "incidents",
    "tickets",
    "silence",
];

#[test]
fn every_command_explains_itself() {
    let context = TestContext::empty();
    let all = context.run(&["--help"]);
    all.code(0).says("The production line for machine learning").says("Exit codes:");
    for command in COMMANDS {
        all.says(command);
        let help = context.run(&[command, "--help"]);
        help.code(0).says("Usage: kaizen").says("--json");
        assert!(help.stdout.lines().next().is_some_and(|line| line.len() > 20), "{help:#?}");
    }
    // What an engine starts is nothing for people.
    all.never_says("supervise");
    context.run(&["--version"]).code(0).says("kaizen 0.");
}

#[test]
fn a_command_line_that_makes_no_sense_is_answered_with_its_usage() {
    let context = TestContext::empty();
    context.run(&[]).code(2).says("Usage:");
    context.run(&["plam"]).code(2).says("'plan'");
    context.run(&["up", "--onc"]).code(2).says("--once");
    context.run(&["why"]).code(2);
}

#[test]
fn the_schema_is_json_and_knows_the_fields_of_a_project() {
    let context = TestContext::empty();
    let ran = context.run(&["schema"]);
    let schema: Value = ran.code(0).json();
    assert!(schema["$schema"].as_str().unwrap().contains("2020-12"), "{schema:#}");
    let text = schema.to_string();
    for field in ["objective", "beat_baseline", "one_of", "writes", "rollout"] {
        assert!(text.contains(&format!("\"{field}\"")), "{field}");
    }
    assert_eq!(context.run(&["schema", "--json"]).code(0).json(), schema);
}

#[test]
fn a_project_is_found_by_its_directory_or_its_file() {
    let context = TestContext::empty();
    context.write("line/kaizen.toml", project::TOML);
    context.write("line/trips.csv", project::trips(0..10));
    for place in [
        &["plan", "line"][..],
        &["plan", "line/kaizen.toml"],
        &["-C", "line", "plan"],
        &["plan", "-C", "line"],
    ] {
        context.run(place).code(0).says("10 actions");
    }
    assert!(!context.path(".kaizen").exists());
}

#[test]
fn data_go_to_standard_output_and_everything_else_to_standard_error() {
    let context = TestContext::new();
    let ran = context.up_once();
    assert!(ran.stdout.contains("verdict on model.late"), "{ran:#?}");
    assert!(!ran.stdout.contains("snapshot  data.trips"), "{ran:#?}");
    assert!(ran.stderr.contains("snapshot  data.trips"), "{ran:#?}");
    let json = context.run(&["status", "--json"]);
    json.code(0).json();
    assert_eq!(json.stderr, "");
    let failed = context.run(&["why", "model.nothing", "--json"]);
    assert_eq!(failed.code(2).json()["code"], 2);
    assert_eq!(failed.stderr, "");
}
