//! False alarms and detection of the whole chain, from rows to incidents, over simulated streams.
//! `examples/streams` prints the same for more of them.

#[path = "../examples/streams/world.rs"]
mod world;

use monitor::Settings;
use world::{Change, ONSET, Outcome};

/// Streams that share one reference.
const EACH: u64 = 40;

/// Streams of these changes, by turns.
fn watched(changes: &[Change], streams: u64) -> Vec<(Change, Outcome)> {
    let settings = Settings::default();
    let mut outcomes = Vec::new();
    for first in (0..streams).step_by(EACH as usize) {
        let reference = world::reference(first, &settings);
        for seed in first..streams.min(first + EACH) {
            let change = changes[seed as usize % changes.len()];
            outcomes.push((change, world::watched(&reference, change, 5_000 + seed, &settings)));
        }
    }
    outcomes
}

#[test]
fn at_most_two_in_a_hundred_streams_without_change_have_a_confirmed_incident_in_thirty_windows() {
    let outcomes = watched(&[Change::Nothing], 200);
    let confirmed = outcomes.iter().filter(|(_, outcome)| !outcome.confirmed.is_empty()).count();
    let opened: usize = outcomes.iter().map(|(_, outcome)| outcome.incidents.len()).sum();
    println!(
        "{confirmed} of 200 streams without change confirmed an incident; {opened} opened one and let it pass"
    );
    assert!(confirmed <= 4, "{confirmed} false alarms");
}

#[test]
fn every_planted_change_is_found_soon_after_it_began() {
    let changes = [Change::MeanShift, Change::Units, Change::Mix, Change::Nulls, Change::Decay];
    let outcomes = watched(&changes, 200);
    for change in changes {
        let of: Vec<&Outcome> =
            outcomes.iter().filter(|(other, _)| *other == change).map(|(_, one)| one).collect();
        let delay = |outcome: &&Outcome| {
            outcome.confirmed.iter().find(|window| **window >= ONSET).map(|at| at - ONSET)
        };
        let delays: Vec<usize> = of.iter().filter_map(delay).collect();
        let mean = delays.iter().sum::<usize>() as f64 / delays.len().max(1) as f64;
        println!("{change:?}: {} of {} found, after {mean:.1} windows on average", delays.len(), of.len());
        assert!(delays.len() * 100 >= of.len() * 95, "{change:?} is missed too often");
        let bound = if change == Change::Decay { 12.0 } else { 2.0 };
        assert!(mean <= bound, "{change:?} is found after {mean:.1} windows");
    }
}
