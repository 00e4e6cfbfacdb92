//! From a table to the inputs of a model of ours: one tensor `[rows, 1]` a raw column.

use std::ops::Range;

use table::{Table, Text, Values};

use crate::{Elements, Error, Signature, Tensor};

/// The inputs for all rows of a table, found by column name; other columns are left out.
///
/// Numbers become floats and booleans 0 or 1, NaN where missing; text stays text, empty where missing;
/// times become doubles, in seconds since 1970 in UTC, NaN where missing.
///
/// # Errors
/// When a column of the signature is not in the table, or is of another kind.
pub fn feed(table: &Table, signature: &Signature) -> Result<Vec<(String, Tensor)>, Error> {
    rows(table, signature, 0..table.rows())
}

/// The inputs for these rows of a table.
pub(crate) fn rows(
    table: &Table,
    signature: &Signature,
    rows: Range<usize>,
) -> Result<Vec<(String, Tensor)>, Error> {
    let mut inputs = Vec::with_capacity(signature.inputs.len());
    for field in &signature.inputs {
        let column = table.column(&field.name).ok_or_else(|| Error::MissingColumn(field.name.clone()))?;
        let found = column.values.kind();
        if found != field.kind {
            return Err(Error::Column { column: field.name.clone(), expected: field.kind, found });
        }
        let values = elements(&column.values, rows.clone());
        inputs.push((field.name.clone(), Tensor { shape: vec![rows.len(), 1], values }));
    }
    Ok(inputs)
}

fn elements(values: &Values, rows: Range<usize>) -> Elements {
    match values {
        Values::Number(values) => Elements::Float(values[rows].iter().map(|value| *value as f32).collect()),
        Values::Boolean(values) => Elements::Float(values[rows].iter().map(|value| truth(*value)).collect()),
        Values::Time(values) => Elements::Double(values[rows].iter().map(|time| seconds(*time)).collect()),
        Values::Text(text) => Elements::Text(texts(text, rows)),
    }
}

fn truth(value: Option<bool>) -> f32 {
    value.map_or(f32::NAN, |value| if value { 1.0 } else { 0.0 })
}

fn seconds(micros: Option<i64>) -> f64 {
    micros.map_or(f64::NAN, |micros| micros as f64 / 1e6)
}

fn texts(text: &Text, rows: Range<usize>) -> Vec<String> {
    rows.map(|row| text.get(row).unwrap_or_default().to_owned()).collect()
}
