//! Two data sets side by side, counted column by column.

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    sync::{Arc, Mutex},
};

use arrow::{
    array::{
        ArrayRef, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, Float32Array, Float64Array,
        Int8Array, Int64Array, LargeStringArray, NullArray, RecordBatch, StringArray,
        TimestampMillisecondArray, TimestampNanosecondArray, UInt32Array, UInt64Array,
    },
    datatypes::Int32Type,
};
use data::{ColumnCounts, Compared, Counts, Error, Source, SourceFile, Why};
use parquet::{
    arrow::ArrowWriter,
    basic::{Compression, Encoding},
    file::properties::{EnabledStatistics, WriterProperties, WriterVersion},
};
use stats::drift::{CategoryCounts, NumberCounts};

use crate::support::{FLIGHTS_CSV, FLIGHTS_JSONL, Files, arrow_file, flights_batch, parquet};

type Columns = BTreeMap<String, ColumnCounts>;

fn files(folder: &Path, pattern: &str) -> Vec<SourceFile> {
    data::files(&Source { root: folder.to_owned(), pattern: pattern.to_owned(), format: None }).unwrap()
}

/// Two files compared, all of their columns or some.
fn compared(
    (reference, one): (&str, &[u8]),
    (current, other): (&str, &[u8]),
    columns: Option<&[&str]>,
) -> Result<(Compared, Columns), Error> {
    let folder = Files::new();
    for (side, name, bytes) in [("reference", reference, one), ("current", current, other)] {
        fs::create_dir(folder.path().join(side)).unwrap();
        fs::write(folder.path().join(side).join(name), bytes).unwrap();
    }
    let (reference, current) = (files(folder.path(), "reference"), files(folder.path(), "current"));
    let columns: Option<Vec<String>> =
        columns.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
    let seen = Mutex::new(Columns::new());
    let compared = data::compare(&reference, &current, columns.as_deref(), |column| {
        seen.lock().unwrap().insert(column.name.clone(), column);
    })?;
    Ok((compared, seen.into_inner().unwrap()))
}

/// A data set compared with itself, whose two sides must then be alike.
fn counted(name: &str, bytes: &[u8]) -> BTreeMap<String, Counts> {
    let (_, columns) = compared((name, bytes), (name, bytes), None).unwrap();
    let one_side = |(name, column): (String, ColumnCounts)| {
        assert_eq!(column.reference, column.current, "{name}");
        (name, column.reference)
    };
    columns.into_iter().map(one_side).collect()
}

fn numbers(values: &[f64]) -> Counts {
    Counts::Numbers(NumberCounts::of(values))
}

fn texts(values: &[Option<&str>]) -> Counts {
    Counts::Categories(CategoryCounts::of(values.iter().copied()))
}

fn written(batch: &RecordBatch, properties: WriterProperties) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
    bytes
}

/// One column of every type that is compared, with rows missing, and what its counts are.
fn every_type() -> (RecordBatch, BTreeMap<String, Counts>) {
    let nan = f64::NAN;
    let floats = vec![Some(1.5), None, Some(nan), Some(f64::INFINITY), Some(-0.0), Some(0.0)];
    let words = vec![Some("a"), None, Some(""), Some("b"), Some("a"), Some("é")];
    let dictionary: DictionaryArray<Int32Type> = words.iter().copied().collect();
    let truths = vec![Some(true), None, Some(false), Some(true), Some(true), None];
    let whole = [Some(7), None, Some(-3), Some(7), Some(7), Some(0)];
    let times = [Some(1_000_000), None, Some(-5_000_000), Some(0), Some(0), Some(1_000_000)];
    let micros = numbers(&[1e6, nan, -5e6, 0.0, 0.0, 1e6]);
    let columns: Vec<(&str, ArrayRef, Counts)> = vec![
        (
            "double",
            Arc::new(Float64Array::from(floats.clone())),
            numbers(&[1.5, nan, nan, f64::INFINITY, 0.0, 0.0]),
        ),
        (
            "float",
            Arc::new(floats.iter().map(|v| v.map(|v| v as f32)).collect::<Float32Array>()),
            numbers(&[1.5, nan, nan, f64::INFINITY, 0.0, 0.0]),
        ),
        (
            "tiny",
            Arc::new(whole.iter().map(|v| v.map(|v| v as i8)).collect::<Int8Array>()),
            numbers(&[7.0, nan, -3.0, 7.0, 7.0, 0.0]),
        ),
        (
            "long",
            Arc::new(whole.iter().map(|v| v.map(i64::from)).collect::<Int64Array>()),
            numbers(&[7.0, nan, -3.0, 7.0, 7.0, 0.0]),
        ),
        (
            "unsigned",
            Arc::new(UInt32Array::from(vec![Some(u32::MAX), None, Some(0), Some(1), Some(1), Some(1)])),
            numbers(&[4_294_967_295.0, nan, 0.0, 1.0, 1.0, 1.0]),
        ),
        (
            "huge",
            Arc::new(UInt64Array::from(vec![Some(u64::MAX), None, Some(0), Some(1), Some(1), Some(1)])),
            numbers(&[18_446_744_073_709_551_615.0, nan, 0.0, 1.0, 1.0, 1.0]),
        ),
        (
            "decimal",
            Arc::new(
                Decimal128Array::from(vec![Some(150), None, Some(-25), Some(150), None, None])
                    .with_precision_and_scale(9, 2)
                    .unwrap(),
            ),
            numbers(&[1.5, nan, -0.25, 1.5, nan, nan]),
        ),
        (
            "nanoseconds",
            Arc::new(times.iter().map(|v| v.map(|v: i64| v * 1000)).collect::<TimestampNanosecondArray>()),
            micros.clone(),
        ),
        (
            "milliseconds",
            Arc::new(
                times
                    .iter()
                    .map(|v| v.map(|v: i64| v / 1000))
                    .collect::<TimestampMillisecondArray>()
                    .with_timezone("UTC"),
            ),
            micros,
        ),
        (
            "day",
            Arc::new(Date32Array::from(vec![Some(1), None, Some(-1), Some(1), Some(0), Some(0)])),
            numbers(&[8.64e10, nan, -8.64e10, 8.64e10, 0.0, 0.0]),
        ),
        (
            "truth",
            Arc::new(BooleanArray::from(truths)),
            texts(&[Some("true"), None, Some("false"), Some("true"), Some("true"), None]),
        ),
        ("text", Arc::new(StringArray::from(words.clone())), texts(&words)),
        ("long text", Arc::new(LargeStringArray::from(words.clone())), texts(&words)),
        ("dictionary", Arc::new(dictionary), texts(&words)),
    ];
    let batch = RecordBatch::try_from_iter_with_nullable(
        columns.iter().map(|(name, array, _)| (*name, array.clone(), true)),
    );
    (batch.unwrap(), columns.into_iter().map(|(name, _, counts)| (name.to_owned(), counts)).collect())
}

#[test]
fn every_type_of_parquet_is_counted_however_it_is_written() {
    let (batch, expected) = every_type();
    let properties = || WriterProperties::builder();
    let ways = [
        ("as written by default", properties()),
        ("plain", properties().set_dictionary_enabled(false)),
        ("second version", properties().set_writer_version(WriterVersion::PARQUET_2_0)),
        (
            "second version, plain",
            properties().set_writer_version(WriterVersion::PARQUET_2_0).set_dictionary_enabled(false),
        ),
        (
            "snappy, small pages",
            properties()
                .set_compression(Compression::SNAPPY)
                .set_data_page_row_count_limit(2)
                .set_write_batch_size(2),
        ),
        ("row groups of four", properties().set_max_row_group_row_count(Some(4))),
        ("without statistics", properties().set_statistics_enabled(EnabledStatistics::None)),
    ];
    for (way, properties) in ways {
        let found = counted("all.parquet", &written(&batch, properties.build()));
        for (name, counts) in &expected {
            assert_eq!(found[name], *counts, "{name}, {way}");
        }
    }
}

#[test]
fn encodings_beyond_plain_and_dictionary_are_counted_too() {
    let rows = 5_000;
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("steps", Arc::new((0..rows).map(|row| Some(row * 3)).collect::<Int64Array>())),
        ("split", Arc::new((0..rows).map(|row| Some(row as f64 / 7.0)).collect::<Float64Array>())),
    ];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let properties = WriterProperties::builder()
        .set_dictionary_enabled(false)
        .set_column_encoding("steps".into(), Encoding::DELTA_BINARY_PACKED)
        .set_column_encoding("split".into(), Encoding::BYTE_STREAM_SPLIT);
    let found = counted("delta.parquet", &written(&batch, properties.build()));
    let expected: Vec<f64> = (0..rows).map(|row| (row * 3) as f64).collect();
    assert_eq!(found["steps"], numbers(&expected));
    let expected: Vec<f64> = (0..rows).map(|row| row as f64 / 7.0).collect();
    assert_eq!(found["split"], numbers(&expected));
}

#[test]
fn a_dictionary_that_grew_too_large_and_gave_way_to_plain_pages_is_counted_whole() {
    let rows = 60_000;
    let number = |row: u32| f64::from(row * 7919 % 50_021);
    let word = |row: u32| format!("word {}", row * 7919 % 50_021);
    let words: Vec<String> = (0..rows).map(word).collect();
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("number", Arc::new((0..rows).map(|row| Some(number(row))).collect::<Float64Array>())),
        ("word", Arc::new(StringArray::from(words.clone()))),
        ("few", Arc::new((0..rows).map(|row| Some(i64::from(row % 600))).collect::<Int64Array>())),
    ];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let properties =
        WriterProperties::builder().set_dictionary_page_size_limit(20_000).set_data_page_size_limit(5_000);
    let found = counted("fallback.parquet", &written(&batch, properties.build()));
    assert_eq!(found["number"], numbers(&(0..rows).map(number).collect::<Vec<_>>()));
    assert_eq!(found["word"], texts(&words.iter().map(|word| Some(word.as_str())).collect::<Vec<_>>()));
    assert_eq!(found["few"], numbers(&(0..rows).map(|row| f64::from(row % 600)).collect::<Vec<_>>()));
}

#[test]
fn every_format_gives_the_same_counts() {
    let batch = flights_batch();
    let expected = counted("flights.parquet", &parquet(&batch));
    assert_eq!(expected.len(), 5);
    assert_eq!(counted("flights.arrow", &arrow_file(&batch)), expected);
    assert_eq!(counted("flights.csv", FLIGHTS_CSV.as_bytes()), expected);
    assert_eq!(counted("flights.jsonl", FLIGHTS_JSONL.as_bytes()), expected);
}

#[test]
fn columns_that_vanished_appeared_or_changed_are_left_out_and_named() {
    let reference = b"a,gone,code,empty\n1,2,7,\n2,3,8,\n";
    let current = b"a,code,empty,new\n1,x,,1\n";
    let (compared, columns) = compared(("r.csv", reference), ("c.csv", current), None).unwrap();
    assert_eq!(columns.keys().collect::<Vec<_>>(), ["a"]);
    let why: Vec<_> = compared.left_out.into_iter().map(|left| (left.name, left.why)).collect();
    let changed = Why::Changed { reference: "number".to_owned(), current: "text".to_owned() };
    let expected =
        [("gone", Why::Vanished), ("code", changed), ("empty", Why::Empty), ("new", Why::Appeared)];
    assert_eq!(why, expected.map(|(name, why)| (name.to_owned(), why)));
    assert_eq!((compared.reference_rows, compared.current_rows), (2, 1));
}

#[test]
fn a_column_that_lost_every_value_is_compared_as_missing() {
    let reference = b"a,b\n1,x\n2,y\n";
    for (name, current) in [
        ("c.csv", &b"a,b\n,\n,\n,\n"[..]),
        ("c.jsonl", b"{\"a\": null, \"b\": null}\n{\"a\": null, \"b\": null}\n{\"a\": null, \"b\": null}\n"),
    ] {
        let (_, columns) = compared(("r.csv", reference), (name, current), None).unwrap();
        assert_eq!(columns["a"].current, numbers(&[f64::NAN; 3]), "{name}");
        assert_eq!(columns["b"].current, texts(&[None; 3]), "{name}");
    }
    let nothing: Vec<(&str, ArrayRef)> =
        vec![("a", Arc::new(NullArray::new(3))), ("b", Arc::new(NullArray::new(3)))];
    let nothing = parquet(
        &RecordBatch::try_from_iter_with_nullable(
            nothing.into_iter().map(|(name, array)| (name, array, true)),
        )
        .unwrap(),
    );
    let (_, columns) = compared(("r.csv", reference), ("c.parquet", &nothing), None).unwrap();
    assert_eq!(columns["a"].current, numbers(&[f64::NAN; 3]));
}

#[test]
fn lists_and_structs_are_left_out_with_their_type() {
    let nested = b"{\"a\": 1, \"b\": [1]}\n{\"a\": 2, \"b\": [2]}\n";
    let (compared, columns) = compared(("r.jsonl", nested), ("c.jsonl", nested), None).unwrap();
    assert_eq!(columns.keys().collect::<Vec<_>>(), ["a"]);
    assert_eq!(compared.left_out[0].why, Why::Unusable("lists or objects".to_owned()));
}

#[test]
fn named_columns_alone_are_counted_in_the_order_asked_for() {
    let file = ("f.csv", FLIGHTS_CSV.as_bytes());
    let (_, columns) = compared(file, file, Some(&["delay", "carrier"])).unwrap();
    let places: Vec<_> = columns.values().map(|column| (column.name.as_str(), column.place)).collect();
    assert_eq!(places, [("carrier", 1), ("delay", 0)]);
    let error = compared(file, file, Some(&["carier"])).unwrap_err().to_string();
    assert!(error.contains("did you mean `carrier`?"), "{error}");
}

#[test]
fn times_say_that_they_are_and_what_is_exact_has_no_error() {
    let file = ("f.csv", FLIGHTS_CSV.as_bytes());
    let (_, columns) = compared(file, file, None).unwrap();
    assert!(columns.values().all(|column| column.time == (column.name == "departure")));
    assert!(columns.values().all(|column| column.rank_error.is_none()));
}

#[test]
fn files_of_one_side_are_counted_together_and_must_agree() {
    let folder = Files::new();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("one.csv", "a,b\n1,x\n");
    write("two.csv", "b,a\ny,2.5\n");
    let both = files(folder.path(), "*.csv");
    let seen = Mutex::new(Columns::new());
    data::compare(&both, &both, None, |column| {
        seen.lock().unwrap().insert(column.name.clone(), column);
    })
    .unwrap();
    assert_eq!(seen.lock().unwrap()["a"].reference, numbers(&[1.0, 2.5]));
    write("three.csv", "a,b\nz,x\n");
    let three = files(folder.path(), "*.csv");
    let error = data::compare(&both, &three, None, |_| {}).unwrap_err();
    assert!(matches!(error, Error::ColumnChanged { .. }), "{error}");
    write("three.csv", "a\n1\n");
    let error = data::compare(&files(folder.path(), "*.csv"), &both, None, |_| {}).unwrap_err();
    assert!(matches!(error, Error::ColumnMissing { .. }), "{error}");
}

#[test]
fn a_side_without_rows_is_refused_and_named() {
    let good = ("r.csv", &b"a\n1\n"[..]);
    let error = compared(good, ("c.csv", b"a\n"), None).unwrap_err();
    assert!(matches!(&error, Error::NoRows(said) if said.contains("c.csv")), "{error}");
    let none = parquet(&flights_batch().slice(0, 0));
    let error = compared(("r.parquet", &none), ("c.parquet", &none), None).unwrap_err();
    assert!(matches!(&error, Error::NoRows(said) if said.contains("r.parquet")), "{error}");
    let error = compared(good, ("c.csv", b""), None).unwrap_err().to_string();
    assert!(error.contains("c.csv: the file is empty"), "{error}");
}

#[test]
fn one_row_is_counted() {
    let one = parquet(&flights_batch().slice(0, 1));
    assert_eq!(counted("one.parquet", &one)["distance"], numbers(&[1400.0]));
}

/// A byte of a Parquet file turned at a time: an error that names the file, or counts; never a panic
/// that ends the process, and never rows that are not there.
#[test]
fn damaged_parquet_is_an_error_that_names_the_file_or_is_counted() {
    let (batch, _) = every_type();
    let whole = written(&batch, WriterProperties::builder().set_compression(Compression::SNAPPY).build());
    for at in (4..whole.len()).step_by(23) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x5a;
        match compared(("good.parquet", &whole), ("bad.parquet", &bytes), None) {
            Ok((compared, _)) => assert!(compared.current_rows <= 6, "byte {at}: {compared:?}"),
            Err(error) => assert!(error.to_string().contains("bad.parquet"), "byte {at}: {error}"),
        }
    }
}
