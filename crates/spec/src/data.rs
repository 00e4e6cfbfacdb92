use base::{Diagnostic, Timestamp};
use serde::Serialize;

use crate::{
    Expectation, expect,
    field::{Field, Shape, Word, words},
    path,
    reader::{Node, Section},
};

/// A declared data set.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Data {
    /// Path, glob or directory; relative to the project file unless it is absolute.
    pub source: String,
    /// What the files hold; told by their names when absent.
    pub format: Option<Format>,
    /// The column of the event time.
    pub time: Option<String>,
    /// The columns that together tell rows apart.
    pub key: Vec<String>,
    /// The first instant of the event-time window.
    pub from: Option<Timestamp>,
    /// The first instant after the event-time window.
    pub until: Option<Timestamp>,
    /// What must hold of every snapshot.
    pub expect: Vec<Expectation>,
}

/// What a file of data holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Apache Parquet.
    Parquet,
    /// Comma-separated values with a header line.
    Csv,
    /// One JSON object a line.
    Jsonl,
    /// An Arrow IPC file.
    Arrow,
}

impl Word for Format {
    const ALL: &'static [Self] = &[Self::Parquet, Self::Csv, Self::Jsonl, Self::Arrow];

    fn word(self) -> &'static str {
        match self {
            Self::Parquet => "parquet",
            Self::Csv => "csv",
            Self::Jsonl => "jsonl",
            Self::Arrow => "arrow",
        }
    }
}

pub(crate) const FIELDS: &[Field] = &[
    Field::required(
        "source",
        Shape::Text,
        "Path, glob or directory of the data, relative to the project file.",
    ),
    Field::optional(
        "format",
        Shape::Choice(words::<Format>),
        "What the files hold; told by their names unless given.",
    ),
    Field::optional("time", Shape::Text, "The column of the event time: for windows, splits and drift."),
    Field::optional("key", Shape::List(&Shape::Column), "The columns that together tell rows apart."),
    Field::optional("from", Shape::Time, "Rows before this event time are left out."),
    Field::optional("until", Shape::Time, "Rows at or after this event time are left out."),
    Field::optional(
        "expect",
        Shape::Table(expect::FIELDS),
        "What must hold of every snapshot before anything uses it.",
    ),
];

pub(crate) fn read(node: &Node<'_>) -> Option<Data> {
    let section = node.section()?;
    let source = section.get("source").and_then(|node| path::local(&node));
    let format = section.word("format");
    let time = section.text("time");
    let key = section.texts("key");
    let (from, until) = window(&section);
    let expect = section.get("expect").map(|node| expect::read(&node)).unwrap_or_default();
    Some(Data { source: source?, format, time, key, from, until, expect })
}

fn window(section: &Section<'_>) -> (Option<Timestamp>, Option<Timestamp>) {
    let (from, until) = (section.time("from"), section.time("until"));
    for end in ["from", "until"] {
        if section.has(end) && !section.has("time") {
            let no_time = Diagnostic::error(format!("`{end}` needs an event time"));
            section.place(end).refuse(no_time.hint("name its column: time = \"…\" in the same table"));
        }
    }
    if let (Some(from), Some(until)) = (from, until)
        && from >= until
    {
        let empty = Diagnostic::error("the window is empty: `until` is not after `from`");
        section.place("until").refuse(empty.expected(format!("a time after {from}")));
    }
    (from, until)
}
