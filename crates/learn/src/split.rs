//! Which rows are learned from, which choose between candidates, and which are held out.

use base::{Hasher, Random};
use table::{Table, Values};

use crate::{
    error::Error,
    settings::Settings,
    target::{self, Target},
};

/// Fewer rows than this cannot be split three ways.
const LEAST: usize = 20;
/// Up to this many rows, one validation part would be too noisy to choose by; folds use every row.
const FEW: usize = 20_000;
const FOLDS: usize = 5;
/// The share of the rows not held out that validates, when there is one validation part.
const VALIDATION: f64 = 0.2;

/// Positions among the rows whose target is known.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Split {
    /// Held out to the very end, in the order of the table.
    pub(crate) test: Vec<usize>,
    /// One or several ways to learn from some of the other rows and validate on the rest.
    pub(crate) folds: Vec<Fold>,
}

/// Rows to learn from and rows to validate on; both in the order of the table.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fold {
    pub(crate) train: Vec<usize>,
    pub(crate) validation: Vec<usize>,
}

impl Split {
    /// Every row that is not held out, in the order of the table.
    pub(crate) fn rest(&self) -> Vec<usize> {
        let fold = &self.folds[0];
        let mut rest = [fold.train.as_slice(), &fold.validation].concat();
        rest.sort_unstable();
        rest
    }
}

/// Splits by time, later rows being held out and later ones of the rest validating; or at random.
pub(crate) fn split(table: &Table, target: &Target, settings: &Settings) -> Result<Split, Error> {
    let rows = target.rows.len();
    let share = settings.test_share;
    if !(share > 0.0 && share < 0.9) {
        return Err(Error::Settings(format!(
            "test share {share} leaves nothing to learn from or to test on; use 0.2"
        )));
    }
    if rows < LEAST {
        return Err(Error::TooFewRows { rows, needed: LEAST });
    }
    let split = if settings.split_by_time {
        by_time(&times(table, target, settings)?, share)
    } else {
        at_random(&places(table, &target.rows), share, settings.seed)
    };
    let uneven = split.folds.iter().any(|fold| fold.train.is_empty() || fold.validation.is_empty());
    if split.test.is_empty() || uneven {
        let why = if settings.split_by_time {
            "the event times are too few and too equal to hold later rows out; use split = { by = \"random\" }"
        } else {
            "the rows are too few or too equal to hold some out; add rows, or a larger `test` share"
        };
        return Err(Error::Settings(why.to_owned()));
    }
    Ok(split)
}

fn times(table: &Table, target: &Target, settings: &Settings) -> Result<Vec<Option<i64>>, Error> {
    let Some(name) = &settings.time else {
        return Err(Error::Settings("a split by time needs the event-time column; set `time`".to_owned()));
    };
    let column = target::column(table, name, "the event time")?;
    let Values::Time(times) = &column.values else {
        let kind = column.values.kind();
        return Err(Error::Settings(format!("the event-time column `{name}` holds {kind}, not times")));
    };
    Ok(target.rows.iter().map(|row| times[*row]).collect())
}

fn by_time(times: &[Option<i64>], share: f64) -> Split {
    // A row without a time cannot be shown to be late: it counts as the earliest.
    let mut order: Vec<usize> = (0..times.len()).collect();
    order.sort_by_key(|row| times[*row]);
    let test_from = border(&order, times, order.len(), share);
    let validation_from = border(&order, times, test_from, VALIDATION);
    let part = |range: &[usize]| {
        let mut rows = range.to_vec();
        rows.sort_unstable();
        rows
    };
    let fold =
        Fold { train: part(&order[..validation_from]), validation: part(&order[validation_from..test_from]) };
    Split { test: part(&order[test_from..]), folds: vec![fold] }
}

/// Where the last `share` of the first `end` rows begins, moved so that rows of one instant stay together.
fn border(order: &[usize], times: &[Option<i64>], end: usize, share: f64) -> usize {
    let mut border = end - (end as f64 * share).round() as usize;
    while border > 0 && border < end && times[order[border]] == times[order[border - 1]] {
        border -= 1;
    }
    border
}

/// A place in [0, 1) for each row, from nothing but its content.
///
/// Rows that are added later move no other row, and equal rows stay together: what one model has learned from
/// is never held out for the next.
fn places(table: &Table, rows: &[usize]) -> Vec<f64> {
    let place = |row: &usize| {
        let mut hasher = Hasher::new();
        for column in table.columns() {
            match &column.values {
                Values::Number(values) => hasher.field(values[*row].to_bits().to_le_bytes()),
                Values::Text(text) => hasher.field(text.get(*row).unwrap_or("\u{0}missing")),
                Values::Boolean(values) => hasher.field([values[*row].map_or(2, u8::from)]),
                Values::Time(values) => hasher.field(values[*row].unwrap_or(i64::MIN).to_le_bytes()),
            };
        }
        Random::new(hasher.finish().prefix()).unit()
    };
    rows.iter().map(place).collect()
}

fn at_random(places: &[f64], share: f64, seed: u64) -> Split {
    let (test, mut order): (Vec<usize>, Vec<usize>) = (0..places.len()).partition(|row| places[*row] < share);
    Random::new(seed).shuffle(&mut order);
    let parts = if order.len() < FEW { FOLDS } else { (1.0 / VALIDATION).round() as usize };
    let used = if order.len() < FEW { FOLDS } else { 1 };
    let folds = (0..used).map(|part| fold(&order, parts, part)).collect();
    Split { test, folds }
}

fn fold(order: &[usize], parts: usize, part: usize) -> Fold {
    let mut fold = Fold { train: Vec::new(), validation: Vec::new() };
    for (position, row) in order.iter().enumerate() {
        if position % parts == part {
            fold.validation.push(*row);
        } else {
            fold.train.push(*row);
        }
    }
    fold.train.sort_unstable();
    fold.validation.sort_unstable();
    fold
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

    use table::{Column, Table, Values};

    use super::{Split, at_random, by_time, places};

    fn even(rows: usize) -> Vec<f64> {
        (0..rows).map(|row| row as f64 / rows as f64).collect()
    }

    fn is_complete(split: &Split, rows: usize) -> bool {
        split.folds.iter().all(|fold| {
            let mut all = [fold.train.as_slice(), &fold.validation, &split.test].concat();
            all.sort_unstable();
            all == (0..rows).collect::<Vec<_>>()
        })
    }

    proptest! {
        #[test]
        fn later_rows_are_held_out_and_no_instant_is_torn(times in proptest::collection::vec(proptest::option::of(0i64..40), 20..300)) {
            let split = by_time(&times, 0.25);
            prop_assert!(is_complete(&split, times.len()));
            let fold = &split.folds[0];
            let last = |rows: &[usize]| rows.iter().map(|row| times[*row]).max();
            let first = |rows: &[usize]| rows.iter().map(|row| times[*row]).min();
            for (earlier, later) in [(&fold.train, &fold.validation), (&fold.validation, &split.test), (&fold.train, &split.test)] {
                if let (Some(last), Some(first)) = (last(earlier), first(later)) {
                    prop_assert!(last < first);
                }
            }
        }

        #[test]
        fn every_row_has_one_place_and_a_seed_has_one_split(rows in 20usize..400, seed in any::<u64>()) {
            let places = even(rows);
            let split = at_random(&places, 0.2, seed);
            prop_assert!(is_complete(&split, rows));
            prop_assert_eq!(split, at_random(&places, 0.2, seed));
        }
    }

    #[test]
    fn rows_that_are_added_later_move_no_other_row() {
        let table = |rows: usize| {
            let numbers = (0..rows).map(|row| row as f64).collect();
            Table::new(vec![Column::new("x", Values::Number(numbers))]).unwrap()
        };
        let positions: Vec<usize> = (0..300).collect();
        let (few, more) = (places(&table(200), &positions[..200]), places(&table(300), &positions));
        assert_eq!(few, more[..200]);
        let held_out = more.iter().filter(|place| **place < 0.2).count();
        assert!((40..=80).contains(&held_out), "{held_out} of 300 rows");
    }

    #[test]
    fn few_rows_all_validate_once() {
        let split = at_random(&even(100), 0.2, 1);
        let mut validated: Vec<usize> = split.folds.iter().flat_map(|fold| fold.validation.clone()).collect();
        validated.sort_unstable();
        assert_eq!(validated, split.rest());
        assert_eq!((split.test.len(), split.folds.len()), (20, 5));
        assert_eq!(at_random(&even(30_000), 0.2, 1).folds.len(), 1);
    }
}
