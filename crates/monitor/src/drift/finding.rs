use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Histogram;

/// What was found in all columns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Drift {
    /// One entry a column, in the order they were given.
    pub columns: Vec<ColumnDrift>,
    /// How many tests share the false discovery rate.
    pub tests: usize,
    /// The false discovery rate that was kept.
    pub false_discovery_rate: f64,
}

/// What was found in one column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ColumnDrift {
    /// Its name.
    pub column: String,
    /// How its values were tested, or why they were not.
    pub test: Test,
    /// How large the drift of its values is; 0 when they could not be compared.
    pub effect: Effect,
    /// The chance of such values without drift.
    pub p_value: Option<f64>,
    /// The same adjusted for all tests: at most the false discovery rate when significant.
    pub q_value: Option<f64>,
    /// Whether its values drifted: a large effect that is significant, or another kind of value.
    pub drifted: bool,
    /// All rows, missing ones included.
    pub rows: Rows,
    /// The share of rows without a value.
    pub missing: Rate,
    /// For categories, the share of current rows whose category the reference does not have,
    /// beside the share to expect by chance; nothing when the reference does not name them all.
    pub unseen: Option<Rate>,
    /// For numbers, the share of current rows beyond the reference's least and greatest, beside
    /// the share to expect by chance.
    pub out_of_range: Option<Rate>,
    /// Every statistic that could be computed, by name.
    pub statistics: BTreeMap<String, f64>,
    /// Both distributions in a few bins.
    pub histogram: Histogram,
}

/// The rows of the two samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rows {
    /// Of the reference.
    pub reference: u64,
    /// Of the current sample.
    pub current: u64,
}

/// How the values of a column were tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Test {
    /// Two-sample Kolmogorov–Smirnov.
    KolmogorovSmirnov,
    /// Pearson's chi-square, rare categories put together.
    ChiSquare,
    /// Fisher's exact test of the commonest category against the rest.
    Fisher,
    /// Random relabelling of sparse categories.
    Permutation,
    /// Not at all: a sample has no rows.
    NoRows,
    /// Not at all: a sample has rows, but no value in any of them.
    NoValues,
    /// Not at all: a sample has too few rows with a value.
    TooFewRows,
    /// Not at all: numbers became categories or the other way round, which is drift by itself.
    ChangedKind,
}

/// How large a drift is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Effect {
    /// What is measured.
    pub measure: EffectMeasure,
    /// Its value.
    pub value: f64,
    /// From which value on it is large.
    pub threshold: f64,
}

/// What the size of a drift is measured by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EffectMeasure {
    /// Wasserstein-1 in standard deviations of the reference.
    WassersteinNormalised,
    /// The Jensen–Shannon distance, base 2.
    JensenShannon,
    /// The Kolmogorov–Smirnov statistic, for numbers too large to take a deviation of.
    KolmogorovSmirnov,
}

/// A share of rows in both samples.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Rate {
    /// In the reference, or to be expected from it.
    pub reference: f64,
    /// In the current sample.
    pub current: f64,
    /// From which difference on it matters.
    pub threshold: f64,
    /// The chance of such a difference without drift; nothing when there is nothing to compare.
    pub p_value: Option<f64>,
    /// The same adjusted for all tests.
    pub q_value: Option<f64>,
    /// Whether it departs: a difference that matters and is significant.
    pub departs: bool,
}

impl Effect {
    /// Whether the effect reaches its threshold.
    pub fn is_large(&self) -> bool {
        self.value >= self.threshold
    }
}

impl ColumnDrift {
    /// Whether anything at all is wrong with the column.
    pub fn departs(&self) -> bool {
        let rates = [Some(&self.missing), self.unseen.as_ref(), self.out_of_range.as_ref()];
        self.drifted || rates.into_iter().flatten().any(|rate| rate.departs)
    }
}
