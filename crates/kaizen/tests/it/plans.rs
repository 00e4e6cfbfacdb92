//! Plans that are shown, saved and applied.

use crate::{context::TestContext, project};

#[test]
fn a_plan_shows_each_action_with_its_reason_and_does_none() {
    let context = TestContext::new();
    let first = context.run(&["plan"]);
    first.code(0).says("10 actions").says("never ran").says("snapshot").says("roll out");
    context.run(&["plan"]).code(0).says("10 actions");
    assert!(!context.path(".kaizen/models").exists());
    assert!(context.entries("model.late").is_empty());
}

#[test]
fn a_saved_plan_is_performed_as_it_was_shown() {
    let context = TestContext::new();
    let shown = context.json(&["plan", "--out", "first.plan"]);
    let applied = context.run(&["apply", "first.plan", "--json"]);
    applied.code(0);
    let began: Vec<_> = applied.lines().into_iter().filter(|event| event["event"] == "started").collect();
    let began: Vec<_> = began.iter().map(|event| &event["action"]).collect();
    let planned: Vec<_> = shown["actions"].as_array().unwrap().iter().collect();
    assert_eq!(began, planned);
    assert_eq!(context.served(), Some(1));
    context.run(&["plan"]).code(0).says("nothing to do");
}

#[test]
fn an_apply_without_a_file_performs_the_present_plan() {
    let context = TestContext::new();
    context.run(&["apply"]).code(0).says("verdict on model.late: promote");
    assert_eq!(context.served(), Some(1));
}

#[test]
fn a_saved_plan_is_refused_when_the_data_changed() {
    let context = TestContext::new();
    context.run(&["plan", "--out", "old.plan"]).code(0);
    context.write("trips.csv", project::trips(0..project::ROWS + 1));
    let refused = context.run(&["apply", "old.plan"]);
    refused.code(7).says("source of data.trips changed").says("kaizen plan").never_says("target");
    assert!(context.entries("data.trips").is_empty(), "nothing was begun");
}

#[test]
fn a_saved_plan_is_refused_when_the_project_changed() {
    let context = TestContext::new();
    context.run(&["plan", "--out", "old.plan"]).code(0);
    context.edit("seed = 1", "seed = 2");
    context.run(&["apply", "old.plan"]).code(7).says("field `train` of model.late");
    let refused = context.run(&["apply", "old.plan", "--json"]);
    assert!(refused.code(7).json()["error"].as_str().unwrap().contains("field `train` of model.late"));
}

#[test]
fn a_saved_plan_is_refused_when_it_has_been_performed() {
    let context = TestContext::new();
    context.run(&["plan", "--out", "once.plan"]).code(0);
    context.run(&["apply", "once.plan"]).code(0);
    context.run(&["apply", "once.plan"]).code(7).says("last train of model.late is new");
    assert_eq!(context.count("train model.late", "done"), 1);
}

#[test]
fn a_file_that_is_no_plan_is_named_with_the_way_to_make_one() {
    let context = TestContext::new();
    for garbage in ["", "not a plan", "{}", r#"{"format":1}"#, "[[[[[[[["] {
        context.write("garbage.plan", garbage);
        let refused = context.run(&["apply", "garbage.plan"]);
        refused.code(2).says("garbage.plan is not a saved plan").says("kaizen plan --out");
    }
    context.run(&["apply", "absent.plan"]).code(1).says("absent.plan");
}

#[test]
fn a_plan_of_a_later_release_is_refused() {
    let context = TestContext::new();
    context.run(&["plan", "--out", "later.plan"]).code(0);
    context.write("later.plan", context.read("later.plan").replace(r#""format":1"#, r#""format":2"#));
    context.run(&["apply", "later.plan"]).code(7).says("format 2").says("format 1");
}
