use base::{Size, Timestamp};
use data::{Error, Limits, read_table, table, write_table};
use table::{Column, Table, Text, Values};

use crate::support::*;

fn expected() -> Table {
    let instant = |text: &str| Some(text.parse::<Timestamp>().unwrap().micros());
    let carrier: Text = [Some("UA"), Some("AA"), None].into_iter().collect();
    let times = ["2013-01-01T10:15:00Z", "2013-01-01T10:40:00Z", "2013-01-02T09:00:00Z"].map(instant);
    Table::new(vec![
        Column::new("carrier", Values::Text(carrier)),
        Column::new("distance", Values::Number(vec![1400.0, 1089.0, 1576.0])),
        Column::new("departure", Values::Time(times.to_vec())),
        Column::new("cancelled", Values::Boolean(vec![Some(false), Some(true), Some(false)])),
    ])
    .unwrap()
}

#[tokio::test]
async fn every_format_gives_the_same_table() {
    let folder = Files::new();
    let batch = flights_batch();
    let files: [(&str, Vec<u8>); 5] = [
        ("f.csv", FLIGHTS_CSV.into()),
        ("f.jsonl", FLIGHTS_JSONL.into()),
        ("f.parquet", parquet(&batch)),
        ("f.arrow", arrow_file(&batch)),
        ("f.arrows", arrow_stream(std::slice::from_ref(&batch))),
    ];
    for (name, bytes) in files {
        let view = folder.view(name, bytes).await;
        let columns = ["carrier", "distance", "departure", "cancelled"].map(str::to_owned);
        assert_eq!(table(&view, Some(&columns), &Limits::default()).await.unwrap(), expected(), "{name}");
        let all = table(&view, None, &Limits::default()).await.unwrap();
        let Values::Number(delay) = &all.column("delay").unwrap().values else { panic!("{name}") };
        assert!(delay[0] == 11.0 && delay[1].is_nan() && delay[2] == -18.5, "{name}: {delay:?}");
    }
}

#[tokio::test]
async fn rows_come_by_event_time_and_ties_stay_as_they_were() {
    let folder = Files::new();
    let csv = "n,at\n1,2013-01-03\n2,2013-01-01\n3,\n4,2013-01-03\n5,2013-01-02\n";
    let view = folder.view_in("f.csv", csv, window("at", None, None)).await;
    let table = table(&view, Some(&["n".to_owned()]), &Limits::default()).await.unwrap();
    assert_eq!(table.columns(), [Column::new("n", Values::Number(vec![2.0, 5.0, 1.0, 4.0, 3.0]))]);
}

#[tokio::test]
async fn the_window_holds_its_first_instant_and_not_its_last_in_tables_too() {
    let folder = Files::new();
    let bounded = window("departure", Some("2013-01-01T10:15:00Z"), Some("2013-01-01T10:40:00Z"));
    let view = folder.view_in("f.csv", FLIGHTS_CSV, bounded).await;
    let found = table(&view, Some(&["distance".to_owned()]), &Limits::default()).await.unwrap();
    assert_eq!(found.columns(), [Column::new("distance", Values::Number(vec![1400.0]))]);
}

#[tokio::test]
async fn an_unknown_column_is_named_with_a_near_miss() {
    let view = Files::new();
    let view = view.view("f.csv", FLIGHTS_CSV).await;
    let error = table(&view, Some(&["carier".to_owned()]), &Limits::default()).await.unwrap_err();
    assert!(error.to_string().contains("did you mean `carrier`?"), "{error}");
}

#[tokio::test]
async fn a_table_that_needs_more_memory_than_allowed_is_refused() {
    let folder = Files::new();
    let view = folder.view("f.csv", FLIGHTS_CSV).await;
    let limits = Limits { memory: Size::bytes(100), spill: None };
    assert!(matches!(table(&view, None, &limits).await, Err(Error::Memory { .. })));
}

#[tokio::test]
async fn parts_follow_one_another() {
    let folder = Files::new();
    let parts = vec![folder.part("1.csv", "a\n1\n2\n"), folder.part("2.csv", "a\n3.5\n")];
    let manifest = data::inspect(&parts, None, data::Window::default()).await.unwrap();
    let view = data::View { name: "n".to_owned(), parts, manifest };
    let found = table(&view, None, &Limits::default()).await.unwrap();
    assert_eq!(found.columns(), [Column::new("a", Values::Number(vec![1.0, 2.0, 3.5]))]);
}

#[test]
fn a_stored_table_comes_back_as_it_was() {
    let folder = Files::new();
    let path = folder.path().join("predictions");
    let text: Text = [Some("b"), None, Some(""), Some("b"), Some("é")].into_iter().collect();
    let numbers = vec![f64::NAN, -0.0, 0.1 + 0.2, f64::NEG_INFINITY, f64::MIN_POSITIVE];
    let written = Table::new(vec![
        Column::new("number", Values::Number(numbers.clone())),
        Column::new("text", Values::Text(text.clone())),
        Column::new("boolean", Values::Boolean(vec![None, Some(true), Some(false), None, None])),
        Column::new("time", Values::Time(vec![None, Some(1), Some(-1), Some(1_357_035_300_000_001), None])),
    ])
    .unwrap();
    write_table(&written, &path).unwrap();
    let read = read_table(&path).unwrap();
    let Values::Number(found) = &read.column("number").unwrap().values else { panic!("numbers") };
    assert!(found[0].is_nan());
    assert_eq!(
        found[1..].iter().map(|n| n.to_bits()).collect::<Vec<_>>(),
        numbers[1..].iter().map(|n| n.to_bits()).collect::<Vec<_>>()
    );
    let rest = ["text", "boolean", "time"];
    assert_eq!(read.select(rest), written.select(rest));

    let again = folder.path().join("again");
    write_table(&written, &again).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), std::fs::read(&again).unwrap());
}

#[test]
fn a_stored_table_that_is_cut_or_foreign_is_refused() {
    let folder = Files::new();
    let path = folder.path().join("predictions");
    write_table(&expected(), &path).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() - 10]).unwrap();
    assert!(matches!(read_table(&path), Err(Error::Stored { .. })));
    std::fs::write(&path, parquet(&flights_batch())).unwrap();
    assert!(read_table(&path).unwrap_err().to_string().contains("`distance` is Int64"));
    let nowhere = folder.path().join("no/such/folder/file");
    assert!(matches!(write_table(&expected(), &nowhere), Err(Error::Write { .. })));
}
