//! A disk that is full or damaged: it is said, with a code of its own, and the next run goes on.

use std::{fs, io::Write as _};

use crate::{
    context::{Ran, TestContext},
    project,
};

/// A first pass in a process that may not write files of more than this many kilobytes.
fn limited(context: &TestContext, kilobytes: u64) -> Ran {
    // A shell counts in blocks of 512 bytes, or of 1,024: the difference does not matter here.
    let before = format!("trap '' XFSZ; ulimit -f {}", kilobytes * 2);
    Ran::wait(context.command_after(&before, &["up", "--once"]))
}

#[test]
fn a_disk_that_is_full_at_any_place_is_said_and_the_next_run_goes_on() {
    // A limit on the size of files is to the writer what a full disk is, and any process may have one.
    let mut refused = 0;
    for kilobytes in [1, 40, 100, 130, 200, 5_000] {
        let context = TestContext::new();
        let ran = limited(&context, kilobytes);
        match ran.code {
            Some(0) => {}
            _ => {
                // SQLite says no more than that a write failed, unless the disk really is full.
                ran.code(9);
                if !ran.stderr.contains("disk I/O error") {
                    ran.says("no space is left").says("nothing recorded is lost");
                }
                refused += 1;
            }
        }
        assert!(context.path("trips.csv").exists());
        context.up_once().code(0);
        assert_eq!(context.served(), Some(1), "after {kilobytes} kB");
        context.run(&["history", "verify"]).code(0);
        assert_eq!(fs::read_dir(context.path(".kaizen/tmp")).unwrap().count(), 0);
    }
    assert!((3..6).contains(&refused), "{refused} of 6 limits were felt");
}

#[test]
fn a_disk_that_fills_up_later_leaves_the_champion_as_it_is() {
    let context = TestContext::trained();
    context.write("trips.csv", project::trips(0..project::ROWS * 4));
    limited(&context, 200).code(9).says("no space is left");
    assert_eq!(context.served(), Some(1));
    context.up_once();
    assert_eq!(context.count("register model.late", "done"), 2);
    context.run(&["history", "verify"]).code(0);
}

#[test]
fn a_damaged_database_is_named() {
    let context = TestContext::trained();
    let path = context.path(".kaizen/kaizen.db");
    let mut file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.write_all(&[0x5a; 4096]).unwrap();
    drop(file);
    for command in [&["up", "--once"][..], &["status"], &["history"]] {
        context.run(command).code(9).says("kaizen.db").says("damaged").says("restore it from a backup");
    }
}

#[test]
fn an_object_that_is_gone_is_made_again() {
    let context = TestContext::trained();
    fs::remove_dir_all(context.path(".kaizen/objects")).unwrap();
    context.run(&["plan"]).code(0).says("output missing");
    context.up_once().code(0);
    assert_eq!(context.served(), Some(1));
    context.run(&["history", "verify"]).code(0);
    context.run(&["why", "model.late", "--recompute"]).code(0);
}
