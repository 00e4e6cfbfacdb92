use base::Random;
use serde::{Deserialize, Serialize};

use crate::drift::NumberCounts;

/// How much smaller each level's room is than that of the level above.
const SHRINKING: f64 = 2.0 / 3.0;

/// The least room of a level.
const LEAST_ROOM: usize = 8;

/// The ranks of the numbers of a column, approximately, in bounded memory.
///
/// The sketch of Karnin, Lang and Liberty, "Optimal quantile approximation in streams" (2016):
/// numbers lie on levels, one of level h standing for 2^h rows; a full level is sorted and every
/// second number, from a random start, moves up. It holds about 3·`room` numbers of 8 bytes,
/// whatever the rows, and is exact until it first runs out of that room.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Quantiles {
    room: usize,
    levels: Vec<Vec<f64>>,
    range: Option<(f64, f64)>,
    missing: u64,
    infinite: u64,
    /// Random starts so far; with the numbers themselves it seeds the next.
    starts: u64,
}

impl Default for Quantiles {
    fn default() -> Self {
        Self::new(4_096)
    }
}

impl Quantiles {
    /// An empty sketch whose topmost level has this room, at least 8.
    pub fn new(room: usize) -> Self {
        let levels = vec![Vec::new()];
        Self { room: room.max(LEAST_ROOM), levels, range: None, missing: 0, infinite: 0, starts: 0 }
    }

    /// Adds one row; NaN is a missing number.
    pub fn add(&mut self, value: f64) {
        if value.is_nan() {
            self.missing += 1;
        } else if value.is_infinite() {
            self.infinite += 1;
        } else {
            self.widen((value, value));
            self.levels[0].push(value);
            if self.levels[0].len() >= LEAST_ROOM {
                self.make_room();
            }
        }
    }

    /// Adds the rows of another part of the same column; the coarser of the two rooms holds.
    pub fn merge(&mut self, part: Self) {
        self.room = self.room.min(part.room);
        self.missing += part.missing;
        self.infinite += part.infinite;
        self.starts = self.starts.wrapping_add(part.starts);
        if let Some(range) = part.range {
            self.widen(range);
        }
        let missing = part.levels.len().saturating_sub(self.levels.len());
        self.levels.extend(std::iter::repeat_n(Vec::new(), missing));
        for (level, values) in self.levels.iter_mut().zip(part.levels) {
            level.extend(values);
        }
        self.make_room();
    }

    /// The bound on the error of any share of rows below a number, over all numbers at once,
    /// that holds in at least 99 of 100 sketches; 0 while the sketch is exact.
    ///
    /// Measured, not proven: `tests/drift/sketch.rs` holds it against sorted, random, alternating and
    /// merged columns.
    pub fn rank_error(&self) -> f64 {
        if self.levels.len() == 1 { 0.0 } else { 2.5 / self.room as f64 }
    }

    /// The numbers kept, each with the rows it stands for; the least and the greatest number of
    /// the column are always among them.
    pub fn counts(&self) -> NumberCounts {
        let mut weighted: Vec<(f64, u64)> = Vec::new();
        for (level, values) in self.levels.iter().enumerate() {
            weighted.extend(values.iter().map(|value| (*value + 0.0, 1 << level)));
        }
        weighted.sort_by(|one, other| one.0.total_cmp(&other.0));
        self.keep_ends(&mut weighted);
        let runs = weighted.chunk_by(|one, other| one.0 == other.0);
        let (values, counts) = runs.map(|run| (run[0].0, run.iter().map(|row| row.1).sum::<u64>())).unzip();
        NumberCounts::from_sorted(values, counts, self.missing, self.infinite)
    }

    /// Lets one row of the outermost numbers stand for the true ends.
    fn keep_ends(&self, sorted: &mut Vec<(f64, u64)>) {
        let Some((least, greatest)) = self.range else { return };
        if let Some(first) = sorted.first_mut().filter(|first| first.0 > least && first.1 > 1) {
            first.1 -= 1;
            sorted.insert(0, (least, 1));
        }
        if let Some(last) = sorted.last_mut().filter(|last| last.0 < greatest && last.1 > 1) {
            last.1 -= 1;
            sorted.push((greatest, 1));
        }
    }

    /// How many numbers are held.
    pub fn held(&self) -> usize {
        self.levels.iter().map(Vec::len).sum()
    }

    fn widen(&mut self, (least, greatest): (f64, f64)) {
        let (low, high) = self.range.unwrap_or((least, greatest));
        self.range = Some((low.min(least) + 0.0, high.max(greatest) + 0.0));
    }

    fn room_of(&self, level: usize) -> usize {
        let depth = (self.levels.len() - 1 - level) as i32;
        ((self.room as f64 * SHRINKING.powi(depth)).ceil() as usize).max(LEAST_ROOM)
    }

    /// Halves the lowest full level, until all that is held fits the room of all levels.
    fn make_room(&mut self) {
        while self.held() >= (0..self.levels.len()).map(|level| self.room_of(level)).sum() {
            let Some(full) =
                (0..self.levels.len()).find(|level| self.levels[*level].len() >= self.room_of(*level))
            else {
                return;
            };
            self.halve(full);
        }
    }

    fn halve(&mut self, level: usize) {
        let mut values = std::mem::take(&mut self.levels[level]);
        values.sort_by(f64::total_cmp);
        // An odd one stays, so that the rows stood for are kept exactly.
        if values.len() % 2 == 1 {
            self.levels[level].extend(values.pop());
        }
        self.starts = self.starts.wrapping_add(1);
        let seed = values.first().map_or(0, |value| value.to_bits());
        let start = Random::new(self.starts ^ seed.rotate_left(17)).below(2);
        if level + 1 == self.levels.len() {
            self.levels.push(Vec::new());
        }
        self.levels[level + 1].extend(values.into_iter().skip(start).step_by(2));
    }
}

impl Extend<f64> for Quantiles {
    fn extend<I: IntoIterator<Item = f64>>(&mut self, values: I) {
        values.into_iter().for_each(|value| self.add(value));
    }
}
