//! What a request is about, as far as a spool must know.

use axum::http::Method;

/// What kind of request it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Call {
    /// The spool answers it itself.
    About(About),
    /// A file comes in.
    Upload,
    /// Something changes that can change here as it does there.
    Write(Subject),
    /// Something is asked that can be known here whole.
    Ask,
    /// Something is asked that only the server knows whole.
    Search,
    /// A file is wanted.
    Download,
    /// It is the server's alone.
    Beyond,
}

/// What is asked about the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    Health,
    Version,
    Info,
}

/// What a write changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Subject {
    NewExperiment,
    NewRun,
    NewModel,
    Experiment,
    /// The run that its body names.
    Run,
    Model(String),
    Artifact,
}

const UPLOADS: &str = "/mlflow-artifacts/artifacts";

impl Call {
    pub(super) fn of(method: &Method, path: &str) -> Self {
        match path {
            "/health" => return Self::About(About::Health),
            "/version" => return Self::About(About::Version),
            _ => {}
        }
        let Some(rest) = path.strip_prefix("/api/").or_else(|| path.strip_prefix("/ajax-api/")) else {
            return Self::Beyond;
        };
        if rest.ends_with("/mlflow/server-info") {
            return Self::About(About::Info);
        }
        let Some((_, rest)) = rest.split_once('/') else { return Self::Beyond };
        if path.contains(UPLOADS) {
            return Self::of_artifact(method);
        }
        match rest.strip_prefix("mlflow/") {
            Some(rest) if *method == Method::GET => Self::of_question(rest),
            Some(rest) => Self::of_change(method, rest),
            None => Self::Beyond,
        }
    }

    fn of_artifact(method: &Method) -> Self {
        match *method {
            Method::PUT => Self::Upload,
            Method::DELETE => Self::Write(Subject::Artifact),
            Method::GET | Method::HEAD => Self::Download,
            _ => Self::Beyond,
        }
    }

    fn of_question(rest: &str) -> Self {
        match rest {
            "runs/get"
            | "experiments/get"
            | "experiments/get-by-name"
            | "metrics/get-history"
            | "artifacts/list" => Self::Ask,
            _ if rest.starts_with("logged-models/") => Self::Ask,
            _ => Self::Search,
        }
    }

    fn of_change(method: &Method, rest: &str) -> Self {
        let (group, what) = rest.split_once('/').unwrap_or((rest, ""));
        match (group, what) {
            ("runs" | "experiments", "search" | "search-datasets") | ("logged-models", "search") => {
                Self::Search
            }
            ("registered-models", "get-latest-versions") => Self::Search,
            ("experiments", "create") => Self::Write(Subject::NewExperiment),
            (
                "experiments",
                "update" | "delete" | "restore" | "set-experiment-tag" | "delete-experiment-tag",
            ) => Self::Write(Subject::Experiment),
            ("runs", "create") => Self::Write(Subject::NewRun),
            (
                "runs",
                "update" | "delete" | "restore" | "log-metric" | "log-batch" | "log-parameter" | "set-tag"
                | "delete-tag" | "log-inputs" | "outputs" | "log-model",
            ) => Self::Write(Subject::Run),
            ("logged-models", "") if *method == Method::POST => Self::Write(Subject::NewModel),
            ("logged-models", of) if !of.is_empty() => {
                let id = of.split('/').next().unwrap_or_default();
                Self::Write(Subject::Model(id.to_owned()))
            }
            _ => Self::Beyond,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{About, Call, Subject};

    fn of(line: &str) -> Call {
        let (method, path) = line.split_once(' ').unwrap();
        Call::of(&method.parse().unwrap(), path)
    }

    #[test]
    fn a_request_is_known_by_its_method_and_path() {
        for (line, call) in [
            ("GET /health", Call::About(About::Health)),
            ("GET /api/3.0/mlflow/server-info", Call::About(About::Info)),
            ("POST /api/2.0/mlflow/runs/create", Call::Write(Subject::NewRun)),
            ("POST /ajax-api/2.0/mlflow/runs/log-batch", Call::Write(Subject::Run)),
            ("POST /api/2.0/mlflow/runs/search", Call::Search),
            ("GET /api/2.0/mlflow/runs/get", Call::Ask),
            ("POST /api/2.0/mlflow/experiments/create", Call::Write(Subject::NewExperiment)),
            ("GET /api/2.0/mlflow/experiments/search", Call::Search),
            ("POST /api/2.0/mlflow/logged-models", Call::Write(Subject::NewModel)),
            ("POST /api/2.0/mlflow/logged-models/search", Call::Search),
            ("PATCH /api/2.0/mlflow/logged-models/m-1/tags", Call::Write(Subject::Model("m-1".to_owned()))),
            ("PUT /api/2.0/mlflow-artifacts/artifacts/0/a/b", Call::Upload),
            ("GET /api/2.0/mlflow-artifacts/artifacts", Call::Download),
            ("DELETE /api/2.0/mlflow-artifacts/artifacts/a", Call::Write(Subject::Artifact)),
            ("POST /api/2.0/mlflow-artifacts/mpu/create/a", Call::Beyond),
            ("POST /api/2.0/mlflow/registered-models/create", Call::Beyond),
            ("POST /api/2.0/mlflow/model-versions/create", Call::Beyond),
            ("GET /api/2.0/mlflow/registered-models/alias", Call::Search),
            ("POST /v2/models/a/infer", Call::Beyond),
        ] {
            assert_eq!(of(line), call, "{line}");
        }
    }
}
