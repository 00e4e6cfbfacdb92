//! Tables kept as Parquet files, for predictions and other evidence.

use std::{fs::File, path::Path, sync::Arc};

use arrow::{
    array::{ArrayRef, BooleanArray, Float64Array, RecordBatch, StringArray, TimestampMicrosecondArray},
    datatypes::{DataType, Field, Schema},
};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use table::{Table, Values};

use crate::{Error, columns::Collector, output::WholeFile, schema};

/// Writes a table to a Parquet file, from which [`read_table`] gives the same values again.
///
/// A missing value, NaN included, is null in the file. The same table gives the same bytes. The file
/// appears whole and on disk, or not at all.
///
/// # Errors
/// When the file cannot be written.
pub fn write_table(table: &Table, path: &Path) -> Result<(), Error> {
    let mut fields = Vec::new();
    let mut arrays = Vec::new();
    for column in table.columns() {
        let array = array(&column.values);
        fields.push(Field::new(&column.name, array.data_type().clone(), true));
        arrays.push(array);
    }
    let schema = Arc::new(Schema::new(fields));
    let mut file = WholeFile::create(path, &schema)?;
    file.write(&crate::read::batch(&schema, arrays, table.rows())?)?;
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

fn array(values: &Values) -> ArrayRef {
    match values {
        Values::Number(values) => {
            let present = values.iter().map(|value| (!value.is_nan()).then_some(*value));
            Arc::new(present.collect::<Float64Array>())
        }
        Values::Text(text) => {
            Arc::new((0..text.codes().len()).map(|row| text.get(row)).collect::<StringArray>())
        }
        Values::Boolean(values) => Arc::new(values.iter().copied().collect::<BooleanArray>()),
        Values::Time(values) => {
            let instants: TimestampMicrosecondArray = values.iter().copied().collect();
            Arc::new(instants.with_timezone("UTC"))
        }
    }
}
