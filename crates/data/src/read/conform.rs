//! Batches of a file, in the columns and types of the view.

use std::sync::Arc;

use ::arrow::{
    array::{Array, ArrayRef, RecordBatch, StringArray, TimestampMicrosecondArray, cast::AsArray},
    compute::{CastOptions, cast_with_options},
    datatypes::{DataType, Schema, SchemaRef, TimeUnit, TimestampMicrosecondType},
};
use base::Timestamp;

use super::Found;
use crate::{Error, Part, schema};

/// What a file's own schema says about its columns.
pub(super) fn found(schema: &Schema) -> Vec<Found> {
    let mut found = Vec::new();
    for field in schema.fields() {
        let data_type = schema::normal(field.data_type());
        let usable = schema::kind(&data_type).is_some();
        let note = (!usable).then(|| unusable(&data_type));
        found.push(Found { name: field.name().clone(), data_type, usable, note });
    }
    found
}

fn unusable(data_type: &DataType) -> String {
    if *data_type == DataType::Null {
        return "every value is missing".to_owned();
    }
    let where_seen = if schema::can_be_stored(data_type) { "only SQL sees it" } else { "it is left out" };
    format!("{data_type} is not a number, text, boolean or time: {where_seen}")
}

/// Brings the batches of one file into shape.
pub(super) struct Conform {
    part: Part,
    wanted: SchemaRef,
    rows_before: usize,
}

impl Conform {
    pub(super) fn new(part: &Part, wanted: &SchemaRef) -> Self {
        Self { part: part.clone(), wanted: wanted.clone(), rows_before: 0 }
    }

    pub(super) fn batch(&mut self, batch: &RecordBatch) -> Result<RecordBatch, Error> {
        let mut arrays = Vec::new();
        for field in self.wanted.fields() {
            let array = batch.column_by_name(field.name()).ok_or_else(|| {
                Error::Manifest(format!("{} has no column `{}`", self.part.relative, field.name()))
            })?;
            arrays.push(self.array(field.name(), array, field.data_type())?);
        }
        self.rows_before += batch.num_rows();
        super::scan::batch(&self.wanted, arrays, batch.num_rows())
    }

    fn array(&self, column: &str, array: &ArrayRef, wanted: &DataType) -> Result<ArrayRef, Error> {
        if array.data_type() == wanted {
            return Ok(array.clone());
        }
        if *wanted == schema::instant() {
            let plain = cast(array, &schema::normal(array.data_type()));
            let plain = plain.map_err(|problem| self.refuse(column, None, problem))?;
            return match plain.data_type() {
                DataType::Utf8 => self.instants(column, plain.as_string()),
                _ => to_instant(&plain).map_err(|problem| self.refuse(column, None, problem)),
            };
        }
        cast(array, wanted).map_err(|problem| self.refuse(column, None, problem))
    }

    /// Text that was declared to be event time.
    fn instants(&self, column: &str, text: &StringArray) -> Result<ArrayRef, Error> {
        let mut instants = TimestampMicrosecondArray::builder(text.len());
        for (row, value) in text.iter().enumerate() {
            let Some(value) = value.filter(|value| !value.is_empty()) else {
                instants.append_null();
                continue;
            };
            match value.parse::<Timestamp>() {
                Ok(time) => instants.append_value(time.micros()),
                Err(error) => {
                    let row = (self.rows_before + row + 1) as u64;
                    return Err(self.refuse(column, Some(row), format!("row {row}: {error}")));
                }
            }
        }
        Ok(Arc::new(instants.finish().with_timezone("UTC")))
    }

    fn refuse(&self, column: &str, line: Option<u64>, problem: String) -> Error {
        let (file, column) = (self.part.relative.clone(), Some(column.to_owned()));
        Error::BadFile { file, line, column, problem }
    }
}

fn cast(array: &ArrayRef, to: &DataType) -> Result<ArrayRef, String> {
    if *to == schema::instant() {
        return to_instant(array);
    }
    let options = CastOptions { safe: false, ..CastOptions::default() };
    cast_with_options(array, to, &options).map_err(|error| error.to_string())
}

/// Counts from the epoch in UTC already, whatever zone the column is shown in; only the unit may change.
fn to_instant(array: &ArrayRef) -> Result<ArrayRef, String> {
    let zoneless = match array.data_type() {
        DataType::Timestamp(_, zone) => DataType::Timestamp(TimeUnit::Microsecond, zone.clone()),
        _ => DataType::Timestamp(TimeUnit::Microsecond, None),
    };
    let options = CastOptions { safe: false, ..CastOptions::default() };
    let micros = cast_with_options(array, &zoneless, &options).map_err(|error| error.to_string())?;
    Ok(Arc::new(micros.as_primitive::<TimestampMicrosecondType>().clone().with_timezone("UTC")))
}

/// The error for a value of a text file that its column cannot hold.
pub(super) fn misfit(file: &str, line: u64, column: &str, (value, expected): (&str, &str)) -> Error {
    let value: String = value.chars().take(40).collect();
    Error::BadFile {
        file: file.to_owned(),
        line: Some(line),
        column: Some(column.to_owned()),
        problem: format!("`{value}` is not {expected}; mend the value, or leave it empty when it is missing"),
    }
}
