//! Tracked runs in the terminal.

use serde_json::json;

use super::{project, tracked};
use crate::context::TestContext;

/// Two runs of a step, with another rate.
fn two() -> TestContext {
    let context = project("log.param('lr', '0.1'); log.param('seed', '7'); log.metric('loss', 0.5)");
    context.run(&["run"]).code(0);
    let python = "import log; log.param('lr', '0.2'); log.param('seed', '7'); log.metric('loss', 0.25, 3); log.metric('f1', 0.9)";
    context.write("train.py", python);
    context.run(&["run"]).code(0);
    context
}

fn id(context: &TestContext, place: usize) -> String {
    tracked(context)[place]["info"]["run_id"].as_str().unwrap().to_owned()
}

#[test]
fn tracked_runs_are_listed_after_those_of_the_project_newest_first() {
    let context = two();
    let ran = context.run(&["runs"]);
    let lines: Vec<_> = ran.code(0).stdout.lines().collect();
    assert!(lines[0].starts_with("run  started") && lines[4] == "tracked", "{ran:#?}");
    assert!(lines[5].starts_with("run  ") && lines[5].contains("experiment"), "{ran:#?}");
    for (line, words) in lines[6..].iter().zip([["steps", "f1 0.9, loss 0.25"], ["steps", "loss 0.5"]]) {
        assert!(line.contains("train") && line.contains("finished"), "{line}");
        assert!(words.iter().all(|word| line.contains(word)), "{line}");
    }
    assert!(lines[6].starts_with(&id(&context, 0)[..8]), "{ran:#?}");
    // The list of runs stays what it was for scripts.
    assert_eq!(context.json(&["runs"]).as_array().unwrap().len(), 2);
    assert_eq!(context.json(&["runs", "--tracked", "--limit", "1"]).as_array().unwrap().len(), 1);
}

#[test]
fn a_run_is_shown_whole_by_its_id_the_beginning_of_it_or_its_name() {
    let context = two();
    let whole = id(&context, 0);
    for word in [&whole, &whole[..9]] {
        let ran = context.run(&["runs", word]);
        ran.code(0).says(&whole).says("experiment  steps").says("step.train");
        ran.says("lr    0.2").says("loss  0.25  at step 3").says("kaizen.step");
    }
    let run = context.json(&["runs", &whole[..9]]);
    assert_eq!((&run["info"]["run_id"], &run["experiment"]), (&json!(whole), &json!("steps")));
    context.run(&["runs", "train"]).code(2).says("more than one run").says(&whole);
    context.run(&["runs", "nothing"]).code(2).says("there is no run nothing").never_says("four letters");
    context.run(&["runs", &whole[..3]]).code(2).says("write at least four letters of an id");
    context.run(&["runs", "7"]).code(2).says("there is no run 7");
}

#[test]
fn runs_are_compared_and_what_differs_is_marked() {
    let context = two();
    let (newer, older) = (id(&context, 0), id(&context, 1));
    let ran = context.run(&["compare", &older[..9], &newer]);
    let line = |key: &str| {
        let found = ran.stdout.lines().find(|line| line.split_whitespace().any(|word| word == key));
        found.unwrap_or_else(|| panic!("no {key} in {ran:#?}")).split_whitespace().collect::<Vec<_>>()
    };
    ran.code(0).says(&older[..8]).says("parameters").says("metrics");
    assert_eq!(line("lr"), ["*", "lr", "0.1", "0.2"]);
    assert_eq!(line("seed"), ["seed", "7", "7"]);
    assert_eq!(line("loss"), ["*", "loss", "0.5", "0.25", "-0.25"]);
    assert_eq!(line("f1"), ["*", "f1", "-", "0.9"]);
    let compared = context.json(&["compare", &older, &newer]);
    assert_eq!(compared["metrics"][1], json!({ "key": "loss", "values": [0.5, 0.25], "differs": true }));
    context.run(&["compare", &older]).code(2).says("RUN");
    context.run(&["compare", &older, "nothing"]).code(2).says("there is no run nothing");
}

#[test]
fn runs_of_a_server_are_read_without_a_project_and_while_it_writes() {
    let context = two();
    let other = TestContext::empty();
    let data = context.path(".kaizen/tracking");
    let data = data.to_str().unwrap();
    let mut server = context.command(&["server", "--port", "0", "--data", data]).spawn().unwrap();
    other.run(&["runs", "--data", data]).code(0).says("loss 0.5");
    assert_eq!(other.json(&["runs", "--data", data]).as_array().unwrap().len(), 2);
    let (one, two) = (id(&context, 0), id(&context, 1));
    other.run(&["compare", &one, &two, "--data", data]).code(0).says("loss");
    server.kill().unwrap();
    server.wait().unwrap();
    let listed_there = format!("`kaizen runs --data {data}` lists them");
    other.run(&["runs", "nothing", "--data", data]).code(2).says(&listed_there);
    other.run(&["compare", &one, "nothing", "--data", data]).code(2).says(&listed_there);
    other.run(&["runs", "--data", "nowhere"]).code(2).says("there are no tracked runs in nowhere");
    other.run(&["compare", &one, &two]).code(2).says("there is no run");
}

#[test]
fn an_experiment_that_is_not_there_is_named() {
    let context = two();
    context.run(&["runs", "--experiment", "late"]).code(2).says("there is no experiment `late`");
    assert_eq!(context.json(&["runs", "--experiment", "Default"]), json!([]));
}
