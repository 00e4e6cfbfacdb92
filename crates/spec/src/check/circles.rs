//! Steps that wait for each other.

use std::collections::{BTreeMap, HashMap};

use base::{Diagnostic, Name};

use super::{Report, steps_read};
use crate::Step;

/// In a file with more circles than this, one slip made them all.
const MOST: usize = 50;

/// Records one finding for each circle.
pub(super) fn refuse(steps: &BTreeMap<Name, Step>, report: Report<'_>) {
    let mut waiting = Waiting::of(steps);
    for _ in 0..MOST {
        waiting.drop_what_can_run();
        let Some(circle) = waiting.circle() else { return };
        let mut names: Vec<&str> = circle.iter().map(|step| waiting.names[*step].as_str()).collect();
        names.push(names[0]);
        let finding = Diagnostic::error(format!("steps wait for each other: {}", written(&names)));
        report(&["step", names[0], "reads"], finding.hint("remove one of these reads"));
        circle.into_iter().for_each(|step| waiting.drop(step));
    }
}

/// The circle for a person: of a long one its ends.
fn written(names: &[&str]) -> String {
    const LONGEST: usize = 12;
    match names {
        [first @ .., last] if names.len() > LONGEST => {
            let more = first.len() - LONGEST / 2;
            format!("{} reads … {more} more … reads {last}", first[..LONGEST / 2].join(" reads "))
        }
        all => all.join(" reads "),
    }
}

/// The steps that are in a circle, wait for one, or have not been looked at yet; by number, in order of name.
struct Waiting<'a> {
    names: Vec<&'a Name>,
    reads: Vec<Vec<usize>>,
    readers: Vec<Vec<usize>>,
    /// How many of its reads each step still waits for.
    open: Vec<usize>,
    is_waiting: Vec<bool>,
    ready: Vec<usize>,
    /// No step before this one waits.
    first: usize,
}

impl<'a> Waiting<'a> {
    fn of(steps: &'a BTreeMap<Name, Step>) -> Self {
        let names: Vec<&Name> = steps.keys().collect();
        let numbers: HashMap<&Name, usize> =
            names.iter().enumerate().map(|(step, name)| (*name, step)).collect();
        let read = |step: &'a Step| steps_read(step).filter_map(|name| numbers.get(name).copied()).collect();
        let reads: Vec<Vec<usize>> = steps.values().map(read).collect();
        let mut readers = vec![Vec::new(); names.len()];
        for (step, reads) in reads.iter().enumerate() {
            reads.iter().for_each(|read| readers[*read].push(step));
        }
        let open: Vec<usize> = reads.iter().map(Vec::len).collect();
        let ready = (0..names.len()).filter(|step| open[*step] == 0).collect();
        Self { is_waiting: vec![true; names.len()], names, reads, readers, open, ready, first: 0 }
    }

    /// Leaves the steps that are in a circle or wait for one.
    fn drop_what_can_run(&mut self) {
        while let Some(step) = self.ready.pop() {
            self.drop(step);
        }
    }

    fn drop(&mut self, step: usize) {
        if !std::mem::take(&mut self.is_waiting[step]) {
            return;
        }
        for reader in &self.readers[step] {
            self.open[*reader] -= 1;
            if self.open[*reader] == 0 {
                self.ready.push(*reader);
            }
        }
    }

    /// The circle that following the reads from the first waiting step ends in, begun at its first name.
    fn circle(&mut self) -> Option<Vec<usize>> {
        self.first += self.is_waiting[self.first..].iter().position(|waits| *waits)?;
        let mut walked = vec![self.first];
        let mut places = HashMap::from([(self.first, 0)]);
        loop {
            let last = walked[walked.len() - 1];
            let next = self.reads[last].iter().find(|read| self.is_waiting[**read]);
            let next = *next.expect("a step that waits reads one that waits");
            if let Some(start) = places.insert(next, walked.len()) {
                let mut circle = walked.split_off(start);
                let least =
                    circle.iter().enumerate().min_by_key(|(_, step)| **step).map_or(0, |(place, _)| place);
                circle.rotate_left(least);
                return Some(circle);
            }
            walked.push(next);
        }
    }
}
