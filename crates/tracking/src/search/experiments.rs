//! The search of experiments.

use rusqlite::Row;

use super::{
    Found, View,
    condition::{compare, pair},
    limit,
    page::Page,
    place::Place,
    statement::Statement,
    token::{Part, Query},
};
use crate::{
    Error, Tracking,
    experiments::{Experiment, materialise},
    filter::{
        self, Filter,
        experiments::{Attribute, Field},
    },
};

/// What is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExperimentSearch {
    /// Comparisons.
    pub filter: String,
    /// Clauses of an order.
    pub order_by: Vec<String>,
    /// Whether deleted ones are shown.
    pub view: View,
    /// The size of a page.
    pub max_results: i64,
    /// Where it begins.
    pub page_token: Option<String>,
}

impl Tracking {
    /// Searches experiments.
    ///
    /// # Errors
    /// `INVALID_PARAMETER_VALUE` for what does not fit the grammar, a limit or the token.
    pub fn search_experiments(&self, search: &ExperimentSearch) -> Result<Found<Experiment>, Error> {
        let size = limit::of_tracking(search.max_results)?;
        let filter = filter::experiments::parse(&search.filter)?;
        let orders = filter::experiments::order(&search.order_by)?;
        let order: Vec<&str> = search.order_by.iter().map(String::as_str).collect();
        let query = Query::of([
            (Part::Filter, &[&search.filter]),
            (Part::Order, &order),
            (Part::View, &[search.view.name()]),
        ]);
        let after = query.position(search.page_token.as_deref(), orders.len())?;
        let mut page = Page::new(size, orders.iter().map(|order| order.descending).collect(), after);
        let sql = statement(&filter, search.view);
        self.read(|transaction| {
            sql.each(transaction, |row| {
                let place = |order: &filter::Order<Attribute>| place(row, order.field);
                page.offer(orders.iter().map(place).collect::<Result<_, _>>()?, row.get(0)?);
                Ok(())
            })?;
            let (rows, next) = page.finish();
            let next_page_token = next.map(|position| query.token(&position));
            Ok(Found { found: materialise(transaction, &rows)?, next_page_token })
        })
    }
}

fn statement(filter: &Filter<Field>, view: View) -> Statement {
    let mut sql =
        Statement::of("SELECT e.id, e.name, e.experiment_id, e.created, e.updated FROM experiments e WHERE ");
    sql.add(match view {
        View::Active => "e.deleted = 0",
        View::Deleted => "e.deleted = 1",
        View::All => "e.deleted IN (0, 1)",
    });
    for comparison in &filter.comparisons {
        sql.add(" AND ");
        match &comparison.field {
            Field::Attribute(attribute) => compare(&mut sql, column(*attribute), &comparison.test),
            Field::Tag(key) => pair(&mut sql, TAG, key, &comparison.test),
        }
    }
    sql
}

const TAG: &str = "EXISTS (SELECT 1 FROM experiment_tags WHERE experiment = e.id AND key = ";

fn column(attribute: Attribute) -> &'static str {
    match attribute {
        Attribute::Name => "e.name",
        Attribute::ExperimentId => "e.experiment_id",
        Attribute::CreationTime => "e.created",
        Attribute::LastUpdateTime => "e.updated",
    }
}

fn place(row: &Row<'_>, attribute: Attribute) -> Result<Place, Error> {
    match attribute {
        Attribute::Name => Place::of(row, 1),
        Attribute::ExperimentId => Ok(numbered(row.get(2)?)),
        Attribute::CreationTime => Place::of(row, 3),
        Attribute::LastUpdateTime => Place::of(row, 4),
    }
}

/// An id as the number that it is; ids that are none come after those.
fn numbered(id: String) -> Place {
    match id.parse::<i64>() {
        Ok(number) if number.to_string() == id => Place::Integer(number),
        _ => Place::Text(id),
    }
}
