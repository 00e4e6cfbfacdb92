//! Outputs that were deleted, edited or damaged: put back or made again, and never taken for what they were.

use std::{fs, os::unix::fs::PermissionsExt as _};

use super::{chain, damage};
use crate::context::TestContext;

/// A step that writes a directory, and one that reads it by its variable.
const FOLDER: &str = r#"
[step.folder]
run = "echo folder >> ran; mkdir -p out/deep; cp in.txt out/one; cp in.txt out/deep/two"
reads = ["in.txt"]
writes = ["out"]

[step.reader]
run = "echo reader >> ran; cat \"$KAIZEN_INPUT_FOLDER/out/one\" > reader"
reads = ["step.folder"]
writes = ["reader"]
"#;

fn folder() -> TestContext {
    let context = TestContext::of_steps(FOLDER);
    context.write("in.txt", "made");
    context.run(&["run"]).code(0).says("2 done");
    assert_eq!(context.ran(), ["folder", "reader"]);
    context
}

#[test]
fn deleted_outputs_are_put_back_without_running() {
    let context = folder();
    context.remove("out/deep/two");
    context.run(&["plan"]).says("`out/deep/two` is not as the step left it");
    context.run(&["run"]).code(0).says("as before, from the cache").says("1 done, 1 unchanged");
    assert_eq!(context.read("out/deep/two"), "made");
    fs::remove_dir_all(context.path("out")).unwrap();
    context.remove("reader");
    context.run(&["run"]).code(0).says("2 done");
    assert_eq!((context.read("out/one"), context.read("reader")), ("made".to_owned(), "made".to_owned()));
    assert!(context.ran().is_empty());
    context.run(&["run"]).code(0).says("nothing to do");
}

#[test]
fn an_edited_output_is_put_back_and_the_edit_is_kept_in_the_folder_of_the_run() {
    let context = folder();
    context.write("out/one", "edited by hand");
    context.run(&["run"]).code(0).says("as before, from the cache");
    assert_eq!(context.read("out/one"), "made");
    assert_eq!(context.kept("replaced/out/one"), ["edited by hand"]);
    assert!(context.ran().is_empty());
}

#[test]
fn a_file_that_was_in_the_way_of_an_output_is_kept_in_the_folder_of_the_run() {
    let context = TestContext::of_steps(FOLDER);
    context.write("in.txt", "made");
    context.write("out/one", "mine");
    context.run(&["run"]).code(0);
    assert_eq!(context.read("out/one"), "made");
    assert_eq!(context.kept("replaced/out/one"), ["mine"]);
}

#[test]
fn a_program_that_comes_from_the_cache_can_be_run() {
    let tool =
        "[step.tool]\nrun = 'echo tool >> ran; echo \"echo hello\" > tool; chmod +x tool'\nwrites = ['tool']";
    let user = "[step.user]\nrun = './tool > user'\nreads = ['step.tool']\nwrites = ['user']";
    let context = TestContext::of_steps(&format!("{tool}\n{user}"));
    context.run(&["run"]).code(0);
    context.remove("tool");
    context.ran();
    context.run(&["run"]).code(0).says("from the cache");
    assert!(context.ran().is_empty());
    assert_eq!(fs::metadata(context.path("tool")).unwrap().permissions().mode() & 0o111, 0o111);
    context.edit("./tool > user", "./tool > user; ./tool >> user");
    context.edit("reads = ['step.tool']", "reads = ['step.tool']\nin = 'copy'");
    context.run(&["run"]).code(0);
    assert_eq!(context.read("user"), "hello\nhello\n");
}

#[test]
fn an_object_of_another_size_is_noticed_and_made_again() {
    let context = folder();
    damage(context.path(".kaizen/objects"), "made", "cut");
    context.run(&["plan"]).says("output missing");
    context.run(&["run"]).code(0);
    assert_eq!(context.ran(), ["folder"], "what reads it has the same input as before");
    assert_eq!(context.read("out/one"), "made");
}

#[test]
fn a_damaged_object_is_never_put_in_place() {
    let context = folder();
    damage(context.path(".kaizen/objects"), "made", "evil");
    fs::remove_dir_all(context.path("out")).unwrap();
    context.run(&["run"]).code(0);
    assert_eq!(context.read("out/one"), "made");
    assert_eq!(context.ran(), ["folder"]);
    context.remove("reader");
    context.run(&["run"]).code(0).says("from the cache");
    assert_eq!(context.read("reader"), "made");
}

#[test]
fn a_damaged_object_is_never_given_to_a_command() {
    let context = folder();
    damage(context.path(".kaizen/objects"), "made", "evil");
    context.edit("echo reader >> ran; cat", "echo reader >> ran; cat --");
    context.run(&["run"]).code(5).says("its input step.folder was damaged in the store");
    assert!(context.ran().is_empty());
    context.run(&["run"]).code(0).says("output missing");
    assert_eq!(context.ran(), ["folder", "reader"]);
    assert_eq!(context.read("reader"), "made");
}

#[test]
fn a_damaged_list_of_outputs_is_noticed_and_made_again() {
    let context = folder();
    damage_list(&context);
    context.edit("echo reader >> ran; cat", "echo reader >> ran; cat --");
    context.run(&["run"]).code(5).says("its input step.folder was damaged in the store");
    context.run(&["run"]).code(0).says("output missing");
    assert_eq!((context.ran().len(), context.read("reader").as_str()), (2, "made"));
    damage_list(&context);
    fs::remove_dir_all(context.path("out")).unwrap();
    context.run(&["run"]).code(0);
    assert_eq!((context.ran(), context.read("out/one").as_str()), (vec!["folder".to_owned()], "made"));
}

/// Puts another letter into the object that says what the output of `step.folder` is.
fn damage_list(context: &TestContext) {
    let objects = context.path(".kaizen/objects");
    let shards = fs::read_dir(&objects).unwrap().map(|shard| shard.unwrap().path());
    let files = shards.flat_map(|shard| fs::read_dir(shard).unwrap()).map(|file| file.unwrap().path());
    let mut texts = files.filter_map(|file| fs::read_to_string(file).ok());
    let list = texts.find(|text| text.contains("out/deep/two")).unwrap();
    damage(objects, &list, &list.replace("out/deep/two", "out/deep/TWO"));
}

#[test]
fn an_object_that_is_gone_is_made_again() {
    let context = chain();
    context.run(&["run"]).code(0);
    context.ran();
    fs::remove_dir_all(context.path(".kaizen/objects")).unwrap();
    context.run(&["run"]).code(0).says("output missing");
    assert_eq!(context.ran(), ["first", "second"]);
    context.run(&["run"]).code(0).says("nothing to do");
}

#[test]
fn a_step_that_fails_leaves_the_output_of_before_and_keeps_its_own_in_the_folder_of_the_run() {
    let context = chain();
    context.run(&["run"]).code(0);
    context.edit("head -c 1 in.txt > first", "echo half > first; exit 3");
    context.run(&["run"]).code(5);
    assert_eq!(
        (context.read("first").as_str(), context.kept("left/first").as_slice()),
        ("x", ["half\n".to_owned()].as_slice())
    );
    context.edit("echo half > first; exit 3", "head -c 1 in.txt > first");
    context.ran();
    context.run(&["run"]).code(0).says("from the cache");
    assert!(context.ran().is_empty());
}
