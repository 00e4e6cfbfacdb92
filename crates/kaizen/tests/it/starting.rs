//! `kaizen init`: from a data file to a project that runs as it stands.

use crate::{context::TestContext, project};

/// A directory with data and nothing else.
fn data() -> TestContext {
    let context = TestContext::empty();
    context.write("trips.csv", project::trips(0..project::ROWS));
    context
}

#[test]
fn a_starter_from_a_data_file_runs_as_it_stands() {
    let context = data();
    context.run(&["init", "trips.csv"]).code(0).says("kaizen.toml").says("kaizen up");
    let text = context.read("kaizen.toml");
    assert!(text.lines().any(|line| line.starts_with('#')), "{text}");
    // The columns it guessed: when, which row, and what to predict.
    for guess in ["time = \"at\"", "\"id\"", "target = \"late\""] {
        assert!(text.contains(guess), "{guess} is not in {text}");
    }
    let ran = context.up_once();
    assert!(matches!(ran.code, Some(0 | 6)), "{ran:#?}");
    assert!(!context.entries("model.late").is_empty());
}

#[test]
fn a_project_file_that_is_there_is_never_written_over() {
    let context = data();
    context.write("kaizen.toml", "# mine\n");
    context.run(&["init", "trips.csv"]).code(2).says("kaizen.toml is there already");
    assert_eq!(context.read("kaizen.toml"), "# mine\n");
}

#[test]
fn a_starter_can_be_written_for_another_directory() {
    let context = data();
    std::fs::create_dir(context.path("line")).unwrap();
    context.run(&["init", "trips.csv", "-C", "line"]).code(0);
    assert!(!context.path("kaizen.toml").exists());
    let ran = context.run(&["up", "line", "--once"]);
    assert!(matches!(ran.code, Some(0 | 6)), "{ran:#?}");
}

#[test]
fn data_that_cannot_be_read_are_named_and_no_file_is_written() {
    let context = data();
    context.write("empty.csv", "");
    context.write("ragged.csv", "a,b\n1,2\n3\n");
    for (path, word) in
        [("absent.csv", "is not a file"), ("empty.csv", "empty"), ("ragged.csv", "ragged.csv:3")]
    {
        context.run(&["init", path]).code(4).says(path).says(word);
    }
    assert!(!context.path("kaizen.toml").exists());
}
