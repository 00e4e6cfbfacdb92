use std::fs::File;

use ::arrow::datatypes::SchemaRef;
use ::parquet::arrow::{ProjectionMask, arrow_reader::ParquetRecordBatchReaderBuilder};

use super::{BATCH, Batches, Found, conform, damaged};
use crate::{Error, Part};

pub(super) fn columns(part: &Part) -> Result<Vec<Found>, Error> {
    Ok(conform::found(builder(part)?.schema()))
}

pub(super) fn open(part: &Part, wanted: &SchemaRef) -> Result<Batches, Error> {
    let builder = builder(part)?;
    let schema = builder.schema().clone();
    let positions = wanted.fields().iter().filter_map(|field| schema.index_of(field.name()).ok());
    let mask = ProjectionMask::roots(builder.parquet_schema(), positions);
    let reader = builder
        .with_projection(mask)
        .with_batch_size(BATCH)
        .build()
        .map_err(|error| damaged(part, &error))?;
    let mut conform = conform::Conform::new(part, wanted);
    let part = part.clone();
    Ok(Box::new(reader.map(move |batch| conform.batch(&batch.map_err(|error| damaged(&part, &error))?))))
}

fn builder(part: &Part) -> Result<ParquetRecordBatchReaderBuilder<File>, Error> {
    let file = File::open(&part.path).map_err(Error::read(&part.path))?;
    ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| damaged(part, &error))
}
