//! What holds of every graph of steps, whatever changed.

// Said again so that clippy takes the helpers for test code too.
#![cfg(test)]

mod simulator;

use std::collections::BTreeSet;

use proptest::prelude::*;
use simulator::Simulator;

const STEPS: usize = 9;

/// Each step reads earlier steps by the bits of its number, and a file and a fact of its own.
fn project(edges: &[u16]) -> Vec<String> {
    let line = |(step, bits): (usize, &u16)| {
        let earlier = (0..step).filter(|other| bits & (1 << other) != 0);
        let reads: String = earlier.map(|other| format!(",step.s{other}")).collect();
        format!("step s{step} reads=f{step}{reads} run=r facts=env.E{step}")
    };
    edges.iter().enumerate().map(line).collect()
}

fn settled(edges: &[u16]) -> Simulator {
    let mut simulator = Simulator::default();
    let lines = project(edges);
    simulator.execute("spec", &lines.iter().map(String::as_str).collect::<Vec<_>>());
    for step in 0..edges.len() {
        simulator.execute(&format!("file f{step} is first"), &[]);
        simulator.execute(&format!("fact env.E{step} is first"), &[]);
    }
    simulator.execute("apply", &[]);
    simulator
}

/// The steps that a step reads, directly or through others, and itself.
fn above(edges: &[u16], step: usize) -> BTreeSet<usize> {
    let mut all = BTreeSet::from([step]);
    for other in (0..step).filter(|other| edges[step] & (1 << other) != 0) {
        all.extend(above(edges, other));
    }
    all
}

/// The numbers of the steps in the plan, in order, with what is said of each.
fn planned(plan: &str) -> Vec<(usize, String)> {
    let lines = plan.lines().filter_map(|line| line.split_once("  step.s"));
    lines.map(|(_, rest)| (rest[..1].parse().unwrap(), rest[1..].trim().to_owned())).collect()
}

/// Something that happens to a step.
fn event() -> impl Strategy<Value = (usize, &'static str)> {
    let what = vec!["file", "fact", "forced", "older than 1h", "not cached", "touched build/x", "lost"];
    (0..STEPS, prop::sample::select(what))
}

fn happen(simulator: &mut Simulator, step: usize, what: &str) {
    let command = match what {
        "file" => format!("file f{step} is second"),
        "fact" => format!("fact env.E{step} is second"),
        "lost" => format!("lose run step.s{step}"),
        due => format!("due step.s{step} {due}"),
    };
    simulator.execute(&command, &[]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn exactly_what_was_touched_and_what_reads_it_is_planned_and_then_all_is_settled(
        edges in proptest::collection::vec(any::<u16>(), STEPS),
        events in proptest::collection::vec(event(), 0..5),
        same in any::<bool>(),
    ) {
        let mut simulator = settled(&edges);
        prop_assert_eq!(simulator.execute("plan", &[]), "nothing to do\n");
        events.iter().for_each(|(step, what)| happen(&mut simulator, *step, what));
        let touched: BTreeSet<usize> = events.iter().map(|(step, _)| *step).collect();
        let plan = planned(&simulator.execute("plan", &[]));
        let expected: Vec<usize> =
            (0..STEPS).filter(|step| !above(&edges, *step).is_disjoint(&touched)).collect();
        prop_assert_eq!(plan.iter().map(|(step, _)| *step).collect::<Vec<_>>(), expected);
        for (step, why) in &plan {
            prop_assert_eq!(touched.contains(step), !why.ends_with("(only if it does)"), "{}", why);
        }
        let outcomes: String = touched.iter().map(|step| format!(" run:step.s{step}=same")).collect();
        let applied = simulator.execute(&format!("apply{}", if same { outcomes.as_str() } else { "" }), &[]);
        let ran = applied.lines().filter(|line| !line.ends_with(": unchanged")).count();
        prop_assert!(ran >= touched.len() && (!same || ran == touched.len()), "{}", applied);
        touched.iter().for_each(|step| { simulator.execute(&format!("due step.s{step} not any more"), &[]); });
        prop_assert_eq!(simulator.execute("plan", &[]), "nothing to do\n");
    }

    #[test]
    fn the_plan_of_a_part_is_the_part_of_the_plan(
        edges in proptest::collection::vec(any::<u16>(), STEPS),
        events in proptest::collection::vec(event(), 0..5),
        target in 0..STEPS,
    ) {
        let mut simulator = settled(&edges);
        events.iter().for_each(|(step, what)| happen(&mut simulator, *step, what));
        let part = above(&edges, target);
        let mut whole = planned(&simulator.execute("plan", &[]));
        whole.retain(|(step, _)| part.contains(step));
        simulator.execute(&format!("only step.s{target}"), &[]);
        prop_assert_eq!(planned(&simulator.execute("plan", &[])), whole);
    }
}
