//! One column, before and now: sorted numbers or counted categories, how far they moved, and whether that is more than chance.

use std::collections::BTreeMap;

use base::Timestamp;
use table::{Column, Values};

const HOUR: i64 = 3_600_000_000;

/// The quantiles at which two distributions are compared: 2.5 %, 7.5 %, … 97.5 %.
const PLACES: usize = 20;

/// A column of both periods.
#[derive(Debug, Clone)]
pub(super) struct Compared {
    pub(super) name: String,
    pub(super) before: Side,
    pub(super) now: Side,
    /// In [0, 1]: 1 for the column that the model relies on most.
    pub(super) importance: f64,
    /// Numbers: [`distance`] in deviations of the reference. Categories: total variation distance.
    pub(super) effect: f64,
    pub(super) drifted: bool,
    /// Whether the values are hours of the day, taken from instants: no model input by themselves.
    pub(super) clock: bool,
}

/// A column in one period.
#[derive(Debug, Clone)]
pub(super) enum Side {
    Numbers(Numbers),
    Categories(Categories),
    Absent,
}

/// Finite numbers in ascending order.
#[derive(Debug, Clone, Default)]
pub(super) struct Numbers {
    pub(super) sorted: Vec<f64>,
    pub(super) missing: usize,
}

/// How often each category came.
#[derive(Debug, Clone, Default)]
pub(super) struct Categories {
    pub(super) counts: BTreeMap<String, usize>,
    pub(super) total: usize,
    pub(super) missing: usize,
}

impl Compared {
    pub(super) fn of(name: &str, before: Option<&Column>, now: Option<&Column>, importance: f64) -> Self {
        let clock = before.is_some_and(|column| matches!(column.values, Values::Time(_)));
        let (before, now) = (Side::of(before), Side::of(now));
        let (effect, threshold) = match (&before, &now) {
            (Side::Numbers(before), Side::Numbers(now)) => number_effect(before, now),
            (Side::Categories(before), Side::Categories(now)) => category_effect(before, now),
            _ => (1.0, 0.0),
        };
        let missing = now.missing_share() - before.missing_share();
        let chance = 3.0 * (0.25 / before.rows().max(1) as f64 + 0.25 / now.rows().max(1) as f64).sqrt();
        let drifted = effect > threshold || missing.abs() > chance.max(0.02);
        Self { name: name.to_owned(), before, now, importance, effect, drifted, clock }
    }

    pub(super) fn numbers(&self) -> Option<(&Numbers, &Numbers)> {
        match (&self.before, &self.now) {
            (Side::Numbers(before), Side::Numbers(now)) => {
                (!before.sorted.is_empty() && !now.sorted.is_empty()).then_some((before, now))
            }
            _ => None,
        }
    }

    pub(super) fn categories(&self) -> Option<(&Categories, &Categories)> {
        match (&self.before, &self.now) {
            (Side::Categories(before), Side::Categories(now)) => {
                (before.total > 0 && now.total > 0).then_some((before, now))
            }
            _ => None,
        }
    }

    /// Whether the column went, or holds another kind of values.
    pub(super) fn reshaped(&self) -> bool {
        !matches!(
            (&self.before, &self.now),
            (Side::Numbers(_), Side::Numbers(_)) | (Side::Categories(_), Side::Categories(_))
        )
    }
}

impl Side {
    fn of(column: Option<&Column>) -> Self {
        let Some(column) = column else { return Self::Absent };
        match &column.values {
            Values::Number(values) => Self::Numbers(Numbers::of(values.iter().copied())),
            Values::Time(values) => Self::Numbers(Numbers::of(values.iter().map(hour_of_day))),
            Values::Text(text) => {
                Self::Categories(Categories::of((0..column.values.len()).map(|row| text.get(row))))
            }
            Values::Boolean(values) => {
                let text = |value: &Option<bool>| value.map(|value| if value { "true" } else { "false" });
                Self::Categories(Categories::of(values.iter().map(text)))
            }
        }
    }

    pub(super) fn rows(&self) -> usize {
        match self {
            Self::Numbers(numbers) => numbers.sorted.len() + numbers.missing,
            Self::Categories(categories) => categories.total + categories.missing,
            Self::Absent => 0,
        }
    }

    /// The share of rows without a value; all of them when there is no such column.
    pub(super) fn missing_share(&self) -> f64 {
        match self {
            Self::Numbers(numbers) => numbers.missing as f64 / self.rows().max(1) as f64,
            Self::Categories(categories) => categories.missing as f64 / self.rows().max(1) as f64,
            Self::Absent => 1.0,
        }
    }
}

fn hour_of_day(time: &Option<i64>) -> f64 {
    time.map_or(f64::NAN, |micros| {
        Timestamp::from_micros(micros).micros().div_euclid(HOUR).rem_euclid(24) as f64
    })
}

impl Numbers {
    fn of(values: impl Iterator<Item = f64>) -> Self {
        let mut numbers = Self::default();
        for value in values {
            if value.is_finite() {
                numbers.sorted.push(value);
            } else {
                numbers.missing += 1;
            }
        }
        numbers.sorted.sort_unstable_by(f64::total_cmp);
        numbers
    }

    pub(super) fn quantile(&self, share: f64) -> f64 {
        stats::quantile(&self.sorted, share).unwrap_or(f64::NAN)
    }

    pub(super) fn mean(&self) -> f64 {
        stats::mean(&self.sorted).unwrap_or(f64::NAN)
    }

    pub(super) fn least(&self) -> f64 {
        self.sorted.first().copied().unwrap_or(f64::NAN)
    }

    pub(super) fn most(&self) -> f64 {
        self.sorted.last().copied().unwrap_or(f64::NAN)
    }

    /// A standard deviation that a few wild values cannot move: the middle 90 % of a normal variable span 3.29 of them.
    pub(super) fn spread(&self) -> f64 {
        let robust = (self.quantile(0.95) - self.quantile(0.05)) / 3.29;
        if robust > 0.0 {
            return robust;
        }
        let whole = (self.most() - self.least()) / 10.0;
        if whole > 0.0 { whole } else { self.most().abs().max(1.0) * 0.1 }
    }

    /// How many values are below, and how many are at most, this one.
    pub(super) fn place(&self, value: f64) -> (usize, usize) {
        let below = self.sorted.partition_point(|other| *other < value);
        (below, self.sorted.partition_point(|other| *other <= value))
    }

    /// The share of values that equal this one.
    pub(super) fn share_at(&self, value: f64) -> f64 {
        let (below, up_to) = self.place(value);
        (up_to - below) as f64 / self.sorted.len().max(1) as f64
    }

    /// The commonest value and its share.
    pub(super) fn commonest(&self) -> (f64, f64) {
        let mut best = (f64::NAN, 0.0);
        let mut start = 0;
        while start < self.sorted.len() {
            let (_, end) = self.place(self.sorted[start]);
            let share = (end - start) as f64 / self.sorted.len() as f64;
            if share > best.1 {
                best = (self.sorted[start], share);
            }
            start = end;
        }
        best
    }
}

impl Categories {
    fn of<'a>(values: impl Iterator<Item = Option<&'a str>>) -> Self {
        let mut categories = Self::default();
        for value in values {
            match value {
                None => categories.missing += 1,
                Some(value) => {
                    categories.total += 1;
                    match categories.counts.get_mut(value) {
                        Some(count) => *count += 1,
                        None => drop(categories.counts.insert(value.to_owned(), 1)),
                    }
                }
            }
        }
        categories
    }

    /// The share of the rows with a value that have this one.
    pub(super) fn share(&self, category: &str) -> f64 {
        self.counts.get(category).copied().unwrap_or(0) as f64 / self.total.max(1) as f64
    }

    /// Half the sum of the differences of shares, in [0, 1].
    pub(super) fn total_variation(&self, other: &Self) -> f64 {
        let mine = self.counts.keys().map(|name| (self.share(name) - other.share(name)).abs());
        let theirs = other.counts.keys().filter(|name| !self.counts.contains_key(*name));
        (mine.sum::<f64>() + theirs.map(|name| other.share(name)).sum::<f64>()) / 2.0
    }
}

/// The mean distance between the quantiles of `now` and of `scale · before + offset`, in the unit of `now`.
///
/// It is the Wasserstein-1 distance (Villani, Optimal Transport, 2009, remark 2.19) on a grid that leaves out the outer 2.5 %.
pub(super) fn distance(before: &Numbers, now: &Numbers, scale: f64, offset: f64) -> f64 {
    let place = |step: usize| (step as f64 + 0.5) / PLACES as f64;
    let gap = |step: usize| (now.quantile(place(step)) - scale * before.quantile(place(step)) - offset).abs();
    (0..PLACES).map(gap).sum::<f64>() / PLACES as f64
}

/// The effect, and the one that chance alone would hardly reach.
fn number_effect(before: &Numbers, now: &Numbers) -> (f64, f64) {
    if before.sorted.is_empty() || now.sorted.is_empty() {
        return (if before.sorted.is_empty() == now.sorted.is_empty() { 0.0 } else { 1.0 }, 0.0);
    }
    let chance = 3.0 * (1.0 / before.sorted.len() as f64 + 1.0 / now.sorted.len() as f64).sqrt();
    (distance(before, now, 1.0, 0.0) / before.spread(), chance.max(0.1))
}

/// The same for categories: 2.5 times the total variation distance that two samples of one source are expected to have.
fn category_effect(before: &Categories, now: &Categories) -> (f64, f64) {
    if before.total == 0 || now.total == 0 {
        return (if before.total == now.total { 0.0 } else { 1.0 }, 0.0);
    }
    let rows = 1.0 / before.total as f64 + 1.0 / now.total as f64;
    let pooled = |name: &String| {
        let both = before.counts.get(name).unwrap_or(&0) + now.counts.get(name).unwrap_or(&0);
        both as f64 / (before.total + now.total) as f64
    };
    let names =
        before.counts.keys().chain(now.counts.keys().filter(|name| !before.counts.contains_key(*name)));
    let gap = |share: f64| (2.0 / std::f64::consts::PI * share * (1.0 - share) * rows).sqrt();
    let chance = names.map(|name| gap(pooled(name))).sum::<f64>() / 2.0;
    (before.total_variation(now), (2.5 * chance).max(0.05))
}

#[cfg(test)]
mod tests {
    use table::{Column, Values};

    use super::{Compared, distance};

    fn compared(before: Vec<f64>, now: Vec<f64>) -> Compared {
        let column = |values| Column::new("x", Values::Number(values));
        Compared::of("x", Some(&column(before)), Some(&column(now)), 1.0)
    }

    fn ramp(rows: usize, scale: f64) -> Vec<f64> {
        (0..rows).map(|row| scale * row as f64 / rows as f64).collect()
    }

    #[test]
    fn a_column_that_stayed_has_not_drifted_and_one_that_moved_has() {
        assert!(!compared(ramp(1_000, 1.0), ramp(900, 1.0)).drifted);
        assert!(compared(ramp(1_000, 1.0), ramp(900, 2.0)).drifted);
    }

    #[test]
    fn the_distance_to_the_right_mapping_is_none() {
        let compared = compared(ramp(1_000, 10.0), ramp(1_000, 10.0).iter().map(|x| 3.0 * x + 2.0).collect());
        let (before, now) = compared.numbers().unwrap();
        assert!(distance(before, now, 3.0, 2.0) < 1e-9);
        assert!(distance(before, now, 1.0, 0.0) > 5.0);
    }

    #[test]
    fn infinite_values_and_columns_without_any_value_are_survived() {
        let compared = compared(vec![f64::INFINITY, f64::NAN, 1.0], vec![f64::NAN; 40]);
        assert!(compared.numbers().is_none() && compared.drifted);
        assert!(super::Numbers::default().quantile(0.5).is_nan());
    }
}
