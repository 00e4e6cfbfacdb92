//! Searches: a filter, an order and a page, of runs, experiments, logged models, registered models and their versions.
//! `server` asks for its routes.
//!
//! [`crate::filter`] gives the typed trees. Here they become SQL whose text is written in this source, all of it
//! `&'static str` (`statement`); what a client sent is bound. What is found is put in order by one comparison
//! (`place`), and a page begins behind the last row of the page before it (`token`), not at a number of rows: what is
//! made or deleted meanwhile neither repeats nor hides a row.
//!
//! Runs can be many, and have a plan of their own: see `runs`. The others are read whole, as far as their filter leaves
//! them, and put in order in memory.

mod condition;
mod experiments;
mod limit;
mod logged_models;
mod model_versions;
mod page;
mod place;
mod registered_models;
mod runs;
mod statement;
#[cfg(test)]
mod tests;
mod token;

use crate::Error;

pub use crate::filter::logged_models::OrderBy;
pub use experiments::ExperimentSearch;
pub use logged_models::{DatasetFilter, LoggedModelSearch};
pub use runs::RunSearch;

/// A page of what was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found<T> {
    /// In order.
    pub found: Vec<T>,
    /// Where the next page begins; none after the last one.
    pub next_page_token: Option<String>,
}

/// What the registry is asked for. How many at most is for each search another number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RegistrySearch {
    /// Comparisons.
    pub filter: String,
    /// Clauses of an order.
    pub order_by: Vec<String>,
    /// The size of a page.
    pub max_results: i64,
    /// Where it begins.
    pub page_token: Option<String>,
}

/// Whether deleted ones are shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum View {
    /// Those that are not deleted.
    #[default]
    Active,
    /// Only deleted ones.
    Deleted,
    /// Both.
    All,
}

impl View {
    /// The view of this name or number on the wire.
    ///
    /// # Errors
    /// When there is none.
    pub fn parse(text: &str) -> Result<Self, Error> {
        match text {
            "ACTIVE_ONLY" | "1" => Ok(Self::Active),
            "DELETED_ONLY" | "2" => Ok(Self::Deleted),
            "ALL" | "3" => Ok(Self::All),
            _ => Err(Error::invalid(format!(
                "Invalid view type '{}'. Valid values are ACTIVE_ONLY, DELETED_ONLY, ALL",
                text.chars().take(40).collect::<String>()
            ))),
        }
    }

    /// The values of `deleted` that it shows.
    fn states(self) -> &'static [bool] {
        match self {
            Self::Active => &[false],
            Self::Deleted => &[true],
            Self::All => &[false, true],
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Deleted => "deleted",
            Self::All => "all",
        }
    }
}
