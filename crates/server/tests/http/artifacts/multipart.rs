use serde_json::{Value, json};

use super::{Got, Keeper, PROXY};

const CREATE: &str = "/api/2.0/mlflow-artifacts/mpu/create/run/artifacts";
const COMPLETE: &str = "/api/2.0/mlflow-artifacts/mpu/complete/run/artifacts";
const ABORT: &str = "/api/2.0/mlflow-artifacts/mpu/abort/run/artifacts";

/// Sends a part to the URL it was given, as clients do: without anything of this server's but the URL.
fn send(keeper: &Keeper, credential: &Value, body: &[u8]) -> Got {
    let url = credential["url"].as_str().unwrap();
    let host = format!("http://{}", keeper.running.address);
    assert_eq!(credential["headers"], json!({}));
    keeper.call("PUT", url.strip_prefix(&host).unwrap(), &[], body)
}

#[test]
fn a_file_in_parts_is_one_file_once_it_is_complete() {
    let keeper = Keeper::new();
    let begun = keeper.post(CREATE, &json!({"path": "/home/me/big.bin", "num_parts": 3})).json();
    let credentials = begun["credentials"].as_array().unwrap();
    let numbers: Vec<_> =
        credentials.iter().map(|credential| credential["part_number"].as_u64().unwrap()).collect();
    assert_eq!(numbers, [1, 2, 3]);
    let mut parts = Vec::new();
    for (credential, byte) in credentials.iter().zip(*b"abc") {
        let sent = send(&keeper, credential, &vec![byte; 300_000]);
        assert_eq!((sent.status, sent.json()), (200, json!({})));
        let tag = sent.header("etag");
        assert!(tag.starts_with('"'), "{tag}");
        parts.push(json!({"part_number": credential["part_number"], "etag": tag, "url": credential["url"]}));
    }
    assert_eq!(keeper.get(&format!("{PROXY}?path=run/artifacts")).json(), json!({"files": []}));
    let body = json!({"path": "/home/me/big.bin", "upload_id": begun["upload_id"], "parts": parts});
    for _ in 0..2 {
        let done = keeper.post(COMPLETE, &body);
        assert_eq!((done.status, done.json()), (200, json!({})));
    }
    let got = keeper.get(&format!("{PROXY}/run/artifacts/big.bin")).body;
    let expected: Vec<u8> = b"abc".iter().flat_map(|byte| vec![*byte; 300_000]).collect();
    assert!(got == expected);
}

#[test]
fn parts_that_are_not_there_are_named() {
    let keeper = Keeper::new();
    let begun = keeper.post(CREATE, &json!({"path": "a", "num_parts": "2"})).json();
    let tag = send(&keeper, &begun["credentials"][0], b"one").header("etag").to_owned();
    let parts = json!([{"part_number": 1, "etag": tag}, {"part_number": 2, "etag": tag}]);
    let refused =
        keeper.post(COMPLETE, &json!({"path": "a", "upload_id": begun["upload_id"], "parts": parts}));
    assert_eq!((refused.status, refused.code()), (400, "INVALID_PARAMETER_VALUE".to_owned()));
    assert!(refused.json()["message"].as_str().unwrap().contains("part 2 is not there"));
    let parts = json!([{"part_number": 1, "etag": tag}]);
    let refused =
        keeper.post(COMPLETE, &json!({"path": "a", "upload_id": begun["upload_id"], "parts": parts}));
    assert_eq!(refused.status, 400);
    assert_eq!(keeper.get(&format!("{PROXY}/run/artifacts/a")).status, 404);
}

#[test]
fn an_aborted_upload_leaves_nothing() {
    let keeper = Keeper::new();
    let begun = keeper.post(CREATE, &json!({"path": "a", "num_parts": 1})).json();
    send(&keeper, &begun["credentials"][0], b"one");
    for _ in 0..2 {
        let aborted = keeper.post(ABORT, &json!({"path": "a", "upload_id": begun["upload_id"]}));
        assert_eq!((aborted.status, aborted.json()), (200, json!({})));
    }
    let late = send(&keeper, &begun["credentials"][0], b"one");
    assert_eq!((late.status, late.code()), (404, "RESOURCE_DOES_NOT_EXIST".to_owned()));
    assert_eq!(keeper.waiting(), 0);
}

#[test]
fn what_is_missing_or_out_of_bounds_is_refused() {
    let keeper = Keeper::new();
    let bad = [
        (CREATE, json!({"num_parts": 1})),
        (CREATE, json!({"path": "a"})),
        (CREATE, json!({"path": "a", "num_parts": 0})),
        (CREATE, json!({"path": "a", "num_parts": -1})),
        (CREATE, json!({"path": "a", "num_parts": 10_001})),
        (CREATE, json!({"path": "a", "num_parts": "x"})),
        (CREATE, json!({"path": "dir/", "num_parts": 1})),
        (CREATE, json!({"path": "..", "num_parts": 1})),
        (COMPLETE, json!({"path": "a", "upload_id": "x"})),
        (COMPLETE, json!({"path": "a", "parts": [{"part_number": 1}]})),
        (COMPLETE, json!({"path": "a", "upload_id": "x", "parts": {}})),
        (ABORT, json!({"path": "a"})),
    ];
    for (route, body) in bad {
        let refused = keeper.post(route, &body);
        assert_eq!((refused.status, refused.code()), (400, "INVALID_PARAMETER_VALUE".to_owned()), "{body}");
    }
    let parts = json!([{"part_number": 1, "etag": "x"}]);
    let unknown = json!({"path": "a", "upload_id": "../../run", "parts": parts});
    assert_eq!(keeper.post(COMPLETE, &unknown).status, 404);
    for target in ["0/1", "../1", "%2e%2e/1"] {
        let refused = keeper.call("PUT", &format!("/api/2.0/mlflow-artifacts/mpu/parts/{target}"), &[], b"1");
        assert_eq!(refused.status, 404, "{target}");
    }
}
