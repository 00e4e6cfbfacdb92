use data::{Error, Window};

use crate::support::*;

async fn refused(name: &str, bytes: impl AsRef<[u8]>) -> String {
    let folder = Files::new();
    folder.inspect(name, bytes).await.expect_err("it must be refused").to_string()
}

#[tokio::test]
async fn a_cut_parquet_file_is_refused_and_named() {
    let whole = parquet(&flights_batch());
    for length in [1, whole.len() / 2, whole.len() - 1] {
        let message = refused("flights.parquet", &whole[..length]).await;
        assert!(message.starts_with("flights.parquet: the file is cut or damaged"), "{message}");
    }
}

#[tokio::test]
async fn a_parquet_file_with_damaged_pages_is_refused_and_named() {
    let mut bytes = parquet(&flights_batch());
    bytes[4..40].fill(0xff);
    let message = refused("flights.parquet", bytes).await;
    assert!(message.starts_with("flights.parquet: the file is cut or damaged"), "{message}");
}

#[tokio::test]
async fn a_truncated_arrow_file_is_refused_and_named() {
    let batch = flights_batch();
    for whole in [arrow_file(&batch), arrow_stream(std::slice::from_ref(&batch))] {
        for length in [3, whole.len() / 2, whole.len() - 1] {
            let message = refused("flights.arrow", &whole[..length]).await;
            assert!(message.starts_with("flights.arrow: the file is cut or damaged"), "{message}");
        }
    }
}

#[tokio::test]
async fn an_arrow_stream_cut_between_two_batches_is_noticed() {
    let batch = flights_batch();
    let one = arrow_stream(std::slice::from_ref(&batch));
    let two = arrow_stream(&[batch.clone(), batch]);
    let before_the_end = one.len() - 8;
    assert_eq!(one[..before_the_end], two[..before_the_end], "a cut after the first batch");
    let message = refused("flights.arrows", &two[..before_the_end]).await;
    assert!(message.contains("end of stream"), "{message}");
}

#[tokio::test]
async fn a_ragged_csv_line_is_refused_with_its_line() {
    let message = refused("flights.csv", "a,b,c\n1,2,3\n\"x\ny\",2,3\n1,2\n").await;
    assert!(message.starts_with("flights.csv:5: the line has 2 fields where the header has 3"), "{message}");
}

#[tokio::test]
async fn a_csv_file_that_is_not_utf8_is_refused_with_its_line() {
    let message = refused("flights.csv", b"a\nx\nM\xfcnchen\n").await;
    assert!(message.starts_with("flights.csv:3:") && message.contains("UTF-8"), "{message}");
}

#[tokio::test]
async fn a_bad_json_line_is_refused_with_its_line() {
    let message = refused("flights.jsonl", "{\"a\": 1}\n\n{\"a\": \n").await;
    assert!(message.starts_with("flights.jsonl:3: the line is not a JSON object"), "{message}");
    let message = refused("flights.jsonl", "{\"a\": 1}\n[1]\n").await;
    assert!(message.starts_with("flights.jsonl:2:"), "{message}");
}

#[tokio::test]
async fn a_json_array_is_refused_with_the_fix() {
    let message = refused("flights.json", " [{\"a\": 1}]").await;
    assert!(message.contains("one object a line"), "{message}");
}

#[tokio::test]
async fn an_empty_file_is_refused_and_named() {
    for name in ["f.parquet", "f.csv", "f.jsonl", "f.arrow"] {
        let message = refused(name, "").await;
        assert!(message.starts_with(&format!("{name}: the file is empty")), "{message}");
    }
}

#[tokio::test]
async fn a_data_set_without_rows_is_refused() {
    let message = refused("flights.csv", "a,b\n").await;
    assert!(message.contains("no rows in flights.csv"), "{message}");
    let message = refused("flights.parquet", parquet(&flights_batch().slice(0, 0))).await;
    assert!(message.contains("no rows in flights.parquet"), "{message}");
    let error = data::inspect(&[], None, Window::default()).await.unwrap_err();
    assert!(matches!(error, Error::NoParts));
}

#[tokio::test]
async fn two_columns_of_one_name_are_refused() {
    let message = refused("flights.csv", "a,a\n1,2\n").await;
    assert!(message.contains("two columns are called `a`"), "{message}");
}

#[tokio::test]
async fn a_file_of_another_format_than_its_name_says_is_refused() {
    for name in ["f.parquet", "f.arrow", "f.jsonl"] {
        let message = refused(name, FLIGHTS_CSV).await;
        assert!(message.starts_with(name), "{message}");
    }
}

#[tokio::test]
async fn a_value_that_no_longer_fits_the_manifest_is_named_with_line_and_column() {
    let folder = Files::new();
    let mut view = folder.view("f.csv", "a,b\n1,2\n3,4\n").await;
    std::fs::write(&view.parts[0].path, "a,b\n1,2\n3,x\n").unwrap();
    let error = data::table(&view, None, &data::Limits::default()).await.unwrap_err();
    assert!(error.to_string().starts_with("f.csv:3: column `b`: `x` is not a whole number"), "{error}");
    view.parts.clear();
    assert_eq!(data::table(&view, None, &data::Limits::default()).await.unwrap().rows(), 0);
}
