//! Columns in memory: the one shape in which data reaches training, evaluation and scoring.
//!
//! `data` fills a [`Table`] from Arrow, `serving` from a request, `learn` trains on it and
//! `onnx` scores it, so that none of them needs to know another's format.

mod column;

pub use column::{Column, Kind, Text, TextBuilder, Values};

use serde::{Deserialize, Serialize};

/// Columns of one length, with distinct names.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    columns: Vec<Column>,
    rows: usize,
}

/// One column of a table's shape.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// The column's name.
    pub name: String,
    /// What its values are.
    pub kind: Kind,
}

/// Columns that do not make a table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// One column is longer or shorter than the first.
    #[error("column `{name}` has {found} rows where the others have {expected}")]
    Length {
        /// The odd column.
        name: String,
        /// Its number of rows.
        found: usize,
        /// The first column's number of rows.
        expected: usize,
    },
    /// Two columns share a name.
    #[error("two columns are called `{0}`")]
    Duplicate(String),
}

impl Table {
    /// A table of these columns.
    ///
    /// # Errors
    /// When their lengths differ or two share a name.
    pub fn new(columns: Vec<Column>) -> Result<Self, Error> {
        let rows = columns.first().map_or(0, |column| column.values.len());
        for (position, column) in columns.iter().enumerate() {
            let found = column.values.len();
            if found != rows {
                return Err(Error::Length { name: column.name.clone(), found, expected: rows });
            }
            if columns[..position].iter().any(|other| other.name == column.name) {
                return Err(Error::Duplicate(column.name.clone()));
            }
        }
        Ok(Self { columns, rows })
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The columns, in order.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The columns, without the table.
    pub fn into_columns(self) -> Vec<Column> {
        self.columns
    }

    /// The column of this name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// Names and kinds of the columns, in order.
    pub fn fields(&self) -> Vec<Field> {
        let field = |column: &Column| Field { name: column.name.clone(), kind: column.values.kind() };
        self.columns.iter().map(field).collect()
    }

    /// The rows at these positions, in this order; a position may come twice.
    ///
    /// # Panics
    /// When a position is not below [`Table::rows`].
    #[must_use]
    pub fn take(&self, positions: &[usize]) -> Self {
        let take =
            |column: &Column| Column { name: column.name.clone(), values: column.values.take(positions) };
        Self { columns: self.columns.iter().map(take).collect(), rows: positions.len() }
    }

    /// The rows of this table, then those of another: each column of this one, filled from the other's column of the
    /// same name and kind, and missing where it has none.
    #[must_use]
    pub fn append(&self, other: &Self) -> Self {
        let append = |column: &Column| {
            let more = other.column(&column.name).map(|column| &column.values);
            Column { name: column.name.clone(), values: column.values.append(more, other.rows) }
        };
        Self { columns: self.columns.iter().map(append).collect(), rows: self.rows + other.rows }
    }

    /// The same table with the columns of these names alone, in this order; unknown names are left out.
    #[must_use]
    pub fn select<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> Self {
        let columns = names.into_iter().filter_map(|name| self.column(name).cloned()).collect();
        Self { columns, rows: self.rows }
    }
}

#[cfg(test)]
mod tests {
    use super::{Column, Error, Table, Text, Values};

    fn example() -> Table {
        let carrier: Text = [Some("UA"), None, Some("UA"), Some("AA")].into_iter().collect();
        Table::new(vec![
            Column::new("distance", Values::Number(vec![1.0, 2.0, f64::NAN, 4.0])),
            Column::new("carrier", Values::Text(carrier)),
        ])
        .unwrap()
    }

    #[test]
    fn rows_are_taken_in_the_order_asked_for() {
        let taken = example().take(&[3, 0, 0]);
        let Values::Text(carrier) = &taken.column("carrier").unwrap().values else { panic!("text") };
        assert_eq!(
            (0..3).map(|row| carrier.get(row)).collect::<Vec<_>>(),
            [Some("AA"), Some("UA"), Some("UA")]
        );
        assert_eq!(taken.rows(), 3);
    }

    #[test]
    fn rows_are_appended_by_name_and_are_missing_where_there_is_no_such_column() {
        let carrier: Text = [Some("DL"), Some("AA")].into_iter().collect();
        let other = Table::new(vec![
            Column::new("carrier", Values::Text(carrier)),
            Column::new("distance", Values::Boolean(vec![Some(true), None])),
            Column::new("weight", Values::Number(vec![1.0, 2.0])),
        ])
        .unwrap();
        let both = example().append(&other);
        assert_eq!((both.rows(), both.columns().len()), (6, 2));
        let Values::Text(carrier) = &both.column("carrier").unwrap().values else { panic!("text") };
        assert_eq!((carrier.get(3), carrier.get(4), carrier.get(5)), (Some("AA"), Some("DL"), Some("AA")));
        assert_eq!(carrier.dictionary(), ["UA", "AA", "DL"]);
        // Another kind under the same name is no value of this column.
        let Values::Number(distance) = &both.column("distance").unwrap().values else { panic!("numbers") };
        assert!(distance[3] == 4.0 && distance[4].is_nan() && distance[5].is_nan());
    }

    #[test]
    fn a_few_rows_of_many_texts_carry_their_own_alone() {
        let names: Vec<String> = (0..100).map(|number| format!("n{number}")).collect();
        let text: Text = names.iter().map(|name| Some(name.as_str())).chain([None]).collect();
        let table = Table::new(vec![Column::new("name", Values::Text(text))]).unwrap();
        let taken = table.take(&[42, 100, 7, 42]);
        let Values::Text(taken) = &taken.columns()[0].values else { panic!("text") };
        assert_eq!(taken.dictionary(), ["n42", "n7"]);
        assert_eq!(
            (0..4).map(|row| taken.get(row)).collect::<Vec<_>>(),
            [Some("n42"), None, Some("n7"), Some("n42")]
        );
    }

    #[test]
    fn columns_of_different_lengths_make_no_table() {
        let columns = vec![
            Column::new("a", Values::Number(vec![1.0])),
            Column::new("b", Values::Boolean(vec![None, Some(true)])),
        ];
        assert_eq!(Table::new(columns), Err(Error::Length { name: "b".to_owned(), found: 2, expected: 1 }));
    }
}
