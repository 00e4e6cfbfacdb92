//! Verdicts that can be made again from what they rest on.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::context::TestContext;

#[test]
fn a_verdict_made_again_from_its_evidence_has_the_same_bytes() {
    let context = TestContext::trained();
    context.run(&["why", "model", "late", "--recompute"]).code(0).says("same bytes");
    let again = context.json(&["why", "model.late", "--recompute"]);
    assert_eq!(again["same"], true);
    assert_eq!(again["stored"], again["now"]);
}

#[test]
fn a_verdict_on_damaged_evidence_is_refused_until_the_evidence_is_made_again() {
    let context = TestContext::trained();
    let predictions = predictions(&context.path(".kaizen/objects"));
    let mut bytes = fs::read(&predictions).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::remove_file(&predictions).unwrap();
    fs::write(&predictions, bytes).unwrap();
    let name = predictions.file_name().unwrap().to_str().unwrap();
    let refused = context.run(&["why", "model", "late", "--recompute"]);
    refused.code(9).says(name).says("is damaged").says("delete that file and run `kaizen up`");
    // As it says.
    fs::remove_file(&predictions).unwrap();
    context.up_once().code(0);
    context.run(&["why", "model", "late", "--recompute"]).code(0);
    assert_eq!(context.served(), Some(1));
    assert_eq!(context.count("train model.late", "done"), 1);
}

/// The object with the stored predictions: the Parquet file that has a column for the candidate.
fn predictions(objects: &Path) -> PathBuf {
    let shelves = fs::read_dir(objects).unwrap().map(|entry| entry.unwrap().path());
    let mut files = shelves.flat_map(|shelf| fs::read_dir(shelf).unwrap().map(|entry| entry.unwrap().path()));
    let has = |bytes: &[u8], word: &[u8]| bytes.windows(word.len()).any(|window| window == word);
    let found = files.find(|path| {
        let bytes = fs::read(path).unwrap();
        bytes.starts_with(b"PAR1") && has(&bytes, b"candidate")
    });
    found.unwrap()
}

#[test]
fn why_shows_the_evidence_and_the_history_of_a_thing() {
    let context = TestContext::trained();
    let model = context.run(&["why", "model", "late"]);
    model.code(0).says("verdict on model.late: promote").says("roc_auc").says("calibration");
    model.says("beat_baseline").says("decisions at").says("latency of one row").says("never ran");
    context.run(&["why", "data.trips"]).code(0).says("columns.carrier.one_of").says("2,000 rows");
    context.run(&["why", "service", "late"]).code(0).says("version 1");
    context.run(&["why", "model", "lat"]).code(2).says("no model.lat").says("model.late");
    context.run(&["why", "weather"]).code(2);
}

#[test]
fn a_promotion_needs_a_reason_and_a_version_that_exists() {
    let context = TestContext::trained();
    context.run(&["promote", "late"]).code(2).says("--because");
    context.run(&["promote", "late", "--because", "  "]).code(2).says("a reason is needed");
    context.run(&["promote", "late", "--because", "why not"]).code(2).says("no challenger").says("it has 1");
    context
        .run(&["promote", "late", "--version", "7", "--because", "why not"])
        .says("version 7")
        .says("kaizen status");
    context.run(&["promote", "early", "--because", "why not"]).code(2).says("no model `early`").says("late");
    assert_eq!(context.served(), Some(1));
    assert_eq!(context.json(&["history"]).as_array().map(Vec::len), Some(4), "nothing was recorded");
}

#[test]
fn a_history_that_someone_cut_is_found_by_the_head_noted_before() {
    let context = TestContext::trained();
    let head = context.json(&["history", "verify"])["head"].as_str().unwrap().to_owned();
    context.run(&["history", "verify", "--head", &head]).code(0);
    let other = head.replace(|digit: char| digit != '0', "0");
    context.run(&["history", "verify", "--head", &other]).code(10);
    context.run(&["history", "verify", "--head", "short"]).code(2);
    context.run(&["history", "--at", "yesterday"]).code(2).says("yesterday");
}
