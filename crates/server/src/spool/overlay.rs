//! What a spool knows of its server: a tracking directory of its own, in which what its clients ask for is done, too.
//!
//! While the server is away, its routes answer: they check a write as the server will, give the ids, and show what was
//! written. It is begun anew with each spool in which nothing waits.

use std::{
    collections::HashSet,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::Request,
    http::{StatusCode, header},
    response::Response,
};
use base::Clock;
use serde_json::{Value, json};
use tower::ServiceExt as _;
use tracking::{KnownExperiment, NewLoggedModel, Settings, Tracking, runs::NewRun};

use super::incoming::Incoming;
use crate::{
    mlflow::{self, request::CHOSEN},
    state::State,
};

/// The most that an answer of its own may take in memory.
const LONGEST: usize = 64 << 20;
/// How many parameters are taken over at once.
const PARAMS: usize = 100;
/// How many metrics are.
const METRICS: usize = 1_000;

pub(super) struct Overlay {
    tracking: Tracking,
    router: Router,
    /// What was taken over or made here, by id.
    known: Mutex<HashSet<String>>,
}

/// An answer that is whole.
pub(super) struct Answered {
    pub(super) status: StatusCode,
    pub(super) body: Bytes,
}

impl Overlay {
    /// The tracking directory of a spool.
    pub(super) fn open(directory: &Path, clock: Arc<dyn Clock>) -> Result<Tracking, tracking::Error> {
        Tracking::open(Settings::of(directory, clock))
    }

    pub(super) fn new(tracking: Tracking, state: State) -> Self {
        let router = mlflow::router(&state).with_state(state);
        Self { tracking, router, known: Mutex::default() }
    }

    /// Does what a request asks for.
    pub(super) async fn perform(&self, incoming: &Incoming, chosen: Option<&str>, body: Body) -> Response {
        let mut request = Request::builder().method(incoming.method.clone()).uri(&incoming.target);
        for (name, value) in incoming.headers.iter().filter(|(name, _)| name != "authorization") {
            request = request.header(name, value);
        }
        if let Some(chosen) = chosen {
            request = request.header(CHOSEN, chosen);
        }
        match request.body(body) {
            Ok(request) => self.router.clone().oneshot(request).await.unwrap_or_else(|never| match never {}),
            Err(_) => {
                let mut response = Response::new(Body::empty());
                *response.status_mut() = StatusCode::BAD_REQUEST;
                response
            }
        }
    }

    /// The same, with the whole answer.
    pub(super) async fn answer(&self, incoming: &Incoming, chosen: Option<&str>) -> Answered {
        let response = self.perform(incoming, chosen, Body::from(incoming.body.clone())).await;
        let status = response.status();
        match to_bytes(response.into_body(), LONGEST).await {
            Ok(body) => Answered { status, body },
            Err(_) => Answered { status: StatusCode::INTERNAL_SERVER_ERROR, body: Bytes::new() },
        }
    }

    /// Whether it knows this run, model or experiment.
    pub(super) fn knows(&self, id: &str) -> bool {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).contains(id)
    }

    fn learn(&self, id: &str) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned());
    }

    /// Takes over an experiment, as the server shows it.
    pub(super) async fn note_experiment(&self, shown: &Value) -> Option<()> {
        let text = |name: &str| shown[name].as_str().map(str::to_owned);
        let id = text("experiment_id")?;
        let known = KnownExperiment {
            experiment_id: id.clone(),
            name: text("name")?,
            artifact_location: text("artifact_location")?,
            is_deleted: shown["lifecycle_stage"] == "deleted",
        };
        self.tracking.adopt_experiment(known).await.ok()?;
        self.learn(&id);
        Some(())
    }

    /// Takes over a run with what was logged to it, as the server shows it.
    pub(super) async fn note_run(&self, shown: &Value) -> Option<()> {
        let (info, data) = (&shown["info"], &shown["data"]);
        let text = |name: &str| info[name].as_str().map(str::to_owned);
        let run_id = text("run_id")?;
        let mut tags = pairs(&data["tags"]);
        tags.retain(|(key, _)| key != "mlflow.runName");
        let new = NewRun {
            run_id: Some(run_id.clone()),
            experiment_id: text("experiment_id")?,
            user_id: text("user_id").unwrap_or_default(),
            name: text("run_name"),
            started: info["start_time"].as_i64().unwrap_or_default(),
            tags,
        };
        let is_new = self.tracking.adopt_run(new, text("artifact_uri")?).await.ok()?;
        self.learn(&run_id);
        if is_new {
            self.note_logged(&run_id, data).await;
        }
        Some(())
    }

    async fn note_logged(&self, run_id: &str, data: &Value) {
        let none = Vec::new();
        let list = |name: &str| data[name].as_array().unwrap_or(&none).clone();
        for params in list("params").chunks(PARAMS) {
            self.log_batch(json!({ "run_id": run_id, "params": params })).await;
        }
        for metrics in list("metrics").chunks(METRICS) {
            self.log_batch(json!({ "run_id": run_id, "metrics": metrics })).await;
        }
    }

    /// What does not fit is left out: it is there on the server.
    async fn log_batch(&self, fields: Value) {
        let _ = self.answer(&Incoming::post("/api/2.0/mlflow/runs/log-batch", &fields), None).await;
    }

    /// Takes over a logged model, as the server shows it.
    pub(super) async fn note_model(&self, shown: &Value) -> Option<()> {
        let info = &shown["info"];
        let text = |name: &str| info[name].as_str().map(str::to_owned);
        let model_id = text("model_id")?;
        let new = NewLoggedModel {
            model_id: Some(model_id.clone()),
            experiment_id: text("experiment_id")?,
            name: text("name"),
            model_type: text("model_type").unwrap_or_default(),
            source_run_id: text("source_run_id").unwrap_or_default(),
            params: pairs(&shown["data"]["params"]),
            tags: pairs(&info["tags"]),
        };
        self.tracking.adopt_logged_model(new, text("artifact_uri")?).await.ok()?;
        self.learn(&model_id);
        Some(())
    }

    /// Takes it that there is an experiment of this id.
    pub(super) async fn assume_experiment(&self, id: &str) {
        let known = KnownExperiment {
            experiment_id: id.to_owned(),
            name: format!("experiment {id}"),
            artifact_location: format!("mlflow-artifacts:/{id}"),
            is_deleted: false,
        };
        // When it cannot be, the write that names it is refused.
        let _ = self.tracking.adopt_experiment(known).await;
    }

    /// Takes it that there is a run of this id: a client names it, and the server cannot be asked.
    pub(super) async fn assume_run(&self, run_id: &str) {
        let new = NewRun { run_id: Some(run_id.to_owned()), ..NewRun::default() };
        let uri = format!("mlflow-artifacts:/0/{run_id}/artifacts");
        if self.tracking.adopt_run(new, uri).await.is_ok() {
            self.learn(run_id);
        }
    }

    /// The same for a logged model.
    pub(super) async fn assume_model(&self, model_id: &str) {
        let new = NewLoggedModel {
            model_id: Some(model_id.to_owned()),
            experiment_id: "0".to_owned(),
            ..NewLoggedModel::default()
        };
        let uri = format!("mlflow-artifacts:/0/models/{model_id}/artifacts");
        if self.tracking.adopt_logged_model(new, uri).await.is_ok() {
            self.learn(model_id);
        }
    }
}

/// Keys and values, such as tags.
fn pairs(list: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    list.as_array().into_iter().flatten().map(|pair| (text(&pair["key"]), text(&pair["value"]))).collect()
}

impl Answered {
    pub(super) fn response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        let json = header::HeaderValue::from_static("application/json");
        response.headers_mut().insert(header::CONTENT_TYPE, json);
        response
    }
}
