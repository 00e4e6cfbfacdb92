//! What is refused, and that nothing is left behind then.

use std::fs;

use super::{answers, import, report, with_store};
use crate::{context::TestContext, server_command::server};

#[test]
fn what_is_no_database_of_mlflow_is_refused_with_the_way_out_and_leaves_nothing() {
    let context = TestContext::empty();
    context.write("text.db", "not a database, but long enough to look at its head: it has none\n".repeat(20));
    context.write("empty.db", "");
    context.write("mlruns/meta.yaml", "");
    for (database, code, says) in [
        ("postgresql://host/db", 2, "mlflow-export-import"),
        ("http://localhost:5000", 2, "the database behind it"),
        ("sqlite://", 2, "sqlite:///mlflow.db"),
        ("sqlite:///nowhere.db", 4, "nowhere.db"),
        ("text.db", 4, "no SQLite database"),
        ("empty.db", 4, "it is empty"),
        ("mlruns", 4, "migrate-filestore"),
    ] {
        context.run(&["import", "mlflow", database, "--data", "data"]).code(code).says(says);
    }
    context.run(&["import", "mlflow"]).code(2).says("<DATABASE>");
    context.run(&["import", "mlflow", "mlflow.db", "--prefix", "a/b"]).code(2).says("--prefix");
    assert!(!context.path("data").exists() && !context.path("kaizen-data").exists());
}

#[test]
fn a_directory_of_artifacts_that_is_not_there_is_refused() {
    let context = with_store();
    let arguments = ["import", "mlflow", "there/mlflow.db", "--artifacts", "nowhere", "--data", "data"];
    context.run(&arguments).code(4).says("nowhere");
    assert!(!context.path("data").exists());
}

#[test]
fn a_directory_that_a_server_has_open_is_refused() {
    let context = with_store();
    let (running, _) = server(&context, &[]);
    import(&context, &[]).code(8).says("another process has data open");
    running.interrupt().code(0);
    import(&context, &[]).code(0);
}

#[test]
fn links_among_the_artifacts_are_told_and_nothing_behind_them_is_read() {
    let context = with_store();
    context.write("secret", "secret");
    context.write("secrets/inside", "secret");
    let names: Vec<String> = answers::recorded()["files"].as_object().unwrap().keys().cloned().collect();
    let (run, _) = names[0].rsplit_once('/').unwrap();
    context.link(&format!("there/mlartifacts/{run}/link"), context.path("secret"));
    context.link(&format!("there/mlartifacts/{run}/links"), context.path("secrets"));
    // A whole run behind a link.
    let other = names.iter().find(|name| name.ends_with("kept.txt")).unwrap();
    let (other, _) = other.rsplit_once('/').unwrap();
    fs::remove_dir_all(context.path(&format!("there/mlartifacts/{other}"))).unwrap();
    context.link(&format!("there/mlartifacts/{other}"), context.path("secrets"));
    let report = report(&context, 1);
    assert_eq!(report["files"]["refused"], 3, "{report:#}");
    assert!(report["conflicts"].to_string().contains(&format!("{run}/link")), "{report:#}");
    let here = super::files(&context.path("data/artifacts"));
    assert!(here.values().all(|bytes| bytes != b"secret"), "{:?}", here.keys());
}

#[test]
fn without_a_directory_of_artifacts_they_can_come_later() {
    let context = with_store();
    let arguments = ["import", "mlflow", "there/mlflow.db", "--data", "data"];
    let told = context.run(&arguments);
    told.code(0).says("no --artifacts was given: the files of").says("repeat with --artifacts DIR");
    assert!(!context.path("data/artifacts").exists());
    import(&context, &[]).code(0).never_says("no --artifacts was given");
    answers::check(&context);
}
