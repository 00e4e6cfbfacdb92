//! `spool = true` under `[tracking]`.

use serde_json::Value;

use super::{CLIENT, holds};
use crate::{
    context::{TestContext, eventually, wait},
    running::Running,
};

/// A project of one step that logs until it may stop.
fn project() -> TestContext {
    let step = "[tracking]\nspool = true\n\n[step.train]\nrun = \"python3 train.py\"\nreads = [\"train.py\", \"client.py\"]\nwrites = [\"count\"]\n";
    let context = TestContext::of_steps(step);
    context.write("client.py", CLIENT);
    let code = "from client import *\ncount = train(os.environ['MLFLOW_RUN_ID'])\n\
        with open('count', 'w') as out: out.write(str(count))\n";
    context.write("train.py", code);
    context
}

fn progress(context: &TestContext) -> u64 {
    if context.path("progress").exists() { context.read("progress").parse().unwrap() } else { 0 }
}

#[track_caller]
fn reaches(context: &TestContext, count: u64) {
    eventually(&format!("{count} points are acknowledged"), || progress(context) >= count);
}

/// The one tracked run holds what was acknowledged.
fn is_whole(context: &TestContext) {
    let runs: Value = context.json(&["runs", "--tracked"]);
    assert_eq!(runs.as_array().unwrap().len(), 1, "{runs:#}");
    assert_eq!(runs[0]["info"]["status"], "FINISHED", "{runs:#}");
    let mut server = Running::start(context.command(&["server", "--json", "--port", "0"]));
    let url = server.event("listening")["url"].as_str().unwrap().to_owned();
    holds(&url, runs[0]["info"]["run_id"].as_str().unwrap(), context.read("count").parse().unwrap());
    server.interrupt().code(0);
}

#[test]
fn a_step_logs_through_its_spool() {
    let context = project();
    let mut kaizen = context.command(&["run"]).spawn().unwrap();
    reaches(&context, 30);
    context.write("stop", "");
    assert_eq!(wait(&mut kaizen), Some(0));
    is_whole(&context);
    let entry = &context.json(&["runs", "1"])["entries"][0];
    assert!(entry["detail"]["detail"]["metrics"]["loss"].is_number(), "{entry:#}");
}

#[test]
fn a_step_does_not_notice_that_its_engine_was_killed() {
    let context = project();
    let mut kaizen = context.command(&["run"]).spawn().unwrap();
    reaches(&context, 10);
    kaizen.kill().unwrap();
    kaizen.wait().unwrap();
    let count = progress(&context);
    reaches(&context, count + 50);
    let mut next = context.command(&["run"]).spawn().unwrap();
    let count = progress(&context);
    reaches(&context, count + 20);
    context.write("stop", "");
    assert_eq!(wait(&mut next), Some(0));
    is_whole(&context);
}
