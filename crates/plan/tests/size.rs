//! Projects as large as they come: what planning costs grows with the project and no faster.

// Said again so that clippy takes the helpers for test code too.
#![cfg(test)]

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use base::Hash;
use plan::{
    Desired, Fields, Node, Observed, Progress, Record, Recorded, Resolution, Status, Verb, Wanted, basis,
    basis_hash, decide, graph, resolve,
};

const COUNT: usize = 100_000;

/// With quadratic cost anything here would take many minutes.
const LIMIT: Duration = Duration::from_secs(60);

struct World {
    desired: Desired,
    recorded: Recorded,
    observed: Observed,
}

fn node(number: usize) -> Node {
    format!("step.s[n={number}]").parse().unwrap()
}

fn content(number: usize) -> Hash {
    Hash::of(number.to_string())
}

/// So many steps that have run, each reading a file and what `makers` says.
fn settled(count: usize, makers: impl Fn(usize) -> Vec<usize>) -> World {
    let mut world =
        World { desired: Desired::default(), recorded: Recorded::default(), observed: Observed::default() };
    world.observed.files.insert("a.py".to_owned(), Some(Hash::of("a")));
    for number in 0..count {
        let fields: Fields = [("action", content(number)), ("writes", Hash::of("w"))]
            .map(|(name, hash)| (name.to_owned(), hash))
            .into();
        let mut wanted = Wanted { fields: [(Verb::Run, fields.clone())].into(), ..Wanted::default() };
        wanted.files.insert("a.py".to_owned());
        let mut inputs = BTreeMap::from([("a.py".to_owned(), Hash::of("a"))]);
        for maker in makers(number) {
            wanted.inputs.insert(node(maker));
            inputs.insert(node(maker).to_string(), content(maker));
        }
        let status = Status::Done { output: content(number), decision: None };
        world.desired.nodes.insert(node(number), wanted);
        let record = Record { fields, inputs, status };
        world.recorded.nodes.insert(node(number), [(Verb::Run, record)].into());
    }
    world
}

fn chain(count: usize) -> World {
    settled(count, |number| number.checked_sub(1).into_iter().collect())
}

/// One step, many that read it, and one that reads all those.
fn fan(count: usize) -> World {
    settled(count, |number| match number {
        0 => Vec::new(),
        last if last == count - 1 => (1..last).collect(),
        _ => vec![0],
    })
}

fn timed<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let began = Instant::now();
    let result = work();
    println!("{what}: {:?}", began.elapsed());
    assert!(began.elapsed() < LIMIT, "{what} took {:?}", began.elapsed());
    result
}

#[test]
fn a_settled_project_has_nothing_to_do_and_costs_in_proportion_to_its_size() {
    for count in [10_000, 20_000] {
        for (shape, world) in [("chain", chain(count)), ("fan", fan(count))] {
            let World { desired, recorded, observed } = &world;
            let plan = timed(&format!("decide, {shape} of {count}"), || decide(desired, recorded, observed));
            assert!(plan.unwrap().is_empty());
            timed(&format!("basis, {shape} of {count}"), || basis(desired, recorded, observed));
            timed(&format!("basis hash, {shape} of {count}"), || basis_hash(desired, recorded, observed));
        }
    }
}

#[test]
fn a_change_at_the_root_of_a_large_project_is_cut_off_without_quadratic_cost() {
    for mut world in [chain(COUNT), fan(COUNT)] {
        world.desired.nodes.entry(node(0)).and_modify(|wanted| {
            wanted.fields.insert(Verb::Run, Fields::new());
        });
        let World { desired, recorded, observed } = &world;
        let plan = timed("decide", || decide(desired, recorded, observed)).unwrap();
        assert_eq!(plan.actions.len(), COUNT);
        let progress = Progress::default();
        let follow = plan.actions.iter().skip(1);
        let unchanged = timed("resolve", || {
            follow
                .filter(|action| resolve(action, None, recorded, &progress) == Resolution::Unchanged)
                .count()
        });
        assert_eq!(unchanged, COUNT - 1);
    }
}

#[test]
fn a_part_of_a_large_project_is_found_and_drawn_without_quadratic_cost() {
    let World { mut desired, .. } = chain(COUNT);
    timed("only", || desired.only(&[node(COUNT / 2)].into()));
    assert_eq!(desired.nodes.len(), COUNT / 2 + 1);
    let drawn = timed("mermaid", || graph::mermaid(&fan(COUNT).desired, &|_| Some("done")));
    assert_eq!(drawn.lines().nth(1), Some("  n0[\"step.s ×100000<br/>100000 done\"]"));
}
