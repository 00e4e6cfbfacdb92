//! From the command to the record.

use std::time::Duration;

use serde_json::json;

use super::{only, project, project_with, tracked, value};
use crate::context::{TestContext, eventually, wait};

#[test]
fn what_a_step_logs_is_a_run_that_ends_with_it_and_says_where_it_belongs() {
    let context =
        project("log.start(); log.param('lr', '0.1'); log.metric('loss', 0.5); log.metric('loss', 0.25, 1)");
    context.run(&["run"]).code(0).says("loss 0.25");
    let run = only(&context);
    let info = &run["info"];
    assert_eq!((&info["run_name"], &info["status"]), (&json!("train"), &json!("FINISHED")), "{run:#}");
    assert!(info["end_time"].as_i64() >= info["start_time"].as_i64(), "{run:#}");
    assert_eq!((value(&run, "params", "lr"), value(&run, "metrics", "loss")), (&json!("0.1"), &json!(0.25)));
    for (tag, expected) in [
        ("mlflow.source.name", "step.train"),
        ("mlflow.user", "tester"),
        ("kaizen.step", "train"),
        ("kaizen.run", "1"),
        ("kaizen.attempt", "1"),
    ] {
        assert_eq!(value(&run, "tags", tag), expected, "{run:#}");
    }
    let of_experiment = context.json(&["runs", "--experiment", "steps"]);
    assert_eq!(of_experiment.as_array().unwrap().len(), 1);
    let entry = &context.json(&["runs", "1"])["entries"][0];
    assert_eq!(entry["detail"]["detail"]["metrics"], json!({ "loss": 0.25 }), "{entry:#}");
    assert_eq!(entry["detail"]["detail"]["tracked"], info["run_id"], "{entry:#}");
}

#[test]
fn a_step_that_logs_nothing_leaves_no_run_and_no_database() {
    let context = project("");
    context.run(&["run"]).code(0);
    assert!(!context.path(".kaizen/tracking/tracking.db").exists());
    assert!(!context.path(".kaizen/tracking/port").exists());
    assert_eq!(context.json(&["runs", "--tracked"]), json!([]));
}

#[test]
fn a_run_ends_as_its_command_did_unless_that_said_so_itself() {
    for (python, status) in [
        ("log.metric('a', 1); raise SystemExit(3)", "FAILED"),
        (
            "log.metric('a', 1); log.call('POST', 'runs/update', run_id=log.RUN, status='KILLED', end_time=5)",
            "KILLED",
        ),
        ("log.metric('a', 1); os.abort()", "FAILED"),
    ] {
        let context = project(python);
        context.run(&["run"]);
        assert_eq!(only(&context)["info"]["status"], status, "{python}");
    }
}

#[test]
fn a_run_whose_step_is_cancelled_was_killed() {
    let context = project("log.metric('a', 1); open('begun', 'w').close(); log.time.sleep(100)");
    let mut running = context.command(&["run"]).spawn().unwrap();
    eventually("it has logged", || context.path("begun").exists());
    context.run(&["cancel", "1"]).code(0);
    wait(&mut running);
    assert_eq!(only(&context)["info"]["status"], "KILLED");
}

#[test]
fn each_attempt_has_a_run_of_its_own() {
    let context = project_with(
        "log.metric('a', 1)\nif not os.path.exists('failed'): open('failed', 'w').close(); raise SystemExit(1)",
        "retry = { attempts = 2, backoff = \"10ms\" }",
    );
    context.run(&["run"]).code(0);
    let runs = tracked(&context);
    let ends: Vec<_> =
        runs.iter().map(|run| (&run["info"]["status"], value(run, "tags", "kaizen.attempt"))).collect();
    assert_eq!(ends, [(&json!("FINISHED"), &json!("2")), (&json!("FAILED"), &json!("1"))]);
}

#[test]
fn a_metric_that_the_step_writes_counts_before_one_that_it_logs() {
    let context = project_with(
        "log.metric('accuracy', 0.1); log.metric('loss', 2)\nopen('metrics.json', 'w').write('{\"accuracy\": 0.9}')",
        "metrics = \"metrics.json\"",
    );
    context.edit("writes = [\"out\"]", "writes = [\"out\", \"metrics.json\"]");
    context.run(&["run"]).code(0).says("accuracy 0.9").says("loss 2");
}

#[test]
fn steps_that_run_at_once_log_to_one_experiment() {
    let steps: String = (0..6)
        .map(|number| {
            format!("[step.s{number}]\nrun = \"python3 train.py\"\nreads = [\"train.py\", \"log.py\"]\n")
        })
        .collect();
    let context = TestContext::of_steps(&steps);
    context.write("log.py", super::LOG);
    // As MLflow's client begins without a run: whoever finds no experiment makes it.
    context.write(
        "train.py",
        "import os, log\nname = os.environ['MLFLOW_EXPERIMENT_NAME']\n\
         log.call('GET', 'experiments/get-by-name', experiment_name=name)\nlog.metric('a', 1)\n",
    );
    context.run(&["run", "--jobs", "6"]).code(0);
    let runs = tracked(&context);
    assert_eq!(runs.len(), 6, "{runs:#?}");
    assert!(runs.iter().all(|run| run["info"]["experiment_id"] == runs[0]["info"]["experiment_id"]));
}

#[test]
fn steps_of_up_log_to_the_address_that_it_answers_at() {
    let context = project("log.metric('a', 1); open('told', 'w').write(log.URL)");
    let mut up = context.command(&["up", "--listen", "127.0.0.1:0"]).spawn().unwrap();
    eventually("the step has logged", || context.path("out").exists());
    eventually("its run has ended", || only(&context)["info"]["status"] == "FINISHED");
    let url = context.read("told");
    let health: String =
        ureq::get(format!("{url}/health")).call().unwrap().body_mut().read_to_string().unwrap();
    assert_eq!(health, "OK");
    context.run(&["down"]).code(0);
    wait(&mut up);
}

#[test]
fn a_command_by_itself_is_tracked_under_its_name() {
    let context = TestContext::empty();
    context.write("log.py", super::LOG);
    context.write("train.py", "import log; log.metric('a', 1)");
    context.run(&["exec", "--name", "alone", "--", "python3", "train.py"]).code(0);
    let run = only(&context);
    assert_eq!((&run["info"]["run_name"], &run["info"]["status"]), (&json!("alone"), &json!("FINISHED")));
}

#[test]
fn logging_goes_on_however_often_the_directory_is_opened_again() {
    let context = project("log.metric('a', 1)");
    for run in 1..4 {
        context.run(&["run", "--force"]).code(0).never_says("is not kept");
        assert_eq!(tracked(&context).len(), run);
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn what_is_logged_to_a_run_of_its_own_at_the_very_end_is_shown_too() {
    let context = project(
        "run = log.call('POST', 'runs/create', experiment_id='0', run_name='own')['run']['info']['run_id']\n\
         log.call('POST', 'runs/log-metric', run_id=run, key='last', value=4, timestamp=1)",
    );
    context.run(&["run"]).code(0);
    let run = only(&context);
    assert_eq!((&run["info"]["run_name"], value(&run, "metrics", "last")), (&json!("own"), &json!(4.0)));
}
