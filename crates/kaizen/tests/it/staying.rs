//! `kaizen up` that stays: it serves, watches, and acts on what changes.

use std::{
    fs::OpenOptions,
    io::{Read as _, Write as _},
    net::TcpStream,
    thread,
    time::Duration,
};

use rustix::process::Signal;
use serde_json::Value;

use crate::{
    context::{TestContext, eventually},
    endpoint::{get, post, refuses},
    project,
    running::{Running, answered_by},
};

/// Twice as long as the watcher sleeps.
const TWO_LOOKS: Duration = Duration::from_millis(2_200);

#[test]
fn the_first_up_runs_the_line_and_answers_the_request_it_prints() {
    let context = TestContext::new();
    let mut up = Running::up(&context);
    assert_eq!(up.finished("roll_out")["conclusion"], "done");
    let (url, request) = up.serving();
    let answer = post(&format!("{url}/infer"), &request);
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.body["model_name"], "late");
    assert_eq!(answer.body["model_version"], "1");
    assert!(answer.body["outputs"].as_array().is_some_and(|outputs| !outputs.is_empty()), "{answer:?}");
    assert_eq!(get(&format!("{url}/ready")).status, 200);
}

#[test]
fn an_up_with_nothing_to_do_serves_what_served_before() {
    let context = TestContext::trained();
    let mut up = Running::up(&context);
    assert_eq!(up.event("planned")["plan"]["actions"], Value::Array(Vec::new()));
    let (url, request) = up.serving();
    answered_by("1", &url, &request);
    assert!(!up.seen.iter().any(|event| event["event"] == "started"));
}

#[test]
fn text_says_that_there_is_nothing_to_do_and_gives_a_line_that_works_when_pasted() {
    let context = TestContext::trained();
    let mut child = context.command(&["up", "--listen", "127.0.0.1:0"]).spawn().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let mut text = String::new();
    while !text.contains("try it:\n") || !text.ends_with("'\n") {
        let mut bytes = [0; 4096];
        let count = stdout.read(&mut bytes).unwrap();
        assert!(count > 0, "it ended with {text}");
        text.push_str(std::str::from_utf8(&bytes[..count]).unwrap());
    }
    let line = text.lines().find(|line| line.trim_start().starts_with("curl ")).unwrap();
    // What curl would send, by a shell that takes the line apart as a user's does.
    let taken_apart = format!("curl() {{ printf '%s\\n' \"$2\" \"$4\"; }}; {}", line.trim());
    let words = std::process::Command::new("sh").args(["-c", &taken_apart]).output().unwrap();
    let words = String::from_utf8(words.stdout).unwrap();
    let (url, body) = words.split_once('\n').unwrap();
    assert_eq!(post(url, body.trim()).status, 200, "{url} {body}");
    child.kill().unwrap();
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    child.wait().unwrap();
    assert!(stderr.contains("nothing to do"), "{stderr}");
}

#[test]
fn a_comment_in_the_project_file_changes_nothing() {
    let context = TestContext::trained();
    let mut up = Running::up(&context);
    up.serving();
    context.edit("[model.late]", "# To be told before leaving home.\n[model.late]");
    thread::sleep(TWO_LOOKS);
    let ended = up.interrupt();
    ended.code(0).never_says(r#""changed""#).never_says(r#""started""#).never_says(r#""invalid""#);
}

#[test]
fn another_gate_judges_the_model_again_and_does_not_train_it() {
    let context = TestContext::trained();
    let mut up = Running::up(&context);
    up.serving();
    context.edit("[service.late]", "[model.late.gate]\nmax_latency_p99 = \"10s\"\n\n[service.late]");
    assert_eq!(up.finished("gate")["conclusion"], "done");
    up.event("passed");
    assert!(!up.began("train") && !up.began("evaluate") && !up.began("snapshot"), "{:#?}", up.seen);
    up.interrupt().code(0);
    assert_eq!(context.count("train model.late", "done"), 1);
    assert_eq!(context.count("gate model.late", "done"), 2);
    assert_eq!(context.served(), Some(1));
}

#[test]
fn new_rows_make_a_version_that_is_judged_against_the_champion() {
    let context = TestContext::trained();
    let mut up = Running::up(&context);
    let (url, request) = up.serving();
    let mut file = OpenOptions::new().append(true).open(context.path("trips.csv")).unwrap();
    file.write_all(project::rows(project::ROWS..project::ROWS + 1_000).as_bytes()).unwrap();
    drop(file);
    assert_eq!(
        up.event("changed")["what"][0].as_str().unwrap().split(" changed").next(),
        Some("source of data.trips")
    );
    assert_eq!(up.finished("register")["summary"], "version 2");
    let passed = up.event("passed");
    let verdict = context.json(&["why", "model", "late"]);
    assert_eq!(verdict["terms"]["champion_version"], 1, "{verdict:#}");
    assert!(verdict["verdict"]["evaluation"]["champion"].is_object(), "{verdict:#}");
    let decision = verdict["verdict"]["decision"].as_str().unwrap();
    let served = if decision == "promote" { "2" } else { "1" };
    answered_by(served, &url, &request);
    assert_eq!(passed["pass"]["blocked"], Value::Array(Vec::new()));
    let versions = &context.json(&["status"])["models"]["late"];
    let registered = [&versions["champion"]["version"], &versions["challenger"]["version"]];
    assert!(registered.contains(&&Value::from(2)), "{versions:#}");
}

#[test]
fn rows_that_arrive_while_a_pass_runs_are_found_after_it() {
    let context =
        TestContext::with(&project::TOML.replace(
            r#"run = "mkdir"#,
            r#"run = "touch began; while [ ! -e go ]; do sleep 0.05; done; mkdir"#,
        ));
    let mut up = Running::up(&context);
    eventually("the step runs", || context.path("began").exists());
    context.write("trips.csv", project::trips(0..project::ROWS + 500));
    context.write("go", "");
    assert_eq!(up.finished("register")["summary"], "version 1");
    assert_eq!(up.finished("snapshot")["conclusion"], "done");
    assert_eq!(up.finished("register")["summary"], "version 2");
}

#[test]
fn a_project_file_that_breaks_is_reported_once_while_the_service_answers_on() {
    let context = TestContext::trained();
    let mut up = Running::up(&context);
    let (url, request) = up.serving();
    let good = context.read("kaizen.toml");
    context.edit("target = \"late\"", "targt = \"late\"");
    let invalid = up.event("invalid");
    assert!(invalid["diagnostics"].to_string().contains("did you mean `target`?"), "{invalid}");
    thread::sleep(TWO_LOOKS);
    answered_by("1", &url, &request);
    context.write("kaizen.toml", good);
    thread::sleep(TWO_LOOKS);
    let ended = up.interrupt();
    ended.code(0);
    let complaints = ended.lines().iter().filter(|event| event["event"] == "invalid").count();
    assert_eq!(complaints, 1, "{ended:#?}");
}

#[test]
fn a_data_file_that_goes_away_is_said_and_the_service_answers_on() {
    let context = TestContext::trained();
    let mut up = Running::up(&context);
    let (url, request) = up.serving();
    std::fs::remove_file(context.path("trips.csv")).unwrap();
    thread::sleep(TWO_LOOKS);
    answered_by("1", &url, &request);
    let status = context.json(&["status"]);
    assert_eq!(status["blocked"][0]["node"], "data.trips", "{status:#}");
    assert!(status["blocked"][0]["why"].as_str().unwrap().contains("trips.csv"), "{status:#}");
}

#[test]
fn an_interrupt_ends_with_success_after_the_requests_in_flight_are_answered() {
    let context = TestContext::trained();
    let mut up = Running::up(&context);
    let (url, request) = up.serving();
    let address = url.strip_prefix("http://").unwrap().split('/').next().unwrap().to_owned();
    let mut slow = TcpStream::connect(&address).unwrap();
    let head = format!(
        "POST /v2/models/late/infer HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        request.len()
    );
    let (first, rest) = request.split_at(request.len() / 2);
    slow.write_all((head + first).as_bytes()).unwrap();
    // Long enough for the server to have begun with it.
    thread::sleep(Duration::from_millis(300));
    up.signal(Signal::INT);
    eventually("new connections are refused", || refuses(&url));
    slow.write_all(rest.as_bytes()).unwrap();
    let mut answer = String::new();
    slow.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    up.ended().code(0);
}

#[test]
fn an_interrupt_while_a_step_runs_ends_the_step_and_the_next_up_finishes() {
    let context = TestContext::with(&project::TOML.replace(
        r#"run = "mkdir"#,
        r#"run = "if [ ! -e beat ]; then while :; do echo >> beat; sleep 0.1; done; fi; mkdir"#,
    ));
    let up = Running::start(context.command(&["up", "--once", "--json"]));
    eventually("the step runs", || context.path("beat").exists());
    up.interrupt().code(130);
    context.stopped("beat");
    context.up_once().code(0);
    assert_eq!(context.count("run step.short", "interrupted"), 1);
    assert_eq!(context.count("snapshot data.trips", "done"), 1);
}

#[test]
fn an_interrupt_while_a_model_trains_does_not_wait_for_the_training() {
    let context = TestContext::new();
    context.write("trips.csv", project::trips(0..40_000));
    context.edit("budget = \"5s\"", "budget = \"10m\"");
    let mut up = Running::start(context.command(&["up", "--once", "--json"]));
    up.until("a first round", |event| event["message"] == "round 1");
    let ended = up.interrupt();
    ended.code(130).never_says("learning curve").says("goes on from there");
}

#[test]
fn an_up_that_was_killed_is_followed_by_one_that_serves_the_same() {
    let context = TestContext::trained();
    let mut killed = Running::up(&context);
    let (url, request) = killed.serving();
    let before = post(&format!("{url}/infer"), &request).body;
    killed.signal(Signal::KILL);
    killed.ended();
    let mut up = Running::up(&context);
    let (url, _) = up.serving();
    assert_eq!(post(&format!("{url}/infer"), &request).body, before);
}

#[test]
fn down_ends_an_up_and_is_content_when_there_is_none() {
    let context = TestContext::trained();
    context.run(&["down"]).code(0).says("nothing was running");
    let mut up = Running::up(&context);
    let (url, _) = up.serving();
    let pid = up.pid();
    context.run(&["down"]).code(0).says(&pid.to_string());
    assert!(refuses(&url));
    up.ended().code(0);
    context.run(&["down"]).code(0).says("nothing was running");
}

#[test]
fn a_second_up_on_a_project_is_refused_and_told_who_holds_it() {
    let context = TestContext::trained();
    let mut up = Running::up(&context);
    let (url, request) = up.serving();
    let address = url.strip_prefix("http://").unwrap().split('/').next().unwrap();
    let pid = up.pid().to_string();
    // On the very address of the first, too: the project is what they contend for.
    for listen in ["127.0.0.1:0", address] {
        context
            .run(&["up", "--listen", listen])
            .code(8)
            .says(&format!("process {pid} holds it"))
            .says("stop it");
    }
    context.run(&["up", "--once"]).code(8).says(&pid);
    context.run(&["apply"]).code(8).says(&pid);
    answered_by("1", &url, &request);
}

#[test]
fn an_override_is_rolled_out_by_the_running_up_and_shown_with_its_reason() {
    let context = TestContext::trained();
    let before = context.json(&["history"])[0]["at"].as_str().unwrap().to_owned();
    // Whatever the gate says of the second candidate, version 1 serves again after the override.
    context.edit("seed = 1", "seed = 2");
    context.up_once();
    let mut up = Running::up(&context);
    let (url, request) = up.serving();
    let other = if context.served() == Some(1) { "2" } else { "1" };
    let because = "the pilots asked for it";
    context.run(&["promote", "late", "--version", other, "--because", because]).code(0).says("is champion");
    answered_by(other, &url, &request);
    up.finished("roll_out");
    up.interrupt().code(0);
    context.run(&["history"]).code(0).says(because).says("override").says("tester");
    context.run(&["history", "verify"]).code(0);
    context.run(&["why", "model", "late"]).code(0).says(because);
    let then = context.json(&["history", "--at", &before]);
    assert_eq!(then["late"]["version"], 1, "{then:#}");
    let now = context.json(&["history", "--at", "2999-01-01T00:00:00Z"]);
    assert_eq!(now["late"]["version"].to_string(), other, "{now:#}");
    // Nobody takes the decision back.
    let again = context.up_once();
    again.code(0).says("nothing to do");
    assert_eq!(context.served().unwrap().to_string(), other);
}

#[test]
fn a_service_that_the_project_no_longer_declares_stops_answering() {
    let context = TestContext::trained();
    let mut up = Running::up(&context);
    let (url, _) = up.serving();
    context.edit("[service.late]\nmodel = \"late\"\n", "");
    assert_eq!(up.finished("stop")["conclusion"], "done");
    eventually("the service is gone", || get(&url).status == 404);
}
