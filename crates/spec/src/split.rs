use base::Diagnostic;
use serde::Serialize;

use crate::{
    field::{Field, Limits, Shape, Word, words},
    reader::Node,
};

/// How the held-out rows are chosen.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Split {
    /// By what.
    pub by: By,
    /// The share of rows that is held out, above 0 and below 1.
    pub test: f64,
}

/// What decides which rows are held out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// The latest rows by event time.
    Time,
    /// Chance, from the seed.
    Random,
}

impl Word for By {
    const ALL: &'static [Self] = &[Self::Time, Self::Random];

    fn word(self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::Random => "random",
        }
    }
}

const TEST: f64 = 0.2;

pub(crate) const FIELDS: &[Field] = &[
    Field::optional(
        "by",
        Shape::Choice(words::<By>),
        "time holds out the latest rows, random any; time unless given when there is an event time.",
    ),
    Field::optional(
        "test",
        Shape::Share(Limits::Open),
        "The share of rows that is held out; 20% unless given.",
    ),
];

/// The event time of a model's rows, as far as it is known.
pub(crate) enum EventTime {
    Column,
    None,
    /// Its declaration has an error of its own.
    Unknown,
}

/// The split of a model, from its table if it has one.
pub(crate) fn read(node: Option<Node<'_>>, time: &EventTime) -> Option<Split> {
    let by_default = if matches!(time, EventTime::Column) { By::Time } else { By::Random };
    let Some(node) = node else { return Some(Split { by: by_default, test: TEST }) };
    let section = node.section()?;
    let by = section.word("by").unwrap_or(by_default);
    let test = section.number("test").unwrap_or(TEST);
    if by == By::Time && matches!(time, EventTime::None) {
        let no_time = Diagnostic::error("a split by time needs an event time");
        section.place("by").refuse(
            no_time.hint("name the column: time = \"…\" in the model's table, or split by \"random\""),
        );
    }
    Some(Split { by, test })
}
