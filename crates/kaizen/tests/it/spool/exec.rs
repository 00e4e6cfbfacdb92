//! `kaizen exec --spool`

use serde_json::Value;

use super::{CLIENT, Scene, holds, waiting};
use crate::context::{TestContext, eventually, wait};

/// Logs until it may stop, and leaves behind what it logged.
const TRAIN: &str = "from client import *\nid = run()\nwith open('run', 'w') as out: out.write(id)\n\
    count = train(id)\nwith open('count', 'w') as out: out.write(str(count))\n";

fn command(scene: &Scene) -> std::process::Command {
    let mut command = scene.context.command(&["exec", "--spool", "--", "python3", "train.py"]);
    command.env("MLFLOW_TRACKING_URI", &scene.url);
    command
}

fn number(context: &TestContext) -> u64 {
    context.read("count").parse().unwrap()
}

#[test]
fn training_outlives_the_server_that_the_environment_names() {
    let mut scene = Scene::new();
    scene.context.write("train.py", TRAIN);
    let mut kaizen = command(&scene).spawn().unwrap();
    scene.reaches(10);
    scene.kill_server();
    let count = scene.progress();
    scene.reaches(count + 50);
    scene.context.write("stop", "");
    assert_eq!(wait(&mut kaizen), Some(0));
    let mut said = String::new();
    std::io::Read::read_to_string(&mut kaizen.stderr.take().unwrap(), &mut said).unwrap();
    assert!(said.contains("writes wait") && said.contains("kaizen spool flush"), "{said}");
    assert!(waiting(&scene.context, ".kaizen/spool") >= 50);
    scene.start_server();
    scene.context.run(&["spool", "flush"]).code(0).says(", 0 wait");
    scene.holds(&scene.context.read("run"), number(&scene.context));
}

#[test]
fn the_next_command_sends_what_waits() {
    let mut scene = Scene::new();
    scene.context.write("train.py", TRAIN);
    let mut kaizen = command(&scene).spawn().unwrap();
    scene.reaches(5);
    scene.kill_server();
    let count = scene.progress();
    scene.reaches(count + 10);
    scene.context.write("stop", "");
    assert_eq!(wait(&mut kaizen), Some(0));
    let (first, logged) = (scene.context.read("run"), number(&scene.context));
    scene.start_server();
    let mut again = command(&scene).spawn().unwrap();
    assert_eq!(wait(&mut again), Some(0));
    eventually("everything is sent", || waiting(&scene.context, ".kaizen/spool") == 0);
    scene.holds(&first, logged);
}

#[test]
fn without_a_server_in_the_environment_runs_are_kept_here() {
    let context = TestContext::empty();
    context.write("client.py", CLIENT);
    let code = "from client import *\nassert URL.startswith('http://127.0.0.1:'), URL\n\
        for step in range(20): point(os.environ['MLFLOW_RUN_ID'], step)";
    context.write("train.py", code);
    context.run(&["exec", "--spool", "--", "python3", "train.py"]).code(0).never_says("wait");
    let runs: Value = context.json(&["runs", "--tracked"]);
    assert_eq!(runs.as_array().unwrap().len(), 1, "{runs:#}");
    assert_eq!(runs[0]["info"]["status"], "FINISHED");
    let mut server = crate::running::Running::start(context.command(&[
        "server",
        "--json",
        "--port",
        "0",
        "--data",
        ".kaizen/tracking",
    ]));
    let url = server.event("listening")["url"].as_str().unwrap().to_owned();
    holds(&url, runs[0]["info"]["run_id"].as_str().unwrap(), 20);
    server.interrupt().code(0);
}

#[test]
fn a_spool_before_anything_but_a_server_is_refused() {
    let context = TestContext::empty();
    let mut command = context.command(&["exec", "--spool", "--", "true"]);
    command.env("MLFLOW_TRACKING_URI", "sqlite:///mlflow.db");
    let ended = crate::context::Ran::wait(command);
    ended.code(2).says("MLFLOW_TRACKING_URI `sqlite:///mlflow.db` is no http or https URL");
}
