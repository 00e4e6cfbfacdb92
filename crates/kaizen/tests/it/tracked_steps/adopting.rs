//! A command that outlives its engine goes on logging to the next one, as the same run.

use serde_json::json;

use super::{only, project, value};
use crate::context::{TestContext, eventually, wait};

const LOGS_TWICE: &str = "log.metric('before', 1)\nopen('begun', 'w').close()\n\
    while not os.path.exists('go'): log.time.sleep(0.02)\n\
    log.again('POST', 'runs/log-metric', run_id=log.RUN, key='after', value=2, timestamp=1)";

/// A project whose engine was killed while its command runs.
fn orphaned(python: &str) -> TestContext {
    let context = project(python);
    let mut kaizen = context.command(&["run"]).spawn().unwrap();
    eventually("the command runs", || context.path("begun").exists());
    kaizen.kill().unwrap();
    kaizen.wait().unwrap();
    context
}

#[test]
fn a_command_that_outlives_its_engine_logs_to_the_next_one() {
    let context = orphaned(LOGS_TWICE);
    let mut next = context.command(&["run"]).spawn().unwrap();
    context.write("go", "");
    assert_eq!(wait(&mut next), Some(0));
    let run = only(&context);
    assert_eq!(
        (value(&run, "metrics", "before"), value(&run, "metrics", "after")),
        (&json!(1.0), &json!(2.0))
    );
    assert_eq!(run["info"]["status"], "FINISHED");
    let entry = &context.json(&["runs", "2"])["entries"][0];
    assert_eq!(entry["detail"]["detail"]["metrics"], json!({ "after": 2.0, "before": 1.0 }), "{entry:#}");
}

#[test]
fn a_command_that_logs_for_the_first_time_after_its_engine_was_killed_has_its_run_all_the_same() {
    let context = orphaned(&LOGS_TWICE.replace("log.metric('before', 1)\n", ""));
    let mut next = context.command(&["run"]).spawn().unwrap();
    context.write("go", "");
    assert_eq!(wait(&mut next), Some(0));
    let run = only(&context);
    assert_eq!((&run["info"]["status"], value(&run, "metrics", "after")), (&json!("FINISHED"), &json!(2.0)));
    assert_eq!(value(&run, "tags", "kaizen.step"), "train");
}

#[test]
fn a_command_that_nobody_goes_on_with_leaves_a_run_that_was_killed() {
    let context = orphaned(LOGS_TWICE);
    context.write("train.py", "import log");
    context.run(&["run"]).code(0);
    assert_eq!(only(&context)["info"]["status"], "KILLED");
}
