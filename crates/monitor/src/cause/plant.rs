//! What happened to a column, done to the reference: the way to see what it costs while all else stays.

use std::collections::BTreeMap;

use base::Random;
use table::{Column, Table, Text, TextBuilder, Values};

use super::compared::{Categories, Compared, Numbers, Side};

/// A change that can be made to the rows of the reference.
pub(super) enum Plant<'a> {
    /// The column gets the distribution that it has now: numbers by their rank, categories with as few rows moved as
    /// will do, values gone from as many rows.
    Distribution(&'a Compared),
    /// Numbers are moved, and wrapped at `modulo`.
    Shift { column: &'a str, by: f64, modulo: f64 },
    /// Categories get other names.
    Rename { column: &'a str, names: &'a BTreeMap<String, String> },
    /// Two columns take each other's place.
    Swap(&'a str, &'a str),
}

impl Plant<'_> {
    pub(super) fn touches(&self, name: &str) -> bool {
        match self {
            Self::Distribution(compared) => compared.name == name,
            Self::Shift { column, .. } | Self::Rename { column, .. } => *column == name,
            Self::Swap(one, other) => *one == name || *other == name,
        }
    }

    fn apply(&self, columns: &mut [Column]) {
        match self {
            Self::Distribution(compared) => {
                change(columns, &compared.name, |values| distribute(compared, values))
            }
            Self::Shift { column, by, modulo } => {
                change(columns, column, |values| shift(values, *by, *modulo))
            }
            Self::Rename { column, names } => change(columns, column, |values| rename(values, names)),
            Self::Swap(one, other) => {
                let find = |name: &str| columns.iter().position(|column| column.name == name);
                if let (Some(one), Some(other)) = (find(one), find(other)) {
                    let held = columns[one].values.clone();
                    columns[one].values = std::mem::replace(&mut columns[other].values, held);
                }
            }
        }
    }
}

/// The table with these changes.
pub(super) fn planted<'a, 'b: 'a>(table: &Table, plants: impl IntoIterator<Item = &'a Plant<'b>>) -> Table {
    let mut columns = table.columns().to_vec();
    for plant in plants {
        plant.apply(&mut columns);
    }
    Table::new(columns).unwrap_or_default()
}

fn change(columns: &mut [Column], name: &str, with: impl FnOnce(&Values) -> Values) {
    if let Some(column) = columns.iter_mut().find(|column| column.name == name) {
        column.values = with(&column.values);
    }
}

/// A number in [0, 1) that depends on the row and the purpose alone, so that columns which lost their values in the
/// same rows lose them in the same rows here.
fn chance(row: usize, purpose: u64) -> f64 {
    Random::new((row as u64).wrapping_mul(4).wrapping_add(purpose)).unit()
}

const LOSE: u64 = 1;
const PLACE: u64 = 2;
const MOVE: u64 = 3;

fn distribute(compared: &Compared, values: &Values) -> Values {
    match (values, &compared.before, &compared.now) {
        (Values::Number(values), Side::Numbers(before), Side::Numbers(now)) => {
            let moves = Moves { lose: compared.before.missing_share(), want: compared.now.missing_share() };
            let moved = |(row, value): (usize, &f64)| moves.number(row, *value, before, now);
            Values::Number(values.iter().enumerate().map(moved).collect())
        }
        (Values::Text(text), Side::Categories(before), Side::Categories(now)) => {
            Values::Text(recategorise(text, before, now))
        }
        (Values::Number(values), ..) => Values::Number(vec![f64::NAN; values.len()]),
        (Values::Text(text), ..) => Values::Text(text.codes().iter().map(|_| None).collect()),
        (other, ..) => other.clone(),
    }
}

/// The shares of missing values, as they are and as they are to be.
struct Moves {
    lose: f64,
    want: f64,
}

impl Moves {
    fn number(&self, row: usize, value: f64, before: &Numbers, now: &Numbers) -> f64 {
        if value.is_finite() {
            let lost = (self.want - self.lose) / (1.0 - self.lose).max(f64::MIN_POSITIVE);
            return if chance(row, LOSE) < lost { f64::NAN } else { by_rank(row, value, before, now) };
        }
        let gained = (self.lose - self.want) / self.lose.max(f64::MIN_POSITIVE);
        if chance(row, LOSE) < gained { at(now, chance(row, PLACE)) } else { value }
    }
}

/// The value at the same rank; equal values spread evenly over the ranks they hold.
fn by_rank(row: usize, value: f64, before: &Numbers, now: &Numbers) -> f64 {
    let (below, up_to) = before.place(value);
    let rank = below as f64 + chance(row, PLACE) * (up_to - below) as f64;
    at(now, rank / before.sorted.len().max(1) as f64)
}

fn at(numbers: &Numbers, share: f64) -> f64 {
    let place = (share * numbers.sorted.len() as f64) as usize;
    numbers.sorted.get(place.min(numbers.sorted.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
}

fn recategorise(text: &Text, before: &Categories, now: &Categories) -> Text {
    let share = |side: &Categories, name: Option<&str>| {
        let rows = (side.total + side.missing).max(1) as f64;
        name.map_or(side.missing, |name| side.counts.get(name).copied().unwrap_or(0)) as f64 / rows
    };
    let names =
        before.counts.keys().chain(now.counts.keys().filter(|name| !before.counts.contains_key(*name)));
    let names: Vec<Option<&str>> = names.map(|name| Some(name.as_str())).chain([None]).collect();
    let gains: Vec<f64> =
        names.iter().map(|name| (share(now, *name) - share(before, *name)).max(0.0)).collect();
    let mut moved = TextBuilder::default();
    for row in 0..text.codes().len() {
        let name = text.get(row);
        let (was, is) = (share(before, name), share(now, name));
        let stays = chance(row, MOVE) * was.max(f64::MIN_POSITIVE) < is;
        moved.push(if stays { name } else { drawn(&names, &gains, chance(row, PLACE)) });
    }
    moved.finish()
}

fn drawn<'a>(names: &[Option<&'a str>], gains: &[f64], place: f64) -> Option<&'a str> {
    let mut left = place * gains.iter().sum::<f64>();
    for (name, gain) in names.iter().zip(gains) {
        left -= gain;
        if left < 0.0 {
            return *name;
        }
    }
    None
}

fn shift(values: &Values, by: f64, modulo: f64) -> Values {
    match values {
        Values::Number(values) => {
            Values::Number(values.iter().map(|value| (value + by).rem_euclid(modulo)).collect())
        }
        other => other.clone(),
    }
}

fn rename(values: &Values, names: &BTreeMap<String, String>) -> Values {
    let Values::Text(text) = values else { return values.clone() };
    let other = |name| names.get(name).map_or(name, String::as_str);
    Values::Text((0..text.codes().len()).map(|row| text.get(row).map(other)).collect())
}

#[cfg(test)]
mod tests {
    use table::{Column, Table, Values};

    use super::{Plant, planted};
    use crate::cause::compared::Compared;

    fn numbers(values: Vec<f64>) -> Column {
        Column::new("x", Values::Number(values))
    }

    fn carriers(counts: &[(Option<&str>, usize)]) -> Column {
        let rows = counts.iter().flat_map(|(name, count)| std::iter::repeat_n(*name, *count));
        Column::new("x", Values::Text(rows.collect()))
    }

    fn given(before: Column, now: &Column) -> Values {
        let compared = Compared::of("x", Some(&before), Some(now), 1.0);
        let table = Table::new(vec![before]).unwrap();
        planted(&table, [&Plant::Distribution(&compared)]).column("x").unwrap().values.clone()
    }

    #[test]
    fn a_unit_is_changed_row_by_row() {
        let before: Vec<f64> = (0..400).map(|row| f64::from(row * 7 % 400)).collect();
        let now: Vec<f64> = before.iter().rev().map(|value| value * 10.0).collect();
        let Values::Number(given) = given(numbers(before.clone()), &numbers(now)) else { panic!("numbers") };
        assert!(given.iter().zip(&before).all(|(given, before)| *given == before * 10.0));
    }

    #[test]
    fn categories_move_no_more_rows_than_they_must() {
        let before = carriers(&[(Some("UA"), 500), (Some("AA"), 400), (None, 100)]);
        let now = carriers(&[(Some("UA"), 250), (Some("AA"), 400), (Some("ZZ"), 250), (None, 100)]);
        let given = given(before.clone(), &now);
        let count =
            |name: Option<&str>| (0..1_000).filter(|row| given.label(*row).as_deref() == name).count();
        assert!((210..290).contains(&count(Some("ZZ"))), "{}", count(Some("ZZ")));
        assert_eq!((count(Some("AA")), count(None)), (400, 100));
    }

    #[test]
    fn values_are_lost_at_the_rate_they_are_lost_now() {
        let values: Vec<f64> = (0..1_000).map(f64::from).collect();
        let now = values.iter().map(|value| if value % 4.0 == 0.0 { f64::NAN } else { *value }).collect();
        let given = given(numbers(values), &numbers(now));
        assert!((210..290).contains(&given.missing()), "{}", given.missing());
    }
}
