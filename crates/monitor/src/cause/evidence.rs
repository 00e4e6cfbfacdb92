//! What the ranking is given: rows, verdicts, what happened, and what the model would say.
//!
//! The engine fills an [`Evidence`] when an incident opens or changes; nothing here fetches anything.

use std::{collections::BTreeMap, fmt};

use base::Timestamp;
use serde::{Deserialize, Serialize};
use table::Table;

use super::{Lineage, Measure};

/// The most rows of either side that are looked at; more are thinned evenly.
pub const MOST_ROWS: usize = 50_000;

/// What the model predicts on a table, one number a row; nothing when it cannot run on it.
pub type Score<'a> = &'a dyn Fn(&Table) -> Option<Vec<f64>>;

/// Everything the causes of one incident are sought in.
pub struct Evidence<'a> {
    /// What was noticed.
    pub symptom: Symptom,
    /// Rows of the reference period.
    pub reference: &'a Rows,
    /// Rows since the onset.
    pub current: &'a Rows,
    /// How a row's loss is measured.
    pub measure: Measure,
    /// How much the model relies on each input: any scale, such as the rise of the log loss when it is shuffled.
    pub importance: BTreeMap<String, f64>,
    /// Verdicts of the drift tests by column; columns without one are judged here, from their rows.
    pub drift: BTreeMap<String, bool>,
    /// Means of earlier windows, oldest first, the current one last; may be empty.
    pub history: Vec<Means>,
    /// What was recorded near the onset.
    pub happenings: Vec<Happening>,
    /// What is made from what.
    pub lineage: Lineage,
    /// The model.
    pub score: Score<'a>,
}

/// What was noticed, and when it began.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Symptom {
    /// The signal, such as `measured.log_loss`.
    pub signal: String,
    /// The lineage node it was noticed on, such as `service.late`.
    pub subject: String,
    /// Its level in the reference.
    pub before: f64,
    /// Its level now.
    pub after: f64,
    /// When it began, by the monitor's clock.
    pub onset: Timestamp,
    /// The width of a window in microseconds: how sharply the onset is known.
    pub window_micros: i64,
}

/// Rows of one period: inputs, predictions, and the loss of each.
#[derive(Debug, Clone, PartialEq)]
pub struct Rows {
    pub(super) table: Table,
    pub(super) predictions: Vec<f64>,
    pub(super) labels: Option<Vec<f64>>,
    pub(super) loss: Vec<f64>,
    pub(super) weights: Vec<f64>,
}

/// Rows that do not belong together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} has {found} entries where the table has {expected} rows")]
pub struct LengthError {
    what: &'static str,
    found: usize,
    expected: usize,
}

impl Rows {
    /// Rows whose labels are known: 0 or 1 for a class, or a value.
    ///
    /// # Errors
    /// When the lengths differ.
    pub fn measured(
        table: Table,
        predictions: Vec<f64>,
        labels: Vec<f64>,
        measure: Measure,
    ) -> Result<Self, LengthError> {
        let rows = table.rows();
        same("the labels", labels.len(), rows)?;
        same("the predictions", predictions.len(), rows)?;
        let loss =
            predictions.iter().zip(&labels).map(|(guess, label)| measure.loss(*guess, *label)).collect();
        Ok(Self { table, predictions, labels: Some(labels), loss, weights: vec![1.0; rows] }.thinned())
    }

    /// Rows whose labels are not known, with the loss expected of each, by CBPE or DLE for instance.
    ///
    /// # Errors
    /// When the lengths differ.
    pub fn expected(table: Table, predictions: Vec<f64>, loss: Vec<f64>) -> Result<Self, LengthError> {
        let rows = table.rows();
        same("the loss", loss.len(), rows)?;
        same("the predictions", predictions.len(), rows)?;
        Ok(Self { table, predictions, labels: None, loss, weights: vec![1.0; rows] }.thinned())
    }

    /// The same rows, each counted this often in a mean of losses; call it before the rows are thinned, that is with
    /// at most [`MOST_ROWS`] of them. Weights that are not positive numbers count as 0.
    ///
    /// # Errors
    /// When there is not one weight a row.
    pub fn weighted(mut self, weights: &[f64]) -> Result<Self, LengthError> {
        same("the weights", weights.len(), self.table.rows())?;
        let valid = |weight: &f64| if weight.is_finite() { weight.max(0.0) } else { 0.0 };
        self.weights = weights.iter().map(valid).collect();
        Ok(self)
    }

    /// The number of rows that are looked at.
    pub fn len(&self) -> usize {
        self.loss.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.loss.is_empty()
    }

    /// What the model's answers are measured against: the labels, or its own predictions while there are none.
    pub(super) fn truth(&self) -> &[f64] {
        self.labels.as_deref().unwrap_or(&self.predictions)
    }

    /// At most [`MOST_ROWS`] of the rows, evenly spread.
    fn thinned(self) -> Self {
        self.at_most(MOST_ROWS)
    }

    pub(super) fn at_most(self, most: usize) -> Self {
        let rows = self.len();
        if rows <= most {
            return self;
        }
        let kept: Vec<usize> = (0..most).map(|place| place * rows / most).collect();
        let take = |values: &[f64]| kept.iter().map(|row| values[*row]).collect::<Vec<_>>();
        Self {
            table: self.table.take(&kept),
            predictions: take(&self.predictions),
            labels: self.labels.as_deref().map(take),
            loss: take(&self.loss),
            weights: take(&self.weights),
        }
    }
}

fn same(what: &'static str, found: usize, expected: usize) -> Result<(), LengthError> {
    if found == expected { Ok(()) } else { Err(LengthError { what, found, expected }) }
}

/// The means of the numeric inputs over one window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Means {
    /// When the window starts.
    pub start: Timestamp,
    /// Mean by column; a column without a value in the window is absent.
    pub columns: BTreeMap<String, f64>,
}

/// Something that was recorded, and may have led to the symptom.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Happening {
    /// When.
    pub at: Timestamp,
    /// The lineage node it happened to, such as `data.flights`.
    pub node: String,
    /// What happened.
    pub change: Change,
}

/// What can happen to a node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Change {
    /// A snapshot has other columns than the one before it.
    Schema {
        /// Columns that came.
        added: Vec<String>,
        /// Columns that went.
        removed: Vec<String>,
        /// Columns whose type changed.
        retyped: Vec<String>,
    },
    /// A snapshot has other content: numbers of rows, and columns whose share of missing values changed.
    Data {
        /// Rows of the snapshot before.
        rows_before: u64,
        /// Rows of the new one.
        rows_after: u64,
        /// Columns whose share of missing values moved.
        missing: Vec<String>,
    },
    /// Code was committed.
    Commit {
        /// Its id.
        id: String,
        /// Its first line.
        summary: String,
    },
    /// Another version of the model began to serve.
    Release {
        /// The version that serves now.
        version: String,
    },
    /// An upstream expectation began to warn.
    Expectation {
        /// Its name, such as `temp.range`.
        name: String,
        /// The column it looks at, when it is one.
        column: Option<String>,
    },
    /// The target is defined or collected in another way.
    Label {
        /// What changed.
        summary: String,
    },
}

impl Change {
    /// The columns it names.
    pub fn columns(&self) -> Vec<&str> {
        match self {
            Self::Schema { added, removed, retyped } => {
                removed.iter().chain(retyped).chain(added).map(String::as_str).collect()
            }
            Self::Data { missing, .. } => missing.iter().map(String::as_str).collect(),
            Self::Expectation { column, .. } => column.iter().map(String::as_str).collect(),
            Self::Commit { .. } | Self::Release { .. } | Self::Label { .. } => Vec::new(),
        }
    }
}

/// A clause that follows the node's name: "…lost the column `temp`".
impl fmt::Display for Change {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Schema { added, removed, retyped } => {
                let parts = [("gained", added), ("lost", removed), ("retyped", retyped)];
                let named = parts.iter().filter(|(_, columns)| !columns.is_empty());
                let clauses: Vec<String> =
                    named.map(|(verb, columns)| format!("{verb} `{}`", columns.join("`, `"))).collect();
                write!(out, "{}", clauses.join(" and "))
            }
            Self::Data { rows_before, rows_after, missing } => {
                write!(out, "went from {rows_before} to {rows_after} rows")?;
                if missing.is_empty() {
                    return Ok(());
                }
                write!(out, ", and the missing values of `{}` changed", missing.join("`, `"))
            }
            Self::Commit { id, summary } => write!(out, "was changed by commit {id} ({summary})"),
            Self::Release { version } => write!(out, "began to serve version {version}"),
            Self::Expectation { name, .. } => write!(out, "no longer meets its expectation `{name}`"),
            Self::Label { summary } => write!(out, "got another label: {summary}"),
        }
    }
}
