/// Why no model could be trained.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The table is empty, or the target is missing everywhere.
    #[error("no rows to train on: {0}")]
    NoRows(String),
    /// A named column is not in the table.
    #[error("there is no column `{name}` ({role}){}", .near.as_ref().map(|near| format!("; did you mean `{near}`?")).unwrap_or_default())]
    UnknownColumn {
        /// The name as it was given.
        name: String,
        /// What it was to be used as.
        role: &'static str,
        /// A column with nearly that name.
        near: Option<String>,
    },
    /// The target cannot be predicted as it is.
    #[error("target `{column}` cannot be learned: {problem}; {fix}")]
    Target {
        /// The target column.
        column: String,
        /// What is wrong with it.
        problem: String,
        /// What to do about it.
        fix: String,
    },
    /// A setting makes no sense.
    #[error("{0}")]
    Settings(String),
    /// There are rows, but too few to train, validate and test.
    #[error("{rows} rows with a target are too few to train on; at least {needed} are needed")]
    TooFewRows {
        /// Rows whose target is known.
        rows: usize,
        /// The least number that can be split.
        needed: usize,
    },
    /// Every column to predict from is constant, empty or an identifier.
    #[error("no usable feature: {0}")]
    NoFeatures(String),
    /// The exported model could not be built or run.
    #[error("cannot run the exported model: {0}")]
    Model(#[from] onnx::Error),
}
