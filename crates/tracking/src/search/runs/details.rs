//! What the order needs to know of a run, beside what a walk told already.

use rusqlite::Row;

use super::{
    super::{
        View,
        condition::compare,
        place::{Place, Position},
        statement::Statement,
    },
    Hit,
    keys::Keys,
};
use crate::{
    Error,
    filter::{
        Filter, Order,
        runs::{Attribute, Field, Sorted},
    },
};

/// The parts of an order that are read from a run, behind one that is known.
pub(super) struct Details<'a> {
    pub(super) orders: &'a [Order<Sorted>],
    pub(super) known: Option<Place>,
}

impl Details<'_> {
    /// Reads one run if its attributes are as the filter says, and which value is to be that run's row.
    pub(super) fn of_one(&self, keys: &Keys, filter: &Filter<Field>, view: View) -> (Statement, usize) {
        let mut sql = self.select(keys);
        sql.add("r.id = ").bind(0);
        let at = sql.last();
        match view {
            View::Active => sql.add(" AND r.deleted = 0"),
            View::Deleted => sql.add(" AND r.deleted = 1"),
            View::All => &mut sql,
        };
        attributes(&mut sql, filter);
        (sql, at)
    }

    /// The beginning of a statement that reads runs, up to its first condition.
    pub(super) fn select(&self, keys: &Keys) -> Statement {
        let mut sql = Statement::of("SELECT r.id, r.version");
        for order in self.orders {
            sql.add(", ");
            match &order.field {
                Sorted::Attribute(attribute) => {
                    sql.add(column(*attribute));
                }
                Sorted::Param(key) => {
                    sql.add("(SELECT value FROM params WHERE run = r.id AND key = ")
                        .bind(key.clone())
                        .add(")");
                }
                Sorted::Tag(key) => {
                    sql.add("(SELECT value FROM tags WHERE run = r.id AND key = ").bind(key.clone()).add(")");
                }
                Sorted::Metric(key) => {
                    let key = keys.value(key);
                    sql.add("(SELECT is_nan FROM latest WHERE run = r.id AND key = ").bind(key.clone());
                    sql.add("), (SELECT value FROM latest WHERE run = r.id AND key = ").bind(key).add(")");
                }
            }
        }
        sql.add(" FROM runs r WHERE ");
        sql
    }

    /// Where the run of a row stands in the whole order.
    pub(super) fn read(&self, row: &Row<'_>) -> Result<(Position, Hit), Error> {
        let mut position = Position::with_capacity(self.orders.len() + 1);
        position.extend(self.known.clone());
        let mut column = 2;
        for order in self.orders {
            if let Sorted::Metric(_) = order.field {
                position.push(Place::of_metric(row, column)?);
                column += 2;
            } else {
                position.push(Place::of(row, column)?);
                column += 1;
            }
        }
        Ok((position, (row.get(0)?, row.get(1)?)))
    }
}

/// Adds what the filter says of attributes, but not of the name, which is a tag.
pub(super) fn attributes(sql: &mut Statement, filter: &Filter<Field>) {
    for comparison in &filter.comparisons {
        match comparison.field {
            Field::Attribute(Attribute::RunName) => {}
            Field::Attribute(attribute) => compare(sql.add(" AND "), column(attribute), &comparison.test),
            _ => {}
        }
    }
}

fn column(attribute: Attribute) -> &'static str {
    match attribute {
        Attribute::RunId => "r.run_id",
        Attribute::RunName => "r.name",
        Attribute::Status => "r.status",
        Attribute::UserId => "r.user_id",
        Attribute::ArtifactUri => "r.artifact_uri",
        Attribute::StartTime => "r.started",
        Attribute::EndTime => "r.ended",
    }
}
