//! MLflow's filters and orders: text from a client to a typed tree. Pure; `search` turns the trees into SQL with bound values.
//!
//! A filter is comparisons joined by `AND`: ``metrics.`val loss` < 0.5 AND tags.team = 'forecast'``. There is no `OR`, no `NOT` and no
//! parenthesis but around the list of an `IN`, so a filter has no depth and nothing here recurses.
//!
//! Reading takes two steps. `syntax` cuts the text into clauses, a name, a verb and an operand each, which is the same for all searches.
//! `meaning` gives each clause its sense by the vocabulary of the search: [`runs`], [`experiments`], [`registered_models`],
//! [`model_versions`], [`logged_models`]. What is refused names the column and the text there; the sentences begin as MLflow's do, because
//! clients and its tests look at them.
//!
//! Where this departs from MLflow 3.12, on purpose: a quote inside quotes may be doubled or follow a backslash and then means the
//! quote alone (MLflow keeps both characters); numbers may have a plus sign, and one in their exponent (`1e+16`, as Python prints it);
//! keys may begin with digits; keywords may be in either case in every search; a list keeps its capital letters, and is for the names of
//! models and the ids of experiments too, as in later versions; what is malformed is always a 400. Refused, and not guessed at, are two
//! comparisons without `AND` between them, a key quoted in part, and a list without `IN`.

pub mod experiments;
mod kind;
mod lexer;
pub mod like;
pub mod logged_models;
mod meaning;
pub mod model_versions;
mod name;
mod order;
mod problem;
mod prompts;
pub mod registered_models;
pub mod runs;
mod syntax;
mod tree;

#[cfg(test)]
mod tests;

pub use prompts::Prompts;
pub use tree::{Comparison, Filter, NumberOperator, Order, Test, TextOperator};

/// The longest filter that is read, in bytes.
pub const LONGEST_FILTER: usize = 1_000_000;
/// The longest clause of an order, in bytes.
pub const LONGEST_ORDER: usize = 10_000;
/// The most comparisons in a filter: what they become stays within SQLite's limits.
pub const MOST_CLAUSES: usize = 200;
/// The most clauses in an order: a join of SQLite takes 64 tables.
pub const MOST_ORDERS: usize = 50;
/// The most values in the lists of a filter, all of them together: they can be bound one by one, SQLite takes 32,766.
pub const MOST_LISTED: usize = 30_000;
