//! Each route of the protocol, and each way to be refused by one.

use crate::support::{BODY, Running, broken, echo, settings};
use serde_json::json;

#[test]
fn every_route_answers_with_and_without_a_version() {
    let server = Running::usual();
    let metadata = json!({
        "name": "late", "versions": ["3"], "platform": "kaizen_onnx",
        "inputs": [{"name": "x", "datatype": "FP32", "shape": [-1]}],
        "outputs": [{"name": "y", "datatype": "FP32", "shape": [-1, 1]}],
    });
    let answer = json!({
        "model_name": "late", "model_version": "3", "id": "7",
        "outputs": [{"name": "y", "datatype": "FP32", "shape": [2, 1], "data": [1.5, null]}],
    });
    for model in ["/v2/models/late", "/v2/models/late/versions/3"] {
        assert_eq!(server.get(model).body, metadata);
        assert_eq!(server.get(&format!("{model}/ready")).body, json!({"name": "late", "ready": true}));
        let infer = server.post(&format!("{model}/infer"), BODY);
        assert_eq!((infer.status, &infer.body), (200, &answer));
    }
    let about = server.get("/v2").body;
    assert_eq!((&about["name"], &about["extensions"]), (&json!("kaizen"), &json!([])));
    assert_eq!(server.get("/v2/health/live").body, json!({"live": true}));
    assert_eq!(server.get("/v2/health/ready").body, json!({"live": true, "ready": true}));
    let index = json!([{"name": "late", "version": "3", "state": "READY", "reason": ""}]);
    assert_eq!(server.get("/v2/repository/index").body, index);
    assert_eq!(server.post("/v2/repository/index", "{}").body, index);
}

#[test]
fn a_server_without_models_lives_and_is_not_ready_until_it_has_one() {
    let server = Running::start(settings(), []);
    assert_eq!(server.get("/v2/health/live").status, 200);
    assert_eq!(server.get("/v2/health/ready").status, 503);
    server.catalog.set(echo("late", "1"));
    assert_eq!(server.get("/v2/health/ready").status, 200);
    server.catalog.set(echo("late", "2"));
    assert_eq!(server.post("/v2/models/late/infer", BODY).body["model_version"], "2");
    server.catalog.remove("late");
    assert_eq!(server.get("/v2/models/late/ready").status, 404);
}

#[test]
fn each_refusal_has_its_status_and_says_what_to_do_in_the_protocol_s_form() {
    let server = Running::usual();
    let infer = "/v2/models/late/infer";
    for (method, path, body, status, words) in [
        ("GET", "/v2/models/lat", "", 404, "no model `lat` (did you mean `late`?)"),
        ("GET", "/v2/models/lat/ready", "", 404, "no model `lat`"),
        ("POST", "/v2/models/lat/infer", BODY, 404, "no model `lat`"),
        ("POST", "/v2/models/late/versions/2/infer", BODY, 404, "no version `2` here; ask for version `3`"),
        ("GET", "/v2/models/late/versions/2", "", 404, "no version `2`"),
        ("GET", "/v2/models/%ff", "", 400, "not valid UTF-8"),
        ("GET", "/v2/models/..%2f..%2fetc", "", 404, "no model `../../etc`"),
        ("GET", "/", "", 404, "no route GET /; a prediction is POST /v2/models/NAME/infer"),
        ("GET", "/v1/models/late:predict", "", 404, "no route"),
        ("GET", "/v2/models/late/other", "", 404, "no route"),
        ("GET", infer, "", 405, "does not answer GET"),
        ("POST", "/v2/health/live", "", 405, "does not answer POST"),
        ("DELETE", "/v2/models/late", "", 405, "does not answer DELETE"),
        ("POST", infer, "", 400, "the body is not an inference request"),
        ("POST", infer, "{}", 400, "missing field `inputs`"),
        ("POST", infer, "\u{1f600}", 400, "expected value at line 1 column 1"),
        ("POST", infer, r#"{"inputs":[]}"#, 400, "the request lacks `x`"),
    ] {
        let answer = server.call(method, path, &[], body);
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.error());
        assert!(answer.error().contains(words), "{method} {path}: {}", answer.error());
    }
    assert!(server.get(infer).head.contains("allow: post\r\n"), "{}", server.get(infer).head);
    assert!(server.failures.lock().unwrap().is_empty(), "the caller's mistakes are no failures of ours");
}

#[test]
fn the_content_type_does_not_matter_and_encodings_we_lack_are_named() {
    let server = Running::usual();
    let post = |name: &str, value: &str| server.call("POST", "/v2/models/late/infer", &[(name, value)], BODY);
    for content_type in ["application/json; charset=utf-8", "text/plain", "application/x-www-form-urlencoded"]
    {
        assert_eq!(post("Content-Type", content_type).status, 200);
    }
    assert_eq!(post("Content-Encoding", "identity").status, 200);
    let compressed = post("Content-Encoding", "gzip");
    assert_eq!(compressed.status, 415);
    assert!(compressed.error().contains("send the JSON as it is"));
    let binary = post("Inference-Header-Content-Length", "12");
    assert_eq!(binary.status, 400);
    assert!(binary.error().contains("binary_data=False"));
}

#[test]
fn a_page_of_another_site_is_refused_on_every_route() {
    let server = Running::usual();
    let port = server.address.port();
    for (header, value, status) in [
        ("Host", format!("localhost:{port}"), 200),
        ("Host", format!("[::1]:{port}"), 200),
        ("Host", format!("rebound.example:{port}"), 403),
        ("Host", "127.0.0.1.example".to_owned(), 403),
        ("Host", String::new(), 403),
        ("Origin", format!("http://localhost:{port}"), 200),
        ("Origin", "https://example.com".to_owned(), 403),
        ("Origin", "null".to_owned(), 403),
    ] {
        for path in ["/v2", "/v2/models/late"] {
            let answer = server.call("GET", path, &[(header, &value)], "");
            assert_eq!(answer.status, status, "{header}: {value}");
        }
    }
    let rebound = [("Host", "rebound.example")];
    let answer = server.call("POST", "/v2/models/late/infer", &rebound, BODY);
    assert!(answer.error().contains("call it as localhost or 127.0.0.1"), "{}", answer.error());
    assert_eq!(server.call("GET", "/none", &rebound, "").status, 403);
    assert_eq!(server.call("GET", "http://rebound.example/v2", &[], "").status, 403);
}

#[test]
fn a_failure_of_ours_tells_the_caller_nothing_and_the_operator_everything() {
    let server = Running::start(settings(), [broken()]);
    let answer = server.post("/v2/models/broken/infer", BODY);
    assert_eq!(answer.status, 500);
    assert_eq!(answer.error(), "the model failed on this request; the server's log has the cause");
    let failures = server.failures.lock().unwrap();
    assert_eq!(failures.len(), 1);
    assert_eq!(failures[0].model, "broken");
    assert!(failures[0].cause.contains("Reshape"), "{}", failures[0].cause);
}
