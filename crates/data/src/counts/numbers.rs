//! The numbers of a column on one side: counted while they repeat, listed and sorted when they do not,
//! sketched when there are too many to keep.

use stats::{drift::NumberCounts, sketch::Quantiles};

use super::{radix, tally::Tally};

/// Different numbers after which a column whose numbers rarely repeat is no longer tallied.
const EARLY: usize = 1 << 15;
/// Different numbers after which no column is.
const LATE: usize = 1 << 20;
/// Numbers that all columns of a job may list together on one side. With the other side's and the copy
/// that sorting needs this is 96 MB.
pub(super) const LISTED: usize = 4_000_000;
/// The room of a sketch: a few megabytes, for ranks that are off by less than one row in 20,000.
const ROOM: usize = 1 << 16;

/// What has been counted so far.
#[derive(Debug)]
pub(super) struct Numbers {
    finite: Finite,
    missing: u64,
    infinite: u64,
    /// The rows with a finite number.
    rows: u64,
    /// How many numbers may be listed.
    limit: usize,
}

#[derive(Debug)]
enum Finite {
    Tallied(Tally),
    Listed(Vec<f64>),
    Sketched(Quantiles),
}

impl Numbers {
    pub(super) fn new(limit: usize) -> Self {
        Self { finite: Finite::Tallied(Tally::new()), missing: 0, infinite: 0, rows: 0, limit }
    }

    pub(super) fn add_missing(&mut self, rows: u64) {
        self.missing += rows;
    }

    /// Counts a number of so many rows; `times` is not 0.
    #[inline]
    pub(super) fn add(&mut self, number: f64, times: u64) {
        if !number.is_finite() {
            let apart = if number.is_nan() { &mut self.missing } else { &mut self.infinite };
            *apart += times;
            return;
        }
        // Adding zero turns -0 into 0, so that the two are one value.
        let number = number + 0.0;
        self.rows += times;
        match &mut self.finite {
            Finite::Tallied(tally) => {
                tally.add(number.to_bits(), times);
                if tally.len() >= EARLY {
                    self.reconsider();
                }
            }
            Finite::Listed(listed) if listed.len() as u64 + times <= self.limit as u64 => {
                listed.extend(std::iter::repeat_n(number, times as usize));
            }
            Finite::Listed(_) => {
                if let Finite::Sketched(sketch) = self.sketch() {
                    add_times(sketch, number, times);
                }
            }
            Finite::Sketched(sketch) => add_times(sketch, number, times),
        }
    }

    /// Whether tallying still pays; not asked before there are [`EARLY`] different numbers.
    fn reconsider(&mut self) {
        let Finite::Tallied(tally) = &self.finite else { return };
        let rare = self.rows < 2 * tally.len() as u64;
        if !rare && tally.len() < LATE {
            return;
        }
        let room = self.rows <= self.limit as u64;
        if !room {
            self.sketch();
            return;
        }
        let mut listed = Vec::with_capacity(self.rows as usize);
        for (bits, times) in tally.iter() {
            listed.extend(std::iter::repeat_n(f64::from_bits(bits), times as usize));
        }
        self.finite = Finite::Listed(listed);
    }

    /// Gives up keeping every number.
    fn sketch(&mut self) -> &mut Finite {
        let mut sketch = Quantiles::new(ROOM);
        match &self.finite {
            Finite::Tallied(tally) => {
                tally.iter().for_each(|(bits, times)| add_times(&mut sketch, f64::from_bits(bits), times));
            }
            Finite::Listed(listed) => listed.iter().for_each(|number| sketch.add(*number)),
            Finite::Sketched(_) => return &mut self.finite,
        }
        self.finite = Finite::Sketched(sketch);
        &mut self.finite
    }

    /// The counts, and how far a rank may be off when they are not exact.
    pub(super) fn finish(self) -> (NumberCounts, Option<f64>) {
        let Self { finite, missing, infinite, .. } = self;
        match finite {
            Finite::Tallied(tally) => {
                let mut pairs: Vec<_> =
                    tally.iter().map(|(bits, times)| (f64::from_bits(bits), times)).collect();
                pairs.sort_unstable_by(|one, other| one.0.total_cmp(&other.0));
                let (numbers, times) = pairs.into_iter().unzip();
                (NumberCounts::from_sorted(numbers, times, missing, infinite), None)
            }
            Finite::Listed(listed) => (of_sorted(radix::sort(listed), missing, infinite), None),
            Finite::Sketched(sketch) => {
                let mut counts = sketch.counts();
                counts.merge(NumberCounts::from_sorted(Vec::new(), Vec::new(), missing, infinite));
                (counts, Some(sketch.rank_error()))
            }
        }
    }
}

fn add_times(sketch: &mut Quantiles, number: f64, times: u64) {
    (0..times).for_each(|_| sketch.add(number));
}

fn of_sorted(mut sorted: Vec<f64>, missing: u64, infinite: u64) -> NumberCounts {
    if sorted.is_sorted_by(|one, next| one < next) {
        return NumberCounts::from_distinct_sorted(sorted, missing, infinite);
    }
    let times = sorted.chunk_by(|one, next| one == next).map(|run| run.len() as u64).collect();
    sorted.dedup();
    NumberCounts::from_sorted(sorted, times, missing, infinite)
}

#[cfg(test)]
mod tests {
    use stats::drift::NumberCounts;

    use super::{EARLY, Numbers};

    /// The counts of these rows when so many may be listed, checked against counting them plainly.
    fn counted(rows: impl Iterator<Item = f64>, limit: usize) -> Option<f64> {
        let rows: Vec<f64> = rows.collect();
        let mut numbers = Numbers::new(limit);
        rows.iter().for_each(|row| numbers.add(*row, 1));
        let (counts, error) = numbers.finish();
        let plain = NumberCounts::of(&rows);
        assert_eq!(
            (counts.rows(), counts.missing(), counts.infinite()),
            (plain.rows(), plain.missing(), plain.infinite())
        );
        match error {
            None => assert_eq!(counts, plain),
            Some(error) => {
                assert!((counts.quantile(0.3).unwrap() - plain.quantile(0.3).unwrap()).abs() <= error * 1e5)
            }
        }
        error
    }

    /// Each number between 0 and 1e5 about as often, in no order.
    fn scattered(row: usize) -> f64 {
        (row as f64 * 61_803.398_87) % 1e5
    }

    #[test]
    fn numbers_that_repeat_rarely_or_often_are_counted_exactly() {
        assert_eq!(counted((0..200_000).map(|row| f64::from(row % 700) - 350.0), 10), None);
        assert_eq!(counted((0..3 * EARLY).map(scattered), 1 << 20), None);
        let half = (0..6 * EARLY).map(|row| if row % 2 == 0 { 0.0 } else { scattered(row) });
        assert_eq!(counted(half, 1 << 20), None);
    }

    #[test]
    fn what_is_no_finite_number_is_counted_apart_and_both_zeros_are_one() {
        let odd = [f64::NAN, f64::INFINITY, -0.0, 0.0, f64::NEG_INFINITY, f64::MIN_POSITIVE, f64::MAX];
        assert_eq!(counted(odd.into_iter().cycle().take(70), 1000), None);
    }

    #[test]
    fn too_many_numbers_are_sketched_with_a_stated_error() {
        let error = counted((0..10 * EARLY).map(scattered), 2 * EARLY);
        assert!(error.is_some_and(|error| error > 0.0 && error < 1e-4), "{error:?}");
    }
}
