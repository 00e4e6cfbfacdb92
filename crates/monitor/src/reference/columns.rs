use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use stats::{
    Task,
    drift::{CategoryCounts, NumberCounts},
};
use table::{Kind, Table, Text, Values};

use crate::{Reading, drift::Counts, quality::Labelled};

/// Of more categories than this the most frequent are counted by name.
const CATEGORIES: usize = 10_000;

/// A column of the reference.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReferenceColumn {
    /// Its name.
    pub name: String,
    /// What its values are.
    pub kind: Kind,
    /// Its values, counted.
    #[serde(with = "StoredCounts")]
    pub counts: Counts,
}

/// Counts as they are stored.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Counts", rename_all = "snake_case")]
pub(super) enum StoredCounts {
    Numbers(NumberCounts),
    Categories(CategoryCounts),
}

/// The columns, but for those of instants: time moves on in every window, and says nothing by that.
pub(super) fn of(features: &Table) -> Vec<ReferenceColumn> {
    let column = |column: &table::Column| ReferenceColumn {
        name: column.name.clone(),
        kind: column.values.kind(),
        counts: counts(&column.values),
    };
    features.columns().iter().filter(|column| watched(column)).map(column).collect()
}

pub(super) fn watched(column: &table::Column) -> bool {
    column.values.kind() != Kind::Time
}

/// The values of a column, counted.
fn counts(values: &Values) -> Counts {
    match values {
        Values::Text(text) => Counts::Categories(categories(text)),
        _ => Counts::of(values),
    }
}

fn categories(text: &Text) -> CategoryCounts {
    let mut rows = vec![0_u64; text.dictionary().len()];
    let mut missing = 0;
    for code in text.codes() {
        match rows.get_mut(*code as usize) {
            Some(count) => *count += 1,
            None => missing += 1,
        }
    }
    let mut counted: Vec<(&String, u64)> = text.dictionary().iter().zip(rows).collect();
    counted.sort_by(|one, other| other.1.cmp(&one.1).then(one.0.cmp(other.0)));
    let other = counted.iter().skip(CATEGORIES).map(|(_, count)| count).sum();
    let named: BTreeMap<String, u64> =
        counted.into_iter().take(CATEGORIES).map(|(name, count)| (name.clone(), count)).collect();
    CategoryCounts::from_counts(named, missing).with_other(other)
}

/// What a model said, counted: its number, or of several classes the most probable.
pub(crate) fn said(reading: &Reading, predictions: &[f64]) -> Counts {
    if reading.task != Task::Multiclass {
        return Counts::Numbers(NumberCounts::of(predictions));
    }
    let rows = Labelled { predictions: predictions.to_vec(), targets: Vec::new() };
    let mut counts = BTreeMap::new();
    for class in reading.said(&rows) {
        *counts.entry(class.to_string()).or_default() += 1;
    }
    Counts::Categories(CategoryCounts::from_counts(counts, 0))
}
