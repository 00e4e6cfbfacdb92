//! Data that cannot be used: each is named with the fix, and the champion answers on.

use serde_json::Value;

use crate::{context::TestContext, project};

/// A project whose champion came from good data, with other data since.
fn with(data: impl AsRef<[u8]>) -> TestContext {
    let context = TestContext::trained();
    context.write("trips.csv", data);
    context
}

/// The first pass of [`project::PLAIN`] on good data, and then other data.
fn plain_with(data: &str) -> TestContext {
    let context = TestContext::with(project::PLAIN);
    context.up_once().code(0);
    context.write("trips.csv", data);
    context
}

/// The pass ends with this code, says this, and loses nothing; it trains nothing on data it refuses.
#[track_caller]
fn refused(context: &TestContext, code: i32, words: &[&str]) {
    let ran = context.up_once();
    ran.code(code);
    for word in words {
        ran.says(word);
    }
    assert_eq!(context.served(), Some(1));
    assert_eq!(context.count("train model.late", "done"), 1);
    context.run(&["history", "verify"]).code(0);
}

/// The usual rows with something done to each line after the header.
fn changed(change: impl Fn(usize, Vec<&str>) -> String) -> String {
    let usual = project::trips(0..project::ROWS);
    let mut lines = usual.lines();
    let mut text = format!("{}\n", lines.next().unwrap());
    for (number, line) in lines.enumerate() {
        text += &change(number, line.split(',').collect());
        text += "\n";
    }
    text
}

#[test]
fn a_data_file_that_is_not_there_is_named() {
    let context = TestContext::trained();
    std::fs::remove_file(context.path("trips.csv")).unwrap();
    refused(&context, 4, &["no data file matches `trips.csv`", "put the file there"]);
}

#[test]
fn an_empty_file_is_named() {
    refused(&with(""), 4, &["trips.csv: the file is empty"]);
}

#[test]
fn a_file_with_a_header_and_no_rows_is_named() {
    refused(&with(project::HEADER), 4, &["there are no rows in trips.csv"]);
}

#[test]
fn a_ragged_line_is_named_with_its_number() {
    let ragged = changed(|number, fields| {
        let more = if number == 698 { ",more" } else { "" };
        fields.join(",") + more
    });
    refused(&with(ragged), 4, &["trips.csv:700", "6 fields where the header has 5"]);
}

#[test]
fn a_parquet_file_cut_in_half_is_named() {
    let context = TestContext::trained();
    let whole = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/flights/flights.parquet");
    let whole = std::fs::read(whole).unwrap();
    context.write("trips.parquet", &whole[..whole.len() / 2]);
    context.edit("trips.csv", "trips.parquet");
    refused(&context, 4, &["trips.parquet", "cut or damaged", "restore it"]);
}

#[test]
fn files_of_one_data_set_that_disagree_about_a_type_are_named() {
    let context = TestContext::trained();
    context.write("days/one.csv", project::trips(0..700));
    let other = project::trips(700..1_400).replace(",A,", ",7,").replace(",B,", ",7,");
    context.write("days/two.csv", other.replace(",C,", ",7,").replace(",D,", ",7,"));
    context.edit("trips.csv", "days/*.csv");
    refused(&context, 4, &["column `carrier` is text in days/one.csv and number in days/two.csv"]);
}

#[test]
fn a_column_that_changed_type_fails_the_expectation_that_names_it() {
    let context = with(changed(|_, fields| {
        format!("{},{},{} km,{},{}", fields[0], fields[1], fields[2], fields[3], fields[4])
    }));
    refused(&context, 4, &["columns.distance.type", "text"]);
}

#[test]
fn a_column_that_changed_type_unexpectedly_is_held_by_the_gate() {
    let context = plain_with(&changed(|_, fields| {
        format!("{},{},{} km,{},{}", fields[0], fields[1], fields[2], fields[3], fields[4])
    }));
    let ran = context.up_once();
    ran.code(6).says("hold").says("column `distance` holds text values, but the model was trained on number");
    assert_eq!(context.served(), Some(1));
}

#[test]
fn a_target_with_one_class_is_named() {
    let one_class = changed(|_, fields| fields[..4].join(",") + ",true");
    refused(&with(one_class), 5, &["target `late`", "every row is `true`", "both outcomes"]);
}

#[test]
fn a_target_without_values_is_named() {
    let empty = changed(|_, fields| fields[..4].join(",") + ",");
    refused(&with(empty), 5, &["target `late`", "every value is missing"]);
}

#[test]
fn a_target_that_is_not_a_column_is_named_with_the_nearest() {
    let context = TestContext::trained();
    context.edit("target = \"late\"", "target = \"lat\"");
    refused(&context, 5, &["no column `lat`", "did you mean"]);
}

#[test]
fn a_column_without_values_is_left_out_with_a_warning() {
    let context = TestContext::with(project::PLAIN);
    context.write(
        "trips.csv",
        changed(|_, fields| format!("{},{},{},,{}", fields[0], fields[1], fields[2], fields[4])),
    );
    context.up_once().code(0).says("warning: column `carrier` is left out: every value is missing");
    let inputs = context.json(&["why", "model.late"])["training"]["report"]["warnings"].clone();
    assert_eq!(inputs[0]["column"], "carrier", "{inputs:#}");
    assert_eq!(context.served(), Some(1));
}

#[test]
fn a_model_without_a_column_to_learn_from_says_so() {
    let context = plain_with(&changed(|_, fields| format!("{},{},,,{}", fields[0], fields[1], fields[4])));
    context.edit("task = \"binary\"", "task = \"binary\"\nexclude = [\"at\"]");
    refused(&context, 5, &["no column is left to predict from"]);
}

#[test]
fn too_few_rows_to_train_on_are_counted() {
    refused(&plain_with(&project::trips(0..12)), 5, &["12 rows", "too few to train on", "at least 20"]);
}

#[test]
fn a_failed_expectation_stops_the_line_and_shows_at_most_ten_examples() {
    let context = with(changed(|number, fields| {
        let carrier = if number % 40 == 0 { "Z" } else { fields[3] };
        format!("{},{},{},{carrier},{}", fields[0], fields[1], fields[2], fields[4])
    }));
    refused(&context, 4, &["columns.carrier.one_of", "50 of 2,000 values", "examples: Z", "not reached"]);
    let findings = context.json(&["why", "data.trips"])["findings"].clone();
    let failed: Vec<_> =
        findings.as_array().unwrap().iter().filter(|found| found["passed"] == false).collect();
    assert_eq!(failed.len(), 1, "{findings:#}");
    assert_eq!(failed[0]["violations"], 50, "{findings:#}");
    assert_eq!(failed[0]["examples"].as_array().map(Vec::len), Some(10), "{findings:#}");
    // The same data are refused again without being tested again, by `plan` as by `up`.
    context.up_once().code(4).says("columns.carrier.one_of");
    assert_eq!(context.count("test data.trips", "failed"), 1);
    // Good data put it right.
    context.write("trips.csv", project::trips(0..project::ROWS));
    context.up_once().code(0);
}

#[test]
fn an_expectation_that_only_warns_lets_the_line_go_on() {
    let context = TestContext::new();
    context.edit("rows = { min = 500 }", "rows = { min = 500_000, severity = \"warn\" }");
    context.up_once().code(0).says("1 warned").says("warning rows: 2,000 rows, where at least 500,000");
    assert_eq!(context.served(), Some(1));
}

#[test]
fn an_expectation_about_a_column_that_is_not_there_is_named_with_the_nearest() {
    let context = TestContext::trained();
    context.edit("columns.carrier", "columns.carier");
    refused(&context, 4, &["carier", "did you mean `carrier`?"]);
}

#[test]
fn a_query_that_does_not_parse_is_named() {
    let context = TestContext::trained();
    context.edit("SELECT id,", "SELEKT id,");
    refused(&context, 5, &["the SQL query failed", "SELEKT"]);
    let status = context.json(&["status"]);
    assert_ne!(status["inputs"]["step.features"]["failure"], Value::Null, "{status:#}");
}
