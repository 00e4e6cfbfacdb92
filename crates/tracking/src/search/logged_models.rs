//! The search of logged models.

use rusqlite::Row;

use super::{
    Found, OrderBy,
    condition::{compare, pair},
    limit,
    page::Page,
    place::{Place, Position},
    statement::Statement,
    token::{Part, Query},
};
use crate::{
    Error, LoggedModel, Tracking,
    filter::{
        self, Filter, NumberOperator, Order, Test,
        logged_models::{Attribute, Field, Sorted},
    },
    models::materialise,
};

/// What is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LoggedModelSearch {
    /// In which experiments.
    pub experiment_ids: Vec<String>,
    /// Comparisons.
    pub filter: String,
    /// Only metrics on one of these data sets count, and only models that have some.
    pub datasets: Vec<DatasetFilter>,
    /// Parts of an order.
    pub order_by: Vec<OrderBy>,
    /// The size of a page; 0 is the usual size.
    pub max_results: i64,
    /// Where it begins.
    pub page_token: Option<String>,
}

/// A data set that metrics are on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DatasetFilter {
    /// Its name. It must be there.
    pub name: String,
    /// Which state of it; any, when there is none.
    pub digest: Option<String>,
}

impl Tracking {
    /// Searches logged models that are not deleted.
    ///
    /// # Errors
    /// `INVALID_PARAMETER_VALUE` for what does not fit the grammar, a limit or the token.
    pub fn search_logged_models(&self, search: &LoggedModelSearch) -> Result<Found<LoggedModel>, Error> {
        if search.datasets.iter().any(|dataset| dataset.name.is_empty()) {
            return Err(Error::invalid("`dataset_name` in the `datasets` clause must be specified."));
        }
        let query = query(search);
        let size = limit::of_logged_models(search.max_results)?;
        let filter = filter::logged_models::parse(&search.filter)?;
        let orders = filter::logged_models::order(&search.order_by)?;
        let after = query.position(search.page_token.as_deref(), orders.len())?;
        let mut page = Page::new(size, orders.iter().map(|order| order.descending).collect(), after);
        self.read(|transaction| {
            for experiment in super::runs::experiments(transaction, &search.experiment_ids)? {
                let sql = statement(experiment, (&filter, &search.datasets), &orders);
                sql.each(transaction, |row| {
                    page.offer(position(row, &orders)?, row.get(0)?);
                    Ok(())
                })?;
            }
            let (rows, next) = page.finish();
            let next_page_token = next.map(|position| query.token(&position));
            Ok(Found { found: materialise(transaction, &rows)?, next_page_token })
        })
    }
}

fn query(search: &LoggedModelSearch) -> Query {
    let experiments: Vec<&str> = search.experiment_ids.iter().map(String::as_str).collect();
    let mut order = Vec::new();
    for by in &search.order_by {
        let texts = [&by.field_name, &by.dataset_name, &by.dataset_digest];
        order.extend(texts.map(|text| text.as_deref().unwrap_or_default()));
        order.push(if by.ascending == Some(false) { "desc" } else { "asc" });
    }
    let datasets: Vec<&str> = search
        .datasets
        .iter()
        .flat_map(|dataset| [dataset.name.as_str(), dataset.digest.as_deref().unwrap_or_default()])
        .collect();
    Query::of([
        (Part::Experiments, &experiments),
        (Part::Filter, &[&search.filter]),
        (Part::Order, &order),
        (Part::Datasets, &datasets),
    ])
}

fn statement(
    experiment: i64,
    (filter, datasets): (&Filter<Field>, &[DatasetFilter]),
    orders: &[Order<Sorted>],
) -> Statement {
    let mut sql = Statement::of("SELECT m.id");
    for order in orders {
        sql.add(", ");
        select(&mut sql, &order.field);
    }
    sql.add(" FROM logged_models m WHERE m.experiment = ").bind(experiment).add(" AND m.deleted = 0");
    let mut has_metric = false;
    for Comparison { field, test } in &filter.comparisons {
        sql.add(" AND ");
        match field {
            Field::Attribute(attribute) => compare(&mut sql, column(*attribute), test),
            Field::Param(key) => pair(&mut sql, PARAM, key, test),
            Field::Tag(key) => pair(&mut sql, TAG, key, test),
            Field::Metric(key) => {
                has_metric = true;
                sql.add("EXISTS (SELECT 1 FROM logged_model_metrics WHERE model = m.id AND key = ");
                metric(sql.bind(key.clone()), test);
                on_any(&mut sql, datasets);
                sql.add(")");
            }
        }
    }
    if !has_metric && !datasets.is_empty() {
        sql.add(" AND EXISTS (SELECT 1 FROM logged_model_metrics WHERE model = m.id");
        on_any(&mut sql, datasets);
        sql.add(")");
    }
    sql
}

type Comparison = filter::Comparison<Field>;

const PARAM: &str = "EXISTS (SELECT 1 FROM logged_model_params WHERE model = m.id AND key = ";
const TAG: &str = "EXISTS (SELECT 1 FROM logged_model_tags WHERE model = m.id AND key = ";

fn column(attribute: Attribute) -> &'static str {
    match attribute {
        Attribute::Name => "m.name",
        Attribute::ModelId => "m.model_id",
        Attribute::ModelType => "nullif(m.model_type, '')",
        Attribute::Status => {
            "CASE m.status WHEN 1 THEN 'PENDING' WHEN 2 THEN 'READY' WHEN 3 THEN 'FAILED' ELSE 'UNSPECIFIED' END"
        }
        Attribute::SourceRunId => "nullif(m.source_run_id, '')",
        Attribute::CreationTimestamp => "m.created",
        Attribute::LastUpdatedTimestamp => "m.updated",
    }
}

/// Adds what the value of a metric must be. NaN, which is no value, is other than any number.
fn metric(sql: &mut Statement, test: &Test) {
    if matches!(test, Test::Number(NumberOperator::NotEqual, _)) {
        compare(sql.add(" AND (value IS NULL OR "), "value", test);
        sql.add(")");
    } else {
        compare(sql.add(" AND "), "value", test);
    }
}

/// Adds that a metric must be on one of these data sets, if there are any.
fn on_any(sql: &mut Statement, datasets: &[DatasetFilter]) {
    for (at, dataset) in datasets.iter().enumerate() {
        sql.add(if at == 0 { " AND (" } else { " OR " });
        sql.add("(dataset_name = ").bind(dataset.name.clone());
        if let Some(digest) = &dataset.digest {
            sql.add(" AND dataset_digest = ").bind(digest.clone());
        }
        sql.add(")");
    }
    if !datasets.is_empty() {
        sql.add(")");
    }
}

/// Adds the columns of a part of an order: of a metric two, whether it is NaN and the value.
fn select(sql: &mut Statement, sorted: &Sorted) {
    match sorted {
        Sorted::Attribute(attribute) => {
            sql.add(column(*attribute));
        }
        Sorted::Metric { key, dataset_name, dataset_digest } => {
            for what in ["(SELECT value IS NULL", ", (SELECT value"] {
                sql.add(what)
                    .add(" FROM logged_model_metrics WHERE model = m.id AND key = ")
                    .bind(key.clone());
                if let Some(name) = filled(dataset_name) {
                    sql.add(" AND dataset_name = ").bind(name);
                }
                if let Some(digest) = filled(dataset_digest) {
                    sql.add(" AND dataset_digest = ").bind(digest);
                }
                sql.add(" ORDER BY timestamp DESC, step DESC, run_id LIMIT 1)");
            }
        }
    }
}

fn filled(text: &Option<String>) -> Option<String> {
    text.clone().filter(|text| !text.is_empty())
}

fn position(row: &Row<'_>, orders: &[Order<Sorted>]) -> Result<Position, Error> {
    let mut position = Position::with_capacity(orders.len());
    let mut column = 1;
    for order in orders {
        if let Sorted::Metric { .. } = order.field {
            position.push(Place::of_metric(row, column)?);
            column += 2;
        } else {
            position.push(Place::of(row, column)?);
            column += 1;
        }
    }
    Ok(position)
}
