//! How old results are, by a clock that jumps.

use std::{fs, sync::Arc};

use base::{FixedClock, Timestamp};
use plan::{Node, Reason};
use store::Store;

use super::due;
use crate::{
    Project, Request, STORE_DIRECTORY, Variables,
    recorded::{Known, Left},
};

const RECORDED: &str = "2026-03-01T12:00:00Z";

/// Whether a result of [`RECORDED`] that is kept for so long is too old at this time.
fn is_too_old(cache: &str, now: &str) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let step = format!("[step.x]\nrun = \"true\"\nwrites = [\"x\"]\ncache = {cache}\n");
    fs::write(folder.path().join("kaizen.toml"), format!("[project]\nname = \"x\"\n\n{step}")).unwrap();
    let project = Project::load(folder.path(), &Variables::default()).unwrap();
    let clock = Arc::new(FixedClock::at(now.parse().unwrap()));
    let store = Store::open(&folder.path().join(STORE_DIRECTORY), clock).unwrap();
    let node: Node = "step.x".parse().unwrap();
    let recorded: Timestamp = RECORDED.parse().unwrap();
    let known = Known { left: [(node.clone(), (Left::default(), recorded))].into(), ..Known::default() };
    let due = due(&project, &store, &known, &Request::default());
    due.get(&node).is_some_and(|reasons| matches!(reasons[..], [Reason::Expired { .. }]))
}

#[test]
fn a_result_is_too_old_when_its_time_is_over_and_not_before() {
    assert!(!is_too_old("\"12h\"", RECORDED));
    assert!(!is_too_old("\"12h\"", "2026-03-02T00:00:00Z"));
    assert!(is_too_old("\"12h\"", "2026-03-02T00:00:00.000001Z"));
}

#[test]
fn a_clock_that_jumped_ahead_makes_a_result_old_and_no_other() {
    assert!(is_too_old("\"12h\"", "2126-03-01T12:00:00Z"));
    assert!(!is_too_old("true", "2126-03-01T12:00:00Z"));
}

#[test]
fn a_clock_that_was_set_back_makes_no_result_old() {
    for earlier in ["2026-03-01T11:59:59Z", "2025-03-01T12:00:00Z", "1970-01-01T00:00:00Z"] {
        assert!(!is_too_old("\"12h\"", earlier), "{earlier}");
        assert!(!is_too_old("\"1s\"", earlier), "{earlier}");
    }
}
