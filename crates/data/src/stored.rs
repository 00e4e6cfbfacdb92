//! Tables kept as Parquet files, for predictions and other evidence.

use std::{fs::File, ops::Range, path::Path, sync::Arc};

use arrow::{
    array::{ArrayRef, BooleanArray, Float64Array, RecordBatch, StringArray, TimestampMicrosecondArray},
    datatypes::{DataType, Field, Schema},
};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use table::{Column, Table, Values};

use crate::{Error, columns::Collector, output::WholeFile, schema};

/// Rows that are copied for the writer at a time.
const BATCH: usize = 8192;

/// Writes a table to a Parquet file, from which [`read_table`] gives the same values again.
///
/// A missing value, NaN included, is null in the file. The same table gives the same bytes. The file
/// appears whole and on disk, or not at all.
///
/// # Errors
/// When the file cannot be written.
pub fn write_table(table: &Table, path: &Path) -> Result<(), Error> {
    let field =
        |column: &Column| Field::new(&column.name, array(&column.values, 0..0).data_type().clone(), true);
    let schema = Arc::new(Schema::new(table.columns().iter().map(field).collect::<Vec<_>>()));
    let mut file = WholeFile::quick(path, &schema)?;
    for first in (0..table.rows()).step_by(BATCH) {
        let rows = first..table.rows().min(first + BATCH);
        let arrays = table.columns().iter().map(|column| array(&column.values, rows.clone())).collect();
        file.write(&crate::read::batch(&schema, arrays, rows.len())?)?;
    }
    file.finish().map(|_| ())
}

/// Reads a table that [`write_table`] wrote.
///
/// # Errors
/// When the file cannot be read or is not such a table.
pub fn read_table(path: &Path) -> Result<Table, Error> {
    let file = File::open(path).map_err(Error::read(path))?;
    let broken = |problem: String| Error::Stored { path: path.to_owned(), problem };
    let builder =
        ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| broken(error.to_string()))?;
    let mut fields = Vec::new();
    for field in builder.schema().fields() {
        let stored = [DataType::Float64, DataType::Utf8, DataType::Boolean, schema::instant()];
        let kind = schema::kind(field.data_type()).filter(|_| stored.contains(field.data_type()));
        let kind =
            kind.ok_or_else(|| broken(format!("column `{}` is {}", field.name(), field.data_type())))?;
        fields.push((field.name().clone(), kind));
    }
    let mut collector = Collector::new(fields);
    for batch in builder.build().map_err(|error| broken(error.to_string()))? {
        let batch: RecordBatch = batch.map_err(|error| broken(error.to_string()))?;
        collector.add(&batch)?;
    }
    collector.finish()
}

fn array(values: &Values, rows: Range<usize>) -> ArrayRef {
    match values {
        Values::Number(values) => {
            let present = values[rows].iter().map(|value| (!value.is_nan()).then_some(*value));
            Arc::new(present.collect::<Float64Array>())
        }
        Values::Text(text) => Arc::new(rows.map(|row| text.get(row)).collect::<StringArray>()),
        Values::Boolean(values) => Arc::new(values[rows].iter().copied().collect::<BooleanArray>()),
        Values::Time(values) => {
            let instants: TimestampMicrosecondArray = values[rows].iter().copied().collect();
            Arc::new(instants.with_timezone("UTC"))
        }
    }
}
