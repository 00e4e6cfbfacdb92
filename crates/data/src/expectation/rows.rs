//! Rows as JSON objects, for findings.

use arrow::{
    array::{Array, ArrayRef, RecordBatch, cast::AsArray},
    compute::cast,
    datatypes::{DataType, Float64Type, Int64Type, TimestampMicrosecondType, UInt64Type},
    util::display::array_value_to_string,
};
use base::Timestamp;
use serde_json::{Map, Value};

use crate::{Error, schema, session::Session};

/// The rows that a query finds; the query has its own limit.
pub(super) async fn read(session: &Session, sql: &str) -> Result<Vec<Value>, Error> {
    let plan = session.plan(sql).await?;
    let batches = session.run(plan).await?.collect().await?;
    let mut found = Vec::new();
    for batch in &batches {
        found.extend(objects(batch)?);
    }
    Ok(found)
}

/// Each row as an object by column.
pub(super) fn objects(batch: &RecordBatch) -> Result<Vec<Value>, Error> {
    let mut found = Vec::new();
    for row in 0..batch.num_rows() {
        let mut object = Map::new();
        for (field, array) in batch.schema().fields().iter().zip(batch.columns()) {
            object.insert(field.name().clone(), value(array, row)?);
        }
        found.push(Value::Object(object));
    }
    Ok(found)
}

fn value(array: &ArrayRef, row: usize) -> Result<Value, Error> {
    let failed = |error: arrow::error::ArrowError| Error::Sql(error.to_string());
    if array.is_null(row) {
        return Ok(Value::Null);
    }
    let cell = array.slice(row, 1);
    Ok(match array.data_type() {
        DataType::Boolean => Value::from(cell.as_boolean().value(0)),
        DataType::UInt64 => Value::from(cell.as_primitive::<UInt64Type>().value(0)),
        integer if integer.is_integer() => {
            let cell = cast(&cell, &DataType::Int64).map_err(failed)?;
            Value::from(cell.as_primitive::<Int64Type>().value(0))
        }
        float if float.is_floating() => {
            let cell = cast(&cell, &DataType::Float64).map_err(failed)?;
            Value::from(cell.as_primitive::<Float64Type>().value(0))
        }
        instant if *instant == schema::instant() => {
            let micros = cell.as_primitive::<TimestampMicrosecondType>().value(0);
            Value::from(Timestamp::from_micros(micros).to_string())
        }
        _ => Value::from(array_value_to_string(&cell, 0).map_err(failed)?),
    })
}
