//! What was half-written goes, whatever it was that ended the step, and what was there before comes back.

use super::{
    slow::Slow,
    victims::{self, Kind, Process},
};
use crate::context::{eventually, wait};

/// What the user had at the path of the output before the step ever ran.
const MINE: &str = "mine\n";
/// A line of the slow step alone.
const READS: &str = "reads = [\"step.first\"]";

#[test]
fn a_step_whose_input_changed_after_kaizen_was_killed_is_ended_and_run_anew() {
    let slow = Slow::orphaned();
    slow.context.write("source.txt", "other\n");
    let next = slow.begin();
    let commands = victims::of(slow.context.root());
    let is_root = |process: &&Process| process.kind == Kind::Command && process.pid == process.group;
    let roots = commands.iter().filter(is_root).count();
    slow.let_go();
    goes_well(next);
    assert_eq!(roots, 1, "the step that nobody wants still ran: {commands:?}");
    assert_eq!(slow.context.read("after.txt"), "half\nother\n");
    assert_eq!(slow.starts("slow"), 2);
    assert!(slow.context.read("diary").lines().filter(|line| *line == "end slow").count() == 1);
    let statuses: Vec<_> = slow.entries().iter().map(|entry| entry["status"].clone()).collect();
    assert_eq!(statuses, ["interrupted", "done"]);
}

fn goes_well(mut kaizen: std::process::Child) {
    assert_eq!(wait(&mut kaizen), Some(0));
}

#[test]
fn a_step_that_left_the_project_after_kaizen_was_killed_is_ended_and_nothing_of_it_is_left() {
    let slow = Slow::orphaned();
    slow.context.write("kaizen.toml", "[project]\nname = \"slow\"\n");
    slow.run().code(0).says("nothing to do");
    eventually("no process is left", || !slow.has_processes());
    assert!(!slow.context.path("slow.txt").exists());
    slow.let_go();
    assert!(!slow.context.read("diary").contains("end"));
    assert_eq!(slow.entries()[0]["status"], "interrupted");
}

#[test]
fn what_was_there_before_a_step_that_is_ended_comes_back() {
    let slow = Slow::new();
    slow.context.write("slow.txt", MINE);
    slow.orphan();
    assert_eq!(slow.context.read("slow.txt"), "half\n");
    slow.context.edit("[step.slow]", "[step.other]");
    slow.context.edit("step.slow", "step.other");
    slow.context.edit("writes = [\"slow.txt\"]", "writes = [\"other.txt\"]");
    slow.context.edit("echo half > slow.txt", "exit 3");
    slow.run().code(5);
    assert_eq!(slow.context.read("slow.txt"), MINE);
}

#[test]
fn a_step_whose_supervisor_was_killed_with_kaizen_is_ended_and_run_anew() {
    let slow = Slow::new();
    slow.context.write("slow.txt", MINE);
    slow.orphan();
    assert!(victims::kill_supervisors(slow.context.root()));
    let alone = victims::of(slow.context.root());
    assert!(!alone.is_empty(), "the step was ended with its supervisor");
    let next = slow.begin();
    let left = victims::of(slow.context.root());
    assert!(alone.iter().all(|process| !left.contains(process)), "{alone:?} then, {left:?} now");
    slow.let_go();
    goes_well(next);
    slow.is_whole(2);
}

#[test]
fn a_supervisor_that_is_killed_alone_costs_the_run_and_leaves_nothing_running() {
    let slow = Slow::new();
    slow.context.write("slow.txt", MINE);
    let mut kaizen = slow.begin();
    assert!(victims::kill_supervisors(slow.context.root()));
    assert_eq!(wait(&mut kaizen), Some(5));
    assert!(!slow.has_processes(), "{:?}", victims::of(slow.context.root()));
    assert_eq!(slow.context.read("slow.txt"), MINE);
    slow.let_go();
    slow.run().code(0);
    slow.is_whole(2);
}

#[test]
fn a_step_that_is_killed_leaves_nothing_half_written_and_fails() {
    let slow = Slow::new();
    slow.context.write("slow.txt", MINE);
    let mut kaizen = slow.begin();
    assert!(victims::kill_a_step(slow.context.root(), 0));
    assert_eq!(wait(&mut kaizen), Some(5));
    assert_eq!(slow.context.read("slow.txt"), MINE);
    assert_eq!(slow.entries()[0]["status"], "failed");
    slow.let_go();
    slow.run().code(0);
    slow.is_whole(2);
}

#[test]
fn a_step_that_is_killed_after_kaizen_is_said_to_have_failed_by_the_next_run_and_made_by_the_one_after() {
    let slow = Slow::new();
    slow.context.write("slow.txt", MINE);
    slow.orphan();
    assert!(victims::kill_a_step(slow.context.root(), 0));
    eventually("its supervisor has seen it", || !slow.has_processes());
    slow.run().code(5).says("it ended with signal: 9");
    assert_eq!(slow.context.read("slow.txt"), MINE);
    assert_eq!((slow.entries().len(), &slow.entries()[0]["status"]), (1, &"failed".into()));
    slow.let_go();
    slow.run().code(0);
    slow.is_whole(2);
}

#[test]
fn a_step_that_fails_leaves_nothing_half_written() {
    for place in ["place", "copy"] {
        let slow = Slow::new();
        slow.context.edit(READS, &format!("in = \"{place}\"\n{READS}"));
        slow.context.edit("cat \"$KAIZEN_INPUT_FIRST\"", "exit 3; cat \"$KAIZEN_INPUT_FIRST\"");
        slow.context.write("slow.txt", MINE);
        slow.let_go();
        slow.run().code(5).says("exit status: 3");
        assert_eq!(slow.context.read("slow.txt"), MINE, "in {place}");
    }
}

#[test]
fn a_second_attempt_does_not_find_what_the_first_left() {
    for place in ["place", "copy"] {
        let slow = Slow::new();
        let retry = "retry = { attempts = 2, backoff = \"10ms\" }";
        slow.context.edit(READS, &format!("in = \"{place}\"\n{retry}\n{READS}"));
        // The second attempt writes nothing of its own.
        let early = "[ -e \"$HOME/failed\" ] && exit 0; echo half > slow.txt; touch \"$HOME/failed\"; exit 1";
        slow.context.edit("echo half > slow.txt", early);
        slow.run().code(5).says("did not write `slow.txt`");
        assert!(!slow.context.path("slow.txt").exists(), "in {place}");
    }
}

#[test]
fn what_a_step_wrote_before_comes_back_when_it_fails() {
    let slow = Slow::new();
    slow.let_go();
    slow.run().code(0);
    slow.context.edit("cat \"$KAIZEN_INPUT_FIRST\"", "exit 3; cat \"$KAIZEN_INPUT_FIRST\"");
    slow.run().code(5).says("exit status: 3");
    assert_eq!(slow.context.read("slow.txt"), "half\nwhole\n");
}
