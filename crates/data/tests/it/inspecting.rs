use std::sync::Arc;

use arrow::{
    array::{
        ArrayRef, Date32Array, DictionaryArray, Int32Array, LargeStringArray, ListArray, RecordBatch,
        StringArray,
    },
    datatypes::{Int8Type, Int32Type},
};
use data::{Error, Format, Window};
use table::Kind;

use crate::support::*;

#[tokio::test]
async fn the_same_flights_have_the_same_columns_in_every_format() {
    let folder = Files::new();
    let batch = flights_batch();
    let instant = "Timestamp(µs, \"UTC\")";
    let expected = [
        ("carrier", "Utf8", Some(Kind::Text)),
        ("distance", "Int64", Some(Kind::Number)),
        ("departure", instant, Some(Kind::Time)),
        ("cancelled", "Boolean", Some(Kind::Boolean)),
        ("delay", "Float64", Some(Kind::Number)),
    ];
    let files: [(&str, Vec<u8>); 5] = [
        ("f.csv", FLIGHTS_CSV.into()),
        ("f.jsonl", FLIGHTS_JSONL.into()),
        ("f.parquet", parquet(&batch)),
        ("f.arrow", arrow_file(&batch)),
        ("f.arrows", arrow_stream(std::slice::from_ref(&batch))),
    ];
    for (name, bytes) in files {
        let manifest = folder.inspect(name, bytes).await.unwrap();
        assert_eq!(types(&manifest), expected, "{name}");
        assert_eq!(manifest.rows, 3, "{name}");
    }
}

#[tokio::test]
async fn a_manifest_reads_back_from_json_and_keeps_its_identity() {
    let folder = Files::new();
    let parts = [folder.part("f.csv", FLIGHTS_CSV)];
    let bounded = window("departure", Some("2013-01-01"), None);
    let manifest = data::inspect(&parts, None, bounded).await.unwrap();
    let again: data::Manifest = serde_json::from_str(&base::canonical_json(&manifest)).unwrap();
    assert_eq!(again, manifest);
    assert_eq!(again.hash(), manifest.hash());
    let other = data::inspect(&parts, None, Window::default()).await.unwrap();
    assert_ne!(other.hash(), manifest.hash());
}

#[tokio::test]
async fn only_rows_in_the_window_count() {
    let folder = Files::new();
    let parts = [folder.part("f.csv", FLIGHTS_CSV)];
    let bounded = window("departure", Some("2013-01-01T10:40:00Z"), Some("2013-01-02T09:00:00Z"));
    assert_eq!(data::inspect(&parts, None, bounded).await.unwrap().rows, 1);
    let beside = window("departure", Some("2014-01-01"), None);
    let message = data::inspect(&parts, None, beside).await.unwrap_err().to_string();
    assert!(message.contains("none of the 3 rows in f.csv"), "{message}");
}

#[tokio::test]
async fn text_and_dates_can_be_the_event_time_and_a_number_cannot() {
    let folder = Files::new();
    let text: ArrayRef = Arc::new(StringArray::from(vec!["2013-01-01T10:15:00-05:00", "2013-02-01"]));
    let bytes = parquet(&RecordBatch::try_from_iter([("at", text)]).unwrap());
    let parts = [folder.part("f.parquet", bytes)];
    let manifest = data::inspect(&parts, None, window("at", None, Some("2013-01-02"))).await.unwrap();
    assert_eq!((manifest.rows, manifest.fields[0].kind), (1, Some(Kind::Time)));

    let days: ArrayRef = Arc::new(Date32Array::from(vec![Some(15_706), None, Some(15_707)]));
    let parts = [folder.part("f.parquet", parquet(&RecordBatch::try_from_iter([("at", days)]).unwrap()))];
    let manifest = data::inspect(&parts, None, window("at", Some("2013-01-02"), None)).await.unwrap();
    assert_eq!((manifest.rows, manifest.fields[0].kind), (1, Some(Kind::Time)));

    let parts = [folder.part("f.csv", FLIGHTS_CSV)];
    let error = data::inspect(&parts, None, window("distance", None, None)).await.unwrap_err();
    assert!(matches!(error, Error::TimeColumn { .. }), "{error}");
    let error = data::inspect(&parts, None, window("departur", None, None)).await.unwrap_err();
    assert!(error.to_string().contains("did you mean `departure`?"), "{error}");
}

#[tokio::test]
async fn text_that_is_no_time_is_shown_with_its_place() {
    let folder = Files::new();
    let parts = [folder.part("f.csv", "at,a\n2013-01-01,1\nyesterday,2\n")];
    let message = data::inspect(&parts, None, window("at", None, None)).await.unwrap_err().to_string();
    assert!(message.starts_with("f.csv:3: column `at`: `yesterday` is not a time"), "{message}");
}

#[tokio::test]
async fn types_that_no_table_has_are_noted_and_the_usual_spellings_of_text_are_one() {
    let folder = Files::new();
    let list = ListArray::from_iter_primitive::<Int32Type, _, _>([Some([Some(1), Some(2)])]);
    let dictionary: DictionaryArray<Int8Type> = ["UA"].into_iter().collect();
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("stops", Arc::new(list)),
        ("carrier", Arc::new(dictionary)),
        ("origin", Arc::new(LargeStringArray::from(vec!["JFK"]))),
        ("raw", Arc::new(arrow::array::BinaryArray::from(vec![b"\0".as_slice()]))),
    ];
    let manifest =
        folder.inspect("f.parquet", parquet(&RecordBatch::try_from_iter(columns).unwrap())).await.unwrap();
    let kinds: Vec<_> = manifest.fields.iter().map(|field| field.kind).collect();
    assert_eq!(kinds, [None, Some(Kind::Text), Some(Kind::Text), None]);
    assert!(manifest.fields[0].note.as_ref().unwrap().contains("only SQL sees it"));
}

#[tokio::test]
async fn one_slip_in_a_column_of_numbers_is_named() {
    let folder = Files::new();
    let mut csv = "distance\n".to_owned();
    (0..40).for_each(|row| csv.push_str(&format!("{row}\n")));
    csv.push_str("4O\n");
    let manifest = folder.inspect("f.csv", csv).await.unwrap();
    assert_eq!(manifest.fields[0].kind, Some(Kind::Text));
    let note = manifest.fields[0].note.as_ref().unwrap();
    assert_eq!(note, "1 of 41 values is not a number: the first is `4O` at f.csv:42");
}

#[tokio::test]
async fn parts_with_whole_numbers_and_fractions_become_one_column_of_numbers() {
    let folder = Files::new();
    let parts = [folder.part("1.csv", "a,b\n1,\n"), folder.part("2.csv", "b,a\nx,2.5\n")];
    let manifest = data::inspect(&parts, None, Window::default()).await.unwrap();
    assert_eq!(types(&manifest), [("a", "Float64", Some(Kind::Number)), ("b", "Utf8", Some(Kind::Text))]);
    assert_eq!((manifest.rows, manifest.format), (2, Format::Csv));
}

#[tokio::test]
async fn a_column_that_changed_type_is_refused_naming_both_files() {
    let folder = Files::new();
    let integers: ArrayRef = Arc::new(Int32Array::from(vec![1]));
    let texts: ArrayRef = Arc::new(StringArray::from(vec!["1"]));
    let part =
        |name, array| folder.part(name, parquet(&RecordBatch::try_from_iter([("distance", array)]).unwrap()));
    let parts = [part("1.parquet", integers), part("2.parquet", texts)];
    let message = data::inspect(&parts, None, Window::default()).await.unwrap_err().to_string();
    assert!(
        message.starts_with("column `distance` is number in 1.parquet and text in 2.parquet"),
        "{message}"
    );
}

#[tokio::test]
async fn a_column_that_one_part_lacks_is_refused() {
    let folder = Files::new();
    for (one, other) in [("a,b\n1,2\n", "a\n1\n"), ("a\n1\n", "a,b\n1,2\n")] {
        let parts = [folder.part("1.csv", one), folder.part("2.csv", other)];
        let error = data::inspect(&parts, None, Window::default()).await.unwrap_err();
        assert!(matches!(error, Error::ColumnMissing { .. }) && error.to_string().contains("`b`"), "{error}");
    }
}

#[tokio::test]
async fn words_for_missing_are_missing_among_numbers_and_text_among_text() {
    let folder = Files::new();
    let view = folder.view("f.csv", "delay,country\nNA,NA\n5,DE\nnull,\n").await;
    let table = data::table(&view, None, &data::Limits::default()).await.unwrap();
    assert_eq!(table.column("delay").unwrap().values.missing(), 2);
    assert_eq!(table.column("country").unwrap().values.missing(), 1);
}

#[tokio::test]
async fn an_all_null_column_is_noted_and_left_out_of_tables() {
    let folder = Files::new();
    let view = folder.view("f.csv", "a,b\n1,\n2,NA\n").await;
    assert_eq!(view.manifest.fields[1].note.as_deref(), Some("every value is missing"));
    let table = data::table(&view, None, &data::Limits::default()).await.unwrap();
    assert_eq!(table.columns().len(), 1);
}
