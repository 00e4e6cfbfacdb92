use std::fmt;

use stats::Metric;

/// What training has just done or begun, for whoever watches.
#[derive(Debug, Clone, PartialEq)]
pub enum Progress {
    /// The rows were divided.
    Divided {
        /// Rows to learn from (in the first fold, when there are several).
        train: usize,
        /// Rows to choose by.
        validation: usize,
        /// Rows held out.
        test: usize,
        /// How many times rows are divided into train and validation.
        folds: usize,
    },
    /// A round of trees is done.
    Round {
        /// Which, from 1.
        round: usize,
    },
    /// A candidate was tried.
    Tried {
        /// Its name.
        candidate: &'static str,
        /// What it was scored by.
        metric: Metric,
        /// Its score on validation rows.
        score: f64,
    },
    /// The learning curve is being drawn, at this share of the rows.
    Curve {
        /// The share.
        share: f64,
    },
    /// The chosen candidate learns from all rows that are not held out.
    Refitting {
        /// Its name.
        candidate: &'static str,
        /// Rows it learns from.
        rows: usize,
    },
}

impl fmt::Display for Progress {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Divided { train, validation, test, folds: 1 } => {
                write!(out, "{train} rows to train, {validation} to validate, {test} held out")
            }
            Self::Divided { train, validation, test, folds } => {
                write!(out, "{} rows in {folds} folds, {test} held out", train + validation)
            }
            Self::Round { round } => write!(out, "round {round}"),
            Self::Tried { candidate, metric, score } => write!(out, "{candidate}: {metric} {score:.4}"),
            Self::Curve { share } => write!(out, "learning curve at {:.0} % of the rows", share * 100.0),
            Self::Refitting { candidate, rows } => write!(out, "fitting {candidate} to {rows} rows"),
        }
    }
}
