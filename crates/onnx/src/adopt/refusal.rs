//! Why a model made elsewhere cannot be one of ours.

use crate::Error;

/// Why a model is not adopted.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// It cannot be read or run here.
    #[error(transparent)]
    Model(#[from] Error),
    /// An input that is no column.
    #[error(
        "its input {input} is none of the columns {columns}; name the inputs after columns, or let it take one matrix of \
         all of them"
    )]
    Input {
        /// The input.
        input: String,
        /// The columns there are.
        columns: String,
    },
    /// A matrix of another width than there are columns.
    #[error(
        "its input {input} does not take the {columns} columns {names}; train on all of them, exclude the others in the \
         project file, or name an input after each column"
    )]
    Width {
        /// The input.
        input: String,
        /// How many columns there are.
        columns: usize,
        /// Their names.
        names: String,
    },
    /// A column that an input of this type cannot take.
    #[error("its input {input} cannot take the column `{column}`, which holds {kind}; {fix}")]
    Kind {
        /// The input.
        input: String,
        /// The column.
        column: String,
        /// What the column holds.
        kind: table::Kind,
        /// What to do.
        fix: &'static str,
    },
    /// No output, or several, could be the scores.
    #[error("it has the outputs {found}, and {expected} is needed; export the model with it")]
    Outputs {
        /// What there is.
        found: String,
        /// What is needed.
        expected: String,
    },
    /// Its classes are not those of the target.
    #[error("its classes are {found}, and those of the target are {expected}; train on the target as it is")]
    Classes {
        /// What the model says.
        found: String,
        /// What the rows say.
        expected: String,
    },
}
