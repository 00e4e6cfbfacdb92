use std::fs;

use serde_json::{Value, json};

use super::{Keeper, PROXY};

const API: &str = "/api/2.0/mlflow";

/// A run with artifacts in the proxy or at a location, and its artifact URI.
fn run(keeper: &Keeper, location: Option<&str>) -> (String, String) {
    let mut experiment = json!({"name": "e"});
    if let Some(location) = location {
        experiment["artifact_location"] = Value::from(location);
    }
    let experiment = keeper.post(&format!("{API}/experiments/create"), &experiment).json();
    let run =
        keeper.post(&format!("{API}/runs/create"), &json!({"experiment_id": experiment["experiment_id"]}));
    let info = run.json()["run"]["info"].clone();
    (info["run_id"].as_str().unwrap().to_owned(), info["artifact_uri"].as_str().unwrap().to_owned())
}

fn upload(keeper: &Keeper, query: &str, body: &[u8]) -> super::Got {
    keeper.call("POST", &format!("/ajax-api/2.0/mlflow/upload-artifact?{query}"), &[], body)
}

#[test]
fn what_a_run_has_is_listed_from_the_run() {
    let keeper = Keeper::new();
    let (run, uri) = run(&keeper, None);
    let below = uri.strip_prefix("mlflow-artifacts:/").unwrap();
    keeper.put(&format!("{below}/a.txt"), b"1");
    keeper.put(&format!("{below}/dir/b.txt"), b"12");
    let listed = keeper.get(&format!("{API}/artifacts/list?run_id={run}")).json();
    let files = json!([{"path": "a.txt", "is_dir": false, "file_size": 1}, {"path": "dir", "is_dir": true}]);
    assert_eq!(listed, json!({"root_uri": uri, "files": files}));
    let listed = keeper.get(&format!("/ajax-api/2.0/mlflow/artifacts/list?run_uuid={run}&path=dir/")).json();
    let files = json!([{"path": "dir/b.txt", "is_dir": false, "file_size": 2}]);
    assert_eq!(listed, json!({"root_uri": uri, "files": files}));
    let listed = keeper.get(&format!("{API}/artifacts/list?run_id={run}&path=a.txt")).json();
    assert_eq!(listed, json!({"root_uri": uri}));
    for page in ["/get-artifact", "//get-artifact"] {
        let got = keeper.get(&format!("{page}?run_id={run}&path=dir/b.txt"));
        assert_eq!((got.status, got.body.as_slice()), (200, &b"12"[..]), "{page}");
        assert_eq!(got.header("content-disposition"), "attachment; filename=b.txt");
        assert_eq!(got.header("x-content-type-options"), "nosniff");
    }
}

#[test]
fn a_page_uploads_a_small_file() {
    let keeper = Keeper::new();
    let (run, _) = run(&keeper, None);
    assert_eq!(upload(&keeper, &format!("run_uuid={run}&path=x/test.txt"), b"hello").status, 200);
    assert_eq!(keeper.get(&format!("/get-artifact?run_uuid={run}&path=x/test.txt")).body, b"hello");
    let bad = [
        (String::new(), &b"1"[..], "Request must specify run_uuid."),
        (format!("run_uuid={run}"), b"1", "Request must specify path."),
        (format!("run_uuid={run}&path="), b"1", "Request must specify path."),
        (format!("run_uuid={run}&path=../x"), b"1", "Invalid path"),
        (format!("run_uuid={run}&path=x"), b"", "Request must specify data."),
        (
            format!("run_uuid={run}&path=x"),
            &vec![0; (10 << 20) + 1],
            "Artifact size is too large. Max size is 10MB.",
        ),
    ];
    for (query, body, message) in bad {
        let refused = upload(&keeper, &query, body);
        let expected = json!({"error_code": "INVALID_PARAMETER_VALUE", "message": message});
        assert_eq!((refused.status, refused.json()), (400, expected));
    }
}

#[test]
fn a_run_in_an_allowed_directory_is_read_there() {
    let keeper = Keeper::new();
    let location = keeper.directory.path().join("allowed/e");
    let (run, uri) = run(&keeper, Some(&format!("file://{}", location.display())));
    let directory = std::path::PathBuf::from(uri.strip_prefix("file://").unwrap());
    fs::create_dir_all(&directory).unwrap();
    fs::write(directory.join("a"), "12").unwrap();
    let listed = keeper.get(&format!("{API}/artifacts/list?run_id={run}")).json();
    assert_eq!(listed["files"], json!([{"path": "a", "is_dir": false, "file_size": 2}]));
    assert_eq!(keeper.get(&format!("/get-artifact?run_id={run}&path=a")).body, b"12");
    assert_eq!(upload(&keeper, &format!("run_uuid={run}&path=b/c"), b"new").status, 200);
    assert_eq!(fs::read(directory.join("b/c")).unwrap(), b"new");
}

#[test]
fn a_location_outside_the_allowed_directories_is_never_read() {
    let keeper = Keeper::new();
    let parent = keeper.directory.path().display().to_string();
    for location in [
        format!("file://{parent}"),
        parent.clone(),
        format!("file://{parent}/allowed/../"),
        "/etc".to_owned(),
    ] {
        let body = json!({"name": location, "artifact_location": location});
        let refused = keeper.post(&format!("{API}/experiments/create"), &body);
        assert_eq!(refused.status, 400, "{location}");
    }
}

#[test]
fn artifacts_in_other_stores_are_left_to_clients() {
    let keeper = Keeper::new();
    let (run, _) = run(&keeper, Some("s3://bucket/x"));
    let refused = keeper.get(&format!("{API}/artifacts/list?run_id={run}"));
    assert_eq!((refused.status, refused.code()), (400, "INVALID_PARAMETER_VALUE".to_owned()));
    assert!(refused.json()["message"].as_str().unwrap().contains("s3:"));
}

#[test]
fn what_is_missing_is_named() {
    let keeper = Keeper::new();
    for page in
        ["/get-artifact?run_id=r", "/get-artifact?path=a", "/model-versions/get-artifact?name=m&path=a"]
    {
        let refused = keeper.get(page);
        assert_eq!((refused.status, refused.code()), (400, "INVALID_PARAMETER_VALUE".to_owned()), "{page}");
    }
    let unknown =
        ["/get-artifact?run_id=none&path=a", "/model-versions/get-artifact?name=m&version=1&path=a"];
    for page in unknown {
        assert_eq!(keeper.get(page).status, 404, "{page}");
    }
    let model = "/ajax-api/2.0/mlflow/logged-models/m-none/artifacts";
    let refused = keeper.get(&format!("{model}/files"));
    assert_eq!((refused.status, refused.code()), (400, "BAD_REQUEST".to_owned()));
    assert_eq!(keeper.get(&format!("{model}/files?artifact_file_path=a")).status, 404);
    assert_eq!(keeper.get(&format!("{model}/directories")).status, 404);
}

#[test]
fn what_a_logged_model_and_its_version_have_is_read_through_them() {
    let keeper = Keeper::new();
    let (run, _) = run(&keeper, None);
    let experiment =
        keeper.get(&format!("{API}/runs/get?run_id={run}")).json()["run"]["info"]["experiment_id"].clone();
    let body = json!({"experiment_id": experiment, "name": "m"});
    let info = keeper.post(&format!("{API}/logged-models"), &body).json()["model"]["info"].clone();
    let (model, uri) = (info["model_id"].as_str().unwrap(), info["artifact_uri"].as_str().unwrap());
    let below = uri.strip_prefix("mlflow-artifacts:/").unwrap();
    assert_eq!(keeper.put(&format!("{below}/MLmodel"), b"flavors").status, 200);
    let at = format!("/ajax-api/2.0/mlflow/logged-models/{model}/artifacts");
    let files = json!([{"path": "MLmodel", "is_dir": false, "file_size": 7}]);
    assert_eq!(keeper.get(&format!("{at}/directories")).json(), json!({"root_uri": uri, "files": files}));
    assert_eq!(keeper.get(&format!("{at}/files?artifact_file_path=MLmodel")).body, b"flavors");
    keeper.post(&format!("{API}/registered-models/create"), &json!({"name": "m"}));
    let version = keeper.post(&format!("{API}/model-versions/create"), &json!({"name": "m", "source": uri}));
    assert_eq!(version.status, 200, "{version:?}");
    let got = keeper.get("/model-versions/get-artifact?name=m&version=1&path=MLmodel");
    assert_eq!(got.body, b"flavors");
    assert_eq!(keeper.get(&format!("{PROXY}/{below}/MLmodel")).body, b"flavors");
}
