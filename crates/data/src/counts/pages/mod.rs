//! Counting a column of a Parquet file from its pages, without making arrays of it.
//!
//! Most columns are written as a dictionary and a code a row. The codes are counted as they are unpacked,
//! and then each dictionary value is looked at once with its count: a few operations a row whatever the
//! type. Missing rows are counted from the definition levels. `counts::jobs` calls this for columns
//! that [`Column::of`] knows; when a page turns out to be something else, or damaged, it is told so
//! and reads the file again through `read::Scan`, whose errors are the ones that people see.
//!
//! The encodings are those of <https://parquet.apache.org/docs/file-format/data-pages/encodings/>.

mod chunk;
mod codes;
mod hybrid;
mod value;

use std::{fs, panic, sync::Arc};

use arrow::datatypes::DataType;
use parquet::{
    basic::Encoding,
    column::page::PageReader,
    file::{
        metadata::{ColumnChunkMetaData, ParquetMetaData, ParquetMetaDataReader},
        serialized_reader::SerializedPageReader,
    },
};

use super::counter::Counter;
use crate::Part;
use chunk::Chunk;
use value::Value;

/// A column that can be counted from its pages.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    /// Its place among the leaves of the schema.
    leaf: usize,
    value: Value,
    /// Whether rows may be missing.
    optional: bool,
}

/// How a file is laid out; nothing when its footer does not say, which the general reader explains.
pub(super) fn layout(part: &Part) -> Option<Arc<ParquetMetaData>> {
    guarded(|| {
        let file = fs::File::open(&part.path).ok()?;
        Some(Arc::new(ParquetMetaDataReader::new().parse_and_finish(&file).ok()?))
    })
}

impl Column {
    /// The column of this name, when it is flat, shown as this type, and written in encodings known here.
    pub(super) fn of(layout: &ParquetMetaData, name: &str, shown: &DataType) -> Option<Self> {
        let schema = layout.file_metadata().schema_descr();
        let leaf = schema.columns().iter().position(|column| column.path().parts() == [name])?;
        let descriptor = schema.column(leaf);
        if descriptor.max_rep_level() > 0 || descriptor.max_def_level() > 1 {
            return None;
        }
        let known = layout.row_groups().iter().all(|group| group.columns().get(leaf).is_some_and(is_known));
        let value = Value::of(&descriptor, shown).filter(|_| known)?;
        Some(Self { leaf, value, optional: descriptor.max_def_level() == 1 })
    }

    /// Counts every row of the file and says how many there are. Nothing when a page cannot be counted
    /// here; what is in the counter is then of no use.
    pub(super) fn count(&self, part: &Part, layout: &ParquetMetaData, counter: &mut Counter) -> Option<u64> {
        guarded(|| {
            let file = Arc::new(fs::File::open(&part.path).ok()?);
            let mut rows = 0;
            for group in layout.row_groups() {
                let expected = u64::try_from(group.num_rows()).ok()?;
                let pages = SerializedPageReader::new(
                    file.clone(),
                    group.columns().get(self.leaf)?,
                    usize::try_from(expected).ok()?,
                    None,
                );
                self.count_chunk(&mut pages.ok()?, expected, counter)?;
                rows += expected;
            }
            Some(rows)
        })
    }

    fn count_chunk(&self, pages: &mut impl PageReader, expected: u64, counter: &mut Counter) -> Option<()> {
        let mut chunk = Chunk::new(self.value, self.optional, counter);
        while let Some(page) = pages.get_next_page().ok()? {
            chunk.add(&page)?;
        }
        (chunk.finish()? == expected).then_some(())
    }
}

fn is_known(column: &ColumnChunkMetaData) -> bool {
    let known = |encoding| {
        matches!(
            encoding,
            Encoding::PLAIN | Encoding::RLE | Encoding::PLAIN_DICTIONARY | Encoding::RLE_DICTIONARY
        )
    };
    column.encodings().all(known)
}

/// Should the page reader panic on hostile bytes, the general reader has its say.
fn guarded<T>(read: impl FnOnce() -> Option<T>) -> Option<T> {
    panic::catch_unwind(panic::AssertUnwindSafe(read)).ok().flatten()
}

#[cfg(test)]
mod tests;
