//! Which action starts when: the order of a plan's graph, what the machine offers, and who goes first.
//!
//! The engine asks here and does what it is told: it journals the intents of what is [ready](Schedule::ready),
//! [admits](Schedule::admit) each once its intent is on disk, [starts](Schedule::start) what fits, says when a
//! process [ended](Schedule::release) and when the outcome [is known](Schedule::finish). Nothing here waits or
//! runs anything, so the same calls always give the same answers. Whatever the size of the graph, all the
//! calls together take about as many steps as it has actions and inputs, times the logarithm of the actions.

mod capacity;
mod patience;
mod queue;
#[cfg(test)]
mod tests;

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
};

pub use capacity::{Capacity, Claim};
use capacity::{Free, Need};
use patience::Patience;
use queue::Queue;

use crate::{Action, ActionId, Input};

/// An action to start now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    /// Its place in the plan.
    pub action: usize,
    /// The GPUs that are its own until it is released, by index.
    pub gpus: Vec<u32>,
}

/// Where an action has come.
#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    /// So many inputs are still to be made.
    Waiting(usize),
    /// All of its inputs are made.
    Ready,
    /// It was handed out to be journalled.
    HandedOut,
    /// It may start.
    Admitted,
    /// It runs, with these GPUs.
    Running(Vec<u32>),
    /// It has ended, and its outcome is being recorded.
    Released,
    /// Its outcome is known.
    Finished,
    /// It never starts.
    Dropped,
}

/// One action of the plan.
struct Entry {
    state: State,
    need: Need,
    /// Whether it could start if it were alone.
    fits: bool,
    /// Its place in the order of priority, then of the plan.
    rank: usize,
    /// The places of the actions that read what it makes, once for each such input.
    readers: Vec<usize>,
}

/// What of a plan has been done, what runs, and what may start next. Actions are named by their
/// place in the plan; a call that does not fit an action's state is passed over.
///
/// An action that the [capacity refuses](Capacity::refuses) is never started: finish it, as one that failed, when
/// it is ready. So is one that turns out to have nothing to do.
pub struct Schedule {
    entries: Vec<Entry>,
    /// The action of each rank.
    by_rank: Vec<usize>,
    /// The ranks that are ready and were not handed out.
    ready: BinaryHeap<Reverse<usize>>,
    queue: Queue,
    patience: Patience,
    free: Free,
    running: usize,
    waiting: usize,
    unfinished: usize,
}

impl Schedule {
    /// The schedule of a plan's actions, of which none has begun. An input that no action of
    /// the plan makes is there already.
    pub fn new(capacity: Capacity, actions: &[Action], claims: impl Fn(&Action) -> Claim) -> Self {
        let claims: Vec<Claim> = actions.iter().map(claims).collect();
        let mut by_rank: Vec<usize> = (0..actions.len()).collect();
        by_rank.sort_by_key(|action| Reverse(claims[*action].priority));
        let mut entries: Vec<Entry> = claims.iter().map(|claim| Entry::new(claim, &capacity)).collect();
        for (rank, action) in by_rank.iter().enumerate() {
            entries[*action].rank = rank;
        }
        connect(&mut entries, actions);
        let mut schedule = Self {
            queue: Queue::new(entries.iter().map(|entry| entry.need)),
            patience: Patience::new(entries.len()),
            free: Free::all(&capacity),
            ready: BinaryHeap::new(),
            running: 0,
            waiting: entries.len(),
            unfinished: entries.len(),
            entries,
            by_rank,
        };
        for action in 0..actions.len() {
            schedule.ready_if_made(action);
        }
        schedule
    }

    /// Hands out, once, actions whose inputs are all made, by priority and then in the
    /// plan's order: at most so many. They may be journalled ahead of their start.
    pub fn ready(&mut self, limit: usize) -> Vec<usize> {
        let count = limit.min(self.ready.len());
        let ranks = (0..count).filter_map(|_| self.ready.pop());
        let actions: Vec<usize> = ranks.map(|Reverse(rank)| self.by_rank[rank]).collect();
        for action in &actions {
            self.entries[*action].state = State::HandedOut;
        }
        actions
    }

    /// The intent of an action that was handed out is on disk: it may start.
    pub fn admit(&mut self, action: usize) {
        let entry = &mut self.entries[action];
        if entry.state != State::HandedOut {
            return;
        }
        entry.state = State::Admitted;
        if entry.fits {
            self.queue.insert(entry.rank, &entry.need);
            self.patience.begin(entry.rank);
        }
    }

    /// The next admitted action that fits into what is free: the one of the highest priority, and of those
    /// the first in the plan. A smaller one may overtake one that does not fit yet, but not for ever: when
    /// 64 have, nothing of a lower place starts before it.
    pub fn start(&mut self) -> Option<Start> {
        let rank = self.queue.first(&self.free.room()?)?;
        if self.patience.ended().is_some_and(|insists| rank > insists) {
            return None;
        }
        let action = self.by_rank[rank];
        self.leave_queue(action);
        self.patience.starts(rank);
        let entry = &mut self.entries[action];
        let gpus = self.free.take(&entry.need);
        entry.state = State::Running(gpus.clone());
        self.waiting -= 1;
        self.running += 1;
        Some(Start { action, gpus })
    }

    /// The process of a running action has ended: what it claimed is free, while its outcome is being recorded.
    pub fn release(&mut self, action: usize) {
        let entry = &mut self.entries[action];
        let State::Running(gpus) = &mut entry.state else { return };
        let gpus = std::mem::take(gpus);
        entry.state = State::Released;
        self.free.give_back(&entry.need, gpus);
        self.running -= 1;
    }

    /// The outcome of an action is known, whether it ran or there was nothing to do: what reads it may become ready.
    pub fn finish(&mut self, action: usize) {
        self.release(action);
        match self.entries[action].state {
            State::Released => {}
            State::HandedOut => self.waiting -= 1,
            State::Admitted => {
                self.leave_queue(action);
                self.waiting -= 1;
            }
            _ => return,
        }
        self.entries[action].state = State::Finished;
        self.unfinished -= 1;
        for reader in std::mem::take(&mut self.entries[action].readers) {
            if let State::Waiting(count) = &mut self.entries[reader].state {
                *count -= 1;
                self.ready_if_made(reader);
            }
        }
    }

    /// Nothing more starts. Returns what had not started, admitted or not, in the plan's order.
    pub fn drop_rest(&mut self) -> Vec<usize> {
        let is_left = |state: &State| {
            matches!(state, State::Waiting(_) | State::Ready | State::HandedOut | State::Admitted)
        };
        let mut dropped = Vec::new();
        for (action, entry) in self.entries.iter_mut().enumerate().filter(|(_, entry)| is_left(&entry.state))
        {
            entry.state = State::Dropped;
            dropped.push(action);
        }
        self.ready.clear();
        self.queue.clear();
        self.unfinished -= dropped.len();
        self.waiting = 0;
        dropped
    }

    /// Whether every action's outcome is known, or it was dropped.
    pub fn is_done(&self) -> bool {
        self.unfinished == 0
    }

    /// How many run now.
    pub fn running(&self) -> usize {
        self.running
    }

    /// How many have neither started nor finished.
    pub fn waiting(&self) -> usize {
        self.waiting
    }

    fn ready_if_made(&mut self, action: usize) {
        let entry = &mut self.entries[action];
        if entry.state == State::Waiting(0) {
            entry.state = State::Ready;
            self.ready.push(Reverse(entry.rank));
        }
    }

    fn leave_queue(&mut self, action: usize) {
        let entry = &self.entries[action];
        self.queue.remove(entry.rank, &entry.need);
        self.patience.end(entry.rank);
    }
}

impl Entry {
    fn new(claim: &Claim, capacity: &Capacity) -> Self {
        Self {
            state: State::Waiting(0),
            need: Need::of(claim),
            fits: capacity.refuses(claim).is_none(),
            rank: 0,
            readers: Vec::new(),
        }
    }
}

/// Notes for each action which ones read it, and for those how many they wait for.
fn connect(entries: &mut [Entry], actions: &[Action]) {
    let places: HashMap<&ActionId, usize> =
        actions.iter().enumerate().map(|(place, action)| (&action.id, place)).collect();
    for (reader, action) in actions.iter().enumerate() {
        let makers = action.inputs.values().filter_map(|input| match input {
            Input::From(id) => places.get(id).copied(),
            Input::Known(_) => None,
        });
        let mut count = 0;
        for maker in makers {
            entries[maker].readers.push(reader);
            count += 1;
        }
        entries[reader].state = State::Waiting(count);
    }
}
