//! Runs: found by sets and walked in order.
//!
//! There may be very many, each with very many metrics, so nothing here looks at a run that the filter leaves out, and
//! nothing is sorted that an index has in order:
//!
//! 1. Each comparison of a key (of a metric, param, tag or data set) is one stretch of an index, and gives the set of the
//!    runs that meet it ([`sets`]).
//! 2. An order that begins with a key walks the index of that key ([`walk`]); comparisons of the same key shorten the
//!    walk. An order that begins with the start walks the index of starts ([`scan`]). In any other order, and when the
//!    sets leave only few runs, all that are left are looked at.
//! 3. A run that is come by and is in all sets is looked up with the rest of what the order needs ([`details`]). The walk
//!    ends when the page is full.
//!
//! All this is for one experiment at a time; the page keeps what comes first ([`super::page`]).

mod details;
mod keys;
mod scan;
mod sets;
#[cfg(test)]
mod tests;
mod walk;

use std::{collections::BTreeSet, sync::Arc};

use rusqlite::{OptionalExtension as _, Transaction};

use super::{
    Found, View, limit,
    page::Page,
    place::Place,
    token::{Part, Query},
};
use crate::{
    Error, Tracking,
    filter::{
        self, Comparison, Filter, Order, Test, TextOperator,
        runs::{Attribute, Field, Sorted},
    },
};
use details::Details;
use keys::Keys;
use sets::Chosen;

/// When a filter leaves no more than this, or than two pages, they are all looked at.
const FEW: usize = 256;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunSearch {
    /// In which experiments. Those that are not there have no runs.
    pub experiment_ids: Vec<String>,
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

impl Default for RunSearch {
    fn default() -> Self {
        Self {
            experiment_ids: Vec::new(),
            filter: String::new(),
            order_by: Vec::new(),
            view: View::Active,
            max_results: 1_000,
            page_token: None,
        }
    }
}

impl Tracking {
    /// Searches runs; each is JSON as [`Tracking::run_json`] gives it.
    ///
    /// # Errors
    /// `INVALID_PARAMETER_VALUE` for what does not fit the grammar, a limit or the token.
    pub fn search_runs(&self, search: &RunSearch) -> Result<Found<Arc<[u8]>>, Error> {
        let two_pages = usize::try_from(search.max_results).unwrap_or_default().saturating_mul(2);
        self.search_runs_by(search, FEW.max(two_pages))
    }

    /// The same, given how many runs are few.
    fn search_runs_by(&self, search: &RunSearch, few: usize) -> Result<Found<Arc<[u8]>>, Error> {
        let size = limit::of_tracking(search.max_results)?;
        let filter = filter::runs::parse(&search.filter)?;
        let orders = filter::runs::order(&search.order_by)?;
        let query = query(search);
        let after = query.position(search.page_token.as_deref(), orders.len())?;
        let descending = orders.iter().map(|order| order.descending).collect();
        let page = Page::new(size, descending, after);
        self.read_settled(|transaction| {
            let keys = Keys::of(transaction, &filter, &orders)?;
            let experiments = experiments(transaction, &search.experiment_ids)?;
            let view = search.view;
            let (filter, orders, keys) = (&filter, orders.as_slice(), &keys);
            let search = Search { transaction, filter, orders, view, keys, few, page };
            let (hits, next) = search.over(&experiments)?.finish();
            let next_page_token = next.map(|position| query.token(&position));
            Ok(Found { found: self.runs_json(transaction, &hits)?, next_page_token })
        })
    }
}

fn query(search: &RunSearch) -> Query {
    let experiments: Vec<&str> = search.experiment_ids.iter().map(String::as_str).collect();
    let order: Vec<&str> = search.order_by.iter().map(String::as_str).collect();
    Query::of([
        (Part::Experiments, &experiments),
        (Part::Filter, &[&search.filter]),
        (Part::Order, &order),
        (Part::View, &[search.view.name()]),
    ])
}

/// The rows of these experiments, as far as there are such.
pub(super) fn experiments(transaction: &Transaction<'_>, ids: &[String]) -> Result<BTreeSet<i64>, Error> {
    let mut find = transaction.prepare_cached("SELECT id FROM experiments WHERE experiment_id = ?1")?;
    let mut rows = BTreeSet::new();
    for id in ids {
        rows.extend(find.query_row([id], |row| row.get::<_, i64>(0)).optional()?);
    }
    Ok(rows)
}

/// A run that was found: its row and its version.
type Hit = (i64, i64);

/// A search under way.
struct Search<'a> {
    transaction: &'a Transaction<'a>,
    filter: &'a Filter<Field>,
    orders: &'a [Order<Sorted>],
    view: View,
    keys: &'a Keys,
    /// How many chosen runs are few.
    few: usize,
    page: Page<Hit>,
}

impl Search<'_> {
    fn over(mut self, experiments: &BTreeSet<i64>) -> Result<Page<Hit>, Error> {
        for experiment in experiments {
            self.within(*experiment)?;
        }
        Ok(self.page)
    }

    fn within(&mut self, experiment: i64) -> Result<(), Error> {
        let first = &self.orders[0];
        let (of_walk, others): (Vec<_>, Vec<_>) =
            self.filter.comparisons.iter().partition(|comparison| is_walked(comparison, &first.field));
        let mut chosen = Chosen::default();
        for comparison in others {
            chosen.narrow(self.transaction, self.keys, (experiment, comparison))?;
            if chosen.is_nothing() {
                return Ok(());
            }
        }
        let is_few = chosen.few(self.few);
        let is_walk = matches!(first.field, Sorted::Metric(_) | Sorted::Param(_) | Sorted::Tag(_));
        if is_walk && !is_few && !self.names_runs() {
            return self.walk(experiment, chosen, &of_walk);
        }
        for comparison in of_walk {
            chosen.narrow(self.transaction, self.keys, (experiment, comparison))?;
        }
        let all = Details { orders: self.orders, known: None };
        let is_all_left = chosen.is_some() && !all.are_by_start() && !self.names_runs();
        if is_few || is_all_left { self.look_at(&chosen, &all) } else { self.scan(experiment, &chosen, &all) }
    }

    /// Whether the filter says which runs, so that an index has them at once.
    fn names_runs(&self) -> bool {
        self.filter.comparisons.iter().any(|comparison| {
            comparison.field == Field::Attribute(Attribute::RunId)
                && matches!(comparison.test, Test::Text(TextOperator::Equal, _) | Test::In(_))
        })
    }

    /// Looks at each of these runs.
    fn look_at(&mut self, chosen: &Chosen, details: &Details<'_>) -> Result<(), Error> {
        let (sql, at) = details.of_one(self.keys, self.filter, self.view);
        let (transaction, page) = (self.transaction, &mut self.page);
        sql.with(transaction, |one| {
            for run in chosen.runs() {
                one.raw_bind_parameter(at, run)?;
                let mut rows = one.raw_query();
                if let Some(row) = rows.next()? {
                    let (position, hit) = details.read(row)?;
                    page.offer(position, hit);
                }
            }
            Ok(())
        })
    }

    /// Where the page begins in the first part of the order.
    fn after_first(&self) -> Option<&Place> {
        self.page.after().and_then(<[Place]>::first)
    }
}

/// Whether a walk along the index of this part of the order can hold runs to the comparison.
fn is_walked(comparison: &Comparison<Field>, first: &Sorted) -> bool {
    let is_of_key = match (&comparison.field, first) {
        (Field::Metric(one), Sorted::Metric(other))
        | (Field::Param(one), Sorted::Param(other))
        | (Field::Tag(one), Sorted::Tag(other)) => one == other,
        _ => false,
    };
    is_of_key && !matches!(comparison.test, Test::IsNull | Test::IsNotNull)
}
