//! `[data.NAME.expect]`: what must hold of every snapshot. The data crate tests it.

use base::Diagnostic;
use serde::Serialize;

use crate::{
    field::{Field, Limits, Shape, Word, words},
    reader::{Node, Section, segment},
};

/// A declared test of data.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Expectation {
    /// What happens when it does not hold.
    pub severity: Severity,
    /// Its name, as a path below `expect`: `rows`, `columns.carrier.one_of`, `sql.in_order`.
    pub name: String,
    /// What must hold.
    pub test: Test,
}

/// What happens when an expectation does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The line stops before training.
    Error,
    /// The line goes on and says so.
    Warn,
}

/// What must hold of a snapshot. A missing value breaks no test but [`Test::Nulls`].
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Test {
    /// The number of rows is within these bounds, both included.
    Rows {
        /// The fewest.
        min: Option<u64>,
        /// The most.
        max: Option<u64>,
    },
    /// The column's values are of this type.
    Type {
        /// The column.
        column: String,
        /// Its type.
        is: ColumnType,
    },
    /// No larger share of the column is missing.
    Nulls {
        /// The column.
        column: String,
        /// The largest share, from 0 to 1.
        max: f64,
    },
    /// No value of the column comes twice.
    Unique {
        /// The column.
        column: String,
    },
    /// Every value of the column is one of these, compared as text.
    OneOf {
        /// The column.
        column: String,
        /// The values.
        values: Vec<String>,
    },
    /// Every value of the column is within these bounds, both included.
    Range {
        /// The column.
        column: String,
        /// The least.
        min: Option<f64>,
        /// The greatest.
        max: Option<f64>,
    },
    /// The query returns no violating row, or one count of them that is 0.
    Sql {
        /// The query, over the data set's name as a table.
        query: String,
    },
}

/// What the values of a column may be expected to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnType {
    /// Real or whole numbers.
    Number,
    /// Whole numbers.
    Integer,
    /// Text.
    Text,
    /// True or false.
    Boolean,
    /// Instants.
    Time,
}

impl Word for Severity {
    const ALL: &'static [Self] = &[Self::Error, Self::Warn];

    fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
        }
    }
}

impl Word for ColumnType {
    const ALL: &'static [Self] = &[Self::Number, Self::Integer, Self::Text, Self::Boolean, Self::Time];

    fn word(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Integer => "integer",
            Self::Text => "text",
            Self::Boolean => "boolean",
            Self::Time => "time",
        }
    }
}

const SEVERITY: Field = Field::optional(
    "severity",
    Shape::Choice(words::<Severity>),
    "What a violation does: error stops the line, warn only says so; as in the table above unless given.",
);

pub(crate) const FIELDS: &[Field] = &[
    Field::optional("rows", Shape::Table(ROWS), "How many rows there are."),
    Field::optional(
        "columns",
        Shape::Columns(&Shape::Table(COLUMN)),
        "What holds of each column: columns.NAME = { … }.",
    ),
    Field::optional(
        "sql",
        Shape::Named(&Shape::Either(&Shape::Text, &Shape::Table(SQL))),
        "Queries that return the violating rows, or count them: sql.NAME = \"SELECT …\".",
    ),
    SEVERITY,
];

const ROWS: &[Field] = &[
    Field::optional("min", Shape::Whole, "The fewest rows."),
    Field::optional("max", Shape::Whole, "The most rows."),
    SEVERITY,
];

const COLUMN: &[Field] = &[
    Field::optional("type", Shape::Choice(words::<ColumnType>), "What its values are."),
    Field::optional("nulls", Shape::Table(NULLS), "How many of its values may be missing."),
    Field::optional("unique", Shape::Flag, "Whether no value may come twice."),
    Field::optional(
        "one_of",
        Shape::Either(&Shape::List(&Shape::Scalar), &Shape::Table(ONE_OF)),
        "The values that may occur.",
    ),
    Field::optional(
        "range",
        Shape::Either(&Shape::Ends, &Shape::Table(RANGE)),
        "The least and the greatest value, both included.",
    ),
    SEVERITY,
];

const NULLS: &[Field] =
    &[Field::required("max", Shape::Share(Limits::Closed), "The largest share of missing values."), SEVERITY];

const ONE_OF: &[Field] =
    &[Field::required("values", Shape::List(&Shape::Scalar), "The values that may occur."), SEVERITY];

const RANGE: &[Field] = &[
    Field::optional("min", Shape::Number(Limits::Any), "The least value."),
    Field::optional("max", Shape::Number(Limits::Any), "The greatest value."),
    SEVERITY,
];

const SQL: &[Field] =
    &[Field::required("query", Shape::Text, "The query, over the data set's name as a table."), SEVERITY];

pub(crate) fn read(node: &Node<'_>) -> Vec<Expectation> {
    let mut found = Vec::new();
    let Some(section) = node.section() else { return found };
    let severity = section.word("severity").unwrap_or(Severity::Error);
    if let Some((severity, test)) = section.get("rows").and_then(|rows| read_rows(&rows, severity)) {
        found.push(Expectation { severity, name: "rows".to_owned(), test });
    }
    if let Some(columns) = section.get("columns") {
        refuse_when_empty(&columns);
        for (column, node) in columns.entries() {
            found.extend(read_column(column, &node, severity));
        }
    }
    if let Some(sql) = section.get("sql") {
        refuse_when_empty(&sql);
        for (name, (severity, query)) in sql.named(|_, query| read_sql(query, severity)) {
            found.push(Expectation { severity, name: format!("sql.{name}"), test: Test::Sql { query } });
        }
    }
    if !section.has_unknown() && !["rows", "columns", "sql"].iter().any(|test| section.has(test)) {
        refuse_nothing(node, "rows, columns or sql");
    }
    found
}

fn read_rows(node: &Node<'_>, severity: Severity) -> Option<(Severity, Test)> {
    let section = node.section()?;
    let (min, max) = (section.whole("min"), section.whole("max"));
    refuse_unbounded(&section);
    if let (Some(min), Some(max)) = (min, max)
        && min > max
    {
        refuse_crossed(&section, &min.to_string());
    }
    Some((severity_of(&section, severity), Test::Rows { min, max }))
}

fn read_column(column: &str, node: &Node<'_>, severity: Severity) -> Vec<Expectation> {
    let Some(section) = node.section() else { return Vec::new() };
    let severity = severity_of(&section, severity);
    let is = section.word("type").map(|is| (severity, Test::Type { column: column.to_owned(), is }));
    let nulls = section.get("nulls").and_then(|node| read_nulls(column, &node, severity));
    let unique = section.flag("unique").unwrap_or(false);
    let unique = unique.then(|| (severity, Test::Unique { column: column.to_owned() }));
    let one_of = section.get("one_of").and_then(|node| read_one_of(column, &node, severity));
    let range = section.get("range").and_then(|node| read_range(column, &node, severity));
    let is_test = |field: &Field| field.name != SEVERITY.name && section.has(field.name);
    if !section.has_unknown() && !COLUMN.iter().any(is_test) {
        refuse_nothing(node, "type, nulls, unique, one_of or range");
    }
    let path = format!("columns.{}", segment(column));
    [("type", is), ("nulls", nulls), ("unique", unique), ("one_of", one_of), ("range", range)]
        .into_iter()
        .filter_map(|(test_name, read)| {
            let (severity, test) = read?;
            Some(Expectation { severity, name: format!("{path}.{test_name}"), test })
        })
        .collect()
}

fn read_nulls(column: &str, node: &Node<'_>, severity: Severity) -> Option<(Severity, Test)> {
    let section = node.section()?;
    let severity = severity_of(&section, severity);
    let max = section.number("max")?;
    Some((severity, Test::Nulls { column: column.to_owned(), max }))
}

fn read_one_of(column: &str, node: &Node<'_>, severity: Severity) -> Option<(Severity, Test)> {
    let (severity, list) = if node.is_table() {
        let section = node.section()?;
        (severity_of(&section, severity), section.get("values")?)
    } else {
        (severity, node.short())
    };
    let values: Vec<String> = list.distinct(Node::scalar).into_iter().map(|(value, _)| value).collect();
    if list.items().is_some_and(|items| items.is_empty()) {
        refuse_nothing(&list, "at least one value");
    }
    Some((severity, Test::OneOf { column: column.to_owned(), values }))
}

fn read_range(column: &str, node: &Node<'_>, severity: Severity) -> Option<(Severity, Test)> {
    let column = column.to_owned();
    if !node.is_table() {
        let (min, max) = node.short().ends()?;
        return Some((severity, Test::Range { column, min: Some(min), max: Some(max) }));
    }
    let section = node.section()?;
    let (min, max) = (section.number("min"), section.number("max"));
    refuse_unbounded(&section);
    if let (Some(min), Some(max)) = (min, max)
        && min > max
    {
        refuse_crossed(&section, &min.to_string());
    }
    Some((severity_of(&section, severity), Test::Range { column, min, max }))
}

fn read_sql(node: &Node<'_>, severity: Severity) -> Option<(Severity, String)> {
    if !node.is_table() {
        return Some((severity, node.short().text()?));
    }
    let section = node.section()?;
    let severity = severity_of(&section, severity);
    Some((severity, section.text("query")?))
}

fn severity_of(section: &Section<'_>, above: Severity) -> Severity {
    section.word("severity").unwrap_or(above)
}

fn refuse_when_empty(node: &Node<'_>) {
    if node.is_table() && node.keys().is_empty() {
        refuse_nothing(node, "at least one entry");
    }
}

fn refuse_unbounded(section: &Section<'_>) {
    if !section.has_unknown() && !section.has("min") && !section.has("max") {
        refuse_nothing(section.node(), "min, max or both");
    }
}

fn refuse_crossed(section: &Section<'_>, min: &str) {
    let crossed = Diagnostic::error("`max` is below `min`");
    section.place("max").refuse(crossed.expected(format!("a number from {min}")));
}

fn refuse_nothing(node: &Node<'_>, expected: &str) {
    node.refuse(
        Diagnostic::error("expects nothing").expected(expected).hint("say what must hold, or remove it"),
    );
}
