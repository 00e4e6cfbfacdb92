//! `kaizen why` and `status` of steps: found by the names that people use, and in their order.

use super::{many, with};

#[test]
fn a_step_is_explained_by_its_bare_name_and_a_wrong_name_is_told_a_near_one() {
    let context = with(
        r#"
[project]
name = "why"

[data.rows]
source = "rows.csv"

[step.first]
run = "true"
reads = ["data.rows"]
"#,
    );
    context.write("rows.csv", "a\n1\n");
    context.run(&["run"]).code(0);
    for name in [&["first"][..], &["step.first"], &["step", "first"]] {
        context.run(&[&["why"], name].concat()).code(0).says("step.first").says("never ran");
    }
    for (name, words) in [
        ("fist", "the project has no step `fist`; did you mean `first`?"),
        ("step.fist", "did you mean `first`?"),
        ("data.row", "the project has no data.row; did you mean `data.rows`?"),
        ("rows", "`rows` is no step; did you mean `data.rows`?"),
        ("model.late", "the project has no model.late; it has none"),
        ("zzzzzz", "it has first"),
    ] {
        context.run(&["why", name]).code(2).says(words);
    }
}

#[test]
fn a_fan_out_is_told_a_few_of_its_instances_in_the_order_of_their_numbers() {
    let context = many(20, "true");
    context.run(&["run"]).code(0);
    let shown: Vec<_> = (1..=12).map(|number| format!("many[n={number}]")).collect();
    let few = format!("{} and 8 more", shown.join(", "));
    for command in [&["why", "many"][..], &["why", "step.many"], &["logs", "many"]] {
        context.run(command).code(2).says(&format!("many is several steps; name one: {few}"));
    }
    for command in [&["why", "many[n=21]"][..], &["run", "many[n=21]"]] {
        context.run(command).code(2).says(&format!("step `many` has no instance `many[n=21]`; it has {few}"));
    }
    context.run(&["why", "many[n=10]"]).code(0).says("step.many[n=10]");
    let status = context.run(&["status"]);
    let at = |name: &str| status.code(0).stdout.find(name).unwrap_or_else(|| panic!("{name} in {status:#?}"));
    assert!(at("many[n=9]") < at("many[n=10]"), "{status:#?}");
}

#[test]
fn a_failure_is_shown_without_the_announcement_of_an_output_that_does_not_follow() {
    let context = with("[project]\nname = \"failing\"\n\n[step.bad]\nrun = \"echo why; exit 3\"\n");
    context.run(&["run"]).code(5).says("last output:\n      why\n");
    for command in [&["status"][..], &["why", "bad"], &["runs", "1"]] {
        context.run(command).code(0).says("it ended with exit status: 3").never_says("last output");
    }
}

#[test]
fn a_trigger_says_what_it_last_fired_for_or_what_it_waits_for() {
    let context = with(
        r#"
[project]
name = "triggered"

[trigger.nightly]
cron = "0 3 * * *"

[trigger.call]
webhook = { token = "a-token-of-enough-bytes" }

[trigger.late]
release = { project = "other", service = "late" }

[step.follow]
run = "true"
reads = ["trigger.nightly", "trigger.call", "trigger.late"]
"#,
    );
    context.run(&["run"]).code(0);
    let never = "it has not fired yet; it fires";
    context
        .run(&["why", "trigger.nightly"])
        .code(0)
        .says("trigger.nightly")
        .says(never)
        .says("; last looked at 2");
    context.run(&["why", "trigger", "call"]).code(0).says(never).says("when it is called");
    context.run(&["why", "trigger.late"]).code(0).says(never).says("another version");
    context
        .run(&["why", "trigger.lat"])
        .code(2)
        .says("the project has no trigger.lat; did you mean `trigger.late`?");
    assert_eq!(context.json(&["why", "trigger.late"])["firing"], serde_json::Value::Null);
}
