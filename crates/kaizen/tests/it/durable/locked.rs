//! Two of them on one project: the second says who is there, and leaves everything as it is.

use std::{collections::BTreeMap, fs, path::Path};

use super::slow::Slow;
use crate::context::wait;

#[test]
fn a_second_run_says_who_holds_the_project_and_changes_nothing() {
    let slow = Slow::new();
    let mut first = slow.begin();
    let before = content(slow.context.root());
    for arguments in [&["run"][..], &["run", "--force"], &["up", "--once"], &["exec", "--", "true"]] {
        let second = slow.context.run(arguments);
        second.code(8).says(&first.id().to_string()).says("kaizen run");
        assert_eq!(content(slow.context.root()), before, "{arguments:?}");
    }
    assert_eq!(slow.context.json(&["runs"]).as_array().unwrap().len(), 1);
    slow.let_go();
    assert_eq!(wait(&mut first), Some(0));
    slow.is_whole(1);
}

#[test]
fn the_lock_of_a_killed_kaizen_holds_nobody_up() {
    let slow = Slow::orphaned();
    slow.let_go();
    slow.run().code(0).never_says("held");
    slow.is_whole(1);
}

/// Everything in the project and its store, but for the index that readers of the database share.
fn content(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(content(&path));
        } else if path.is_file() && !path.ends_with("kaizen.db-shm") {
            found.insert(path.to_str().unwrap().to_owned(), fs::read(&path).unwrap());
        }
    }
    found
}
