/// Evidence that cannot be judged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// There are no held-out rows.
    #[error(
        "judge: there are no held-out rows; give the split a larger `test` share or the data set more rows"
    )]
    NoRows,
    /// A set of predictions does not match the rows.
    #[error(
        "judge: {what} has {found} values where {expected} rows need {needed}; the stored evidence is damaged"
    )]
    Shape {
        /// Whose predictions, or which column.
        what: String,
        /// Its values.
        found: usize,
        /// The rows.
        expected: usize,
        /// The values they need.
        needed: usize,
    },
    /// A prediction is not a number.
    #[error("judge: row {row} of the {what} is not a finite number; the model cannot be trusted with it")]
    NotFinite {
        /// Whose predictions.
        what: String,
        /// Which row, from 0.
        row: usize,
    },
    /// A target is not one of the classes.
    #[error("judge: the target of row {row} is none of the {classes} classes")]
    Target {
        /// Which row, from 0.
        row: usize,
        /// How many classes there are.
        classes: usize,
    },
    /// Terms and predictions of different models.
    #[error(
        "judge: the terms are of another task or other classes than the predictions; the stored evidence is damaged"
    )]
    Mismatch,
    /// Stored predictions without a column that they must have.
    #[error("read the stored predictions: the column `{0}` is missing; the stored evidence is damaged")]
    Column(String),
}
