//! `kaizen server`: how it begins and ends, where it keeps what, and whom it listens to.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    net::TcpListener,
};

use rustix::process::{Pid, Signal, kill_process};

use crate::{
    context::{TestContext, wait},
    endpoint::refuses,
    running::Running,
    wire::{Reply, call},
};

/// A server of the directory `data`, on any free port.
pub(crate) fn server(context: &TestContext, arguments: &[&str]) -> (Running, String) {
    let usual = ["server", "--json", "--port", "0"];
    let data: &[&str] = if arguments.contains(&"--data") { &[] } else { &["--data", "data"] };
    let mut running = Running::start(context.command(&[&usual, data, arguments].concat()));
    let event = running.event("listening");
    (running, event["url"].as_str().unwrap().to_owned())
}

fn get(url: &str, path: &str, headers: &[(&str, &str)]) -> Reply {
    call(url, ("GET", path), headers, "")
}

#[test]
fn a_server_answers_at_the_port_that_it_prints_and_ends_when_it_is_told_to() {
    let context = TestContext::empty();
    let (running, url) = server(&context, &[]);
    let health = get(&url, "/health", &[]);
    assert_eq!((health.status, health.body.as_str()), (200, "OK"));
    assert_eq!(get(&url, "/version", &[]).status, 200);
    assert!(context.path("data/tracking.db").exists());
    running.signal(Signal::TERM);
    let ended = running.ended();
    ended.code(0);
    assert_eq!(ended.stderr, "");
    assert!(refuses(&format!("{url}/health")));
    // What it held is free again, and what it kept is still there.
    let (again, _) = server(&context, &[]);
    again.interrupt().code(0);
}

#[test]
fn what_is_printed_can_be_pasted_into_a_shell() {
    let context = TestContext::empty();
    let mut child = context.command(&["server", "--port", "0"]).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let first = lines.next().unwrap().unwrap();
    let second = lines.next().unwrap().unwrap();
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    assert_eq!(wait(&mut child), Some(0));
    let url = second.strip_prefix("export MLFLOW_TRACKING_URI=").unwrap();
    assert_eq!(first, format!("tracking at {url}, kept in kaizen-data"));
    assert!(url.starts_with("http://127.0.0.1:") && !url.ends_with(":0"), "{url}");
    assert!(context.path("kaizen-data/tracking.db").exists());
}

#[test]
fn in_a_project_runs_are_kept_with_the_project() {
    let context = TestContext::of_steps("");
    let mut running = Running::start(context.command(&["server", "--json", "--port", "0"]));
    running.event("listening");
    assert!(context.path(".kaizen/tracking/tracking.db").exists());
    running.interrupt().code(0);
    context.run(&["server", "-C", "elsewhere", "--port", "0"]).code(3).says("elsewhere");
}

#[test]
fn a_second_server_on_a_directory_is_told_of_the_first_ones_lock() {
    let context = TestContext::empty();
    let (first, url) = server(&context, &[]);
    let second = context.run(&["server", "--port", "0", "--data", "data"]);
    second.code(8).says("data/lock").says("--data DIR");
    assert_eq!(get(&url, "/health", &[]).status, 200);
    first.interrupt().code(0);
}

#[test]
fn a_killed_server_leaves_its_directory_free() {
    let context = TestContext::empty();
    let (first, _) = server(&context, &[]);
    first.signal(Signal::KILL);
    assert_eq!(first.ended().code, None);
    let (second, _) = server(&context, &[]);
    second.interrupt().code(0);
}

#[test]
fn a_port_that_is_taken_is_named() {
    let context = TestContext::empty();
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = other.local_addr().unwrap().port().to_string();
    let refused = context.run(&["server", "--port", &port, "--data", "data"]);
    refused.code(1).says(&port).says("taken").says("--port 0");
    assert!(!context.path("data").exists());
}

#[test]
fn what_makes_no_sense_is_refused_with_the_way_out() {
    let context = TestContext::empty();
    for (arguments, code, words) in [
        (["--artifacts-destination", "s3://bucket/a"], 2, "a directory of this machine"),
        (["--artifacts-destination", "file://other/a"], 2, "file:///absolute/path"),
        (["--default-artifact-root", "file:relative"], 2, "file:///absolute/path"),
        (["--allowed-origin", "board.example.com"], 2, "such as https://board.example.com"),
        (["--host", "tracking.example.com"], 1, "`tracking.example.com:5151` is not an address"),
        (["--port", "70000"], 2, "70000"),
    ] {
        let refused = context.run(&[&["server", "--data", "data"][..], &arguments].concat());
        refused.code(code).says(words).never_says("listen =");
    }
    assert!(!context.path("data").exists());
    context.write("file", "");
    context.run(&["server", "--port", "0", "--data", "file/below"]).code(1).says("file/below");
}

#[test]
fn the_flags_of_the_test_suites_command_are_understood() {
    let context = TestContext::empty();
    let root = format!("file://{}/artifact%20root", context.root().display());
    let flags =
        ["--default-artifact-root", &root, "--artifacts-destination", "served", "--lenient-model-sources"];
    let (running, url) = server(&context, &[&flags[..], &["--allow-local-root", "/"]].concat());
    assert_eq!(get(&url, "/health", &[]).status, 200);
    running.interrupt().code(0);
}

#[test]
fn without_a_token_nothing_listens_beyond_this_machine() {
    let context = TestContext::empty();
    let open = ["server", "--port", "0", "--data", "data", "--host", "0.0.0.0"];
    let refused = context.run(&open);
    refused.code(1).says("`kaizen token create NAME --scope write --data data`").says("--host 127.0.0.1");
    // Nothing was made for a server that may not run.
    assert!(!context.path("data").exists());
    // A file without tokens counts as none.
    context.run(&["token", "create", "ci", "--scope", "read", "--data", "data"]).code(0);
    context.run(&["token", "revoke", "ci", "--data", "data"]).code(0);
    assert!(context.path("data/tokens.json").exists());
    context.run(&open).code(1).says("kaizen token create");
}

#[test]
fn with_a_token_others_may_call_and_need_it() {
    let context = TestContext::empty();
    context.run(&["token", "create", "ci", "--scope", "read", "--data", "data"]).code(0);
    let (running, url) = server(&context, &["--host", "0.0.0.0", "--allowed-host", "tracking.example.com"]);
    assert!(url.starts_with("http://localhost:"), "{url}");
    let host = |host| get(&url, "/api/2.0/mlflow/runs/get", &[("Host", host)]).status;
    assert_eq!(host("tracking.example.com:5151"), 401);
    assert_eq!(host("192.0.2.7"), 401);
    assert_eq!(host("rebound.example.com"), 403);
    running.interrupt().code(0);
}

#[test]
fn a_name_that_was_not_allowed_is_refused_before_anything_else() {
    let context = TestContext::empty();
    let (running, url) = server(&context, &["--allowed-host", "gate.example.com"]);
    let search = ("POST", "/api/2.0/mlflow/experiments/search");
    for (host, status) in
        [("gate.example.com", 200), ("localhost", 200), ("rebound.example.com", 403), ("", 403)]
    {
        assert_eq!(get(&url, "/health", &[("Host", host)]).status, status, "{host}");
    }
    let refused = call(&url, search, &[("Host", "rebound.example.com")], "{}");
    assert_eq!(refused.json()["error_code"], "PERMISSION_DENIED");
    assert!(refused.json()["message"].as_str().unwrap().contains("--allowed-host"), "{refused:?}");
    running.interrupt().code(0);
}

#[test]
fn a_page_of_another_site_can_neither_write_nor_read_unless_it_is_allowed() {
    let context = TestContext::empty();
    let board = "https://board.example.com";
    let (running, url) = server(&context, &["--allowed-origin", board]);
    for method in ["GET", "POST", "PUT", "DELETE"] {
        let asked =
            call(&url, (method, "/api/2.0/mlflow/runs/get"), &[("Origin", "https://evil.example")], "");
        assert_eq!(asked.status, 403, "{method}");
        assert!(!asked.head.contains("access-control-"), "{asked:?}");
    }
    let allowed = get(&url, "/health", &[("Origin", board)]);
    assert_eq!(allowed.status, 200);
    assert!(allowed.has("access-control-allow-origin", board), "{allowed:?}");
    assert!(allowed.has("vary", "origin"), "{allowed:?}");
    let plain = get(&url, "/health", &[]);
    assert!(!plain.head.contains("access-control-"), "{plain:?}");
    running.interrupt().code(0);
}

#[test]
fn a_browser_that_asks_for_an_allowed_page_is_answered_without_a_token() {
    let context = TestContext::empty();
    context.run(&["token", "create", "ci", "--scope", "read", "--data", "data"]).code(0);
    let board = "https://board.example.com";
    let (running, url) = server(&context, &["--allowed-origin", board]);
    let ask = |origin: &str| {
        let headers = [("Origin", origin), ("Access-Control-Request-Method", "POST")];
        call(&url, ("OPTIONS", "/api/2.0/mlflow/runs/search"), &headers, "")
    };
    let answer = ask(board);
    assert_eq!(answer.status, 204);
    assert!(answer.has("access-control-allow-origin", board), "{answer:?}");
    assert!(answer.head.contains("access-control-allow-headers: authorization"), "{answer:?}");
    assert_eq!(ask("https://evil.example").status, 403);
    // The request itself needs the token, and the page may read that it does.
    let headers = [("Origin", board)];
    let refused = call(&url, ("POST", "/api/2.0/mlflow/runs/search"), &headers, "{}");
    assert_eq!(refused.status, 401);
    assert!(refused.has("access-control-allow-origin", board), "{refused:?}");
    running.interrupt().code(0);
}

#[test]
fn every_answer_forbids_framing_and_guessing() {
    let context = TestContext::empty();
    let (running, url) = server(&context, &[]);
    let foreign: &[(&str, &str)] = &[("Host", "rebound.example.com")];
    for (path, headers) in
        [("/health", &[][..]), ("/nowhere", &[]), ("/api/2.0/mlflow/runs/get", &[]), ("/v2", foreign)]
    {
        let answer = get(&url, path, headers);
        assert!(answer.has("x-frame-options", "sameorigin"), "{answer:?}");
        assert!(answer.has("x-content-type-options", "nosniff"), "{answer:?}");
    }
    running.interrupt().code(0);
}

#[test]
fn a_damaged_file_of_tokens_is_named_and_opens_nothing() {
    let context = TestContext::empty();
    context.run(&["token", "create", "ci", "--scope", "read", "--data", "data"]).code(0);
    let (running, url) = server(&context, &[]);
    let refused = context.read("data/tokens.json").replace("sha256", "md5");
    fs::write(context.path("data/tokens.json"), refused).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(1_000));
    assert_eq!(get(&url, "/api/2.0/mlflow/runs/get", &[]).status, 401);
    running.interrupt().code(0).says("tokens.json is no file of tokens");
    context.run(&["server", "--port", "0", "--data", "data"]).code(9).says("tokens.json");
}
