//! Steps with a condition.

use super::super::context::{Ran, TestContext};

const SHIP: &str = r#"
[step.ship]
run = "echo ship >> ran; echo shipped > ship"
writes = ["ship"]
when = WHEN

[step.tell]
run = "echo tell >> ran; cat ship > tell"
reads = ["step.ship"]
writes = ["tell"]
"#;

fn run_with(context: &TestContext, variables: &[(&str, &str)]) -> Ran {
    let mut command = context.command(&["run"]);
    command.envs(variables.iter().copied());
    Ran::wait(command)
}

#[test]
fn a_step_runs_only_when_the_variable_has_its_value() {
    let context = TestContext::of_steps(&SHIP.replace("WHEN", "{ env = 'CI', is = 'true' }"));
    run_with(&context, &[]).code(0).says("skipped: CI is not set").says("skipped: step.ship was skipped");
    assert!(context.ran().is_empty() && !context.path("ship").exists());
    run_with(&context, &[]).code(0).says("nothing to do");
    run_with(&context, &[("CI", "false")]).code(0).says("skipped: CI is not true");
    run_with(&context, &[("CI", "true")]).code(0).says("2 done");
    assert_eq!(context.ran(), ["ship", "tell"]);
    run_with(&context, &[("CI", "true")]).code(0).says("nothing to do");
    run_with(&context, &[]).code(0).says("skipped: CI is not set");
    run_with(&context, &[("CI", "true")]).code(0).says("from the cache");
    assert!(context.ran().is_empty());
}

#[test]
fn a_variable_that_only_has_to_be_set_must_not_be_empty() {
    let context = TestContext::of_steps(&SHIP.replace("WHEN", "{ env = 'CI' }"));
    run_with(&context, &[]).code(0).says("skipped: CI is not set");
    run_with(&context, &[("CI", "")]).code(0).says("skipped: CI is empty");
    assert!(context.ran().is_empty());
    run_with(&context, &[("CI", "no matter what")]).code(0);
    assert_eq!(context.ran(), ["ship", "tell"]);
}

#[test]
fn a_step_runs_only_when_a_metric_is_within_its_bounds() {
    let evaluate = "[step.eval]\nrun = 'cp in.json m.json'\nreads = ['in.json']\nwrites = ['m.json']\nmetrics = 'm.json'\n";
    let when = "{ step = 'eval', metric = 'test.accuracy', min = 0.9, max = 1 }";
    let context = TestContext::of_steps(&format!("{evaluate}{}", SHIP.replace("WHEN", when)));
    let accuracy = |value: &str| context.write("in.json", format!("{{\"test\": {{\"accuracy\": {value}}}}}"));
    accuracy("0.8");
    context.run(&["run"]).code(0).says("skipped: test.accuracy of step.eval is 0.8, below 0.9");
    accuracy("1.5");
    context.run(&["run"]).code(0).says("is 1.5, above 1");
    assert!(context.ran().is_empty());
    accuracy("0.9");
    context.run(&["run"]).code(0).says("test.accuracy 0.9 (-0.6)").says("3 done");
    assert_eq!(context.ran(), ["ship", "tell"]);
    accuracy("0.95");
    context.run(&["run"]).code(0);
    context.write("in.json", "{\"test\": {\"f1\": 1}}");
    let ran = context.run(&["run"]);
    ran.code(5).says("`when` asks for the metric `test.accuracy` of step.eval, which has test.f1");
}
