//! Every kind of mistake, as the command line shows it. The files are in `tests/bad`.

use std::{fs, path::Path};

fn env(name: &str) -> Option<String> {
    (name == "PRESENT").then(|| "here".to_owned())
}

/// The findings in a file of `tests/bad`, as text.
fn rendered(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad").join(format!("{name}.toml"));
    let text = fs::read_to_string(path).expect("the file is there");
    let diagnostics = spec::parse("kaizen.toml", &text, &env).expect_err("the file is bad");
    spec::render(&diagnostics, &text)
}

#[test]
fn every_syntax_error_is_shown_once() {
    insta::assert_snapshot!(rendered("syntax"));
}

#[test]
fn unknown_fields_are_refused_with_the_field_that_was_meant() {
    insta::assert_snapshot!(rendered("unknown_fields"));
}

#[test]
fn missing_fields_are_placed_at_their_table() {
    insta::assert_snapshot!(rendered("missing_fields"));
}

#[test]
fn values_of_a_wrong_type_say_what_was_found_and_expected() {
    insta::assert_snapshot!(rendered("wrong_types"));
}

#[test]
fn values_out_of_range_say_what_the_range_is() {
    insta::assert_snapshot!(rendered("values_out_of_range"));
}

#[test]
fn what_cannot_be_a_name_is_refused() {
    insta::assert_snapshot!(rendered("names"));
}

#[test]
fn undeclared_references_name_the_nearest_that_is_declared() {
    insta::assert_snapshot!(rendered("references"));
}

#[test]
fn steps_that_cannot_run_in_any_order_or_leave_the_project_are_refused() {
    insta::assert_snapshot!(rendered("steps"));
}

#[test]
fn fan_outs_over_nothing_or_whose_instances_would_meet_are_refused() {
    insta::assert_snapshot!(rendered("fan_outs"));
}

#[test]
fn steps_triggers_and_limits_that_make_no_sense_are_refused() {
    let rendered = rendered("running");
    // What stands by mistake where a reference to a secret should be is shown in its line of the file alone.
    assert!(rendered.lines().filter(|line| line.contains("hunter2")).all(|line| line.contains(" | ")));
    insta::assert_snapshot!(rendered);
}

#[test]
fn places_to_send_to_that_are_none_are_refused() {
    insta::assert_snapshot!(rendered("sinks"));
}

#[test]
fn models_whose_parts_do_not_suit_their_task_or_data_are_refused() {
    insta::assert_snapshot!(rendered("models"));
}

#[test]
fn trainings_by_both_kinds_or_by_commands_that_see_held_out_rows_are_refused() {
    insta::assert_snapshot!(rendered("training"));
}

#[test]
fn monitors_that_see_nothing_and_webhooks_that_anyone_can_read_are_refused() {
    insta::assert_snapshot!(rendered("monitors"));
}

#[test]
fn expectations_that_expect_nothing_are_refused() {
    insta::assert_snapshot!(rendered("expectations_on_nothing"));
}

#[test]
fn every_missing_variable_is_named() {
    insta::assert_snapshot!(rendered("environment"));
}

#[test]
fn places_are_right_in_dotted_and_inline_tables_and_after_wide_letters() {
    insta::assert_snapshot!(rendered("places"));
}

#[test]
fn an_empty_file_asks_for_a_project() {
    let diagnostics = spec::parse("kaizen.toml", "", &env).unwrap_err();
    insta::assert_snapshot!(spec::render(&diagnostics, ""));
}
