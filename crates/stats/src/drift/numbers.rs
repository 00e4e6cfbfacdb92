use serde::{Deserialize, Serialize};

/// How often each number of a column came: distinct finite numbers, ascending.
///
/// NaN counts as missing; infinities are counted apart and take no part in the statistics.
/// A column whose numbers are all distinct keeps no counts, so it costs 8 bytes a row.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Stored")]
pub struct NumberCounts {
    values: Vec<f64>,
    /// Nothing when every count is one.
    counts: Option<Vec<u64>>,
    total: u64,
    missing: u64,
    infinite: u64,
}

/// Counts that are not of distinct, ascending, finite numbers with one count above 0 each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed;

impl NumberCounts {
    /// Counts the numbers of a column, in any order.
    pub fn of(values: &[f64]) -> Self {
        Self::sorting(values.to_vec())
    }

    /// The same, sorting in place what is handed over, so that no second copy is needed.
    pub fn sorting(mut values: Vec<f64>) -> Self {
        let rows = values.len();
        values.retain(|value| !value.is_nan());
        let missing = (rows - values.len()) as u64;
        let present = values.len();
        values.retain(|value| value.is_finite());
        let infinite = (present - values.len()) as u64;
        // Adding zero turns -0 into 0, so that the two are one value.
        values.iter_mut().for_each(|value| *value += 0.0);
        values.sort_unstable_by(f64::total_cmp);
        let (values, counts) = run_lengths(values);
        Self::assembled(values, counts, missing, infinite)
    }

    /// From distinct finite numbers in ascending order and how often each came.
    ///
    /// # Panics
    /// When the numbers are not so, or there is not one count above 0 for each.
    pub fn from_sorted(values: Vec<f64>, counts: Vec<u64>, missing: u64, infinite: u64) -> Self {
        check(&values, Some(&counts)).expect("distinct ascending finite numbers, each with a count");
        let all_one = counts.iter().all(|count| *count == 1);
        Self::assembled(values, (!all_one).then_some(counts), missing, infinite)
    }

    /// From distinct finite numbers in ascending order that each came once.
    ///
    /// # Panics
    /// When the numbers are not so.
    pub fn from_distinct_sorted(values: Vec<f64>, missing: u64, infinite: u64) -> Self {
        check(&values, None).expect("distinct ascending finite numbers");
        Self::assembled(values, None, missing, infinite)
    }

    fn assembled(values: Vec<f64>, counts: Option<Vec<u64>>, missing: u64, infinite: u64) -> Self {
        let total = counts.as_ref().map_or(values.len() as u64, |counts| counts.iter().sum());
        Self { values, counts, total, missing, infinite }
    }

    /// Adds the rows of another part of the same column.
    pub fn merge(&mut self, part: Self) {
        let (missing, infinite) = (self.missing + part.missing, self.infinite + part.infinite);
        if part.values.is_empty() {
            (self.missing, self.infinite) = (missing, infinite);
            return;
        }
        let (values, counts) = merged(self, &part);
        *self = Self::assembled(values, counts, missing, infinite);
    }

    /// The rows of each bin between these ascending edges: open below, closed above, the outer
    /// two reaching to infinity.
    pub fn in_bins(&self, edges: &[f64]) -> Vec<u64> {
        let places = edges.iter().map(|edge| self.values.partition_point(|value| value <= edge));
        self.between(places.collect())
    }

    /// The rows before, between and after these ascending places among the distinct numbers.
    pub(crate) fn between(&self, places: Vec<usize>) -> Vec<u64> {
        let mut from = 0;
        let upto = places.into_iter().chain([self.values.len()]);
        upto.map(|upto| self.rows_at(std::mem::replace(&mut from, upto)..upto)).collect()
    }

    fn rows_at(&self, places: std::ops::Range<usize>) -> u64 {
        self.counts.as_ref().map_or(places.len() as u64, |counts| counts[places].iter().sum())
    }

    /// Each distinct number, ascending, with its rows.
    pub fn iter(&self) -> impl Iterator<Item = (f64, u64)> {
        self.values.iter().enumerate().map(|(place, value)| (*value, self.count_at(place)))
    }

    pub(crate) fn values(&self) -> &[f64] {
        &self.values
    }

    pub(crate) fn count_at(&self, place: usize) -> u64 {
        self.counts.as_ref().map_or(1, |counts| counts[place])
    }

    /// How many distinct finite numbers there are.
    pub fn distinct(&self) -> usize {
        self.values.len()
    }

    /// Rows with a finite number.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Rows without a number.
    pub fn missing(&self) -> u64 {
        self.missing
    }

    /// Rows whose number is infinite.
    pub fn infinite(&self) -> u64 {
        self.infinite
    }

    /// All rows.
    pub fn rows(&self) -> u64 {
        self.total + self.missing + self.infinite
    }

    /// The least and the greatest finite number.
    pub fn range(&self) -> Option<(f64, f64)> {
        Some((*self.values.first()?, *self.values.last()?))
    }

    /// The mean of the finite numbers.
    pub fn mean(&self) -> Option<f64> {
        self.average(|value| value)
    }

    /// Their standard deviation, the sum of squares divided by the number of rows (ddof 0).
    pub fn deviation(&self) -> Option<f64> {
        let mean = self.mean()?;
        self.average(|value| (value - mean).powi(2)).map(f64::sqrt)
    }

    fn average(&self, of: impl Fn(f64) -> f64) -> Option<f64> {
        let sum: f64 = self.iter().map(|(value, count)| of(value) * count as f64).sum();
        (self.total > 0).then(|| sum / self.total as f64)
    }

    /// The number below which this share of the rows lies, by linear interpolation (Hyndman
    /// and Fan, 1996, definition 7).
    pub fn quantile(&self, share: f64) -> Option<f64> {
        self.quantiles(&[share]).map(|found| found[0])
    }

    /// The same for several shares, which must be ascending, in one walk.
    pub fn quantiles(&self, shares: &[f64]) -> Option<Vec<f64>> {
        let last = self.total.checked_sub(1)?;
        let mut walk = Walk { numbers: self, place: 0, upto: self.count_at(0) };
        let found = shares.iter().map(|share| {
            let rank = share.clamp(0.0, 1.0) * last as f64;
            let below = walk.at(rank.floor() as u64);
            // The neighbour above may lie within the walk's reach only, so it starts a copy.
            let above = Walk { ..walk }.at(rank.ceil() as u64);
            interpolate(below, above, rank - rank.floor())
        });
        Some(found.collect())
    }
}

/// Finds the number of ascending ranks, counted from 0.
struct Walk<'a> {
    numbers: &'a NumberCounts,
    place: usize,
    /// Rows up to and with `place`.
    upto: u64,
}

impl Walk<'_> {
    fn at(&mut self, rank: u64) -> f64 {
        if self.numbers.counts.is_none() {
            return self.numbers.values[rank as usize];
        }
        while self.upto <= rank {
            self.place += 1;
            self.upto += self.numbers.count_at(self.place);
        }
        self.numbers.values[self.place]
    }
}

/// From the nearer end, so that a weight of one gives the upper end exactly.
fn interpolate(below: f64, above: f64, weight: f64) -> f64 {
    let step = above - below;
    if weight < 0.5 { below + step * weight } else { above - step * (1.0 - weight) }
}

/// Sorted numbers as distinct ones with their counts; no counts when nothing repeats.
fn run_lengths(mut sorted: Vec<f64>) -> (Vec<f64>, Option<Vec<u64>>) {
    let repeats = sorted.windows(2).any(|pair| pair[0] == pair[1]);
    if !repeats {
        return (sorted, None);
    }
    let counts = sorted.chunk_by(|one, next| one == next).map(|run| run.len() as u64).collect();
    sorted.dedup();
    sorted.shrink_to_fit();
    (sorted, Some(counts))
}

fn merged(one: &NumberCounts, other: &NumberCounts) -> (Vec<f64>, Option<Vec<u64>>) {
    let mut values = Vec::with_capacity(one.values.len() + other.values.len());
    let mut counts = Vec::with_capacity(values.capacity());
    let (mut left, mut right) = (one.iter().peekable(), other.iter().peekable());
    loop {
        let next = match (left.peek(), right.peek()) {
            (Some(a), Some(b)) if a.0 < b.0 => left.next(),
            (Some(a), Some(b)) if a.0 == b.0 => {
                let twice = right.next().map_or(0, |(_, count)| count);
                left.next().map(|(value, count)| (value, count + twice))
            }
            (Some(_), None) => left.next(),
            _ => right.next(),
        };
        let Some((value, count)) = next else { break };
        values.push(value);
        counts.push(count);
    }
    values.shrink_to_fit();
    let repeats = counts.iter().any(|count| *count > 1);
    (values, repeats.then_some(counts))
}

fn check(values: &[f64], counts: Option<&[u64]>) -> Result<(), Malformed> {
    let ascending = values.windows(2).all(|pair| pair[0] < pair[1]);
    let finite = values.iter().all(|value| value.is_finite());
    let counted = counts.is_none_or(|counts| counts.len() == values.len() && !counts.contains(&0));
    if ascending && finite && counted { Ok(()) } else { Err(Malformed) }
}

/// The form on disk.
#[derive(Serialize, Deserialize)]
struct Stored {
    values: Vec<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    counts: Option<Vec<u64>>,
    #[serde(default)]
    missing: u64,
    #[serde(default)]
    infinite: u64,
}

impl From<NumberCounts> for Stored {
    fn from(counted: NumberCounts) -> Self {
        let NumberCounts { values, counts, missing, infinite, .. } = counted;
        Self { values, counts, missing, infinite }
    }
}

impl TryFrom<Stored> for NumberCounts {
    type Error = Malformed;

    fn try_from(stored: Stored) -> Result<Self, Malformed> {
        check(&stored.values, stored.counts.as_deref())?;
        Ok(Self::assembled(stored.values, stored.counts, stored.missing, stored.infinite))
    }
}

impl std::fmt::Display for Malformed {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("counts need distinct, ascending, finite numbers and a count above 0 for each")
    }
}

impl std::error::Error for Malformed {}

#[cfg(test)]
mod tests;
