//! Every call is held against a witness that looks at all actions each time.

use std::collections::{BTreeMap, BTreeSet};

use base::Random;
use proptest::prelude::*;

use super::{admit, machine, schedule, small};
use crate::schedule::{Capacity, Claim, Schedule, Start, patience::PATIENCE};

/// What is known of a schedule from outside, to hold it against.
struct Witness {
    capacity: Capacity,
    makers: Vec<Vec<usize>>,
    claims: Vec<Claim>,
    handed: Vec<usize>,
    /// With how many actions behind it have started since.
    admitted: BTreeMap<usize, i64>,
    running: BTreeMap<usize, Vec<u32>>,
    released: BTreeSet<usize>,
    finished: BTreeSet<usize>,
    /// What happened, in order.
    trace: Vec<String>,
}

impl Witness {
    fn goes_before(&self, one: usize, other: usize) -> bool {
        let key = |action: usize| (-self.claims[action].priority, action);
        key(one) < key(other)
    }

    fn fits(&self, action: usize) -> bool {
        let taken = |of: fn(&Claim) -> u64| {
            self.running.keys().chain([&action]).map(|one| of(&self.claims[*one])).sum::<u64>()
        };
        self.running.len() < self.capacity.slots
            && taken(|claim| claim.millicpus) <= self.capacity.millicpus
            && taken(|claim| claim.memory) <= self.capacity.memory
            && taken(|claim| claim.gpus as u64) <= self.capacity.gpus.len() as u64
    }

    /// The action that should start now, by looking at all of them.
    fn next(&self) -> Option<usize> {
        let mut waiting: Vec<usize> = self.admitted.keys().copied().collect();
        waiting.retain(|action| self.capacity.refuses(&self.claims[*action]).is_none());
        waiting.sort_by_key(|action| (-self.claims[*action].priority, *action));
        for action in waiting {
            if self.fits(action) {
                return Some(action);
            }
            if self.admitted[&action] >= PATIENCE {
                return None;
            }
        }
        None
    }

    fn started(&mut self, start: &Start) {
        let action = start.action;
        let taken: BTreeSet<u32> = self.running.values().flatten().copied().collect();
        let gpus: BTreeSet<u32> = start.gpus.iter().copied().collect();
        assert_eq!((gpus.len(), start.gpus.len()), (self.claims[action].gpus, gpus.len()));
        assert!(gpus.is_disjoint(&taken) && gpus.iter().all(|gpu| self.capacity.gpus.contains(gpu)));
        assert!(self.fits(action), "over capacity with {action}");
        assert!(self.makers[action].iter().all(|maker| self.finished.contains(maker)));
        self.admitted.remove(&action);
        let mut admitted = std::mem::take(&mut self.admitted);
        for (other, count) in &mut admitted {
            *count += i64::from(self.goes_before(*other, action));
        }
        self.admitted = admitted;
        self.running.insert(action, start.gpus.clone());
        self.trace.push(format!("start {action} {:?}", start.gpus));
    }

    fn finished(&mut self, action: usize) {
        self.running.remove(&action);
        self.released.remove(&action);
        self.admitted.remove(&action);
        self.handed.retain(|handed| *handed != action);
        assert!(self.finished.insert(action), "{action} finished twice");
        self.trace.push(format!("finish {action}"));
    }
}

fn pick<T>(random: &mut Random, from: &[T]) -> Option<usize> {
    (!from.is_empty()).then(|| random.below(from.len()))
}

/// Makes calls in an order that chance chooses, each held against the witness, until all is done.
fn drive(schedule: &mut Schedule, witness: &mut Witness, seed: u64) {
    let mut random = Random::new(seed);
    let total = witness.claims.len();
    for _ in 0..total * 400 + 400 {
        if schedule.is_done() {
            break;
        }
        one_call(schedule, witness, &mut random);
        assert_eq!(schedule.running(), witness.running.len());
        let begun = witness.running.len() + witness.released.len() + witness.finished.len();
        assert_eq!(schedule.waiting(), total - begun);
    }
    assert_eq!(witness.finished.len(), total, "not everything ended: {:?}", witness.trace);
}

fn one_call(schedule: &mut Schedule, witness: &mut Witness, random: &mut Random) {
    let running: Vec<usize> = witness.running.keys().copied().collect();
    let released: Vec<usize> = witness.released.iter().copied().collect();
    match random.below(12) {
        0 | 1 => {
            let handed = schedule.ready(1 + random.below(4));
            assert!(handed.windows(2).all(|pair| witness.goes_before(pair[0], pair[1])));
            witness.trace.push(format!("ready {handed:?}"));
            witness.handed.extend(handed);
        }
        2..=4 => {
            let Some(at) = pick(random, &witness.handed) else { return };
            let action = witness.handed.swap_remove(at);
            schedule.admit(action);
            witness.admitted.insert(action, 0);
        }
        // More starts than ends, so that the machine is full most of the time.
        5..=8 => {
            let start = schedule.start();
            assert_eq!(start.as_ref().map(|start| start.action), witness.next());
            if let Some(start) = start {
                witness.started(&start);
            }
        }
        9 => {
            let Some(at) = pick(random, &running) else { return };
            schedule.release(running[at]);
            witness.running.remove(&running[at]);
            witness.released.insert(running[at]);
        }
        10 => {
            let Some(at) = pick(random, &released) else { return };
            schedule.finish(released[at]);
            witness.finished(released[at]);
        }
        _ => finish_early(schedule, witness, random, &running),
    }
}

/// What runs may finish without a word before; what can never start must; and now and then an
/// action has nothing to do.
fn finish_early(schedule: &mut Schedule, witness: &mut Witness, random: &mut Random, running: &[usize]) {
    let refused = |action: &&usize| witness.capacity.refuses(&witness.claims[**action]).is_some();
    let stuck = witness.handed.iter().chain(witness.admitted.keys()).find(refused).copied();
    let idle = if random.below(8) == 0 { witness.handed.first().copied() } else { None };
    let one = stuck.or(idle).or_else(|| pick(random, running).map(|at| running[at]));
    if let Some(action) = one {
        schedule.finish(action);
        witness.finished(action);
    }
}

fn claim() -> impl Strategy<Value = Claim> {
    let priority = prop_oneof![3 => Just(0i64), 1 => -2..3i64];
    (0..5u64, 0..9u64, 0..4usize, priority).prop_map(|(cpus, memory, gpus, priority)| Claim {
        millicpus: cpus * 1_000,
        memory,
        gpus: gpus.saturating_sub(1),
        priority,
    })
}

/// For each action the places of its makers, all before it.
fn graph() -> impl Strategy<Value = (Vec<Vec<usize>>, Vec<Claim>)> {
    (1..80usize).prop_flat_map(|count| {
        let edges = proptest::collection::vec((0..count, 0..count), 0..count);
        (edges, proptest::collection::vec(claim(), count)).prop_map(move |(edges, claims)| {
            let mut makers = vec![Vec::new(); count];
            for (one, other) in edges.into_iter().filter(|(one, other)| one != other) {
                makers[one.max(other)].push(one.min(other));
            }
            (makers, claims)
        })
    })
}

fn witness(slots: usize, makers: &[Vec<usize>], claims: &[Claim]) -> Witness {
    Witness {
        capacity: machine(slots),
        makers: makers.to_vec(),
        claims: claims.to_vec(),
        handed: Vec::new(),
        admitted: BTreeMap::new(),
        running: BTreeMap::new(),
        released: BTreeSet::new(),
        finished: BTreeSet::new(),
        trace: Vec::new(),
    }
}

fn trace(slots: usize, makers: &[Vec<usize>], claims: &[Claim], seed: u64) -> Vec<String> {
    let mut witness = witness(slots, makers, claims);
    let mut schedule = schedule(&witness.capacity, makers, claims);
    drive(&mut schedule, &mut witness, seed);
    witness.trace
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_graph_ends_within_capacity_in_order_and_the_same_each_time(
        (makers, claims) in graph(),
        slots in 1..6usize,
        seed in any::<u64>(),
    ) {
        prop_assert_eq!(trace(slots, &makers, &claims, seed), trace(slots, &makers, &claims, seed));
    }

    #[test]
    fn big_claims_among_many_small_ones_keep_their_turn(
        big in proptest::collection::vec(0..250usize, 1..6),
        seed in any::<u64>(),
    ) {
        let mut claims = vec![small(); 250];
        for (number, action) in big.into_iter().enumerate() {
            let memory = 8 - u64::try_from(number).unwrap();
            claims[action] = Claim { memory, millicpus: 4_000, ..small() };
        }
        let makers = vec![Vec::new(); 250];
        let mut witness = witness(4, &makers, &claims);
        let mut schedule = schedule(&witness.capacity, &makers, &claims);
        // With all of them waiting from the start there is always a small one to take what becomes free.
        admit(&mut schedule);
        witness.admitted = (0..250).map(|action| (action, 0)).collect();
        drive(&mut schedule, &mut witness, seed);
    }
}
