//! That the ways in which files are usually written are counted here, and not by the general reader.

use std::sync::Arc;

use arrow::{
    array::{
        ArrayRef, BooleanArray, Float64Array, Int64Array, ListArray, RecordBatch, StringArray,
        TimestampNanosecondArray,
    },
    datatypes::Int64Type,
};
use base::Hash;
use parquet::{
    arrow::ArrowWriter,
    basic::{Compression, Encoding},
    file::properties::{WriterProperties, WriterPropertiesBuilder, WriterVersion},
};
use tempfile::NamedTempFile;

use super::{Column, layout};
use crate::{Format, Part, counts::counter::Counter, read, schema};

const ROWS: usize = 1000;

fn batch() -> RecordBatch {
    let rows = || (0..ROWS as i64).map(|row| (row % 3 > 0).then_some(row % 50));
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("whole", Arc::new(rows().collect::<Int64Array>())),
        ("real", Arc::new(rows().map(|row| row.map(|row| row as f64 / 7.0)).collect::<Float64Array>())),
        ("at", Arc::new(rows().collect::<TimestampNanosecondArray>())),
        ("truth", Arc::new(rows().map(|row| row.map(|row| row > 9)).collect::<BooleanArray>())),
        ("word", Arc::new(rows().map(|row| row.map(|row| format!("word {row}"))).collect::<StringArray>())),
    ];
    RecordBatch::try_from_iter(columns).unwrap()
}

/// The rows of each column, where they were counted.
fn counted(batch: &RecordBatch, properties: WriterPropertiesBuilder) -> Vec<Option<u64>> {
    let file = NamedTempFile::new().unwrap();
    let mut writer =
        ArrowWriter::try_new(file.reopen().unwrap(), batch.schema(), Some(properties.build())).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
    let (bytes, hash) = (file.path().metadata().unwrap().len(), Hash::of("file"));
    let part = Part { path: file.path().to_owned(), relative: "file.parquet".to_owned(), bytes, hash };
    let layout = layout(&part).unwrap();
    let columns = read::columns(&part, Format::Parquet).unwrap();
    let count = |column: &read::Found| {
        let mut counter = Counter::new(schema::kind(&column.data_type)?, ROWS);
        Column::of(&layout, &column.name, &column.data_type)?.count(&part, &layout, &mut counter)
    };
    columns.iter().map(count).collect()
}

#[test]
fn usual_files_are_counted_from_their_pages() {
    let properties = WriterProperties::builder;
    for usual in [
        properties(),
        properties().set_dictionary_enabled(false),
        properties().set_compression(Compression::SNAPPY).set_max_row_group_row_count(Some(300)),
        properties()
            .set_dictionary_page_size_limit(64)
            .set_data_page_row_count_limit(100)
            .set_write_batch_size(50),
    ] {
        assert_eq!(counted(&batch(), usual.clone()), [Some(ROWS as u64); 5], "{usual:?}");
    }
    let second = properties().set_writer_version(WriterVersion::PARQUET_2_0);
    assert_eq!(counted(&batch(), second), [Some(ROWS as u64); 5]);
}

#[test]
fn other_encodings_and_lists_are_left_to_the_general_reader() {
    let lists: ArrayRef = Arc::new(ListArray::from_iter_primitive::<Int64Type, _, _>([Some([Some(1)])]));
    let lists = RecordBatch::try_from_iter([("whole", lists)]).unwrap();
    assert_eq!(counted(&lists, WriterProperties::builder()), [None]);
    let delta = WriterProperties::builder()
        .set_dictionary_enabled(false)
        .set_column_encoding("whole".into(), Encoding::DELTA_BINARY_PACKED);
    assert_eq!(counted(&batch(), delta)[..2], [None, Some(ROWS as u64)]);
}
