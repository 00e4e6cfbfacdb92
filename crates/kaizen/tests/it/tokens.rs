//! Tokens: how they are made and kept, and what a server lets their holders do.

mod routes;

use std::{
    os::unix::fs::PermissionsExt as _,
    thread,
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;

use crate::{
    context::TestContext,
    running::Running,
    server_command::server,
    wire::{Reply, call},
};

/// Makes a token in the directory `data`, and gives its secret.
fn create(context: &TestContext, name: &str, scope: &str) -> String {
    let ran = context.run(&["token", "create", name, "--scope", scope, "--data", "data"]);
    ran.code(0);
    ran.stdout.trim_end().to_owned()
}

/// Asks with a token as a bearer.
fn ask(url: &str, line: &str, secret: &str, body: &str) -> Reply {
    call(url, line.split_once(' ').unwrap(), &[("Authorization", &format!("Bearer {secret}"))], body)
}

const SEARCH: &str = "POST /api/2.0/mlflow/experiments/search";

#[test]
fn the_secret_is_printed_once_and_kept_nowhere() {
    let context = TestContext::empty();
    let made = context.run(&["token", "create", "ci", "--scope", "write", "--data", "data"]);
    made.code(0);
    let secret = made.stdout.trim_end();
    assert!(secret.starts_with("kz_") && secret.len() == 46, "{made:?}");
    assert!(made.stderr.contains("`ci` may write") && !made.stderr.contains(secret), "{made:?}");
    let kept = context.read("data/tokens.json");
    assert!(!kept.contains(&secret[3..]), "{kept}");
    let mode = std::fs::metadata(context.path("data/tokens.json")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let list = context.run(&["token", "list", "--data", "data"]);
    list.code(0).says("ci").says("write").says("never").never_says(&secret[3..]);
    let listed = context.json(&["token", "list", "--data", "data"]);
    assert_eq!(
        (&listed[0]["name"], &listed[0]["scope"], &listed[0]["expires"]),
        (&"ci".into(), &"write".into(), &Value::Null)
    );
    assert_eq!(listed[0].as_object().unwrap().len(), 4);
}

#[test]
fn in_json_the_secret_is_a_field() {
    let context = TestContext::empty();
    let made =
        context.json(&["token", "create", "ci", "--scope", "read", "--expires", "30d", "--data", "data"]);
    assert!(made["token"].as_str().unwrap().starts_with("kz_"), "{made}");
    assert!(made["expires"].as_str().unwrap().ends_with('Z'), "{made}");
}

#[test]
fn what_makes_no_sense_is_refused() {
    let context = TestContext::empty();
    let token = |arguments: &[&str]| context.run(&[&["token"][..], arguments, &["--data", "data"]].concat());
    token(&["create", "ci"]).code(2).says("--scope");
    token(&["create", "ci", "--scope", "root"]).code(2).says("use read, write or admin");
    token(&["create", "c i", "--scope", "read"]).code(2).says("c i");
    token(&["create", "ci", "--scope", "read", "--expires", "soon"]).code(2).says("soon");
    token(&["create", "ci", "--scope", "read", "--expires", "0s"]).code(2).says("no time to come");
    token(&["revoke", "ci"]).code(2).says("there are no tokens");
    token(&["list"]).code(0).says("there are no tokens");
    assert!(!context.path("data").exists());
    token(&["create", "ci", "--scope", "read"]).code(0);
    token(&["create", "ci", "--scope", "read"]).code(2).says("`ci` already");
    token(&["revoke", "cj"]).code(2).says("did you mean `ci`?");
}

#[test]
fn in_a_project_tokens_are_kept_with_it() {
    let context = TestContext::of_steps("");
    context.run(&["token", "create", "ci", "--scope", "read"]).code(0);
    assert!(context.path(".kaizen/tracking/tokens.json").exists());
    context.run(&["token", "list"]).code(0).says("ci");
    context.run(&["token", "list", "-C", "elsewhere"]).code(3).says("elsewhere");
    let alone = TestContext::empty();
    alone.run(&["token", "create", "ci", "--scope", "read"]).code(0);
    assert!(alone.path("kaizen-data/tokens.json").exists());
}

#[test]
fn many_who_make_tokens_at_once_lose_none() {
    let context = TestContext::empty();
    thread::scope(|scope| {
        for number in 0..6 {
            let context = &context;
            scope.spawn(move || create(context, &format!("t{number}"), "read"));
        }
    });
    assert_eq!(context.json(&["token", "list", "--data", "data"]).as_array().unwrap().len(), 6);
}

#[test]
fn a_client_of_mlflow_is_let_in_by_either_form_and_others_are_told_how() {
    let context = TestContext::empty();
    let secret = create(&context, "ci", "read");
    let (running, url) = server(&context, &[]);
    let search = SEARCH.split_once(' ').unwrap();
    let with = |value: &str| call(&url, search, &[("Authorization", value)], r#"{"max_results":5}"#);
    let basic = |pair: &str| format!("Basic {}", STANDARD.encode(pair));
    for value in
        [format!("Bearer {secret}"), basic(&format!("anyone:{secret}")), basic(&format!(":{secret}"))]
    {
        assert_ne!(with(&value).status, 401, "{value}");
    }
    let no_token =
        [String::new(), "Bearer kz_no".to_owned(), basic(&format!("{secret}:")), basic("mlflow:password")];
    for value in no_token {
        let refused = with(&value);
        assert_eq!(refused.status, 401, "{value}");
        assert!(refused.has("www-authenticate", "basic realm=\"mlflow\""), "{refused:?}");
        assert_eq!(refused.json()["error_code"], "UNAUTHENTICATED", "{refused:?}");
    }
    running.interrupt().code(0);
}

#[test]
fn the_first_token_closes_a_server_that_runs_and_a_revoked_one_ends_within_a_second() {
    let context = TestContext::empty();
    let (running, url) = server(&context, &[]);
    let status = |secret: &str| ask(&url, SEARCH, secret, "{}").status;
    assert_ne!(status("none"), 401);
    let (first, second) = (create(&context, "first", "read"), create(&context, "second", "read"));
    within_a_second("the server asks for a token", || status("none") == 401);
    within_a_second("both hold", || status(&first) != 401 && status(&second) != 401);
    context.run(&["token", "revoke", "first", "--data", "data"]).code(0);
    within_a_second("the first is revoked", || status(&first) == 401);
    assert_ne!(status(&second), 401);
    context.run(&["token", "revoke", "second", "--data", "data"]).code(0);
    within_a_second("the second is revoked", || status(&second) == 401);
    assert_eq!(status("none"), 401, "the last token's end opens nothing");
    running.interrupt().code(0);
}

#[test]
fn a_token_that_has_expired_lets_nobody_in_and_is_listed_so() {
    let context = TestContext::empty();
    let made =
        context.run(&["token", "create", "brief", "--scope", "read", "--expires", "1s", "--data", "data"]);
    let secret = made.code(0).stdout.trim_end().to_owned();
    thread::sleep(Duration::from_millis(1_100));
    let (running, url) = server(&context, &[]);
    let refused = ask(&url, SEARCH, &secret, "{}");
    assert_eq!(refused.status, 401);
    assert!(refused.json()["message"].as_str().unwrap().contains("`brief` has expired"), "{refused:?}");
    assert_eq!(ask(&url, SEARCH, "none", "{}").status, 401, "an expired token is a token all the same");
    context.run(&["token", "list", "--data", "data"]).code(0).says("expired");
    running.interrupt().code(0);
}

#[test]
fn inference_is_behind_the_same_tokens_in_a_project_and_without_one() {
    let context = TestContext::trained();
    let create = |scope: &str| {
        let ran = context.run(&["token", "create", scope, "--scope", scope]);
        ran.code(0).stdout.trim_end().to_owned()
    };
    let (read, write) = (create("read"), create("write"));
    let mut up = Running::up(&context);
    let mut serve = Running::start(context.command(&[
        "serve",
        "--json",
        "--listen",
        "127.0.0.1:0",
        ".kaizen/models/late/1",
    ]));
    for running in [&mut up, &mut serve] {
        let (model, body) = running.serving();
        let (url, path) = model.split_once("/v2/").unwrap();
        let infer = format!("POST /v2/{path}/infer");
        let refused = ask(url, &infer, "none", &body);
        assert_eq!(refused.status, 401);
        assert!(refused.json()["error"].as_str().unwrap().contains("token"), "{refused:?}");
        assert_eq!(ask(url, &infer, &read, &body).status, 403);
        assert_eq!(ask(url, &infer, &write, &body).status, 200);
        assert_eq!(ask(url, &format!("GET /v2/{path}"), &read, "").status, 200);
        assert_eq!(ask(url, "GET /v2/health/ready", "none", "").status, 200);
    }
    serve.interrupt().code(0);
    up.interrupt().code(0);
}

#[test]
fn a_replay_sends_the_token_of_its_environment() {
    let context = TestContext::trained();
    let made = context.run(&["token", "create", "replay", "--scope", "write"]);
    let mut up = Running::up(&context);
    let (model, _) = up.serving();
    let (url, _) = model.split_once("/v2/").unwrap();
    let replay = ["replay", "trips.csv", "--time", "at", "--model", "late", "--url", url, "--limit", "3"];
    context.run(&replay).code(1).says("401");
    let mut command = context.command(&replay);
    command.env("KAIZEN_TOKEN", made.stdout.trim_end());
    let with_token = crate::context::Ran::wait(command);
    with_token.never_says("401").says("3 ");
    up.interrupt().code(0);
}

/// Waits for what must come within a second.
#[track_caller]
fn within_a_second(what: &str, holds: impl Fn() -> bool) {
    let started = Instant::now();
    while !holds() {
        // The rest is for a machine that is busy with other tests.
        assert!(started.elapsed() < Duration::from_secs(3), "it never came that {what}");
        thread::sleep(Duration::from_millis(50));
    }
}
