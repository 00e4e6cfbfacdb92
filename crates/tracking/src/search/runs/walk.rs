//! Goes along the index of a key, in its order, and looks up the runs that it comes by.

use rusqlite::types::Value;

use super::{
    super::{place::Place, statement::Statement},
    Search,
    details::Details,
    sets::{Chosen, value},
};
use crate::{
    Error,
    filter::{
        Comparison, NumberOperator, Test,
        runs::{Field, Sorted},
    },
};

impl Search<'_> {
    /// Goes along the key that the order begins with, held to the comparisons of the same key, until the page is full.
    /// Runs that have NaN, and then those without the key, come last.
    pub(super) fn walk(
        &mut self,
        experiment: i64,
        mut chosen: Chosen,
        tests: &[&Comparison<Field>],
    ) -> Result<(), Error> {
        let mut left = self.page.enough();
        if self.after_first().is_none_or(Place::is_value) {
            let sql = self.values(experiment, tests);
            left = self.along(&sql, &chosen, left)?;
        }
        let is_metric = matches!(self.orders[0].field, Sorted::Metric(_));
        let may_be_nan = is_metric && tests.iter().all(|test| meets_nan(test));
        if left > 0 && may_be_nan && self.after_first() != Some(&Place::Missing) {
            left = self.along(&self.nans(experiment), &chosen, left)?;
        }
        if left == 0 || !tests.is_empty() {
            return Ok(());
        }
        chosen.leave_out(self.transaction, &self.having(experiment))?;
        let rest = Details { orders: &self.orders[1..], known: Some(Place::Missing) };
        self.scan(experiment, &chosen, &rest)
    }

    /// Looks up the runs that a statement gives, with their place in the first part of the order and in that order. `left`
    /// is how many the page still takes; and what is left then. Of runs at one place all are taken.
    fn along(&mut self, sql: &Statement, chosen: &Chosen, left: usize) -> Result<usize, Error> {
        let mut details = Details { orders: &self.orders[1..], known: None };
        let (one, at) = details.of_one(self.keys, self.filter, self.view);
        let (transaction, page) = (self.transaction, &mut self.page);
        let mut left = left;
        sql.with(transaction, |walk| {
            one.with(transaction, |one| {
                let mut rows = walk.raw_query();
                while let Some(row) = rows.next()? {
                    let run: i64 = row.get(0)?;
                    if !chosen.has(run) {
                        continue;
                    }
                    let place = Place::of_walk(row)?;
                    if left == 0 && details.known.as_ref() != Some(&place) {
                        return Ok(left);
                    }
                    details.known = Some(place);
                    one.raw_bind_parameter(at, run)?;
                    let mut found = one.raw_query();
                    if let Some(row) = found.next()? {
                        let (position, hit) = details.read(row)?;
                        left = left.saturating_sub(usize::from(page.offer(position, hit)));
                    }
                }
                Ok(left)
            })
        })
    }

    /// The runs that have the key, in the order of its values.
    fn values(&self, experiment: i64, tests: &[&Comparison<Field>]) -> Statement {
        let order = &self.orders[0];
        let mut sql = match &order.field {
            Sorted::Metric(_) => {
                Statement::of("SELECT run, value FROM latest WHERE is_nan = 0 AND experiment = ")
            }
            Sorted::Param(_) => Statement::of("SELECT run, value FROM params WHERE experiment = "),
            _ => Statement::of("SELECT run, value FROM tags WHERE experiment = "),
        };
        sql.bind(experiment).add(" AND key = ").bind(self.first_key());
        for test in tests {
            value(&mut sql, &test.test);
        }
        if let Some(after) = self.after_first().and_then(bound) {
            sql.add(if order.descending { " AND value <= " } else { " AND value >= " }).bind(after);
        }
        sql.add(if order.descending { " ORDER BY value DESC" } else { " ORDER BY value" });
        sql
    }

    /// The runs whose metric is NaN.
    fn nans(&self, experiment: i64) -> Statement {
        let mut sql = Statement::of("SELECT run FROM latest WHERE is_nan = 1 AND experiment = ");
        sql.bind(experiment).add(" AND key = ").bind(self.first_key());
        sql
    }

    /// The runs that have the key.
    fn having(&self, experiment: i64) -> Statement {
        let mut sql = match &self.orders[0].field {
            Sorted::Metric(_) => Statement::of("SELECT run FROM latest WHERE experiment = "),
            Sorted::Param(_) => Statement::of("SELECT run FROM params WHERE experiment = "),
            _ => Statement::of("SELECT run FROM tags WHERE experiment = "),
        };
        sql.bind(experiment).add(" AND key = ").bind(self.first_key());
        sql
    }

    fn first_key(&self) -> Value {
        match &self.orders[0].field {
            Sorted::Metric(key) => self.keys.value(key),
            Sorted::Param(key) | Sorted::Tag(key) => key.clone().into(),
            Sorted::Attribute(_) => Value::Null,
        }
    }
}

impl Place {
    /// The place that a row of a walk has in the first part of the order. Those that are NaN have no value.
    fn of_walk(row: &rusqlite::Row<'_>) -> Result<Self, Error> {
        if row.as_ref().column_count() == 1 { Ok(Self::NotANumber) } else { Self::of(row, 1) }
    }
}

/// Where in an index a page begins.
fn bound(place: &Place) -> Option<Value> {
    match place {
        Place::Integer(integer) => Some((*integer).into()),
        Place::Real(real) => Some((*real).into()),
        Place::Text(text) => Some(text.clone().into()),
        Place::NotANumber | Place::Missing => None,
    }
}

/// NaN is other than any number, and otherwise compares with none.
fn meets_nan(comparison: &Comparison<Field>) -> bool {
    matches!(comparison.test, Test::Number(NumberOperator::NotEqual, _))
}
