//! Every route is behind a token, and each asks for the scope that is written here.
//!
//! A route that is added to the server is added here: a test compares the list with the server's source. The list of
//! those without authorization may only shrink.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use super::{ask, create};
use crate::{context::TestContext, server_command::server, wire::call};

/// Answered without a token. This list may only shrink.
const OPEN: [&str; 5] = [
    "GET /health",
    "GET /version",
    "GET /v2/health/live",
    "GET /v2/health/ready",
    "POST /v1/triggers/crawled",
];

const READ: [&str; 45] = [
    "GET /",
    "GET /nowhere",
    "GET /v2",
    "GET /v2/models/late",
    "GET /v2/models/late/ready",
    "GET /v2/models/late/versions/3",
    "GET /v2/models/late/versions/3/ready",
    "GET /v2/repository/index",
    "POST /v2/repository/index",
    "GET /api/3.0/mlflow/server-info",
    "GET /api/2.0/mlflow/experiments/get",
    "GET /api/2.0/mlflow/experiments/get-by-name",
    "GET /api/2.0/mlflow/experiments/search",
    "POST /api/2.0/mlflow/experiments/search",
    "POST /ajax-api/2.0/mlflow/experiments/search-datasets",
    "GET /api/2.0/mlflow/runs/get",
    "POST /api/2.0/mlflow/runs/search",
    "GET /api/2.0/mlflow/metrics/get-history",
    "GET /ajax-api/2.0/mlflow/metrics/get-history-bulk",
    "GET /ajax-api/2.0/mlflow/metrics/get-history-bulk-interval",
    "GET /api/2.0/mlflow/artifacts/list",
    "GET /get-artifact",
    "GET /model-versions/get-artifact",
    "GET /api/2.0/mlflow/logged-models/m-1",
    "POST /api/2.0/mlflow/logged-models/search",
    "GET /api/2.0/mlflow/logged-models/m-1/artifacts/directories",
    "GET /ajax-api/2.0/mlflow/logged-models/m-1/artifacts/files",
    "GET /api/2.0/mlflow/registered-models/get",
    "GET /api/2.0/mlflow/registered-models/search",
    "GET /api/2.0/mlflow/registered-models/alias",
    "GET /api/2.0/mlflow/registered-models/get-latest-versions",
    "POST /api/2.0/mlflow/registered-models/get-latest-versions",
    "GET /api/2.0/mlflow/model-versions/get",
    "GET /api/2.0/mlflow/model-versions/search",
    "GET /api/2.0/mlflow/model-versions/get-download-uri",
    "GET /api/2.0/mlflow-artifacts/artifacts",
    "GET /api/2.0/mlflow-artifacts/artifacts/1/a",
    "GET /api/2.0/mlflow-artifacts/presigned/1/a",
    "GET /ajax-api/2.0/mlflow-artifacts/artifacts/1/a",
    "GET /ajax-api/2.0/mlflow/runs/get",
    "GET /ajax-api/3.0/mlflow/server-info",
    "HEAD /api/2.0/mlflow-artifacts/artifacts/1/a",
    "POST /graphql",
    "POST /ajax-api/graphql",
    "GET /api/3.0/mlflow/traces/tr-1",
];

const WRITE: [&str; 46] = [
    "POST /nowhere",
    "POST /v2/models/late/infer",
    "POST /v2/models/late/labels",
    "POST /v2/models/late/versions/3/infer",
    "POST /v2/models/late/versions/3/labels",
    "POST /api/2.0/mlflow/experiments/create",
    "POST /api/2.0/mlflow/experiments/update",
    "POST /api/2.0/mlflow/experiments/restore",
    "POST /api/2.0/mlflow/experiments/set-experiment-tag",
    "POST /api/2.0/mlflow/experiments/delete-experiment-tag",
    "POST /api/2.0/mlflow/runs/create",
    "POST /api/2.0/mlflow/runs/update",
    "POST /api/2.0/mlflow/runs/delete",
    "POST /api/2.0/mlflow/runs/restore",
    "POST /api/2.0/mlflow/runs/log-metric",
    "POST /api/2.0/mlflow/runs/log-parameter",
    "POST /api/2.0/mlflow/runs/set-tag",
    "POST /api/2.0/mlflow/runs/delete-tag",
    "POST /api/2.0/mlflow/runs/log-batch",
    "POST /api/2.0/mlflow/runs/log-inputs",
    "POST /api/2.0/mlflow/runs/outputs",
    "POST /api/2.0/mlflow/runs/log-model",
    "POST /ajax-api/2.0/mlflow/upload-artifact",
    "POST /api/2.0/mlflow/logged-models",
    "PATCH /api/2.0/mlflow/logged-models/m-1",
    "DELETE /api/2.0/mlflow/logged-models/m-1",
    "POST /api/2.0/mlflow/logged-models/m-1/params",
    "PATCH /api/2.0/mlflow/logged-models/m-1/tags",
    "DELETE /api/2.0/mlflow/logged-models/m-1/tags/a",
    "POST /api/2.0/mlflow/registered-models/create",
    "PATCH /api/2.0/mlflow/registered-models/update",
    "POST /api/2.0/mlflow/registered-models/rename",
    "POST /api/2.0/mlflow/registered-models/set-tag",
    "DELETE /api/2.0/mlflow/registered-models/delete-tag",
    "POST /api/2.0/mlflow/registered-models/alias",
    "DELETE /api/2.0/mlflow/registered-models/alias",
    "POST /api/2.0/mlflow/model-versions/create",
    "PATCH /api/2.0/mlflow/model-versions/update",
    "POST /api/2.0/mlflow/model-versions/transition-stage",
    "POST /api/2.0/mlflow/model-versions/set-tag",
    "DELETE /api/2.0/mlflow/model-versions/delete-tag",
    "POST /api/3.0/mlflow/traces",
    "PATCH /api/2.0/mlflow/traces/tr-1/tags",
    "DELETE /api/2.0/mlflow/traces/tr-1/tags",
    "PUT /api/2.0/mlflow-artifacts/artifacts/1/a",
    "POST /api/2.0/mlflow-artifacts/mpu/create/1/a",
];

const ADMIN: [&str; 5] = [
    "POST /api/2.0/mlflow/experiments/delete",
    "DELETE /api/2.0/mlflow/registered-models/delete",
    "DELETE /api/2.0/mlflow/model-versions/delete",
    "DELETE /api/2.0/mlflow-artifacts/artifacts/1/a",
    "DELETE /ajax-api/2.0/mlflow-artifacts/artifacts/1/a",
];

/// Paths of routes in the server's source that are in none of these lists. This one may only shrink, too.
const UNTESTED: [&str; 0] = [];

fn listed() -> impl Iterator<Item = &'static str> {
    OPEN.into_iter().chain(READ).chain(WRITE).chain(ADMIN)
}

#[test]
fn no_route_but_those_that_are_open_answers_without_a_token() {
    let context = TestContext::empty();
    create(&context, "ci", "admin");
    let (running, url) = server(&context, &[]);
    for line in listed() {
        let kept_out = call(&url, line.split_once(' ').unwrap(), &[], "").status == 401;
        let is_trigger = line.contains("/v1/triggers/");
        // A trigger asks for a token of its own.
        assert_eq!(kept_out, is_trigger || !OPEN.contains(&line), "{line}");
    }
    running.interrupt().code(0);
}

#[test]
fn each_route_takes_a_token_of_its_scope_and_none_of_less() {
    let context = TestContext::empty();
    let secrets = ["read", "write", "admin"].map(|scope| create(&context, scope, scope));
    let (running, url) = server(&context, &[]);
    for (least, lines) in [(0, &READ[..]), (1, &WRITE), (2, &ADMIN)] {
        for line in lines {
            for (has, secret) in secrets.iter().enumerate() {
                let answer = ask(&url, line, secret, "");
                assert_ne!(answer.status, 401, "{line}");
                let denied = answer.status == 403;
                assert_eq!(denied, has < least, "{line} with scope {has}: {answer:?}");
            }
        }
    }
    running.interrupt().code(0);
}

#[test]
fn every_route_of_the_server_s_source_is_in_these_lists() {
    let mut sources = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../server/src"), &mut sources);
    let routes: BTreeSet<String> = sources.iter().flat_map(|source| routes(source)).collect();
    assert!(routes.len() > 10, "{routes:?}");
    for route in routes {
        let known = listed().any(|line| fits(line.split_once(' ').unwrap().1, &route));
        let untested = UNTESTED.contains(&route.as_str());
        assert!(known || untested, "{route} has no authorization test: add it to a list in this file");
        assert!(!(known && untested), "{route} has a test now: take it off UNTESTED");
    }
}

fn collect(folder: &Path, sources: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, sources);
        } else {
            sources.push(path);
        }
    }
}

/// The paths that a source file gives to `.route(…)`.
fn routes(source: &Path) -> Vec<String> {
    let text = fs::read_to_string(source).unwrap();
    let calls = text.split(".route(").skip(1);
    let paths = calls.filter_map(|call| call.trim_start().strip_prefix('"')?.split_once('"'));
    paths.map(|(path, _)| path.to_owned()).collect()
}

/// Whether the path ends with the route, which may be nested below something; `{name}` is any part, `{*rest}` any parts.
fn fits(path: &str, route: &str) -> bool {
    let mut parts: Vec<&str> = path.split('/').collect();
    let mut wanted: Vec<&str> = route.split('/').filter(|part| !part.is_empty()).collect();
    if wanted.last().is_some_and(|last| last.starts_with("{*")) {
        wanted.pop();
        // As many parts as there are.
        return (1..parts.len()).any(|end| fits(&parts[..end].join("/"), &format!("/{}", wanted.join("/"))));
    }
    wanted.iter().rev().all(|part| parts.pop().is_some_and(|has| part.starts_with('{') || has == *part))
}
