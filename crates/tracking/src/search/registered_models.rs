//! The search of registered models.

use super::{
    Found, RegistrySearch,
    condition::{compare, pair},
    limit,
    page::Page,
    place::Place,
    statement::Statement,
    token::{Part, Query},
};
use crate::{
    Error, RegisteredModel, Tracking,
    filter::{
        self, Filter, Order, Prompts,
        registered_models::{Field, Sorted},
    },
    registry::materialise_models,
};

impl Tracking {
    /// Searches registered models; prompts only when the filter asks for them.
    ///
    /// # Errors
    /// `INVALID_PARAMETER_VALUE` for what does not fit the grammar, a limit or the token.
    pub fn search_registered_models(&self, search: &RegistrySearch) -> Result<Found<RegisteredModel>, Error> {
        let size = limit::of_registered_models(search.max_results)?;
        let (prompts, filter) = filter::registered_models::parse(&search.filter)?;
        let orders = filter::registered_models::order(&search.order_by)?;
        let order: Vec<&str> = search.order_by.iter().map(String::as_str).collect();
        let query = Query::of([(Part::Filter, &[&search.filter]), (Part::Order, &order)]);
        let after = query.position(search.page_token.as_deref(), orders.len())?;
        let mut page = Page::new(size, orders.iter().map(|order| order.descending).collect(), after);
        let sql = statement(&filter, prompts);
        self.read(|transaction| {
            sql.each(transaction, |row| {
                let place = |order: &Order<Sorted>| Place::of(row, column(order.field));
                page.offer(orders.iter().map(place).collect::<Result<_, _>>()?, row.get(0)?);
                Ok(())
            })?;
            let (rows, next) = page.finish();
            let next_page_token = next.map(|position| query.token(&position));
            Ok(Found { found: materialise_models(transaction, &rows)?, next_page_token })
        })
    }
}

const TAG: &str = "EXISTS (SELECT 1 FROM registered_model_tags WHERE model = m.id AND key = ";
const NO_PROMPT: &str = "m.id NOT IN (SELECT model FROM registered_model_tags \
    WHERE key = 'mlflow.prompt.is_prompt' AND value = 'true')";

fn statement(filter: &Filter<Field>, prompts: Prompts) -> Statement {
    let mut sql = Statement::of("SELECT m.id, m.name, m.updated FROM registered_models m WHERE ");
    sql.add(match prompts {
        Prompts::Hidden => NO_PROMPT,
        Prompts::AskedFor => "true",
    });
    for comparison in &filter.comparisons {
        sql.add(" AND ");
        match &comparison.field {
            Field::Name => compare(&mut sql, "m.name", &comparison.test),
            Field::Tag(key) => pair(&mut sql, TAG, key, &comparison.test),
        }
    }
    sql
}

fn column(sorted: Sorted) -> usize {
    match sorted {
        Sorted::Name => 1,
        Sorted::LastUpdatedTimestamp => 2,
    }
}
