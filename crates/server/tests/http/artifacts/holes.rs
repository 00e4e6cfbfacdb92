//! The ways out of the root that others have had, over HTTP: everything that takes a path refuses them with a 400, and
//! what is beside the root is neither read nor changed.

use std::fs;

use serde_json::json;

use super::{Keeper, PROXY};

/// Sends it in every place where a path may stand, just as it is: no client has tidied it.
fn lead_nowhere(paths: &[&str]) {
    let keeper = Keeper::new();
    keeper.put("run/artifacts/a", b"1");
    for path in paths {
        let encoded: String = path.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let url = |text: &str| format!("{PROXY}/{text}");
        let mut requests = vec![("GET", url(&encoded)), ("PUT", url(&encoded)), ("DELETE", url(&encoded))];
        requests.push(("GET", format!("{PROXY}?path={encoded}")));
        requests.push(("GET", format!("/api/2.0/mlflow-artifacts/presigned/{encoded}")));
        for page in ["/get-artifact?run_id=r&path=", "/model-versions/get-artifact?name=m&version=1&path="] {
            requests.push(("GET", format!("{page}{encoded}")));
        }
        requests.push(("GET", format!("/api/2.0/mlflow/artifacts/list?run_id=r&path={encoded}")));
        let model = "/ajax-api/2.0/mlflow/logged-models/m-1/artifacts";
        requests.push(("GET", format!("{model}/files?artifact_file_path={encoded}")));
        requests.push(("GET", format!("{model}/directories?artifact_directory_path={encoded}")));
        requests.push(("POST", format!("/ajax-api/2.0/mlflow/upload-artifact?run_uuid=r&path={encoded}")));
        if path.bytes().all(|byte| byte.is_ascii_graphic() && !b"#?".contains(&byte)) {
            requests.extend([("GET", url(path)), ("PUT", url(path)), ("DELETE", url(path))]);
        }
        for (method, target) in requests {
            let got = keeper.call(method, &target, &[], b"x");
            assert_eq!(got.status, 400, "{method} {target} ({path:?}): {got:?}");
            assert_eq!(
                got.json(),
                json!({"error_code": "INVALID_PARAMETER_VALUE", "message": "Invalid path"})
            );
        }
        let body = json!({"path": "a", "num_parts": 1, "upload_id": "0", "parts": [{"part_number": 1, "etag": "x"}]});
        for call in ["create", "complete", "abort"] {
            let got = keeper.post(&format!("/api/2.0/mlflow-artifacts/mpu/{call}/{encoded}"), &body);
            assert_eq!(
                (got.status, got.code()),
                (400, "INVALID_PARAMETER_VALUE".to_owned()),
                "{call} {path:?}"
            );
        }
    }
    assert_eq!(fs::read(keeper.directory.path().join("secret")).unwrap(), b"the secret");
    let beside: Vec<_> = fs::read_dir(keeper.directory.path()).unwrap().collect();
    assert_eq!(beside.len(), 3, "{beside:?}");
    assert_eq!(keeper.get(&format!("{PROXY}/run/artifacts/a")).body, b"1");
}

#[test]
fn parent_directories_lead_nowhere() {
    lead_nowhere(&["../secret", "../../secret", "./../secret", "run/../../../secret", ".."]);
}

#[test]
fn absolute_paths_lead_nowhere() {
    lead_nowhere(&["/etc/passwd", "//etc/passwd", "/../secret"]);
}

#[test]
fn encoded_parent_directories_lead_nowhere() {
    lead_nowhere(&["..%2fsecret", "%2e%2e/secret", "%2E%2E%2Fsecret"]);
}

#[test]
fn doubly_encoded_parent_directories_lead_nowhere() {
    lead_nowhere(&["%252e%252e%252fsecret", "..%25252fsecret", "%2%0952e%2%0952e/secret"]);
}

#[test]
fn overlong_encodings_lead_nowhere() {
    lead_nowhere(&["%c0%ae%c0%ae/secret", "..%c0%afsecret"]);
}

#[test]
fn backslashes_lead_nowhere() {
    lead_nowhere(&["..\\secret", "a\\..\\..\\secret", "\\\\host\\share"]);
}

#[test]
fn drive_letters_lead_nowhere() {
    lead_nowhere(&["C:/Windows/win.ini", "c:\\Windows\\win.ini"]);
}

#[test]
fn nul_bytes_lead_nowhere() {
    lead_nowhere(&["a\0b", "a%00.jpg", "../secret%00.jpg"]);
}

#[test]
fn file_uris_lead_nowhere() {
    lead_nowhere(&[
        "file:///etc/passwd",
        "/file://etc/passwd",
        "file://a#/..//tmp",
        "http://169.254.169.254/a",
    ]);
}

#[test]
fn lookalike_dots_and_slashes_lead_nowhere() {
    lead_nowhere(&["．．/secret", "..／secret", "\u{2025}/secret", ".\u{200b}./secret", ".. /secret"]);
}

#[test]
fn the_uploads_that_wait_lead_nowhere() {
    lead_nowhere(&[".kaizen-uploads", ".kaizen-uploads/parts-1/upload.json"]);
}

#[test]
fn links_lead_nowhere() {
    let keeper = Keeper::new();
    keeper.put("run/a", b"1");
    std::os::unix::fs::symlink(keeper.directory.path(), keeper.root().join("run/up")).unwrap();
    std::os::unix::fs::symlink(keeper.directory.path().join("secret"), keeper.root().join("run/file"))
        .unwrap();
    for path in ["run/up/secret", "run/file"] {
        let got = keeper.get(&format!("{PROXY}/{path}"));
        assert_eq!((got.status, got.code()), (404, "RESOURCE_DOES_NOT_EXIST".to_owned()), "{path}");
    }
    assert_eq!(keeper.get(&format!("{PROXY}?path=run/up")).json(), json!({"files": []}));
    assert_eq!(keeper.put("run/up/new", b"x").status, 409);
    assert_eq!(keeper.call("DELETE", &format!("{PROXY}/run/up/secret"), &[], b"").status, 200);
    assert_eq!(keeper.put("run/file", b"mine").status, 200);
    assert_eq!(fs::read(keeper.directory.path().join("secret")).unwrap(), b"the secret");
    assert!(!keeper.directory.path().join("new").exists());
}
