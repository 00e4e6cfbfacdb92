//! The other tasks: the line is the same for a number and for one class of several.

use crate::{
    context::TestContext,
    endpoint::{Answer, post},
    project,
    running::Running,
};

/// Runs the line of a project to its end and asks the service the question it suggests.
fn answered(toml: &str) -> (TestContext, Answer) {
    let context = TestContext::with(toml);
    context.up_once().code(0);
    context.run(&["why", "model.late", "--recompute"]).code(0);
    let mut up = Running::up(&context);
    let (url, request) = up.serving();
    let answer = post(&format!("{url}/infer"), &request);
    assert_eq!(answer.status, 200, "{answer:?}");
    up.interrupt().code(0);
    (context, answer)
}

#[test]
fn a_number_is_learned_judged_and_served() {
    let toml = project::PLAIN.replace(r#"target = "late""#, r#"target = "distance""#);
    let (context, answer) = answered(&toml.replace(r#"task = "binary""#, r#"task = "regression""#));
    assert!(answer.body["outputs"][0]["data"][0].as_f64().is_some_and(|value| value > 0.0), "{answer:?}");
    context.run(&["why", "model.late"]).code(0).says("rmse");
}

#[test]
fn one_class_of_several_is_learned_judged_and_served() {
    let query = "SELECT id, at, carrier, distance, CASE WHEN distance > 2000 THEN 'far' \
                 WHEN distance > 1000 THEN 'middle' ELSE 'near' END AS late FROM short ORDER BY at, id";
    let usual = project::TOML.lines().find(|line| line.starts_with("sql = ")).unwrap();
    let toml = project::TOML.replace(usual, &format!("sql = \"{query}\""));
    let (_, answer) = answered(&toml.replace(r#"task = "binary""#, r#"task = "multiclass""#));
    let label = answer.body["outputs"].as_array().unwrap().iter().find(|output| output["name"] == "label");
    let label = label.unwrap()["data"][0].as_str().unwrap();
    assert!(["near", "middle", "far"].contains(&label), "{answer:?}");
}
