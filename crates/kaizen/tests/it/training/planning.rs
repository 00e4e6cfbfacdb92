//! When a model is trained by its command, and when it is not.

use table::Values;

use super::{copying, model, trained_by};
use crate::{
    endpoint::post,
    project::{self, ROWS},
    running::Running,
};

#[test]
fn a_model_that_a_command_makes_is_judged_promoted_and_served_as_any_other() {
    let context = copying();
    let up = context.up_once();
    up.code(0)
        .says("an ONNX model from $KAIZEN_MODEL, reads 1 column")
        .says("verdict on model.late: promote");
    assert_eq!(context.served(), Some(1));
    context
        .run(&["why", "model", "late"])
        .code(0)
        .says("an ONNX model")
        .says("to be in the order false, true");
    context.up_once().code(0).says("nothing to do");
    assert_eq!(context.ran(), ["trained"]);
    let mut running = Running::up(&context);
    let (url, _) = running.serving();
    let request =
        r#"{"inputs": [{"name": "distance", "shape": [2, 1], "datatype": "FP32", "data": [100, 2900]}]}"#;
    let answer = post(&format!("{url}/infer"), request);
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.body["outputs"][0]["data"], serde_json::json!([false, true]), "{}", answer.body);
}

#[test]
fn a_command_is_given_the_rows_that_are_not_held_out_and_no_other_column() {
    let told = "echo \"$KAIZEN_TARGET $KAIZEN_SEED\" >> ran; cp \"$KAIZEN_TRAIN\" seen.parquet; ";
    let context = trained_by(&format!("{told}cp ready.onnx \"$KAIZEN_MODEL\""), "");
    context.up_once().code(0).says("600 held-out rows");
    assert_eq!(context.ran(), ["late 7"]);
    let seen = data::read_table(&context.path("seen.parquet")).unwrap();
    let names: Vec<_> = seen.columns().iter().map(|column| column.name.as_str()).collect();
    // The number of a trip is excluded.
    assert_eq!(names, ["at", "distance", "carrier", "late"]);
    assert_eq!(seen.rows() as u64, ROWS - 600);
    let Values::Time(times) = &seen.column("at").unwrap().values else { panic!("`at` holds times") };
    let last = times.iter().flatten().max().unwrap();
    let after = project::trips(ROWS - 600..ROWS - 599);
    let first_held_out = after.lines().nth(1).unwrap().split(',').nth(1).unwrap();
    let first_held_out: base::Timestamp = first_held_out.parse().unwrap();
    assert!(*last < first_held_out.micros());
    // They are not left lying about.
    assert!(context.kept("train.parquet").is_empty());
}

#[test]
fn a_change_of_what_the_command_reads_trains_again_and_a_change_of_how_it_is_run_does_not() {
    let context = copying();
    context.up_once().code(0);
    context.ran();
    context.edit("seed = 7", "seed = 7, timeout = \"5m\"");
    context.run(&["plan"]).code(0).says("nothing to do");
    context.write("ready.onnx", model("distance", 1_600.0));
    context.run(&["plan"]).says("train").says("input changed: ready.onnx");
    context.up_once().code(0).says("version 2");
    assert_eq!(context.ran(), ["trained"]);
    context.edit("seed = 7", "seed = 8");
    context.run(&["plan"]).says("train.seed");
    context.remove("ready.onnx");
    context.run(&["plan"]).says("the file `ready.onnx` it reads is not there");
}

#[test]
fn a_model_that_a_learner_trained_is_trained_again_by_a_command_and_both_are_compared() {
    let context = crate::context::TestContext::trained();
    context.write("ready.onnx", model("distance", 1_500.0));
    let builtin = "train = { builtin = \"auto\", budget = \"5s\", seed = 1, threads = 1 }";
    context.edit(builtin, "train = { run = 'cp ready.onnx \"$KAIZEN_MODEL\"' }");
    context.run(&["plan"]).says("train.run");
    context.up_once().says("champion version 1").says("verdict on model.late");
}
