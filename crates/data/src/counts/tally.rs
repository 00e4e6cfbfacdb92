//! Counts of different 64-bit keys, in one open table: what makes counting numbers cheap while they repeat.

use std::hash::{BuildHasher, RandomState};

/// Slots of a new table; a power of two, as every later size is.
const SMALLEST: usize = 1 << 10;
/// An odd number without a pattern, to spread keys that differ in a few bits only.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

/// How often each key came.
#[derive(Debug)]
pub(super) struct Tally {
    /// A key and its count; a count of 0 is a free slot.
    slots: Vec<(u64, u64)>,
    used: usize,
    /// Different in every process, so that nobody can prepare keys that all fall into one slot.
    seed: u64,
}

impl Tally {
    pub(super) fn new() -> Self {
        Self { slots: vec![(0, 0); SMALLEST], used: 0, seed: RandomState::new().hash_one(SPREAD) }
    }

    /// How many different keys there are.
    pub(super) fn len(&self) -> usize {
        self.used
    }

    /// Counts a key so many times more; `times` is not 0.
    #[inline]
    pub(super) fn add(&mut self, key: u64, times: u64) {
        let last = self.slots.len() - 1;
        let mut place = self.place(key) & last;
        loop {
            let (held, count) = &mut self.slots[place];
            if *count == 0 {
                return self.insert(place, key, times);
            }
            if *held == key {
                *count += times;
                return;
            }
            place = (place + 1) & last;
        }
    }

    #[inline]
    fn place(&self, key: u64) -> usize {
        let product = u128::from(key ^ self.seed) * u128::from(SPREAD);
        ((product >> 64) ^ product) as usize
    }

    fn insert(&mut self, place: usize, key: u64, times: u64) {
        self.slots[place] = (key, times);
        self.used += 1;
        if self.used * 2 > self.slots.len() {
            self.grow();
        }
    }

    fn grow(&mut self) {
        let wider = vec![(0, 0); self.slots.len() * 2];
        let held = std::mem::replace(&mut self.slots, wider);
        self.used = 0;
        for (key, count) in held.into_iter().filter(|(_, count)| *count > 0) {
            self.add(key, count);
        }
    }

    /// The keys with their counts, in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, u64)> {
        self.slots.iter().copied().filter(|(_, count)| *count > 0)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::Tally;

    #[test]
    fn every_key_has_its_count_however_the_table_grows() {
        let mut tally = Tally::new();
        let mut expected = HashMap::new();
        for step in 0..100_000u64 {
            let key = ((step * step) % 30_011) << 40;
            tally.add(key, step % 3 + 1);
            *expected.entry(key).or_insert(0) += step % 3 + 1;
        }
        assert_eq!(tally.len(), expected.len());
        assert_eq!(tally.iter().collect::<HashMap<_, _>>(), expected);
    }
}
