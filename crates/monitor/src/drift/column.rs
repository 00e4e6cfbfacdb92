use stats::drift::{CategoryCounts, NumberCounts};
use table::Values;

/// The counts of a column in one sample.
#[derive(Debug, Clone, PartialEq)]
pub enum Counts {
    /// Of numbers.
    Numbers(NumberCounts),
    /// Of categories.
    Categories(CategoryCounts),
}

/// A column in both samples.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What it was.
    pub reference: Counts,
    /// What it is.
    pub current: Counts,
}

impl Counts {
    /// Counts a column of a table: numbers and instants (in microseconds) as numbers, text and
    /// booleans as categories.
    pub fn of(values: &Values) -> Self {
        match values {
            Values::Number(numbers) => Self::Numbers(NumberCounts::of(numbers)),
            Values::Time(instants) => {
                let numbers = instants.iter().map(|instant| instant.map_or(f64::NAN, |micros| micros as f64));
                Self::Numbers(NumberCounts::sorting(numbers.collect()))
            }
            Values::Text(text) => {
                Self::Categories(CategoryCounts::of((0..text.codes().len()).map(|row| text.get(row))))
            }
            Values::Boolean(flags) => Self::Categories(CategoryCounts::of(
                flags.iter().map(|flag| flag.map(|flag| if flag { "true" } else { "false" })),
            )),
        }
    }

    /// All rows.
    pub fn rows(&self) -> u64 {
        match self {
            Self::Numbers(numbers) => numbers.rows(),
            Self::Categories(categories) => categories.rows(),
        }
    }

    /// Rows without a value.
    pub fn missing(&self) -> u64 {
        match self {
            Self::Numbers(numbers) => numbers.missing(),
            Self::Categories(categories) => categories.missing(),
        }
    }

    /// Rows with a value that can be compared.
    pub fn total(&self) -> u64 {
        match self {
            Self::Numbers(numbers) => numbers.total(),
            Self::Categories(categories) => categories.total(),
        }
    }

    /// A column of which so many rows came without the column: all missing.
    pub fn vanished(&self, rows: u64) -> Self {
        match self {
            Self::Numbers(_) => Self::Numbers(NumberCounts::from_distinct_sorted(Vec::new(), rows, 0)),
            Self::Categories(_) => Self::Categories(CategoryCounts::from_counts(Default::default(), rows)),
        }
    }
}
