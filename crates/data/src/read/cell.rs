//! One value of a text file, and the columns that values are collected into.

use std::sync::Arc;

use ::arrow::{
    array::{
        ArrayRef, BooleanBuilder, Float64Builder, Int64Builder, NullArray, StringBuilder,
        TimestampMicrosecondBuilder,
    },
    datatypes::DataType,
};
use base::Timestamp;

/// A value as the file has it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Cell<'a> {
    /// No value.
    Missing,
    /// A field of a CSV file, which may stand for any kind of value.
    Word(&'a str),
    /// Text and nothing else, though it may spell a time.
    Text(&'a str),
    /// A whole number.
    Integer(i64),
    /// A number.
    Number(f64),
    /// True or false.
    Boolean(bool),
    /// A list or an object, as JSON.
    Nested(&'a str),
}

/// What CSV writers put where a number, boolean or time is missing. As text only nothing at all is missing.
const MISSING: [&str; 9] = ["NA", "N/A", "n/a", "NaN", "nan", "null", "NULL", "None", "NaT"];

impl Cell<'_> {
    /// Whether there is no value, if the column is not one of text.
    pub(super) fn is_missing(&self) -> bool {
        match self {
            Self::Missing => true,
            Self::Word(word) => word.trim().is_empty() || MISSING.contains(&word.trim()),
            _ => false,
        }
    }

    pub(super) fn integer(&self) -> Option<i64> {
        match self {
            Self::Integer(value) => Some(*value),
            Self::Word(word) => word.trim().parse().ok(),
            _ => None,
        }
    }

    pub(super) fn number(&self) -> Option<f64> {
        match self {
            Self::Number(value) => Some(*value),
            Self::Integer(value) => Some(*value as f64),
            Self::Word(word) => word.trim().parse().ok(),
            _ => None,
        }
    }

    pub(super) fn boolean(&self) -> Option<bool> {
        match self {
            Self::Boolean(value) => Some(*value),
            Self::Word("true" | "True" | "TRUE") => Some(true),
            Self::Word("false" | "False" | "FALSE") => Some(false),
            _ => None,
        }
    }

    pub(super) fn instant(&self) -> Option<i64> {
        let (Self::Word(word) | Self::Text(word)) = self else { return None };
        // Most text is no time, and this tells so at once.
        let looks_like_a_year = word.trim().as_bytes().get(4) == Some(&b'-');
        looks_like_a_year.then(|| word.parse::<Timestamp>().ok())?.map(Timestamp::micros)
    }

    /// The value as text.
    pub(super) fn text(&self) -> Option<String> {
        Some(match self {
            Self::Missing | Self::Word("") => return None,
            Self::Word(text) | Self::Text(text) | Self::Nested(text) => (*text).to_owned(),
            Self::Integer(value) => value.to_string(),
            Self::Number(value) => value.to_string(),
            Self::Boolean(value) => value.to_string(),
        })
    }
}

/// A column that grows by a cell a row.
pub(super) enum Builder {
    Integer(Int64Builder),
    Number(Float64Builder),
    Boolean(BooleanBuilder),
    Instant(TimestampMicrosecondBuilder),
    Text(StringBuilder),
    Nothing(usize),
}

impl Builder {
    /// A builder for a type that a text file can have.
    pub(super) fn new(data_type: &DataType) -> Option<Self> {
        Some(match data_type {
            DataType::Int64 => Self::Integer(Int64Builder::new()),
            DataType::Float64 => Self::Number(Float64Builder::new()),
            DataType::Boolean => Self::Boolean(BooleanBuilder::new()),
            DataType::Timestamp(_, _) => Self::Instant(TimestampMicrosecondBuilder::new()),
            DataType::Utf8 => Self::Text(StringBuilder::new()),
            DataType::Null => Self::Nothing(0),
            _ => return None,
        })
    }

    /// Adds a row; says what was expected when the cell is something else.
    pub(super) fn push(&mut self, cell: Cell<'_>) -> Result<(), &'static str> {
        let missing = cell.is_missing();
        let fits = match self {
            Self::Text(builder) => {
                builder.append_option(cell.text());
                true
            }
            Self::Nothing(rows) => {
                *rows += 1;
                missing
            }
            Self::Integer(builder) => append(missing, cell.integer(), |value| builder.append_option(value)),
            Self::Number(builder) => append(missing, cell.number(), |value| builder.append_option(value)),
            Self::Boolean(builder) => append(missing, cell.boolean(), |value| builder.append_option(value)),
            Self::Instant(builder) => append(missing, cell.instant(), |value| builder.append_option(value)),
        };
        if fits { Ok(()) } else { Err(self.expects()) }
    }

    fn expects(&self) -> &'static str {
        match self {
            Self::Integer(_) => "a whole number",
            Self::Number(_) => "a number",
            Self::Boolean(_) => "true or false",
            Self::Instant(_) => "a time such as 2013-04-01T06:00:00Z",
            Self::Text(_) => "text",
            Self::Nothing(_) => "no value, as in every other row",
        }
    }

    pub(super) fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Integer(builder) => Arc::new(builder.finish()),
            Self::Number(builder) => Arc::new(builder.finish()),
            Self::Boolean(builder) => Arc::new(builder.finish()),
            Self::Instant(builder) => Arc::new(builder.finish().with_timezone("UTC")),
            Self::Text(builder) => Arc::new(builder.finish()),
            Self::Nothing(rows) => Arc::new(NullArray::new(std::mem::take(rows))),
        }
    }
}

fn append<T>(missing: bool, value: Option<T>, append: impl FnOnce(Option<T>)) -> bool {
    let value = if missing { None } else { value };
    let fits = missing || value.is_some();
    append(value);
    fits
}
