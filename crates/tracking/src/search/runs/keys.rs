//! The keys of metrics that a search of runs speaks of, as the numbers under which they are kept.

use std::collections::HashMap;

use rusqlite::{OptionalExtension as _, Transaction, types::Value};

use crate::{
    Error,
    filter::{
        Filter, Order,
        runs::{Field, Sorted},
    },
};

/// The numbers of the metrics that a search speaks of, as far as anything was ever logged under their names.
#[derive(Debug)]
pub(super) struct Keys(HashMap<String, i64>);

impl Keys {
    pub(super) fn of(
        transaction: &Transaction<'_>,
        filter: &Filter<Field>,
        orders: &[Order<Sorted>],
    ) -> Result<Self, Error> {
        let mut find = transaction.prepare_cached("SELECT id FROM metric_keys WHERE name = ?1")?;
        let mut keys = HashMap::new();
        let compared = filter.comparisons.iter().filter_map(|comparison| match &comparison.field {
            Field::Metric(key) => Some(key),
            _ => None,
        });
        let ordered = orders.iter().filter_map(|order| match &order.field {
            Sorted::Metric(key) => Some(key),
            _ => None,
        });
        for key in compared.chain(ordered) {
            if let Some(id) = find.query_row([key], |row| row.get(0)).optional()? {
                keys.insert(key.clone(), id);
            }
        }
        Ok(Self(keys))
    }

    /// The number of a key; nothing, which equals no number, when there is none.
    pub(super) fn value(&self, key: &str) -> Value {
        self.0.get(key).copied().into()
    }
}
