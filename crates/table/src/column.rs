use std::{collections::HashMap, fmt};

use serde::{Deserialize, Serialize};

/// What the values of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Real or whole numbers.
    Number,
    /// Text, taken as categories.
    Text,
    /// True or false.
    Boolean,
    /// An instant in UTC.
    Time,
}

/// A named column.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its values.
    pub values: Values,
}

/// The values of a column; every kind has a way to be missing.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// Numbers; missing is NaN.
    Number(Vec<f64>),
    /// Text; missing is no text at all.
    Text(Text),
    /// Booleans.
    Boolean(Vec<Option<bool>>),
    /// Instants in microseconds since 1970-01-01T00:00:00Z.
    Time(Vec<Option<i64>>),
}

/// Text by dictionary: a code a row, and each distinct text once.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Text {
    codes: Vec<u32>,
    dictionary: Vec<String>,
}

impl Column {
    /// A column of this name.
    pub fn new(name: impl Into<String>, values: Values) -> Self {
        Self { name: name.into(), values }
    }
}

impl Values {
    /// The number of rows.
    pub fn len(&self) -> usize {
        match self {
            Self::Number(values) => values.len(),
            Self::Text(text) => text.codes.len(),
            Self::Boolean(values) => values.len(),
            Self::Time(values) => values.len(),
        }
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What the values are.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Number(_) => Kind::Number,
            Self::Text(_) => Kind::Text,
            Self::Boolean(_) => Kind::Boolean,
            Self::Time(_) => Kind::Time,
        }
    }

    /// How many rows have no value.
    pub fn missing(&self) -> usize {
        match self {
            Self::Number(values) => values.iter().filter(|value| value.is_nan()).count(),
            Self::Text(text) => text.codes.iter().filter(|code| **code == Text::MISSING).count(),
            Self::Boolean(values) => values.iter().filter(|value| value.is_none()).count(),
            Self::Time(values) => values.iter().filter(|value| value.is_none()).count(),
        }
    }

    /// The value of a row as text, or nothing when it is missing.
    ///
    /// # Panics
    /// When `row` is not below [`Values::len`].
    pub fn label(&self, row: usize) -> Option<String> {
        match self {
            Self::Number(values) => {
                Some(values[row]).filter(|value| !value.is_nan()).map(|value| value.to_string())
            }
            Self::Text(text) => text.get(row).map(str::to_owned),
            Self::Boolean(values) => values[row].map(|value| value.to_string()),
            Self::Time(values) => values[row].map(|value| value.to_string()),
        }
    }

    /// These values, then the other's when they are of the same kind, else as many missing ones as `rows`.
    pub(crate) fn append(&self, other: Option<&Self>, rows: usize) -> Self {
        match (self, other) {
            (Self::Number(own), Some(Self::Number(more))) => Self::Number([own.as_slice(), more].concat()),
            (Self::Number(own), _) => Self::Number([own.as_slice(), &vec![f64::NAN; rows]].concat()),
            (Self::Text(own), Some(Self::Text(more))) => {
                Self::Text(own.append((0..rows).map(|row| more.get(row))))
            }
            (Self::Text(own), _) => Self::Text(own.append((0..rows).map(|_| None))),
            (Self::Boolean(own), Some(Self::Boolean(more))) => Self::Boolean([own.as_slice(), more].concat()),
            (Self::Boolean(own), _) => Self::Boolean([own.as_slice(), &vec![None; rows]].concat()),
            (Self::Time(own), Some(Self::Time(more))) => Self::Time([own.as_slice(), more].concat()),
            (Self::Time(own), _) => Self::Time([own.as_slice(), &vec![None; rows]].concat()),
        }
    }

    pub(crate) fn take(&self, positions: &[usize]) -> Self {
        match self {
            Self::Number(values) => Self::Number(positions.iter().map(|row| values[*row]).collect()),
            Self::Text(text) => Self::Text(text.take(positions)),
            Self::Boolean(values) => Self::Boolean(positions.iter().map(|row| values[*row]).collect()),
            Self::Time(values) => Self::Time(positions.iter().map(|row| values[*row]).collect()),
        }
    }
}

impl Text {
    /// The code of a row without text.
    pub const MISSING: u32 = u32::MAX;

    /// One code a row: a position in the dictionary, or [`Text::MISSING`].
    pub fn codes(&self) -> &[u32] {
        &self.codes
    }

    /// Each distinct text once, in order of first appearance; some may no longer be in use.
    pub fn dictionary(&self) -> &[String] {
        &self.dictionary
    }

    /// The text of a row.
    ///
    /// # Panics
    /// When there is no such row.
    pub fn get(&self, row: usize) -> Option<&str> {
        let code = self.codes[row];
        (code != Self::MISSING).then(|| self.dictionary[code as usize].as_str())
    }

    /// Adds so many rows without text.
    pub fn extend_missing(&mut self, rows: usize) {
        self.codes.extend(std::iter::repeat_n(Self::MISSING, rows));
    }

    fn append<'a>(&self, more: impl Iterator<Item = Option<&'a str>>) -> Self {
        let known = self.dictionary.iter().cloned().zip(0..).collect();
        let mut builder = TextBuilder { text: self.clone(), known };
        more.for_each(|value| builder.push(value));
        builder.finish()
    }

    fn take(&self, positions: &[usize]) -> Self {
        let codes: Vec<u32> = positions.iter().map(|row| self.codes[*row]).collect();
        if self.dictionary.len() <= positions.len().saturating_mul(2) {
            return Self { codes, dictionary: self.dictionary.clone() };
        }
        // A few rows of many must not carry the texts of all.
        let mut places = HashMap::new();
        let mut text = Self { codes: Vec::with_capacity(codes.len()), dictionary: Vec::new() };
        for code in codes {
            text.codes.push(match code {
                Self::MISSING => Self::MISSING,
                code => *places.entry(code).or_insert_with(|| {
                    text.dictionary.push(self.dictionary[code as usize].clone());
                    (text.dictionary.len() - 1) as u32
                }),
            });
        }
        text
    }
}

impl<'a> FromIterator<Option<&'a str>> for Text {
    fn from_iter<I: IntoIterator<Item = Option<&'a str>>>(values: I) -> Self {
        let mut builder = TextBuilder::default();
        for value in values {
            builder.push(value);
        }
        builder.finish()
    }
}

/// Collects text row by row.
#[derive(Debug, Default)]
pub struct TextBuilder {
    text: Text,
    known: HashMap<String, u32>,
}

impl TextBuilder {
    /// Adds a row.
    ///
    /// # Panics
    /// After 4,294,967,295 distinct texts.
    pub fn push(&mut self, value: Option<&str>) {
        let Some(value) = value else { return self.text.codes.push(Text::MISSING) };
        let code = self.known.get(value).copied().unwrap_or_else(|| {
            let code = u32::try_from(self.text.dictionary.len()).expect("fewer than 2^32 distinct texts");
            self.text.dictionary.push(value.to_owned());
            self.known.insert(value.to_owned(), code);
            code
        });
        self.text.codes.push(code);
    }

    /// The column.
    pub fn finish(self) -> Text {
        self.text
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Number => "number",
            Self::Text => "text",
            Self::Boolean => "boolean",
            Self::Time => "time",
        })
    }
}
