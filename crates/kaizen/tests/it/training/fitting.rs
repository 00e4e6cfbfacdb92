//! What a command leaves that is no model of this project.

use super::{model, trained_by};
use crate::{context::TestContext, project};

fn refused(context: &TestContext, why: &str) {
    context.up_once().code(5).says(why);
    assert_eq!(context.count("train model.late", "failed"), 1);
    assert_eq!(context.served(), None);
}

#[test]
fn a_command_that_fails_is_shown_with_the_end_of_its_log() {
    let context = trained_by("echo no memory for trees >&2; exit 3", "");
    refused(&context, "exit status: 3");
    context.run(&["why", "model", "late", "--json"]).says("no memory for trees").says(".kaizen/runs/late-");
}

#[test]
fn a_command_that_leaves_no_model_is_told_both_ways_to_leave_one() {
    refused(&trained_by("true", ""), "left no model; log one through MLflow");
}

#[test]
fn what_is_no_model_is_refused() {
    refused(&trained_by("echo hello > \"$KAIZEN_MODEL\"", ""), "not an ONNX model");
}

#[test]
fn an_input_that_is_no_column_is_named_with_the_columns_there_are() {
    let context = trained_by("cp ready.onnx \"$KAIZEN_MODEL\"", "");
    context.write("ready.onnx", model("length", 1_500.0));
    refused(&context, "`length`");
    context.run(&["why", "model", "late"]).says("at, distance, carrier");
}

#[test]
fn a_directory_that_only_python_reads_asks_for_the_packages_with_the_line_that_installs_them() {
    let save = "mkdir \"$KAIZEN_MODEL\" && printf 'flavors:\\n  sklearn:\\n    pickled_model: model.pkl\\n' > \
                \"$KAIZEN_MODEL/MLmodel\"";
    // A Python without packages, wherever the tests run.
    let context = trained_by(save, ", python = \"python3 -I -S\"");
    refused(&context, "-m pip install");
}

#[test]
fn a_python_that_is_not_there_is_named() {
    let save =
        "mkdir \"$KAIZEN_MODEL\" && printf 'flavors:\\n  sklearn:\\n    a: b\\n' > \"$KAIZEN_MODEL/MLmodel\"";
    let context = trained_by(save, ", python = \"no-such-python\"");
    refused(&context, "no-such-python");
}

#[test]
fn a_target_without_a_value_is_said_before_the_command_runs() {
    let context = trained_by("echo trained >> ran", "");
    let rows = (0..600).map(|row| format!("{row},2024-01-01T00:00:00Z,{row}.5,A,\n"));
    context.write("trips.csv", project::HEADER.to_owned() + &rows.collect::<String>());
    refused(&context, "target `late` cannot be learned");
    assert!(context.ran().is_empty());
}
