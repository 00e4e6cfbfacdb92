//! The supervisor is killed at many moments, the engine starts again each time, and in the end nothing is left.

use std::{collections::BTreeSet, time::Duration};

use base::Random;
use executor::{Executor as _, Local};

use crate::support::{LocalPlace, Place as _, ended};

const PROCESSES: usize = 40;
const MOMENTS: u64 = 60;

/// Lines of every kind: that end at once or never, that leave children, that leave their group.
const LINES: [&str; 5] = [
    "sleep 1000",
    "sleep 1000 & sleep 1000",
    "setsid sleep 1000 & sleep 1000",
    "exit 3",
    "trap '' TERM; echo x; while :; do sleep 0.01; done",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_supervisors_leave_no_orphan_at_any_moment() {
    for seed in 0..MOMENTS {
        let place = LocalPlace::new();
        let started = start_until_killed(&place, &mut Random::new(seed)).await;
        let local = place.local();
        for id in &started {
            match local.adopt(id).await.unwrap() {
                // It ended before the kill, and that was written down; or the next supervisor got to start it.
                Some(mut running) => {
                    running.end();
                    ended(&mut running).await;
                }
                None => local.discard(id).await.unwrap(),
            }
        }
        assert_eq!(place.left(""), [0_i32; 0], "seed {seed}");
        // What was only just being started has no mark to be found by, and no end.
        crate::support::wait_until("what was started is gone", || place.working().is_empty());
        // A second supervisor may be on its way out.
        crate::support::wait_until("the supervisors go", || place.living().is_empty());
        local.tidy().await.unwrap();
        assert_eq!(std::fs::read_dir(place.supervisors()).unwrap().count(), 0, "seed {seed}");
    }
}

/// An engine that starts processes until its supervisor is killed. Gives back what it asked for.
async fn start_until_killed(place: &LocalPlace, random: &mut Random) -> BTreeSet<String> {
    let local = place.local();
    let first = local.start(&place.attempt("first", "true")).await.unwrap();
    let victim = i32::try_from(local.supervisor().unwrap()).unwrap();
    let moment = Duration::from_micros(random.below(60_000) as u64);
    let killer = std::thread::spawn(move || {
        std::thread::sleep(moment);
        crate::support::kill(victim);
    });
    let mut started = BTreeSet::from(["first".to_owned()]);
    for number in 0..PROCESSES {
        let id = format!("p-{number}");
        let mut attempt = place.attempt(&id, LINES[random.below(LINES.len())]);
        attempt.grace = Duration::from_millis(50);
        started.insert(id);
        if !start(&local, &attempt, victim).await {
            break;
        }
    }
    killer.join().unwrap();
    drop(first);
    crate::support::wait_until("the supervisor is dead", || !place.living().contains(&victim));
    started
}

/// Whether it was started by this supervisor, which then still lived.
async fn start(local: &Local, attempt: &executor::Attempt, supervisor: i32) -> bool {
    let started = local.start(attempt).await;
    started.is_ok() && local.supervisor().and_then(|pid| i32::try_from(pid).ok()) == Some(supervisor)
}

#[tokio::test]
async fn an_engine_that_dies_while_it_starts_leaves_nothing_that_runs_unknown() {
    for seed in 0..20 {
        let place = LocalPlace::new();
        let mut known = BTreeSet::new();
        let ids: Vec<_> = (0..PROCESSES).map(|number| format!("p-{number}")).collect();
        {
            let local = place.local();
            local.start(&place.attempt("first", "true")).await.unwrap();
            for id in &ids {
                // The request is sent; the engine dies before there is an answer.
                let attempt = place.attempt(id, &format!("echo {id} >>ran; exit 3"));
                let _ = tokio::time::timeout(Duration::ZERO, local.start(&attempt)).await;
            }
        }
        let local = place.local();
        let mut adopted = Vec::new();
        // The last ones may be just about to start.
        for id in ids.iter().rev() {
            let running = local.adopt(id).await.unwrap();
            adopted.extend(running.map(|running| (id, running)));
        }
        for (id, mut running) in adopted {
            assert_eq!(ended(&mut running).await.exit, executor::Exit::Code(3));
            known.insert(id.clone());
        }
        crate::support::wait_until("the supervisors go", || place.living().is_empty());
        let ran = std::fs::read_to_string(place.work().join("ran")).unwrap_or_default();
        let ran: BTreeSet<_> = ran.lines().map(str::to_owned).collect();
        assert_eq!(ran, known, "round {seed}");
        assert!(!known.is_empty(), "round {seed}");
    }
}
