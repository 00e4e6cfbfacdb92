//! Kills at random moments, of Kaizen, of a step, of the supervisor, of all of them, until a graph is done all the same.

use std::{
    process::{Child, Stdio},
    thread,
    time::Duration,
};

use base::Random;

use super::{graph::Graph, victims};
use crate::context::wait;

/// What is killed and after how long is drawn from this. At which moment of the work that is depends on the machine's
/// timing all the same: a failure names its kills, and need not come again.
const SEED: u64 = 0x6b61_697a_656e;
/// Kills that hit, over all projects.
const KILLS: usize = 504;
/// Projects that are worked on at once.
const WORKERS: usize = 8;
/// After so many kills a project is let go to its end.
const ENOUGH: usize = 21;
/// The longest that anything is left in peace.
const PEACE: usize = 250;

#[test]
fn after_500_kills_at_random_moments_every_graph_comes_to_what_it_would_have_been() {
    let workers: Vec<_> =
        (0..WORKERS).map(|worker| thread::spawn(move || work(SEED, worker as u64))).collect();
    let hits: usize = workers.into_iter().map(|worker| worker.join().unwrap()).sum();
    assert!(hits >= KILLS, "{hits}");
}

/// Kills projects until this worker has done its share.
fn work(seed: u64, worker: u64) -> usize {
    let mut hits = 0;
    for project in 0.. {
        let seed = seed ^ (worker << 32) ^ project;
        hits += torment(seed);
        if hits >= KILLS / WORKERS {
            break;
        }
    }
    hits
}

/// One project, until it is done. Tells how many kills hit.
fn torment(seed: u64) -> usize {
    let mut random = Random::new(seed);
    let graph = Graph::new();
    let mut killed = Vec::new();
    while killed.len() < ENOUGH {
        let mut kaizen = start(&graph);
        let code = shoot(&graph, &mut kaizen, &mut random, &mut killed);
        let after = format!("seed {seed}: {killed:?}");
        graph.shows_no_half(code.is_some(), &after);
        match code {
            // It is done already.
            Some(0) => break,
            // A step or the supervisor was killed, and it said so. Or it was killed itself.
            Some(5) | None => {}
            Some(code) => panic!("it ended with {code} after {after}"),
        }
    }
    let after = format!("seed {seed}: {killed:?}");
    graph.complete(&after);
    graph.check(&after);
    killed.len()
}

fn start(graph: &Graph) -> Child {
    graph.command().stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Kills this and that until Kaizen is gone. Gives its exit code, when it ended by itself.
fn shoot(graph: &Graph, kaizen: &mut Child, random: &mut Random, killed: &mut Vec<&str>) -> Option<i32> {
    let root = graph.context.root();
    loop {
        thread::sleep(Duration::from_millis(random.below(PEACE) as u64));
        if kaizen.try_wait().unwrap().is_some() || killed.len() == ENOUGH {
            return wait(kaizen);
        }
        let (what, hit) = match random.below(5) {
            0 => ("step", victims::kill_a_step(root, random.below(100))),
            1 => ("supervisor", victims::kill_supervisors(root)),
            2 => {
                kaizen.kill().unwrap();
                victims::kill_all(root);
                ("all", true)
            }
            _ => {
                kaizen.kill().unwrap();
                ("kaizen", true)
            }
        };
        killed.extend(hit.then_some(what));
    }
}
