use std::fs;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::{Keeper, PROXY};

/// Bytes that look like nothing else.
fn noise(length: usize) -> Vec<u8> {
    (0..length as u64).map(|at| (at.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8).collect()
}

#[test]
fn a_file_comes_back_as_it_was_sent() {
    let keeper = Keeper::new();
    for length in [0, 1, 128 << 10, (128 << 10) + 1, 3_000_000] {
        let bytes = noise(length);
        let put = keeper.put("1/run/artifacts/file.bin", &bytes);
        assert_eq!((put.status, put.json()), (200, json!({})));
        let got = keeper.get(&format!("{PROXY}/1/run/artifacts/file.bin"));
        assert_eq!((got.status, got.body.len()), (200, length));
        assert!(got.body == bytes);
        assert_eq!(got.header("content-length"), length.to_string());
    }
    assert_eq!(fs::read(keeper.root().join("1/run/artifacts/file.bin")).unwrap(), noise(3_000_000));
    assert_eq!(keeper.waiting(), 0);
}

#[test]
fn a_file_is_an_attachment_of_a_type_that_no_browser_guesses() {
    let keeper = Keeper::new();
    for (name, kind) in [
        ("MLmodel", "text/plain"),
        ("a.png", "image/png"),
        ("page.html", "text/html"),
        ("m.pkl", "application/octet-stream"),
    ] {
        keeper.put(name, b"<script>");
        let got = keeper.call("GET", &format!("{PROXY}/{name}"), &[("Accept", "text/html")], b"");
        assert_eq!(got.header("content-type"), kind);
        assert_eq!(got.header("x-content-type-options"), "nosniff");
        assert_eq!(got.header("content-disposition"), format!("attachment; filename={name}"));
    }
}

#[test]
fn a_name_that_is_not_ascii_goes_both_ways() {
    let keeper = Keeper::new();
    assert_eq!(keeper.put("na%C3%AFve%20%E2%82%AC.txt", b"1").status, 200);
    assert!(keeper.root().join("naïve €.txt").exists());
    let got = keeper.get(&format!("{PROXY}/na%C3%AFve%20%E2%82%AC.txt"));
    assert_eq!(got.body, b"1");
    let expected = "attachment; filename=\"na_ve _.txt\"; filename*=UTF-8''na%C3%AFve%20%E2%82%AC.txt";
    assert_eq!(got.header("content-disposition"), expected);
    let listed = keeper.get(PROXY).json();
    assert_eq!(listed["files"][0]["path"], "naïve €.txt");
}

#[test]
fn a_directory_is_listed_by_name_with_sizes() {
    let keeper = Keeper::new();
    for name in ["b/inner", "a.txt", "c"] {
        assert_eq!(keeper.put(name, b"12").status, 200);
    }
    let file = |path: &str| json!({"path": path, "is_dir": false, "file_size": 2});
    let expected = json!({"files": [file("a.txt"), {"path": "b", "is_dir": true}, file("c")]});
    for path in [PROXY.to_owned(), format!("{PROXY}/"), format!("{PROXY}?path="), format!("{PROXY}?path=.")] {
        assert_eq!(keeper.get(&path).json(), expected, "{path}");
    }
    assert_eq!(keeper.get(&format!("{PROXY}?path=b")).json(), json!({"files": [file("inner")]}));
    assert_eq!(keeper.get(&format!("{PROXY}?path=none")).json(), json!({"files": []}));
    let ajax = keeper.get("/ajax-api/2.0/mlflow-artifacts/artifacts?path=b");
    assert_eq!(ajax.json(), json!({"files": [file("inner")]}));
}

#[test]
fn what_is_not_there_is_not_found() {
    let keeper = Keeper::new();
    keeper.put("dir/a", b"1");
    let missing = keeper.get(&format!("{PROXY}/dir/none"));
    assert_eq!((missing.status, missing.code()), (404, "RESOURCE_DOES_NOT_EXIST".to_owned()));
    let directory = keeper.get(&format!("{PROXY}/dir"));
    assert_eq!((directory.status, directory.code()), (409, "RESOURCE_CONFLICT".to_owned()));
}

#[test]
fn a_file_over_a_directory_and_below_a_file_are_refused() {
    let keeper = Keeper::new();
    keeper.put("dir/a", b"1");
    for name in ["dir", "dir/a/b"] {
        let refused = keeper.put(name, &noise(2_000_000));
        assert_eq!((refused.status, refused.code()), (409, "RESOURCE_CONFLICT".to_owned()), "{name}");
    }
    assert_eq!(keeper.put("dir/", b"1").status, 400);
    assert_eq!(keeper.get(&format!("{PROXY}/dir/a")).body, b"1");
}

#[test]
fn what_is_deleted_is_gone_and_deleting_it_again_is_fine() {
    let keeper = Keeper::new();
    keeper.put("run/a", b"1");
    keeper.put("run/dir/b", b"1");
    keeper.put("other", b"1");
    for path in ["run/a", "run", "run", "never"] {
        let deleted = keeper.call("DELETE", &format!("{PROXY}/{path}"), &[], b"");
        assert_eq!((deleted.status, deleted.json()), (200, json!({})), "{path}");
    }
    let left = json!({"files": [{"path": "other", "is_dir": false, "file_size": 1}]});
    assert_eq!(keeper.get(PROXY).json(), left);
    assert_eq!(keeper.call("DELETE", &format!("{PROXY}/."), &[], b"").status, 400);
    assert_eq!(keeper.get(PROXY).json(), left);
}

#[test]
fn a_stretch_of_a_file_resumes_a_download() {
    let keeper = Keeper::new();
    let (path, bytes) = (format!("{PROXY}/a"), noise(500_000));
    keeper.put("a", &bytes);
    let whole = keeper.get(&path);
    assert_eq!(whole.header("accept-ranges"), "bytes");
    let tag = whole.header("etag").to_owned();
    let rest = keeper.call("GET", &path, &[("Range", "bytes=300000-"), ("If-Range", &tag)], b"");
    assert_eq!((rest.status, rest.header("content-range")), (206, "bytes 300000-499999/500000"));
    assert!(rest.body == bytes[300_000..]);
    let last = keeper.call("GET", &path, &[("Range", "bytes=-1")], b"");
    assert_eq!((last.status, last.body.as_slice()), (206, &bytes[499_999..]));
    let beyond = keeper.call("GET", &path, &[("Range", "bytes=500000-")], b"");
    assert_eq!((beyond.status, beyond.header("content-range")), (416, "bytes */500000"));
    keeper.put("a", &bytes[1..]);
    let changed = keeper.call("GET", &path, &[("Range", "bytes=300000-"), ("If-Range", &tag)], b"");
    assert_eq!((changed.status, changed.body.len()), (200, 499_999));
    assert_ne!(changed.header("etag"), tag);
}

#[test]
fn who_has_a_file_is_not_sent_it_again() {
    let keeper = Keeper::new();
    keeper.put("a", b"1");
    let path = format!("{PROXY}/a");
    let tag = keeper.get(&path).header("etag").to_owned();
    let again = keeper.call("GET", &path, &[("If-None-Match", &tag)], b"");
    assert_eq!((again.status, again.header("etag")), (304, tag.as_str()));
    keeper.put("a", b"2");
    assert_eq!(keeper.call("GET", &path, &[("If-None-Match", &tag)], b"").body, b"2");
}

#[test]
fn a_head_says_all_but_the_bytes() {
    let keeper = Keeper::new();
    keeper.put("a.txt", &noise(1_000));
    let head = keeper.call("HEAD", &format!("{PROXY}/a.txt"), &[], b"");
    assert_eq!(
        (head.status, head.header("content-length"), head.header("content-type")),
        (200, "1000", "text/plain")
    );
    assert!(head.body.is_empty());
}

#[test]
fn a_file_must_have_the_digests_that_came_with_it() {
    let keeper = Keeper::new();
    let digest = |bytes: &[u8]| format!("sha-256=:{}:", STANDARD.encode(Sha256::digest(bytes)));
    let path = format!("{PROXY}/a");
    let good = keeper.call("PUT", &path, &[("Content-Digest", &digest(b"hello"))], b"hello");
    assert_eq!(good.status, 200);
    let md5 = ("Content-MD5", "XUFAKrxLKna5cZ2REBfFkg==");
    assert_eq!(keeper.call("PUT", &path, &[md5], b"hello").status, 200);
    let bad = [
        md5,
        ("Content-Digest", &digest(b"hello")),
        ("Repr-Digest", &digest(b"hello")),
        ("Content-MD5", "not base64"),
        ("Content-Encoding", "gzip"),
        ("Content-Range", "bytes 0-4/10"),
    ];
    for header in bad {
        let refused = keeper.call("PUT", &path, &[header], b"other");
        assert_eq!(
            (refused.status, refused.code()),
            (400, "INVALID_PARAMETER_VALUE".to_owned()),
            "{header:?}"
        );
        assert_eq!(keeper.get(&path).body, b"hello");
    }
    assert_eq!(keeper.waiting(), 0);
}

#[test]
fn presigned_downloads_send_clients_back_for_the_file_itself() {
    let keeper = Keeper::new();
    let answer = keeper.get("/api/2.0/mlflow-artifacts/presigned/run/a");
    assert_eq!((answer.status, answer.code()), (501, "NOT_IMPLEMENTED".to_owned()));
}
