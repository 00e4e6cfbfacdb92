use std::{path::PathBuf, sync::Arc};

use base::{FixedClock, Timestamp};
use tempfile::TempDir;

use super::*;
use crate::{Code, Settings, Tracking};

/// A directory whose run `r1` and model `m-1` have their files in `/data/e/…`, and whose run `r2` has them by proxy.
struct Here {
    tracking: Tracking,
    _directory: TempDir,
}

impl Here {
    fn new(lenient: bool) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let clock = Arc::new(FixedClock::at(Timestamp::from_micros(0)));
        let mut settings = Settings::of(directory.path(), clock);
        settings.local_roots = vec![PathBuf::from("/data")];
        settings.lenient_sources = lenient;
        let tracking = Tracking::open(settings).unwrap();
        let rows = "INSERT INTO experiments (id, experiment_id, name, artifact_location, created, updated) \
                VALUES (77, '77', 'here', 'file:///data/e', 0, 0); \
            INSERT INTO runs (run_id, experiment, name, status, artifact_uri) VALUES \
                ('r1', 77, '', 'RUNNING', 'file:///data/e/r%201/artifacts'), \
                ('r2', 77, '', 'RUNNING', 'mlflow-artifacts:/77/r2/artifacts'), \
                ('r3', 77, '', 'RUNNING', '/'); \
            INSERT INTO logged_models (model_id, experiment, name, artifact_location, created, updated, status) \
                VALUES ('m-1', 77, 'm', '/data/e/models/m-1/artifacts', 0, 0, 2);";
        tracking.write(move |writing| Ok(writing.transaction.execute_batch(rows)?)).wait().unwrap();
        Self { tracking, _directory: directory }
    }

    fn check(&self, source: &str, claim: Claim<'static>) -> Result<(), Error> {
        let source = source.to_owned();
        self.tracking.write(move |writing| check(writing, &source, claim)).wait()
    }
}

#[test]
fn a_local_source_must_be_its_runs_or_models_own() {
    let here = Here::new(false);
    let (run, model) = (Claim::Run("r1"), Claim::Model("m-1"));
    for (source, claim) in [
        ("/data/e/r 1/artifacts", run),
        ("/data/e/r 1/artifacts/model", run),
        ("file:///data/e/r%201/artifacts/model", run),
        ("file:/data/e/r%201/artifacts/model", run),
        ("file://localhost/data/e/r%201/artifacts/.", run),
        ("file:///data/e/r%201/artifacts/model/..", run),
        ("FILE:///data/e/r%201/artifacts//model", run),
        ("/data/e/models/m-1/artifacts", model),
        ("file:///data/e/models/m-1/artifacts/a", model),
    ] {
        assert_eq!(here.check(source, claim), Ok(()), "{source}");
    }
    for (source, claim) in [
        ("/data/e/r 1/artifacts", Claim::Run("")),
        ("/data/e/r 1/artifacts", Claim::Run("r2")),
        ("/data/e/r 1/artifacts", model),
        ("/data/e/models/m-1/artifacts", run),
        ("/data/e/r%201/artifacts", run),
        ("/data/e/r 1/artifacts2", run),
        ("/data/e/r 1", run),
        ("/data/e", run),
        ("/", run),
        ("/etc/passwd", run),
        ("/etc/passwd", Claim::Run("r3")),
        ("file:///etc/passwd", run),
        ("file:/etc/passwd", run),
        ("FILE:///etc/passwd", run),
        ("file:etc/passwd", run),
        ("etc/passwd", run),
        ("", run),
        (" file:///etc/passwd", run),
    ] {
        let error = here.check(source, claim).unwrap_err();
        assert_eq!(error.code, Code::InvalidParameterValue, "{source}");
        assert!(error.message.contains("To use a local path as a model version source"), "{source}");
    }
}

#[test]
fn going_up_leaves_the_directory_in_no_writing() {
    let here = Here::new(false);
    for below in [
        "..",
        "../../../../etc/passwd",
        "a/../../x",
        "%2e%2e/x",
        "%2E%2E%2Fx",
        "..%2fx",
        "%252e%252e/x",
        "%252e%252e%252fx",
        "%25252e%25252e/x",
        "..\\x",
        "a%5c..%5c..",
        "a%00",
        "a\0",
        "a\n",
        &format!("%{}2e%{}2e/x", "25".repeat(20), "25".repeat(20)),
    ] {
        for base in ["/data/e/r 1/artifacts", "file:///data/e/r%201/artifacts"] {
            let source = format!("{base}/{below}");
            assert!(here.check(&source, Claim::Run("r1")).is_err(), "{source:?}");
        }
        for base in
            ["mlflow-artifacts:/77", "http://host/api", "s3://bucket/a", "ftp://h/a", "dbfs:/a", "runs:/r1"]
        {
            let source = format!("{base}/{below}");
            let error = here.check(&source, Claim::Run("r1")).unwrap_err();
            assert!(error.message.contains("If supplying a source as an http, https,"), "{source:?}");
        }
    }
}

#[test]
fn sources_elsewhere_are_taken_when_they_say_what_they_mean() {
    let here = Here::new(false);
    for source in [
        "mlflow-artifacts:/models",
        "mlflow-artifacts:/models///",
        "mlflow-artifacts:/models/foo///bar",
        "mlflow-artifacts://host:9000/models/artifact/..../",
        "https://host/a%20b?version=..1",
        "s3://bucket/a",
        "runs:/run_id/model",
        "models:/m-1",
        "models:/name/3",
        "dbfs:/a/b",
    ] {
        assert_eq!(here.check(source, Claim::Run("any")), Ok(()), "{source}");
    }
    for source in
        ["s3:a/b", "s3://bucket", "http://host/a/./b", "models:name", "c:\\models", "mlflow-artifacts:"]
    {
        assert!(here.check(source, Claim::Run("any")).is_err(), "{source}");
    }
    let long = format!("s3://bucket/{}", "a".repeat(LONGEST));
    let message = here.check(&long, Claim::Run("")).unwrap_err().message;
    assert_eq!(message, "'source' exceeds the maximum length of 4096 characters");
}

#[test]
fn a_file_uri_names_no_other_machine() {
    let here = Here::new(false);
    for source in ["file://host/data/e/r%201/artifacts", "file://123.4.5.6/x", "file://localhost.evil/etc"] {
        let error = here.check(source, Claim::Run("r1")).unwrap_err();
        assert!(error.message.contains("is not a valid remote uri"), "{source}");
    }
}

#[test]
fn a_run_or_model_that_is_claimed_must_be_there() {
    let here = Here::new(false);
    let error = here.check("/data/e/x", Claim::Run("r9")).unwrap_err();
    assert_eq!(error, Error::missing("Run with id=r9 not found"));
    let error = here.check("/data/e/x", Claim::Model("m-9")).unwrap_err();
    assert_eq!(error, Error::missing("Logged model with ID 'm-9' not found."));
}

#[test]
fn a_prompt_has_no_local_source() {
    let here = Here::new(false);
    for source in ["prompt-template", "dummy", "https://host/a"] {
        assert_eq!(here.check(source, Claim::Prompt), Ok(()), "{source}");
    }
    for source in ["/etc/passwd", "file:///etc/passwd", "File:/etc/passwd", "/data/e/r 1/artifacts"] {
        let error = here.check(source, Claim::Prompt).unwrap_err();
        assert!(error.message.starts_with("Invalid prompt source: "), "{source}");
    }
    for source in ["../../etc", "a/%2e%2e/b", "http://host/../etc"] {
        let error = here.check(source, Claim::Prompt).unwrap_err();
        assert!(error.message.starts_with("Invalid model version source: "), "{source}");
    }
}

#[test]
fn a_lenient_operator_allows_all_of_the_roots_and_nothing_else() {
    let here = Here::new(true);
    for source in ["/data/e/r 1/artifacts", "/data/any", "file:///data/other"] {
        assert_eq!(here.check(source, Claim::Run("")), Ok(()), "{source}");
    }
    for source in
        ["/etc/passwd", "/data/../etc/passwd", "file:///data/%2e%2e/etc", "/data/%2e%2e/etc", "/data2"]
    {
        assert!(here.check(source, Claim::Run("")).is_err(), "{source}");
    }
}
