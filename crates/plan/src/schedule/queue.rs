//! The actions that may start, by what they need: finds the first of them that fits.

use std::collections::BTreeSet;

use super::capacity::Need;

/// No rank.
const NONE: usize = usize::MAX;

/// Ranks that wait, in one line for each need that occurs; a tree over the lines
/// finds the lowest rank that fits without looking at all of them.
pub(super) struct Queue {
    /// Every need that occurs, in order.
    needs: Vec<Need>,
    lines: Vec<BTreeSet<usize>>,
    /// A binary tree: the root is 1, the children of a knot are at twice its place and the next, and the lines
    /// are the leaves.
    knots: Vec<Knot>,
}

/// What is below a knot.
#[derive(Clone, Copy)]
struct Knot {
    first: usize,
    least: Need,
    most: Need,
}

impl Queue {
    pub(super) fn new(needs: impl Iterator<Item = Need>) -> Self {
        let needs: Vec<Need> = needs.collect::<BTreeSet<_>>().into_iter().collect();
        let width = needs.len().next_power_of_two();
        let empty = Knot { first: NONE, least: Need::EVERYTHING, most: Need::NOTHING };
        let mut knots = vec![empty; 2 * width];
        for (knot, need) in knots[width..].iter_mut().zip(&needs) {
            (knot.least, knot.most) = (*need, *need);
        }
        for place in (1..width).rev() {
            let (left, right) = (knots[2 * place], knots[2 * place + 1]);
            knots[place].least = left.least.least(&right.least);
            knots[place].most = left.most.most(&right.most);
        }
        Self { lines: vec![BTreeSet::new(); needs.len()], needs, knots }
    }

    pub(super) fn insert(&mut self, rank: usize, need: &Need) {
        self.change(need, |line| {
            line.insert(rank);
        });
    }

    pub(super) fn remove(&mut self, rank: usize, need: &Need) {
        self.change(need, |line| {
            line.remove(&rank);
        });
    }

    pub(super) fn clear(&mut self) {
        self.lines.fill(BTreeSet::new());
        self.knots.iter_mut().for_each(|knot| knot.first = NONE);
    }

    /// The lowest rank whose need fits into this room.
    pub(super) fn first(&self, room: &Need) -> Option<usize> {
        let first = self.below(1, room, NONE);
        (first != NONE).then_some(first)
    }

    /// The lowest rank that fits below this knot, or `best` if that is lower.
    fn below(&self, place: usize, room: &Need, best: usize) -> usize {
        let knot = &self.knots[place];
        if knot.first >= best || !knot.least.is_within(room) {
            return best;
        }
        if knot.most.is_within(room) {
            return knot.first;
        }
        let (left, right) = (2 * place, 2 * place + 1);
        let left_is_first = self.knots[left].first <= self.knots[right].first;
        let (near, far) = if left_is_first { (left, right) } else { (right, left) };
        self.below(far, room, self.below(near, room, best))
    }

    fn change(&mut self, need: &Need, change: impl FnOnce(&mut BTreeSet<usize>)) {
        let Ok(line) = self.needs.binary_search(need) else { return };
        change(&mut self.lines[line]);
        let mut place = self.knots.len() / 2 + line;
        self.knots[place].first = self.lines[line].first().copied().unwrap_or(NONE);
        while place > 1 {
            place /= 2;
            self.knots[place].first = self.knots[2 * place].first.min(self.knots[2 * place + 1].first);
        }
    }
}
