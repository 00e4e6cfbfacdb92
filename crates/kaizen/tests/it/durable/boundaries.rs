//! Kaizen dies at each boundary of actions of every sort of step.

use super::graph::Graph;
use crate::context::Ran;

#[test]
fn a_kaizen_that_dies_at_every_boundary_of_a_step_starts_no_command_twice() {
    for step in ["first", "fan[n=7]", "join", "pair2"] {
        die_at_each_boundary(step);
    }
}

#[test]
fn a_kaizen_that_dies_at_every_boundary_of_a_retried_step_starts_no_command_twice() {
    die_at_each_boundary("flaky");
}

#[test]
fn a_kaizen_that_dies_at_every_boundary_of_a_step_that_writes_a_directory_starts_no_command_twice() {
    die_at_each_boundary("dir");
}

#[test]
fn a_kaizen_that_dies_at_every_boundary_of_a_step_in_a_copy_starts_no_command_twice() {
    for step in ["copy3", "last"] {
        die_at_each_boundary(step);
    }
}

/// In turn, each in a process of its own.
fn die_at_each_boundary(step: &str) {
    let graph = Graph::new();
    for point in ["due", "intended", "acted", "concluded"] {
        die_at(&graph, step, point);
    }
    graph.complete(step);
    graph.check(step);
    let again: Vec<_> = graph.starts().into_iter().filter(|(_, starts)| *starts > 1).collect();
    assert!(again.is_empty(), "after {step}: {again:?}");
}

fn die_at(graph: &Graph, step: &str, point: &str) {
    let boundary = format!("run step.{step}:{point}");
    let mut command = graph.command();
    command.env("KAIZEN_ABORT_AT", &boundary);
    let died = Ran::wait(command);
    assert_eq!(died.code, None, "nothing died at {boundary}: {died:#?}");
}
