//! Kills at random moments, of Kaizen, of a step, of the supervisor, of all of them, until a graph is done all the same.

use std::{
    any::Any,
    process::{Child, Stdio},
    thread,
    time::Duration,
};

use base::Random;
use serde_json::Value;

use super::{
    graph::{self, Graph},
    victims,
};
use crate::context::{Ran, wait};

/// What is killed and after how long is drawn from this. At which moment of the work that is depends on the machine's
/// timing all the same: a failure names its kills, and need not come again.
const SEED: u64 = 0x6b61_697a_656e;
/// Kills that hit, over all projects.
const KILLS: usize = 504;
/// Projects that are worked on at once.
const WORKERS: usize = 8;
/// After so many kills a project is let go to its end.
const ENOUGH: usize = 21;
/// The longest that anything is left in peace, as a part of what an undisturbed project takes: where Kaizen takes longer
/// to start than that, nothing else is ever killed.
const PEACE: u32 = 6;
const LONGEST_PEACE: Duration = Duration::from_secs(1);
/// How much is shown of either end of what a worker panicked with.
const SHOWN: usize = 700;

#[test]
fn after_500_kills_at_random_moments_every_graph_comes_to_what_it_would_have_been() {
    // Before there is anything else to do.
    graph::undisturbed();
    let workers: Vec<_> =
        (0..WORKERS).map(|worker| thread::spawn(move || work(SEED, worker as u64))).collect();
    let (mut hits, mut failures) = (0, Vec::new());
    for worker in workers {
        match worker.join() {
            Ok(its) => hits += its,
            Err(panic) => failures.push(said(panic.as_ref())),
        }
    }
    // Once more, last and short, where it is still found in a log whose middle is cut.
    assert!(failures.is_empty(), "{} of {WORKERS} workers failed:\n{}", failures.len(), failures.join("\n"));
    assert!(hits >= KILLS, "{hits}");
}

/// Both ends of what a worker panicked with.
fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no text");
    let letters: Vec<char> = text.chars().collect();
    match letters.len().checked_sub(SHOWN) {
        Some(tail) if tail > SHOWN => {
            let [head, tail] = [&letters[..SHOWN], &letters[tail..]].map(String::from_iter);
            format!("{head} … {tail}")
        }
        _ => text.to_owned(),
    }
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
    hear_of_the_killed(&graph, &after);
    graph.complete(&after);
    graph.check(&after);
    killed.len()
}

/// Lets it say which commands were killed, when Kaizen was killed too before it could: of those it says so once, and of
/// nothing else. What was interrupted otherwise it goes on with.
fn hear_of_the_killed(graph: &Graph, after: &str) {
    // On a busy machine it may never have come as far as a command, or a journal.
    while graph.context.path(".kaizen/runs/supervisors").exists() {
        let begun = entries(graph, &Value::Null);
        if begun.is_empty() {
            return;
        }
        let known = entries(graph, &"failed".into());
        let ran = Ran::wait(graph.command());
        if ran.code == Some(0) {
            return;
        }
        let mut told = entries(graph, &"failed".into());
        told.retain(|entry| !known.contains(entry));
        let was_killed = |entry: &Value| {
            let message = entry["detail"]["message"].as_str().unwrap_or_default();
            message.starts_with("it ended with signal: 9") && begun.iter().any(|one| one["id"] == entry["id"])
        };
        let as_it_should = ran.code == Some(5) && !told.is_empty() && told.iter().all(was_killed);
        assert!(as_it_should, "after {after}: {ran:#?} failed {told:#?}");
    }
}

/// The entries of the journal with this status.
fn entries(graph: &Graph, status: &Value) -> Vec<Value> {
    let mut entries = graph::entries(&graph.context);
    entries.retain(|entry| entry["status"] == *status);
    entries
}

/// In milliseconds.
fn peace() -> usize {
    let peace = (graph::undisturbed().took / PEACE).min(LONGEST_PEACE);
    usize::try_from(peace.as_millis()).unwrap()
}

fn start(graph: &Graph) -> Child {
    graph.command().stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Kills this and that until Kaizen is gone. Gives its exit code, when it ended by itself.
fn shoot(graph: &Graph, kaizen: &mut Child, random: &mut Random, killed: &mut Vec<&str>) -> Option<i32> {
    let root = graph.context.root();
    loop {
        thread::sleep(Duration::from_millis(random.below(peace()) as u64));
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
