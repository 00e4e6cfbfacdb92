use std::{
    collections::{HashMap, HashSet, hash_map::DefaultHasher},
    hash::{Hash, Hasher},
    ops::ControlFlow,
};

use base::Timestamp;
use serde::{Deserialize, Serialize};
use table::{Kind, Values};

use crate::{ColumnInfo, Error, View, blocking, columns::Collector, read::Scan, schema};

/// Different values that are told apart in a column, by their hashes.
const DISTINCT: usize = 1 << 20;
/// Different values that are counted each.
const COUNTED: usize = 10_000;
/// The most frequent values that are reported.
const TOP: usize = 10;

/// What the columns of a snapshot look like.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// The number of rows.
    pub rows: u64,
    /// The columns, in order.
    pub columns: Vec<ColumnProfile>,
}

/// What one column looks like.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ColumnProfile {
    /// The column's name and type.
    #[serde(flatten)]
    pub info: ColumnInfo,
    /// Rows without a value, NaN included.
    pub nulls: u64,
    /// How many different values there are.
    pub distinct: u64,
    /// Whether that is all of them; counting ends at 1,048,576.
    pub distinct_is_exact: bool,
    /// Whether every number is whole.
    pub integer: bool,
    /// The least value, as text: numbers by size, times by date, text by its bytes.
    pub min: Option<String>,
    /// The greatest value.
    pub max: Option<String>,
    /// The most frequent values and how often they come; empty when there are more than 10,000 different ones.
    pub top: Vec<(String, u64)>,
}

/// Looks at every value of the view once.
///
/// # Errors
/// When the files cannot be read.
pub async fn profile(view: &View) -> Result<Profile, Error> {
    let view = view.clone();
    blocking(move || profiled(&view)).await
}

fn profiled(view: &View) -> Result<Profile, Error> {
    let all = schema::of_view(&view.manifest)?;
    let mut fields = Vec::new();
    let mut positions = Vec::new();
    for field in &view.manifest.fields {
        if let (Some(kind), Ok(position)) = (field.kind, all.index_of(&field.name)) {
            fields.push((field.name.clone(), kind));
            positions.push(position);
        }
    }
    let mut seen: HashMap<String, Seen> =
        fields.iter().map(|(name, _)| (name.clone(), Seen::default())).collect();
    let mut rows = 0;
    Scan::new(&view.parts, &view.manifest, Some(&positions))?.run(&mut |batch| {
        rows += batch.num_rows() as u64;
        let mut collector = Collector::new(fields.clone());
        collector.add(&batch)?;
        for column in collector.finish()?.columns() {
            if let Some(seen) = seen.get_mut(&column.name) {
                seen.add(&column.values);
            }
        }
        Ok(ControlFlow::Continue(()))
    })?;
    let columns = view.manifest.fields.iter().map(|info| match seen.remove(&info.name) {
        Some(seen) => seen.conclude(info.clone(), rows),
        None => Seen::default().conclude(info.clone(), rows),
    });
    Ok(Profile { rows, columns: columns.collect() })
}

/// What was seen of one column so far.
#[derive(Default)]
struct Seen {
    values: u64,
    distinct: Distinct,
    least: Option<Key>,
    greatest: Option<Key>,
    fractional: bool,
}

/// A value that can be compared and counted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Key {
    /// A number by its bits, turned so that they sort as the numbers do.
    Number(u64),
    Text(String),
    Boolean(bool),
    Time(i64),
}

/// The different values of a column: each with its count while they are few, then their hashes alone.
enum Distinct {
    Counted(HashMap<Key, u64>),
    Hashed(HashSet<u64>),
}

impl Default for Distinct {
    fn default() -> Self {
        Self::Counted(HashMap::new())
    }
}

impl Distinct {
    fn add(&mut self, key: Key, times: u64) {
        match self {
            Self::Counted(counts) => {
                *counts.entry(key).or_default() += times;
                if counts.len() > COUNTED {
                    *self = Self::Hashed(counts.keys().map(Key::hashed).collect());
                }
            }
            Self::Hashed(hashes) if hashes.len() < DISTINCT => {
                hashes.insert(key.hashed());
            }
            Self::Hashed(_) => {}
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Counted(counts) => counts.len(),
            Self::Hashed(hashes) => hashes.len(),
        }
    }
}

const SIGN: u64 = 1 << 63;

impl Key {
    fn number(value: f64) -> Self {
        // Both zeros are one value.
        let bits = (value + 0.0).to_bits();
        Self::Number(if bits & SIGN == 0 { bits | SIGN } else { !bits })
    }

    fn hashed(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.hash(&mut hasher);
        hasher.finish()
    }

    fn shown(&self) -> String {
        match self {
            Self::Number(key) => f64::from_bits(if key & SIGN == 0 { !key } else { key & !SIGN }).to_string(),
            Self::Text(text) => text.clone(),
            Self::Boolean(value) => value.to_string(),
            Self::Time(micros) => Timestamp::from_micros(*micros).to_string(),
        }
    }
}

impl Seen {
    fn add(&mut self, values: &Values) {
        match values {
            Values::Number(numbers) => {
                for number in numbers.iter().filter(|number| !number.is_nan()) {
                    self.fractional |= number.fract() != 0.0;
                    self.count(Key::number(*number), 1);
                }
            }
            Values::Text(text) => {
                let mut counts = vec![0; text.dictionary().len()];
                for code in text.codes().iter().filter(|code| **code != table::Text::MISSING) {
                    counts[*code as usize] += 1;
                }
                for (word, count) in text.dictionary().iter().zip(counts) {
                    self.count(Key::Text(word.clone()), count);
                }
            }
            Values::Boolean(values) => {
                values.iter().flatten().for_each(|value| self.count(Key::Boolean(*value), 1));
            }
            Values::Time(values) => {
                values.iter().flatten().for_each(|micros| self.count(Key::Time(*micros), 1));
            }
        }
    }

    fn count(&mut self, key: Key, times: u64) {
        self.values += times;
        if self.least.as_ref().is_none_or(|least| key < *least) {
            self.least = Some(key.clone());
        }
        if self.greatest.as_ref().is_none_or(|greatest| key > *greatest) {
            self.greatest = Some(key.clone());
        }
        self.distinct.add(key, times);
    }

    fn conclude(self, info: ColumnInfo, rows: u64) -> ColumnProfile {
        let distinct = self.distinct.len();
        let mut top = match self.distinct {
            Distinct::Counted(counts) => counts.into_iter().collect(),
            Distinct::Hashed(_) => Vec::new(),
        };
        top.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
        top.truncate(TOP);
        let unseen = info.kind.is_none();
        ColumnProfile {
            nulls: if unseen && info.data_type != "Null" { 0 } else { rows - self.values },
            distinct: distinct as u64,
            distinct_is_exact: distinct < DISTINCT && !unseen,
            integer: info.kind == Some(Kind::Number) && !self.fractional,
            min: self.least.map(|key| key.shown()),
            max: self.greatest.map(|key| key.shown()),
            top: top.into_iter().map(|(key, count)| (key.shown(), count)).collect(),
            info,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Key;

    #[test]
    fn numbers_sort_by_size_and_come_back_whole() {
        let numbers = [f64::NEG_INFINITY, -2.5, -0.0, 1e-300, 3.0, f64::INFINITY];
        let keys: Vec<_> = numbers.iter().map(|number| Key::number(*number)).collect();
        assert!(keys.is_sorted());
        assert_eq!(keys[1].shown(), "-2.5");
        assert_eq!(Key::number(-0.0), Key::number(0.0));
    }
}
