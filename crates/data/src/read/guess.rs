//! What the type of a column is, in a file that does not say: inferred from every value.

use ::arrow::datatypes::DataType;

use super::{Found, cell::Cell};
use crate::schema;

/// Text in which nine values of ten are numbers is worth a word: it is probably a slip.
const NEARLY: f64 = 0.9;

/// Counts what the values of one column could be.
#[derive(Debug, Clone, Default)]
pub(super) struct Guess {
    values: u64,
    integers: u64,
    numbers: u64,
    booleans: u64,
    instants: u64,
    nested: u64,
    first_not_a_number: Option<(u64, String)>,
}

impl Guess {
    pub(super) fn observe(&mut self, line: u64, cell: Cell<'_>) {
        if cell.is_missing() {
            return;
        }
        self.values += 1;
        if cell.number().is_some() {
            self.numbers += 1;
            self.integers += u64::from(cell.integer().is_some());
            return;
        }
        self.nested += u64::from(matches!(cell, Cell::Nested(_)));
        self.booleans += u64::from(cell.boolean().is_some());
        self.instants += u64::from(cell.instant().is_some());
        if self.first_not_a_number.is_none() {
            self.first_not_a_number = cell.text().map(|text| (line, text));
        }
    }

    pub(super) fn conclude(self, name: String, file: &str) -> Found {
        let data_type = self.data_type();
        let note = match (&data_type, &self.first_not_a_number) {
            _ if self.nested > 0 => Some(format!(
                "{} of {} values are lists or objects: only SQL sees them",
                self.nested, self.values
            )),
            (DataType::Null, _) => Some("every value is missing".to_owned()),
            (DataType::Utf8, Some((line, text))) if self.numbers as f64 >= NEARLY * self.values as f64 => {
                let others = self.values - self.numbers;
                let text: String = text.chars().take(40).collect();
                let verb = if others == 1 { "is not a number" } else { "are not numbers" };
                Some(format!(
                    "{others} of {} values {verb}: the first is `{text}` at {file}:{line}",
                    self.values
                ))
            }
            _ => None,
        };
        let usable = self.nested == 0 && schema::kind(&data_type).is_some();
        Found { name, data_type, usable, note }
    }

    fn data_type(&self) -> DataType {
        match self.values {
            0 => DataType::Null,
            values if values == self.booleans => DataType::Boolean,
            values if values == self.integers => DataType::Int64,
            values if values == self.numbers => DataType::Float64,
            values if values == self.instants => schema::instant(),
            _ => DataType::Utf8,
        }
    }
}
