//! Graphs as large as they come.

use std::time::{Duration, Instant};

use base::Random;

use super::{actions, machine, place, small, started};
use crate::schedule::{Claim, Schedule};

/// How long it takes to bring all of these to an end.
fn time(makers: &[Vec<usize>], claims: &[Claim]) -> Duration {
    let actions = actions(makers);
    let began = Instant::now();
    let mut schedule = Schedule::new(machine(8), &actions, |action| claims[place(action)].clone());
    let mut running = Vec::new();
    while !schedule.is_done() {
        for action in schedule.ready(1_000) {
            schedule.admit(action);
        }
        running.extend(started(&mut schedule));
        schedule.finish(running.swap_remove(0));
    }
    began.elapsed()
}

/// With quadratic cost each of these would take many minutes.
#[test]
fn a_hundred_thousand_actions_are_scheduled_without_quadratic_cost() {
    const COUNT: usize = 100_000;
    let mut random = Random::new(7);
    let mut chance = |below: u64| random.below(usize::try_from(below).unwrap()) as u64;
    let same = vec![small(); COUNT];
    let various: Vec<Claim> = (0..COUNT)
        .map(|_| Claim { millicpus: chance(4_001), memory: chance(9), gpus: 0, priority: chance(3) as i64 })
        .collect();
    let chain: Vec<Vec<usize>> = (0..COUNT).map(|place| place.checked_sub(1).into_iter().collect()).collect();
    let mut fan = vec![vec![0]; COUNT];
    fan[0].clear();
    fan[COUNT - 1] = (1..COUNT - 1).collect();
    for (name, makers, claims) in
        [("chain", &chain, &same), ("fan", &fan, &same), ("various claims", &fan, &various)]
    {
        let took = time(makers, claims);
        println!("{name}: {took:?}");
        assert!(took < Duration::from_secs(60), "{name} took {took:?}");
    }
}
