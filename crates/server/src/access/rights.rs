//! What a request needs. Whatever is not listed needs `write`, so a route that is forgotten here is not open.

use axum::http::Method;

use crate::access::Scope;

/// Answered without a token: whether the server lives, which is asked by what keeps it alive; calls of triggers, each of
/// which has a token of its own in the same header; and the parts of an upload, whose address holds a secret that only
/// who began the upload was told, as MLflow's clients send nothing else with them.
pub(crate) fn is_open(method: &Method, path: &str) -> bool {
    let health = ["/health", "/version", "/v2/health/live", "/v2/health/ready"];
    health.contains(&path) && reads(method) || path.starts_with("/v1/triggers/") || is_part(method, path)
}

fn is_part(method: &Method, path: &str) -> bool {
    let part = beneath(path).is_some_and(|(service, rest)| {
        service == "mlflow-artifacts" && rest.strip_prefix("mpu/parts/").is_some_and(|part| !part.is_empty())
    });
    part && method == Method::PUT
}

/// Requests that read though they are posted, below `/api/2.0/mlflow/` and its like.
const SEARCHES: [&str; 7] = [
    "experiments/search",
    "experiments/search-datasets",
    "runs/search",
    "logged-models/search",
    "registered-models/search",
    "registered-models/get-latest-versions",
    "model-versions/search",
];

/// The same, elsewhere.
const QUESTIONS: [&str; 3] = ["/v2/repository/index", "/graphql", "/ajax-api/graphql"];

/// Requests that take away what others rely on, in the same place. A run is taken away for a while only, and by those
/// who write runs.
const REMOVALS: [&str; 3] = ["experiments/delete", "registered-models/delete", "model-versions/delete"];

/// The least scope that a request needs.
pub(crate) fn needed(method: &Method, path: &str) -> Scope {
    if reads(method) {
        return Scope::Read;
    }
    if method == Method::POST && QUESTIONS.contains(&path) {
        return Scope::Read;
    }
    match beneath(path) {
        Some(("mlflow", rest)) if method == Method::POST && SEARCHES.contains(&rest) => Scope::Read,
        Some(("mlflow", rest)) if REMOVALS.contains(&rest) => Scope::Admin,
        Some(("mlflow-artifacts", _)) if method == Method::DELETE => Scope::Admin,
        _ => Scope::Write,
    }
}

fn reads(method: &Method) -> bool {
    method == Method::GET || method == Method::HEAD
}

/// The service and the rest of a path `/api/VERSION/SERVICE/REST`, or of the same below `/ajax-api`.
fn beneath(path: &str) -> Option<(&str, &str)> {
    let rest = path.strip_prefix("/api/").or_else(|| path.strip_prefix("/ajax-api/"))?;
    let (_version, rest) = rest.split_once('/')?;
    rest.split_once('/')
}

#[cfg(test)]
mod tests {
    use axum::http::Method;

    use super::{is_open, needed};
    use crate::access::Scope::{self, Admin, Read, Write};

    fn of(line: &str) -> Scope {
        let (method, path) = line.split_once(' ').unwrap();
        needed(&method.parse::<Method>().unwrap(), path)
    }

    #[test]
    fn reading_and_searching_need_the_least() {
        for line in [
            "GET /api/2.0/mlflow/runs/get",
            "HEAD /api/2.0/mlflow-artifacts/artifacts/a",
            "GET /ajax-api/2.0/mlflow/metrics/get-history-bulk",
            "GET /v2/models/late",
            "POST /api/2.0/mlflow/runs/search",
            "POST /ajax-api/2.0/mlflow/experiments/search-datasets",
            "POST /api/3.0/mlflow/logged-models/search",
            "POST /v2/repository/index",
            "POST /graphql",
            "POST /ajax-api/graphql",
        ] {
            assert_eq!(of(line), Read, "{line}");
        }
    }

    #[test]
    fn what_nobody_listed_needs_to_write() {
        for line in [
            "POST /api/2.0/mlflow/runs/log-batch",
            "POST /api/2.0/mlflow/runs/delete",
            "DELETE /api/2.0/mlflow/registered-models/delete-tag",
            "PUT /api/2.0/mlflow-artifacts/artifacts/a",
            "POST /v2/models/late/infer",
            "POST /v2/models/late/labels",
            "PUT /graphql",
            "PATCH /something/else",
            // Not the place of searches, nor how they are called.
            "POST /other/api/2.0/mlflow/runs/search",
            "PUT /api/2.0/mlflow/runs/search",
            "POST /api/2.0/mlflow/runs/search/",
        ] {
            assert_eq!(of(line), Write, "{line}");
        }
    }

    #[test]
    fn taking_away_what_others_rely_on_needs_the_most() {
        for line in [
            "POST /api/2.0/mlflow/experiments/delete",
            "DELETE /api/2.0/mlflow/registered-models/delete",
            "DELETE /ajax-api/2.0/mlflow/model-versions/delete",
            "DELETE /api/2.0/mlflow-artifacts/artifacts/1/a",
        ] {
            assert_eq!(of(line), Admin, "{line}");
        }
    }

    #[test]
    fn only_signs_of_life_and_triggers_are_open() {
        let open = |line: &str| {
            let (method, path) = line.split_once(' ').unwrap();
            is_open(&method.parse().unwrap(), path)
        };
        for line in ["GET /health", "HEAD /version", "GET /v2/health/ready", "POST /v1/triggers/crawled"] {
            assert!(open(line), "{line}");
        }
        for line in ["POST /health", "GET /", "GET /v2", "GET /health/", "GET /v1/triggers", "GET /healthy"] {
            assert!(!open(line), "{line}");
        }
    }
}
