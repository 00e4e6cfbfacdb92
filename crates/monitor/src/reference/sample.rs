use serde::{Deserialize, Serialize};
use table::{Column, Table, Text, Values};

/// Rows as they are stored. Numbers that are not finite are stored as missing.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct StoredTable(Vec<StoredColumn>);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct StoredColumn {
    name: String,
    values: StoredValues,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredValues {
    Number(Vec<Option<f64>>),
    Text(Vec<Option<String>>),
    Boolean(Vec<Option<bool>>),
    Time(Vec<Option<i64>>),
}

impl StoredTable {
    pub(super) fn of(table: &Table) -> Self {
        let column =
            |column: &Column| StoredColumn { name: column.name.clone(), values: stored(&column.values) };
        Self(table.columns().iter().map(column).collect())
    }

    /// The rows; none when what was stored is no table.
    pub fn table(&self) -> Table {
        let column = |column: &StoredColumn| Column::new(column.name.clone(), values(&column.values));
        Table::new(self.0.iter().map(column).collect()).unwrap_or_default()
    }
}

fn stored(values: &Values) -> StoredValues {
    match values {
        Values::Number(values) => {
            StoredValues::Number(values.iter().map(|value| value.is_finite().then_some(*value)).collect())
        }
        Values::Text(text) => {
            let rows = 0..text.codes().len();
            StoredValues::Text(rows.map(|row| text.get(row).map(str::to_owned)).collect())
        }
        Values::Boolean(values) => StoredValues::Boolean(values.clone()),
        Values::Time(values) => StoredValues::Time(values.clone()),
    }
}

fn values(stored: &StoredValues) -> Values {
    match stored {
        StoredValues::Number(values) => {
            Values::Number(values.iter().map(|value| value.unwrap_or(f64::NAN)).collect())
        }
        StoredValues::Text(values) => Values::Text(values.iter().map(Option::as_deref).collect::<Text>()),
        StoredValues::Boolean(values) => Values::Boolean(values.clone()),
        StoredValues::Time(values) => Values::Time(values.clone()),
    }
}
