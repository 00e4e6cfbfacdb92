//! Logged models and the registry, as MLflow's clients talk to them.

use std::sync::Arc;

use base::{FixedClock, Timestamp};
use serde_json::{Value, json};
use tempfile::TempDir;
use tracking::{Settings, Tracking};

use crate::support::{Answer, Running, settings};

struct Here {
    server: Running,
    _directory: TempDir,
}

impl Here {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let clock = Arc::new(FixedClock::at(Timestamp::from_micros(7_000)));
        let tracking = Tracking::open(Settings::of(directory.path(), clock)).unwrap();
        let server = Running::start_with(settings(), [], |service| service.track_with(tracking));
        Self { server, _directory: directory }
    }

    fn call(&self, method: &str, path: &str, body: &Value) -> Answer {
        let headers = [("Content-Type", "application/json; charset=utf-8")];
        self.server.call(method, &format!("/api/2.0/mlflow/{path}"), &headers, &body.to_string())
    }

    /// What a call that must succeed answers.
    fn done(&self, method: &str, path: &str, body: Value) -> Value {
        let answer = self.call(method, path, &body);
        assert_eq!(answer.status, 200, "{method} {path}: {}", answer.body);
        answer.body
    }

    /// The status, code and message of a call that must fail.
    fn refused(&self, method: &str, path: &str, body: Value) -> (u16, String, String) {
        let answer = self.call(method, path, &body);
        let text = |field: &str| answer.body[field].as_str().unwrap_or_default().to_owned();
        (answer.status, text("error_code"), text("message"))
    }

    fn model(&self) -> String {
        let made = self.done("POST", "logged-models", json!({"experiment_id": "0", "name": "forest"}));
        made["model"]["info"]["model_id"].as_str().unwrap().to_owned()
    }
}

#[test]
fn a_logged_model_lives_its_life_over_http() {
    let here = Here::new();
    let new = json!({
        "experiment_id": "0", "name": "forest", "model_type": "sklearn", "source_run_id": "r1",
        "params": [{"key": "depth", "value": "3"}], "tags": [{"key": "a", "value": "b"}], "unknown": 1,
    });
    let made = here.done("POST", "logged-models", new);
    let id = made["model"]["info"]["model_id"].as_str().unwrap();
    assert_eq!(
        made["model"],
        json!({
            "info": {
                "model_id": id, "experiment_id": "0", "name": "forest", "creation_timestamp_ms": 7,
                "last_updated_timestamp_ms": 7, "artifact_uri": format!("mlflow-artifacts:/0/models/{id}/artifacts"),
                "status": "LOGGED_MODEL_PENDING", "model_type": "sklearn", "source_run_id": "r1",
                "tags": [{"key": "a", "value": "b"}],
            },
            "data": {"params": [{"key": "depth", "value": "3"}]},
        })
    );
    let path = format!("logged-models/{id}");
    let params = json!({"model_id": id, "params": [{"key": "trees", "value": "9"}]});
    assert_eq!(here.done("POST", &format!("{path}/params"), params), json!({}));
    let tags = json!({"tags": [{"key": "x/y", "value": "1"}, {"key": "a", "value": "c"}]});
    assert_eq!(here.done("PATCH", &format!("{path}/tags"), tags), json!({}));
    assert_eq!(here.done("DELETE", &format!("{path}/tags/x/y"), json!({})), json!({}));
    assert_eq!(here.refused("DELETE", &format!("{path}/tags/x%2Fy"), json!({})).1, "RESOURCE_DOES_NOT_EXIST");
    let ready = here.done("PATCH", &path, json!({"model_id": id, "status": "LOGGED_MODEL_READY"}));
    assert_eq!(ready["model"]["info"]["status"], "LOGGED_MODEL_READY");
    assert_eq!(
        here.done("PATCH", &path, json!({"status": 3}))["model"]["info"]["status"],
        "LOGGED_MODEL_UPLOAD_FAILED"
    );
    let seen = here.done("GET", &path, json!({}))["model"].clone();
    assert_eq!(seen["info"]["tags"], json!([{"key": "a", "value": "c"}]));
    assert_eq!(
        seen["data"]["params"],
        json!([{"key": "depth", "value": "3"}, {"key": "trees", "value": "9"}])
    );
    assert_eq!(here.done("DELETE", &path, json!({"model_id": id})), json!({}));
    let missing =
        (404, "RESOURCE_DOES_NOT_EXIST".to_owned(), format!("Logged model with ID '{id}' not found."));
    assert_eq!(here.refused("GET", &path, json!({})), missing);
    assert_eq!(
        here.done("GET", &format!("{path}?allow_deleted=true"), json!({}))["model"]["info"]["model_id"],
        id
    );
}

#[test]
fn a_registered_model_lives_its_life_over_http() {
    let here = Here::new();
    let new = json!({"name": "m", "description": "d", "tags": [{"key": "k", "value": "v"}]});
    let made = here.done("POST", "registered-models/create", new);
    let expected = json!({
        "name": "m", "creation_timestamp": 7, "last_updated_timestamp": 7, "description": "d",
        "tags": [{"key": "k", "value": "v"}],
    });
    assert_eq!(made, json!({"registered_model": expected}));
    assert_eq!(here.done("GET", "registered-models/get?name=m", json!({})), made);
    let renamed = here.done("POST", "registered-models/rename", json!({"name": "m", "new_name": "n 1"}));
    assert_eq!(renamed["registered_model"]["name"], "n 1");
    let updated = here.done("PATCH", "registered-models/update", json!({"name": "n 1"}));
    assert_eq!(updated["registered_model"].get("description"), None);
    let tag = json!({"name": "n 1", "key": "t", "value": ""});
    assert_eq!(here.done("POST", "registered-models/set-tag", tag), json!({}));
    assert_eq!(
        here.done("DELETE", "registered-models/delete-tag", json!({"name": "n 1", "key": "k"})),
        json!({})
    );
    let seen = here.done("GET", "registered-models/get?name=n%201", json!({}));
    assert_eq!(seen["registered_model"]["tags"], json!([{"key": "t", "value": ""}]));
    assert_eq!(here.done("DELETE", "registered-models/delete", json!({"name": "n 1"})), json!({}));
    let missing = "Registered Model with name=n 1 not found".to_owned();
    let refused = here.refused("GET", "registered-models/get?name=n+1", json!({}));
    assert_eq!(refused, (404, "RESOURCE_DOES_NOT_EXIST".to_owned(), missing));
}

#[test]
fn a_version_lives_its_life_over_http() {
    let here = Here::new();
    here.done("POST", "registered-models/create", json!({"name": "m"}));
    let id = here.model();
    let new = json!({"name": "m", "source": format!("models:/{id}"), "model_id": id, "run_link": "there"});
    let made = here.done("POST", "model-versions/create", new);
    assert_eq!(
        made["model_version"],
        json!({
            "name": "m", "version": "1", "creation_timestamp": 7, "last_updated_timestamp": 7, "current_stage": "None",
            "description": "", "source": format!("models:/{id}"), "run_id": "", "status": "READY", "run_link": "there",
        })
    );
    let uri = here.done("GET", "model-versions/get-download-uri?name=m&version=1", json!({}));
    assert_eq!(uri, json!({"artifact_uri": format!("mlflow-artifacts:/0/models/{id}/artifacts")}));
    let alias = json!({"name": "m", "alias": "best", "version": "1"});
    assert_eq!(here.done("POST", "registered-models/alias", alias), json!({}));
    let best = here.done("GET", "registered-models/alias?name=m&alias=best", json!({}));
    assert_eq!(best["model_version"]["aliases"], json!(["best"]));
    let tag = json!({"name": "m", "version": "1", "key": "k", "value": "v"});
    assert_eq!(here.done("POST", "model-versions/set-tag", tag), json!({}));
    let said = json!({"name": "m", "version": "1", "description": "good"});
    let said = here.done("PATCH", "model-versions/update", said);
    assert_eq!(said["model_version"]["tags"], json!([{"key": "k", "value": "v"}]));
    let stage =
        json!({"name": "m", "version": "1", "stage": "production", "archive_existing_versions": true});
    let moved = here.done("POST", "model-versions/transition-stage", stage);
    assert_eq!(moved["model_version"]["current_stage"], "Production");
    assert_eq!(here.done("GET", "model-versions/get?name=m&version=1", json!({})), moved);
    for (method, path) in [
        ("POST", "registered-models/get-latest-versions"),
        ("GET", "registered-models/get-latest-versions?name=m&stages=Production&stages=None"),
    ] {
        let latest = here.done(method, path, json!({"name": "m", "stages": ["Production"]}));
        assert_eq!(latest, json!({"model_versions": [moved["model_version"]]}));
    }
    let none = json!({"name": "m", "stages": ["Staging"]});
    assert_eq!(here.done("POST", "registered-models/get-latest-versions", none), json!({}));
    let tag = json!({"name": "m", "version": "1", "key": "k"});
    assert_eq!(here.done("DELETE", "model-versions/delete-tag", tag), json!({}));
    assert_eq!(
        here.done("DELETE", "registered-models/alias", json!({"name": "m", "alias": "best"})),
        json!({})
    );
    assert_eq!(here.done("DELETE", "model-versions/delete", json!({"name": "m", "version": "1"})), json!({}));
    let missing = "Model Version (name=m, version=1) not found".to_owned();
    let refused = here.refused("GET", "model-versions/get?name=m&version=1", json!({}));
    assert_eq!(refused, (404, "RESOURCE_DOES_NOT_EXIST".to_owned(), missing));
}

#[test]
fn files_of_this_machine_cannot_be_registered() {
    let here = Here::new();
    here.done("POST", "registered-models/create", json!({"name": "m"}));
    let id = here.model();
    let prompt = json!([{"key": "mlflow.prompt.is_prompt", "value": "true"}]);
    for source in [
        "/etc/passwd",
        "file:///etc/passwd",
        "FILE:/etc/passwd",
        "etc/passwd",
        "../../etc/passwd",
        "mlflow-artifacts:/../../etc",
        "mlflow-artifacts:/a/%2e%2e/%2e%2e/etc",
        "http://here/api/2.0/mlflow-artifacts/artifacts/..%252f..%252fetc",
    ] {
        for more in [json!({}), json!({"run_id": "r"}), json!({"model_id": id}), json!({"tags": prompt})] {
            let mut body = more.clone();
            body["name"] = json!("m");
            body["source"] = json!(source);
            let (status, ..) = here.refused("POST", "model-versions/create", body);
            let is_refused = status == 400 || (status == 404 && more.get("run_id").is_some());
            // A relative name is no file for a prompt, which has none.
            assert!(is_refused || (source == "etc/passwd" && more.get("tags").is_some()), "{source} {more}");
        }
    }
}

#[test]
fn what_is_missing_or_of_the_wrong_type_is_named() {
    let here = Here::new();
    let id = here.model();
    let model = format!("logged-models/{id}");
    for (method, path, fields) in [
        ("POST", "logged-models", "experiment_id"),
        ("PATCH", model.as_str(), "status"),
        ("POST", "registered-models/create", "name"),
        ("GET", "registered-models/get", "name"),
        ("PATCH", "registered-models/update", "name"),
        ("POST", "registered-models/rename", "name new_name"),
        ("DELETE", "registered-models/delete", "name"),
        ("POST", "registered-models/get-latest-versions", "name"),
        ("POST", "registered-models/set-tag", "name key"),
        ("DELETE", "registered-models/delete-tag", "name key"),
        ("POST", "registered-models/alias", "name alias version"),
        ("GET", "registered-models/alias", "name alias"),
        ("DELETE", "registered-models/alias", "name alias"),
        ("POST", "model-versions/create", "name source"),
        ("GET", "model-versions/get", "name version"),
        ("GET", "model-versions/get-download-uri", "name version"),
        ("PATCH", "model-versions/update", "name version"),
        ("POST", "model-versions/transition-stage", "name version stage"),
        ("DELETE", "model-versions/delete", "name version"),
        ("POST", "model-versions/set-tag", "name version key"),
        ("DELETE", "model-versions/delete-tag", "name version key"),
    ] {
        let fields: Vec<_> = fields.split(' ').collect();
        for field in &fields {
            let mut body: Value = fields.iter().map(|field| ((*field).to_owned(), json!("1"))).collect();
            body[field] = json!(null);
            let (status, code, message) = here.refused(method, path, body.clone());
            assert_eq!(
                (status, code.as_str()),
                (400, "INVALID_PARAMETER_VALUE"),
                "{method} {path} {message}"
            );
            let expected = format!("Missing value for required parameter '{field}'. See the API docs");
            assert!(message.starts_with(&expected), "{method} {path} {message}");
            body[field] = json!({"a": 1});
            let (status, _, message) = here.refused(method, path, body);
            let expected = format!("Invalid value {{\"a\":1}} for parameter '{field}' supplied");
            assert!(status == 400 && message.starts_with(&expected), "{method} {path} {message}");
        }
    }
}
