//! The ways out of the root that others have had, MLflow among them: one test each. Every reading of such a path is
//! refused, by everything that takes a path, and nothing outside the root is read, written or deleted.

use std::fs;

use super::{
    Digests, Error, Path,
    tests::{Fixture, put},
};

/// Everything that takes a path or a URI must refuse this one, and leave what is beside the root alone.
fn leads_nowhere(text: &str) {
    let fixture = Fixture::new();
    let place = fixture.place();
    put(&place, "run/artifacts/a", b"1").unwrap();
    let secret = fixture.directory.path().join("secret");
    fs::write(&secret, b"secret").unwrap();
    assert!(matches!(Path::parse(text), Err(Error::InvalidPath)), "{text:?} is refused as a path");
    for uri in
        [format!("mlflow-artifacts:/run/artifacts/{text}"), format!("mlflow-artifacts://host/x/{text}")]
    {
        // Below another directory an absolute path is a relative one.
        if let Ok(place) = fixture.artifacts.resolve(&uri) {
            assert_eq!(place.list(&Path::root()).unwrap(), [], "{uri}");
        }
    }
    let allowed = fixture.directory.path().join("allowed");
    let uri = format!("file://{}/{text}", allowed.display());
    if let Ok(place) = fixture.artifacts.resolve(&uri) {
        assert_eq!(place.list(&Path::root()).unwrap(), [], "{uri}");
    }
    assert_eq!(fs::read(&secret).unwrap(), b"secret");
    assert_eq!(fs::read_dir(fixture.directory.path()).unwrap().count(), 3, "nothing is new beside the root");
}

fn lead_nowhere(texts: &[&str]) {
    texts.iter().for_each(|text| leads_nowhere(text));
}

#[test]
fn parent_directories_lead_nowhere() {
    lead_nowhere(&[
        "..",
        "../secret",
        "../../secret",
        "./../secret",
        "a/../../secret",
        "run/artifacts/../../../secret",
        "a/..",
    ]);
}

#[test]
fn absolute_paths_lead_nowhere() {
    lead_nowhere(&["/etc/passwd", "//etc/passwd", "/../secret", "%2Fetc%2Fpasswd"]);
}

#[test]
fn encoded_parent_directories_lead_nowhere() {
    lead_nowhere(&[
        "..%2fsecret",
        "%2e%2e/secret",
        "%2E%2E%2Fsecret",
        ".%2e/secret",
        "a/%2e%2e%2f%2e%2e%2fsecret",
    ]);
}

#[test]
fn doubly_encoded_parent_directories_lead_nowhere() {
    lead_nowhere(&[
        "%252e%252e%252fsecret",
        "..%252fsecret",
        "%25252e%25252e%25252fsecret",
        "%%32%65%%32%65/secret",
    ]);
    let deep = (0..30).fold("%2e%2e%2fsecret".to_owned(), |text, _| text.replace('%', "%25"));
    leads_nowhere(&deep);
}

#[test]
fn characters_that_url_parsers_leave_out_lead_nowhere() {
    lead_nowhere(&[
        "%2%0952e%2%0952e/%2%0A52e%2%0A52e/path",
        ".%09./secret",
        ".\t./secret",
        ".%0d./secret",
        ".\n./secret",
    ]);
}

#[test]
fn overlong_encodings_lead_nowhere() {
    lead_nowhere(&[
        "%c0%ae%c0%ae/secret",
        "..%c0%afsecret",
        "%e0%80%ae%e0%80%ae/secret",
        "%f0%80%80%ae/secret",
        "..%c1%9csecret",
    ]);
}

#[test]
fn backslashes_lead_nowhere() {
    lead_nowhere(&[
        "..\\secret",
        "a\\..\\..\\secret",
        "..%5csecret",
        "%2e%2e%5csecret",
        "\\secret",
        "\\\\host\\share",
        "./\\secret",
        "a/..\\b",
    ]);
}

#[test]
fn drive_letters_lead_nowhere() {
    lead_nowhere(&[
        "C:",
        "./C:/Windows",
        "C:/Windows/win.ini",
        "c:\\Windows\\win.ini",
        "C%3A/Windows",
        "C%3A%5CWindows",
        "\\\\?\\C:\\Windows",
    ]);
}

#[test]
fn nul_bytes_lead_nowhere() {
    lead_nowhere(&["a\0b", "a%00b", "a%2500.jpg", "../secret%00.jpg", "/etc/passwd%00.html", "a/%00/b"]);
}

#[test]
fn file_uris_as_paths_lead_nowhere() {
    lead_nowhere(&[
        "file:///etc/passwd",
        "file:/etc/passwd",
        "file:secret",
        "FILE:///etc",
        "/file://etc/passwd",
        "file%3A%2F%2F%2Fetc",
    ]);
    lead_nowhere(&[
        "file://a#/..//tmp",
        "file://a%23/..//tmp/",
        "http://169.254.169.254/a",
        "https%3A%2F%2Fhost/a",
    ]);
}

#[test]
fn fragments_lead_nowhere() {
    lead_nowhere(&["a#/../../secret", "a%23b", "#", "a#b"]);
}

#[test]
fn lookalike_dots_and_slashes_lead_nowhere() {
    lead_nowhere(&[
        "．．/secret",
        "\u{2025}/secret",
        "\u{2024}\u{2024}/secret",
        "﹒﹒/secret",
        "。。/secret",
        "｡｡/secret",
    ]);
    lead_nowhere(&[
        "..／secret",
        "..∕secret",
        "..⁄secret",
        "..＼secret",
        "..﹨secret",
        "／etc/passwd",
        "a／．．／．．／secret",
    ]);
    lead_nowhere(&["%EF%BC%8E%EF%BC%8E%EF%BC%8Fsecret", "︰/secret", "\u{2025}\u{2044}secret"]);
}

#[test]
fn invisible_characters_between_dots_lead_nowhere() {
    lead_nowhere(&[
        ".\u{200b}./secret",
        "\u{feff}../secret",
        ".\u{ad}./secret",
        "..\u{2060}/secret",
        ".%E2%80%8B./secret",
    ]);
}

#[test]
fn dots_with_spaces_around_them_lead_nowhere() {
    lead_nowhere(&[
        ".. /secret",
        " ../secret",
        "... /secret",
        ".../secret",
        ". ./secret",
        "..\u{a0}/secret",
        "..%20/secret",
    ]);
}

#[test]
fn the_uploads_that_wait_lead_nowhere() {
    lead_nowhere(&[
        ".kaizen-uploads",
        ".kaizen-uploads/parts-1/upload.json",
        "%2ekaizen-uploads",
        ".KAIZEN-uploads/x",
    ]);
}

#[test]
fn links_in_an_allowed_root_lead_nowhere() {
    let fixture = Fixture::new();
    let allowed = fixture.directory.path().join("allowed");
    fs::write(fixture.directory.path().join("secret"), b"secret").unwrap();
    std::os::unix::fs::symlink(fixture.directory.path(), allowed.join("up")).unwrap();
    let place = fixture.artifacts.resolve(&format!("file://{}/up", allowed.display())).unwrap();
    assert_eq!(place.list(&Path::root()).unwrap(), []);
    assert!(matches!(place.open(&Path::parse("secret").unwrap()), Err(Error::Missing(_))));
    let refused = place.create(&Path::parse("new").unwrap(), Digests::default(), None).err();
    assert!(matches!(refused, Some(Error::NotDirectory(_))), "{refused:?}");
    assert!(!fixture.directory.path().join("new").exists());
}

#[test]
fn parent_directories_in_a_uri_lead_nowhere() {
    let fixture = Fixture::new();
    let allowed = fixture.directory.path().join("allowed");
    let allowed = allowed.to_str().unwrap();
    let uris = [
        "mlflow-artifacts:/../secret".to_owned(),
        "mlflow-artifacts://host:9000/models/../../../".to_owned(),
        "mlflow-artifacts://host:9000/models/..%2f..%2fartifacts".to_owned(),
        "https://host/api/2.0/mlflow-artifacts/artifacts/../../../".to_owned(),
        "http://host/api/2.0/mlflow-artifacts/artifacts/%2e%2e/secret".to_owned(),
        format!("file://{allowed}/../secret"),
        format!("file://{allowed}/%2e%2e/secret"),
        format!("file://{allowed}/%2e%2e%2fsecret"),
        format!("{allowed}/../secret"),
        format!("file://{allowed}/a/..\\..\\secret"),
    ];
    for uri in uris {
        assert!(matches!(fixture.artifacts.resolve(&uri), Err(Error::InvalidPath)), "{uri}");
    }
}
