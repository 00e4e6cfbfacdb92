//! The Parquet files that we write: results of queries, and stored tables.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use arrow::{
    array::RecordBatch,
    datatypes::{Field, Schema, SchemaRef},
};
use parquet::{
    arrow::{ArrowWriter, arrow_writer::ArrowWriterOptions},
    basic::{Compression, ZstdLevel},
    errors::ParquetError,
    file::properties::WriterProperties,
};
use tempfile::NamedTempFile;

use crate::Error;

/// Rows in a row group: what is held in memory before it is written.
const ROW_GROUP: usize = 1 << 17;

/// A Parquet file that is not there before it is complete.
pub(crate) struct WholeFile {
    writer: ArrowWriter<NamedTempFile>,
    schema: SchemaRef,
    out: PathBuf,
    rows: u64,
}

impl WholeFile {
    /// Begins a file that is as small as can be, for data.
    pub(crate) fn small(out: &Path, schema: &Schema) -> Result<Self, Error> {
        let level = ZstdLevel::try_new(3).expect("3 is a level of zstd");
        Self::create(out, schema, Compression::ZSTD(level))
    }

    /// Begins a file that costs little to write, for what is written while a service answers.
    pub(crate) fn quick(out: &Path, schema: &Schema) -> Result<Self, Error> {
        Self::create(out, schema, Compression::SNAPPY)
    }

    fn create(out: &Path, schema: &Schema, compression: Compression) -> Result<Self, Error> {
        let schema = plain(schema)?;
        let file = NamedTempFile::new_in(folder_of(out)).map_err(Error::write(out))?;
        let properties = WriterProperties::builder()
            .set_compression(compression)
            .set_max_row_group_row_count(Some(ROW_GROUP))
            .set_created_by("kaizen".to_owned())
            .build();
        let options = ArrowWriterOptions::new().with_properties(properties);
        let writer = ArrowWriter::try_new_with_options(file, schema.clone(), options)
            .map_err(|error| unwritten(out, error))?;
        Ok(Self { writer, schema, out: out.to_owned(), rows: 0 })
    }

    pub(crate) fn write(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        let batch = crate::read::batch(&self.schema, batch.columns().to_vec(), batch.num_rows())?;
        self.rows += batch.num_rows() as u64;
        self.writer.write(&batch).map_err(|error| unwritten(&self.out, error))
    }

    /// Makes the file durable and gives it its name; says how many rows it has.
    pub(crate) fn finish(self) -> Result<u64, Error> {
        let file = self.writer.into_inner().map_err(|error| unwritten(&self.out, error))?;
        file.as_file().sync_all().map_err(Error::write(&self.out))?;
        file.persist(&self.out).map_err(|error| Error::write(&self.out)(error.error))?;
        let folder = folder_of(&self.out);
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(Error::write(folder))?;
        Ok(self.rows)
    }
}

fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The schema without metadata, which a hash map would write in another order each time, and with
/// every column nullable.
fn plain(schema: &Schema) -> Result<SchemaRef, Error> {
    let mut fields: Vec<Field> = Vec::new();
    for field in schema.fields() {
        if fields.iter().any(|other| other.name() == field.name()) {
            let name = field.name();
            return Err(Error::Sql(format!("two of its columns are called `{name}`; rename one with AS")));
        }
        fields.push(Field::new(field.name(), field.data_type().clone(), true));
    }
    Ok(Arc::new(Schema::new(fields)))
}

/// Keeps the system's own error where it is one, so that a full disk can be told from the rest.
fn unwritten(out: &Path, error: ParquetError) -> Error {
    let source = match error {
        ParquetError::External(inner) => match inner.downcast::<io::Error>() {
            Ok(source) => *source,
            Err(other) => io::Error::other(other),
        },
        error => io::Error::other(error),
    };
    Error::write(out)(source)
}
