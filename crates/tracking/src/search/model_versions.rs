//! The search of model versions.

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
    Error, ModelVersion, Tracking,
    filter::{
        self, Filter, Order, Prompts,
        model_versions::{Attribute, Field, Sorted},
    },
    registry::materialise_versions,
};

impl Tracking {
    /// Searches model versions; those of prompts only when the filter asks for them.
    ///
    /// # Errors
    /// `INVALID_PARAMETER_VALUE` for what does not fit the grammar, a limit or the token.
    pub fn search_model_versions(&self, search: &RegistrySearch) -> Result<Found<ModelVersion>, Error> {
        let size = limit::of_model_versions(search.max_results)?;
        let (prompts, filter) = filter::model_versions::parse(&search.filter)?;
        let orders = filter::model_versions::order(&search.order_by)?;
        let order: Vec<&str> = search.order_by.iter().map(String::as_str).collect();
        let query = Query::of([(Part::Filter, &[&search.filter]), (Part::Order, &order)]);
        let after = query.position(search.page_token.as_deref(), orders.len())?;
        let mut page = Page::new(size, orders.iter().map(|order| order.descending).collect(), after);
        let sql = statement(&filter, prompts);
        self.read(|transaction| {
            sql.each(transaction, |row| {
                let place = |order: &Order<Sorted>| Place::of(row, sorted(order.field));
                page.offer(orders.iter().map(place).collect::<Result<_, _>>()?, row.get(0)?);
                Ok(())
            })?;
            let (rows, next) = page.finish();
            let next_page_token = next.map(|position| query.token(&position));
            Ok(Found { found: materialise_versions(transaction, &rows)?, next_page_token })
        })
    }
}

const TAG: &str = "EXISTS (SELECT 1 FROM model_version_tags WHERE version = v.id AND key = ";
/// A name is a prompt's when any version of it is.
const NO_PROMPT: &str = " AND v.model NOT IN (SELECT p.model FROM model_version_tags t \
    JOIN model_versions p ON p.id = t.version WHERE t.key = 'mlflow.prompt.is_prompt' AND t.value = 'true')";

fn statement(filter: &Filter<Field>, prompts: Prompts) -> Statement {
    let mut sql = Statement::of(
        "SELECT v.id, m.name, v.version, v.created, v.updated \
        FROM model_versions v JOIN registered_models m ON m.id = v.model WHERE v.stage <> 'Deleted_Internal'",
    );
    if prompts == Prompts::Hidden {
        sql.add(NO_PROMPT);
    }
    for comparison in &filter.comparisons {
        sql.add(" AND ");
        match &comparison.field {
            Field::Attribute(attribute) => compare(&mut sql, column(*attribute), &comparison.test),
            Field::Tag(key) => pair(&mut sql, TAG, key, &comparison.test),
        }
    }
    sql
}

fn column(attribute: Attribute) -> &'static str {
    match attribute {
        Attribute::Name => "m.name",
        Attribute::VersionNumber => "v.version",
        Attribute::RunId => "v.run_id",
        Attribute::SourcePath => "v.source",
    }
}

fn sorted(sorted: Sorted) -> usize {
    match sorted {
        Sorted::Name => 1,
        Sorted::VersionNumber => 2,
        Sorted::CreationTimestamp => 3,
        Sorted::LastUpdatedTimestamp => 4,
    }
}
