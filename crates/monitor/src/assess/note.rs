use std::fmt;

use serde::{Deserialize, Serialize};
use table::Kind;

/// What a window could not tell, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "note", rename_all = "snake_case")]
pub enum Note {
    /// Not one request, or none that was captured.
    NoRows,
    /// A column of the reference is not there.
    Vanished {
        /// The column.
        column: String,
    },
    /// A column's values are of another kind than the reference's.
    Retyped {
        /// The column.
        column: String,
        /// The reference's kind.
        expected: Kind,
        /// The window's.
        found: Kind,
    },
    /// A column is there, and not one row has a value.
    AllMissing {
        /// The column.
        column: String,
    },
    /// There are not as many predictions as the rows need, so none was used.
    Predictions {
        /// How many there are.
        found: u64,
        /// How many there should be.
        expected: u64,
    },
    /// Rows whose predictions are not finite numbers; they were left out.
    NotFinite {
        /// How many.
        rows: u64,
    },
    /// Labels that the model cannot predict, such as a class it does not know; they were left out.
    Labels {
        /// How many.
        rows: u64,
    },
    /// Too few rows have labels to measure anything.
    FewLabels {
        /// How many have one.
        labelled: u64,
        /// How many are needed.
        needed: u64,
    },
}

impl fmt::Display for Note {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRows => out.write_str("no rows were captured, so only requests are counted"),
            Self::Vanished { column } => {
                write!(out, "column `{column}` is gone: every value counts as missing")
            }
            Self::Retyped { column, expected, found } => {
                write!(out, "column `{column}` is {found} where the reference has {expected}")
            }
            Self::AllMissing { column } => write!(out, "column `{column}` has no value in any row"),
            Self::Predictions { found, expected } => {
                write!(out, "there are {found} predictions where {expected} were expected, so none is used")
            }
            Self::NotFinite { rows } => {
                write!(out, "{rows} rows have predictions that are not finite numbers, and are left out")
            }
            Self::Labels { rows } => {
                write!(out, "{rows} labels are no value that the model predicts, and are left out")
            }
            Self::FewLabels { labelled, needed } => {
                write!(out, "{labelled} rows have labels, and {needed} are needed to measure quality")
            }
        }
    }
}
