use std::{io, path::PathBuf};

use datafusion::error::DataFusionError;

/// Why data could not be found, read, queried or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The pattern matches nothing.
    #[error("no data file matches `{pattern}` in {root}; mend the path, or put the file there")]
    NoFiles {
        /// The pattern as the user wrote it.
        pattern: String,
        /// The folder it is relative to.
        root: PathBuf,
    },
    /// The pattern cannot be understood.
    #[error("`{pattern}` cannot be read as a path or a glob: {reason}")]
    Pattern {
        /// The pattern as the user wrote it.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Files of two formats in one data set.
    #[error(
        "a data set has one format, but {one} is {one_format} and {other} is {other_format}; narrow the path to one of them"
    )]
    MixedFormats {
        /// A file.
        one: String,
        /// Its format.
        one_format: crate::Format,
        /// A file of another format.
        other: String,
        /// That other format.
        other_format: crate::Format,
    },
    /// Neither the name nor the project file says what a file is.
    #[error(
        "the name of {file} does not say its format; set `format` to \"parquet\", \"csv\", \"jsonl\" or \"arrow\""
    )]
    UnknownFormat {
        /// The file.
        file: String,
    },
    /// A data set without any part.
    #[error("the data set has no files")]
    NoParts,
    /// A file says something that cannot be read, at a place that may be known.
    #[error("{}: {problem}", place(.file, .line.as_ref(), .column.as_ref()))]
    BadFile {
        /// The file, as the user knows it.
        file: String,
        /// 1-based line, or row where a format has no lines.
        line: Option<u64>,
        /// The column's name.
        column: Option<String>,
        /// What is wrong, and the fix.
        problem: String,
    },
    /// Two files of a data set disagree about a column.
    #[error(
        "column `{column}` is {one_type} in {one} and {other_type} in {other}; give it one type in every file"
    )]
    ColumnChanged {
        /// The column.
        column: String,
        /// A file.
        one: String,
        /// The column's type there.
        one_type: String,
        /// Another file.
        other: String,
        /// The column's type there.
        other_type: String,
    },
    /// A column is only in some of the files.
    #[error(
        "column `{column}` is in {present} but not in {absent}; every file of a data set has the same columns"
    )]
    ColumnMissing {
        /// The column.
        column: String,
        /// A file that has it.
        present: String,
        /// A file that lacks it.
        absent: String,
    },
    /// The data set has no such column.
    #[error("there is no column `{column}`{}", hint(.nearest.as_ref()))]
    UnknownColumn {
        /// The name that was asked for.
        column: String,
        /// The name that was probably meant.
        nearest: Option<String>,
    },
    /// The event-time column cannot be read as a time.
    #[error(
        "the time column `{column}` is {found}; an event time is a timestamp, a date, or text such as 2013-04-01T06:00:00Z"
    )]
    TimeColumn {
        /// The column.
        column: String,
        /// What it is instead.
        found: String,
    },
    /// No row is left.
    #[error("{0}")]
    NoRows(String),
    /// The table does not fit into the memory that is allowed.
    #[error(
        "the table needs more than the {limit} of memory that is allowed; read fewer columns or rows, or allow more"
    )]
    Memory {
        /// The limit.
        limit: base::Size,
    },
    /// A query cannot be understood, or fails.
    #[error("the SQL query failed: {0}")]
    Sql(String),
    /// A file cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file cannot be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A stored table is not what was written.
    #[error("the stored table {} cannot be read: {problem}", path.display())]
    Stored {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// Data and their manifest disagree, or a manifest is not one of ours.
    #[error("the manifest does not fit the data: {0}; take a new snapshot")]
    Manifest(String),
}

impl Error {
    /// Something in a file that cannot be read, at a place not known.
    pub(crate) fn bad_file(file: &str, problem: impl Into<String>) -> Self {
        Self::BadFile { file: file.to_owned(), line: None, column: None, problem: problem.into() }
    }

    /// The column that was asked for is none of these.
    pub(crate) fn unknown_column<'a>(column: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        let nearest = base::nearest(column, known).map(str::to_owned);
        Self::UnknownColumn { column: column.to_owned(), nearest }
    }

    pub(crate) fn read(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Read { path, source }
    }

    pub(crate) fn write(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Write { path, source }
    }
}

/// Our own errors come back from inside DataFusion as they went in; its own become readable text.
impl From<DataFusionError> for Error {
    fn from(error: DataFusionError) -> Self {
        match error {
            DataFusionError::External(inner) => match inner.downcast::<Self>() {
                Ok(own) => *own,
                Err(other) => Self::Sql(other.to_string()),
            },
            DataFusionError::Context(_, inner) | DataFusionError::Diagnostic(_, inner) => Self::from(*inner),
            other => Self::Sql(readable(&other)),
        }
    }
}

/// DataFusion's message without its kind, backtrace and Rust spelling.
fn readable(error: &DataFusionError) -> String {
    let root = error.find_root();
    let text = match root {
        DataFusionError::SQL(parser, _) => parser.to_string(),
        DataFusionError::ResourcesExhausted(text) => {
            format!("it needs more memory than is allowed: {text}")
        }
        DataFusionError::External(inner) => inner.to_string(),
        other => other.message().into_owned(),
    };
    let first = text.split("\n\nbacktrace").next().unwrap_or_default();
    first.trim_start_matches("sql parser error: ").trim().to_owned()
}

fn place(file: &str, line: Option<&u64>, column: Option<&String>) -> String {
    let line = line.map(|line| format!(":{line}")).unwrap_or_default();
    let column = column.map(|column| format!(": column `{column}`")).unwrap_or_default();
    format!("{file}{line}{column}")
}

fn hint(nearest: Option<&String>) -> String {
    nearest.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default()
}
