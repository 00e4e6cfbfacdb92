use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// How often each category of a column came.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CategoryCounts {
    counts: BTreeMap<String, u64>,
    /// Rows of categories that are not counted by name.
    #[serde(default, skip_serializing_if = "is_zero")]
    other: u64,
    missing: u64,
}

impl CategoryCounts {
    /// Counts one value a row, `None` being a missing one.
    pub fn of<'a>(values: impl IntoIterator<Item = Option<&'a str>>) -> Self {
        let mut counted = Self::default();
        for value in values {
            counted.add(value);
        }
        counted
    }

    /// From counts that were made elsewhere; categories with no rows are dropped.
    pub fn from_counts(mut counts: BTreeMap<String, u64>, missing: u64) -> Self {
        counts.retain(|_, count| *count > 0);
        Self { counts, other: 0, missing }
    }

    /// The same, with so many more rows whose categories are not counted by name, as a sketch
    /// of bounded size leaves them.
    pub fn with_other(self, other: u64) -> Self {
        Self { other, ..self }
    }

    /// Counts one more row.
    pub fn add(&mut self, value: Option<&str>) {
        let Some(value) = value else {
            self.missing += 1;
            return;
        };
        match self.counts.get_mut(value) {
            Some(count) => *count += 1,
            None => {
                self.counts.insert(value.to_owned(), 1);
            }
        }
    }

    /// Adds the rows of another part of the same column.
    pub fn merge(&mut self, part: Self) {
        for (category, count) in part.counts {
            *self.counts.entry(category).or_default() += count;
        }
        self.other += part.other;
        self.missing += part.missing;
    }

    /// Each category that is counted by name, in the order of its text, with its rows.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u64)> {
        self.counts.iter().map(|(category, count)| (category.as_str(), *count))
    }

    /// The rows of a category; 0 when it is not counted by name.
    pub fn count(&self, category: &str) -> u64 {
        self.counts.get(category).copied().unwrap_or(0)
    }

    /// How many categories are counted by name.
    pub fn distinct(&self) -> usize {
        self.counts.len()
    }

    /// Rows whose category is not counted by name.
    pub fn other(&self) -> u64 {
        self.other
    }

    /// Rows with a value.
    pub fn total(&self) -> u64 {
        self.counts.values().sum::<u64>() + self.other
    }

    /// Rows without a value.
    pub fn missing(&self) -> u64 {
        self.missing
    }

    /// All rows.
    pub fn rows(&self) -> u64 {
        self.total() + self.missing
    }
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

#[cfg(test)]
mod tests {
    use super::CategoryCounts;

    #[test]
    fn values_and_missing_rows_are_counted_apart() {
        let counted = CategoryCounts::of([Some("b"), None, Some("a"), Some("b")]);
        assert_eq!(counted.iter().collect::<Vec<_>>(), [("a", 1), ("b", 2)]);
        assert_eq!((counted.total(), counted.missing(), counted.rows()), (3, 1, 4));
    }

    #[test]
    fn merged_parts_count_as_the_whole_does() {
        let rows = [Some("x"), Some("y"), None, Some("x"), Some("z")];
        let mut merged = CategoryCounts::of(rows[..2].iter().copied());
        merged.merge(CategoryCounts::of(rows[2..].iter().copied()));
        assert_eq!(merged, CategoryCounts::of(rows));
    }
}
