//! Disks that are full, or may not be written to: it is said, and what was finished does not run again.

use std::{fs, process::Command};

use super::{
    graph::{self, Graph},
    slow::Slow,
};
use crate::context::{Ran, TestContext};

/// `kaizen run` in a process that may not write files of more than this many kilobytes, which is to the writer what a
/// full disk is. What it starts may lift the limit.
fn limited(context: &TestContext, kilobytes: u64) -> Ran {
    // A shell counts in blocks of 512 bytes, or of 1,024: the difference does not matter here.
    let before = format!("trap '' XFSZ; ulimit -S -f {}", kilobytes * 2);
    at_home(context, context.command_after(&before, &["run"]))
}

fn at_home(context: &TestContext, mut command: Command) -> Ran {
    command.env("HOME", context.root());
    Ran::wait(command)
}

#[test]
fn a_step_that_finds_no_room_fails_and_leaves_nothing_half_written() {
    let slow = Slow::new();
    slow.context.edit("cat \"$KAIZEN_INPUT_FIRST\"", "set -e; head -c 9000000 /dev/zero");
    slow.let_go();
    limited(&slow.context, 4_000).code(5).says("File too large");
    assert!(!slow.context.path("slow.txt").exists());
    slow.run().code(0);
    assert_eq!(slow.starts("slow"), 2);
}

#[test]
fn a_result_that_the_store_has_no_room_for_is_taken_when_there_is_room_and_not_made_again() {
    let slow = Slow::new();
    slow.context.edit("cat \"$KAIZEN_INPUT_FIRST\"", "ulimit -S -f unlimited; head -c 9000000 /dev/zero");
    slow.let_go();
    limited(&slow.context, 4_000).code(9).says("no space is left");
    slow.run().code(0);
    assert_eq!(slow.starts("slow"), 1);
    assert_eq!(fs::metadata(slow.context.path("after.txt")).unwrap().len(), 9_000_005);
    slow.context.run(&["history", "verify"]).code(0);
}

#[test]
fn a_journal_without_room_is_said_and_no_finished_step_runs_again() {
    let mut refused = 0;
    for kilobytes in [260, 330, 400, 500] {
        let graph = Graph::new();
        let ran = limited(&graph.context, kilobytes);
        assert!(matches!(ran.code, Some(0 | 9)), "{kilobytes} kB: {ran:#?}");
        refused += usize::from(ran.code == Some(9) && !graph.starts().is_empty());
        let after = format!("{kilobytes} kB");
        graph.shows_no_half(true, &after);
        graph.complete(&after);
        graph.check(&after);
    }
    assert!(refused > 0, "the journal had room for all of it");
}

#[test]
fn a_store_that_may_not_be_written_to_is_named_and_stays_as_it_is() {
    let slow = Slow::new();
    slow.let_go();
    slow.run().code(0);
    slow.context.write("source.txt", "other\n");
    let before = graph::entries(&slow.context);
    permit(&slow.context, "a-w");
    let ran = at_home(&slow.context, without_privileges(&slow.context));
    permit(&slow.context, "u+w");
    assert!(!matches!(ran.code, Some(0) | None), "{ran:#?}");
    ran.says(".kaizen").says("Permission denied");
    assert_eq!(graph::entries(&slow.context), before);
    assert_eq!(slow.starts("slow"), 1);
    slow.run().code(0);
    assert_eq!(slow.context.read("after.txt"), "half\nother\n");
}

/// Changes who may write to the store.
fn permit(context: &TestContext, mode: &str) {
    let status = Command::new("chmod").args(["-R", mode, ".kaizen"]).current_dir(context.root()).status();
    assert!(status.unwrap().success());
}

/// `kaizen run` with permissions that hold: for root they do only without the capability to pass them by.
fn without_privileges(context: &TestContext) -> Command {
    if !rustix::process::geteuid().is_root() {
        return context.command(&["run"]);
    }
    let less = "-dac_override,-dac_read_search";
    let before = format!("exec setpriv --bounding-set={less} --inh-caps={less} \"$0\" \"$@\"");
    context.command_after(&before, &["run"])
}
