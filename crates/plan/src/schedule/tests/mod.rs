mod properties;
mod size;

use super::{Capacity, Claim, Schedule, Start, patience::PATIENCE};
use crate::{Action, ActionId, Condition, Fields, Input, Node, Reason, Verb};

/// Actions on steps, each with the places of those that make its inputs.
fn actions(makers: &[Vec<usize>]) -> Vec<Action> {
    let id = |place: usize| ActionId::new(Verb::Run, &format!("step.s{place}").parse::<Node>().unwrap());
    let input = |maker: &usize| (format!("step.s{maker}"), Input::From(id(*maker)));
    let action = |(place, makers): (usize, &Vec<usize>)| Action {
        id: id(place),
        reasons: vec![Reason::NeverRan],
        condition: Condition::Always,
        fields: Fields::new(),
        inputs: makers.iter().map(input).collect(),
    };
    makers.iter().enumerate().map(action).collect()
}

fn place(action: &Action) -> usize {
    action.id.node.name().as_str()[1..].parse().unwrap()
}

fn schedule(capacity: &Capacity, makers: &[Vec<usize>], claims: &[Claim]) -> Schedule {
    Schedule::new(capacity.clone(), &actions(makers), |action| claims[place(action)].clone())
}

fn machine(slots: usize) -> Capacity {
    Capacity { slots, millicpus: 4_000, memory: 8, gpus: vec![3, 5] }
}

fn small() -> Claim {
    Claim { millicpus: 1_000, memory: 1, gpus: 0, priority: 0 }
}

/// Admits all that is ready.
fn admit(schedule: &mut Schedule) {
    for action in schedule.ready(usize::MAX) {
        schedule.admit(action);
    }
}

fn started(schedule: &mut Schedule) -> Vec<usize> {
    std::iter::from_fn(|| schedule.start()).map(|start| start.action).collect()
}

#[test]
fn an_action_starts_when_its_makers_have_finished_and_its_intent_is_on_disk() {
    let makers = [vec![], vec![0], vec![0, 1]];
    let mut schedule = schedule(&machine(9), &makers, &[small(), small(), small()]);
    assert_eq!(schedule.start(), None);
    assert_eq!(schedule.ready(9), [0]);
    assert_eq!((schedule.ready(9), schedule.start()), (vec![], None));
    schedule.admit(0);
    assert_eq!(started(&mut schedule), [0]);
    schedule.release(0);
    assert_eq!((schedule.running(), schedule.ready(9)), (0, vec![]));
    schedule.finish(0);
    assert_eq!(schedule.ready(9), [1]);
    // It turned out to have nothing to do.
    schedule.finish(1);
    admit(&mut schedule);
    assert_eq!(started(&mut schedule), [2]);
    assert_eq!((schedule.running(), schedule.waiting(), schedule.is_done()), (1, 0, false));
    schedule.finish(2);
    assert!(schedule.is_done());
}

#[test]
fn what_matters_more_goes_first_and_then_what_stands_first() {
    let priority = |priority| Claim { priority, ..small() };
    let claims = [priority(0), priority(5), priority(-1), priority(5), priority(0)];
    let mut schedule = schedule(&machine(9), &[vec![], vec![], vec![], vec![], vec![]], &claims);
    assert_eq!(schedule.ready(2), [1, 3]);
    assert_eq!(schedule.ready(9), [0, 4, 2]);
    for action in [2, 4, 0, 3, 1] {
        schedule.admit(action);
    }
    assert_eq!(started(&mut schedule), [1, 3, 0, 4]);
    schedule.release(0);
    assert_eq!(started(&mut schedule), [2]);
}

#[test]
fn gpus_are_handed_out_by_index_and_come_back_when_the_process_ends() {
    let claim = |gpus| Claim { gpus, ..small() };
    let claims = [claim(1), claim(0), claim(1), claim(1)];
    let mut schedule = schedule(&machine(9), &[vec![], vec![], vec![], vec![]], &claims);
    admit(&mut schedule);
    assert_eq!(schedule.start(), Some(Start { action: 0, gpus: vec![3] }));
    assert_eq!(schedule.start(), Some(Start { action: 1, gpus: vec![] }));
    assert_eq!(schedule.start(), Some(Start { action: 2, gpus: vec![5] }));
    assert_eq!(schedule.start(), None);
    schedule.release(2);
    assert_eq!(schedule.start(), Some(Start { action: 3, gpus: vec![5] }));
    // What is said twice, or of what never began, changes nothing.
    schedule.release(2);
    schedule.admit(2);
    assert_eq!((schedule.running(), schedule.start()), (3, None));
}

#[test]
fn what_can_never_fit_is_handed_out_and_blocks_nobody() {
    let big = Claim { memory: 9, priority: 9, ..small() };
    let mut claims = vec![small(); 200];
    claims[0] = big;
    let makers: Vec<Vec<usize>> = (0..200).map(|_| Vec::new()).collect();
    let mut schedule = schedule(&machine(1), &makers, &claims);
    admit(&mut schedule);
    for _ in 1..200 {
        let start = schedule.start().unwrap();
        schedule.finish(start.action);
    }
    assert_eq!((schedule.start(), schedule.waiting()), (None, 1));
    schedule.finish(0);
    assert!(schedule.is_done());
}

#[test]
fn a_big_claim_is_overtaken_so_often_and_no_more() {
    let big = Claim { memory: 8, ..small() };
    let mut claims = vec![small(); 300];
    claims[1] = big;
    let makers: Vec<Vec<usize>> = (0..300).map(|_| Vec::new()).collect();
    let mut schedule = schedule(&machine(2), &makers, &claims);
    admit(&mut schedule);
    let mut running = started(&mut schedule);
    assert_eq!(running, [0, 2]);
    let mut overtaken = 1;
    while running[0] != 1 {
        // One of the two always goes on, so that there is never room for the big one by chance.
        let ended = running.remove(0);
        schedule.finish(ended);
        let next = started(&mut schedule);
        overtaken += next.iter().filter(|action| **action > 1).count();
        running.extend(next);
    }
    assert_eq!(overtaken, usize::try_from(PATIENCE).unwrap());
}

#[test]
fn what_is_dropped_never_starts_and_what_runs_still_ends() {
    let makers = [vec![], vec![], vec![], vec![0]];
    let mut schedule = schedule(&machine(1), &makers, &[small(), small(), small(), small()]);
    let handed = schedule.ready(2);
    schedule.admit(handed[0]);
    assert_eq!(started(&mut schedule), [0]);
    assert_eq!(schedule.drop_rest(), [1, 2, 3]);
    schedule.admit(1);
    assert_eq!((schedule.is_done(), schedule.waiting(), schedule.running()), (false, 0, 1));
    schedule.finish(0);
    assert_eq!((schedule.is_done(), schedule.ready(9), schedule.start()), (true, vec![], None));
    assert!(schedule.drop_rest().is_empty());
}

#[test]
fn a_plan_without_actions_is_done() {
    let mut schedule = schedule(&machine(1), &[], &[]);
    assert!(schedule.is_done());
    assert_eq!((schedule.start(), schedule.ready(1)), (None, vec![]));
}
