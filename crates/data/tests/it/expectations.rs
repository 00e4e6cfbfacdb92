use base::Severity as Found;
use data::{Finding, Limits, View, test};
use serde_json::json;
use spec::{ColumnType, Expectation, Test};

use crate::support::*;

async fn one(view: &View, test: Test) -> Finding {
    all(view, vec![test]).await.remove(0)
}

async fn all(view: &View, tests: Vec<Test>) -> Vec<Finding> {
    let expectation = |test| Expectation { severity: spec::Severity::Warn, name: "e".to_owned(), test };
    let expectations: Vec<_> = tests.into_iter().map(expectation).collect();
    test(view, &expectations, &Limits::default()).await.unwrap()
}

async fn flights() -> (Files, View) {
    let folder = Files::new();
    let csv = "id,carrier,distance,delay,late,at\n\
        1,UA,1400,11,true,2013-01-01\n\
        2,UA,-5,NA,false,2013-01-02\n\
        2,ZZ,99999,2.5,true,2013-01-03\n\
        3,,50,NA,,2013-01-04\n";
    let view = folder.view("f.csv", csv).await;
    (folder, view)
}

fn column(name: &str) -> String {
    name.to_owned()
}

#[tokio::test]
async fn data_as_expected_pass_every_test() {
    let (_folder, view) = flights().await;
    let tests = vec![
        Test::Rows { min: Some(4), max: Some(4) },
        Test::Type { column: column("distance"), is: ColumnType::Integer },
        Test::Type { column: column("delay"), is: ColumnType::Number },
        Test::Type { column: column("at"), is: ColumnType::Time },
        Test::Nulls { column: column("delay"), max: 0.5 },
        Test::Unique { column: column("at") },
        Test::OneOf { column: column("carrier"), values: vec!["UA".into(), "ZZ".into()] },
        Test::OneOf { column: column("id"), values: vec!["1".into(), "2.0".into(), "3".into()] },
        Test::OneOf { column: column("late"), values: vec!["true".into(), "false".into()] },
        Test::OneOf { column: column("at"), values: (1..5).map(|day| format!("2013-01-0{day}")).collect() },
        Test::Range { column: column("distance"), min: Some(-5.0), max: Some(99_999.0) },
        Test::Sql { query: "SELECT count(*) FROM flights WHERE id < 0".into() },
        Test::Sql { query: "SELECT sum(id) FROM flights WHERE id < 0".into() },
        Test::Sql { query: "SELECT * FROM flights WHERE id < 0".into() },
    ];
    for finding in all(&view, tests).await {
        assert!(finding.passed && finding.examples.is_empty(), "{finding:?}");
    }
}

#[tokio::test]
async fn a_value_not_listed_is_counted_and_shown_with_its_row() {
    let (_folder, view) = flights().await;
    let finding = one(&view, Test::OneOf { column: column("carrier"), values: vec!["UA".into()] }).await;
    assert_eq!((finding.passed, finding.violations), (false, 1));
    assert_eq!(finding.message, "carrier: 1 of 3 value is not one of UA; examples: ZZ");
    let row = json!({"id": 2, "carrier": "ZZ", "distance": 99999, "delay": 2.5, "late": true, "at": "2013-01-03T00:00:00Z"});
    assert_eq!(finding.examples, [row]);
    assert_eq!(finding.severity, Found::Warning);
}

#[tokio::test]
async fn a_value_outside_its_range_is_found_on_either_side() {
    let (_folder, view) = flights().await;
    let range = |min, max| Test::Range { column: column("distance"), min, max };
    let both = one(&view, range(Some(50.0), Some(5000.0))).await;
    assert_eq!(both.violations, 2);
    assert_eq!(both.message, "distance: 2 of 4 values are outside 50 to 5000; examples: -5, 99999");
    assert_eq!(one(&view, range(None, Some(5000.0))).await.violations, 1);
    assert_eq!(one(&view, range(Some(0.0), None)).await.violations, 1);
    assert!(one(&view, range(Some(f64::NEG_INFINITY), None)).await.passed);
}

#[tokio::test]
async fn missing_values_over_their_share_are_found() {
    let (_folder, view) = flights().await;
    let finding = one(&view, Test::Nulls { column: column("delay"), max: 0.25 }).await;
    assert_eq!((finding.passed, finding.violations, finding.examples.len()), (false, 2, 2));
    assert_eq!(finding.message, "delay: 2 of 4 values are missing; at most 25 % may be");
}

#[tokio::test]
async fn nan_is_missing_and_breaks_no_range() {
    let folder = Files::new();
    let delay: arrow::array::ArrayRef =
        std::sync::Arc::new(arrow::array::Float32Array::from(vec![1.0, f32::NAN]));
    let bytes = parquet(&arrow::array::RecordBatch::try_from_iter([("delay", delay)]).unwrap());
    let view = folder.view("f.parquet", bytes).await;
    assert_eq!(one(&view, Test::Nulls { column: column("delay"), max: 0.0 }).await.violations, 1);
    assert!(one(&view, Test::Range { column: column("delay"), min: None, max: Some(1.0) }).await.passed);
}

#[tokio::test]
async fn repeated_values_are_counted_and_shown_together() {
    let (_folder, view) = flights().await;
    let finding = one(&view, Test::Unique { column: column("id") }).await;
    assert_eq!((finding.passed, finding.violations), (false, 1));
    let ids: Vec<_> = finding.examples.iter().map(|row| row["id"].clone()).collect();
    assert_eq!(ids, [json!(2), json!(2)]);
}

#[tokio::test]
async fn a_type_that_does_not_fit_names_the_values_to_blame() {
    let folder = Files::new();
    let mut csv = "distance,share\n".to_owned();
    (0..30).for_each(|row| csv.push_str(&format!("{row},0.5\n")));
    csv.push_str("far,1\n");
    let view = folder.view("f.csv", csv).await;
    let finding = one(&view, Test::Type { column: column("distance"), is: ColumnType::Number }).await;
    assert_eq!((finding.passed, finding.violations), (false, 1));
    assert_eq!(
        finding.message,
        "distance: it is text, not a number; 1 of 31 values is not a number: the first is `far` at f.csv:32"
    );
    assert_eq!(finding.examples[0]["distance"], "far");
    let whole = one(&view, Test::Type { column: column("share"), is: ColumnType::Integer }).await;
    assert_eq!((whole.passed, whole.violations), (false, 30));
    assert!(!one(&view, Test::Type { column: column("share"), is: ColumnType::Text }).await.passed);
}

#[tokio::test]
async fn at_most_ten_rows_are_shown_and_all_are_counted() {
    let folder = Files::new();
    let csv = (0..25).fold("id\n".to_owned(), |csv, row| format!("{csv}{row}\n"));
    let view = folder.view("f.csv", csv).await;
    let tests = vec![
        Test::Range { column: column("id"), min: Some(100.0), max: None },
        Test::Sql { query: "SELECT * FROM flights".into() },
    ];
    for finding in all(&view, tests).await {
        assert_eq!((finding.violations, finding.examples.len()), (25, 10), "{finding:?}");
    }
}

#[tokio::test]
async fn a_query_of_counts_counts_and_a_query_of_rows_shows_them() {
    let (_folder, view) = flights().await;
    let counted = one(&view, Test::Sql { query: "SELECT count(*) FROM flights WHERE id = 2".into() }).await;
    assert_eq!((counted.passed, counted.violations, counted.examples.len()), (false, 2, 0));
    let rows = one(&view, Test::Sql { query: "SELECT id FROM flights WHERE id = 3".into() }).await;
    assert_eq!((rows.passed, rows.violations, rows.examples), (false, 1, vec![json!({"id": 3})]));
    let subquery =
        one(&view, Test::Sql { query: "SELECT (SELECT count(*) FROM flights WHERE id = 2)".into() }).await;
    assert_eq!(subquery.violations, 2);
}

#[tokio::test]
async fn an_expectation_that_does_not_fit_the_data_is_an_error_and_says_what_was_meant() {
    let (_folder, view) = flights().await;
    let cases = [
        (Test::Unique { column: column("carier") }, "did you mean `carrier`?"),
        (Test::Range { column: column("carrier"), min: None, max: None }, "a range needs a number"),
        (Test::Sql { query: "SELECT * FROM flight".into() }, "did you mean `flights`?"),
        (Test::Sql { query: "DROP TABLE flights".into() }, "only one query"),
        (Test::Sql { query: "SELECT avg(delay) FROM flights".into() }, "not a number of violating rows"),
    ];
    for (test, expected) in cases {
        let finding = one(&view, test).await;
        assert!(!finding.passed && finding.severity == Found::Error, "{finding:?}");
        assert!(finding.message.contains(expected), "{}", finding.message);
    }
}

#[tokio::test]
async fn a_column_without_values_fails_its_type_and_its_nulls_and_nothing_else() {
    let folder = Files::new();
    let view = folder.view("f.csv", "a,b\n1,\n2,\n").await;
    let tests = vec![
        Test::Type { column: column("b"), is: ColumnType::Number },
        Test::Nulls { column: column("b"), max: 0.0 },
        Test::Unique { column: column("b") },
        Test::OneOf { column: column("b"), values: vec![] },
    ];
    let passed: Vec<_> = all(&view, tests).await.iter().map(|finding| finding.passed).collect();
    assert_eq!(passed, [false, false, true, true]);
}

#[tokio::test]
async fn names_and_values_with_quotes_are_only_names_and_values() {
    let folder = Files::new();
    let view = folder.view("f.csv", "\"a\"\"; DROP\"\n\"it's\"\n\"x\"\n").await;
    let name = view.manifest.fields[0].name.clone();
    let finding = one(&view, Test::OneOf { column: name, values: vec!["it's".into()] }).await;
    assert_eq!((finding.passed, finding.violations), (false, 1));
}

#[tokio::test]
async fn only_rows_in_the_window_are_tested() {
    let folder = Files::new();
    let csv = "id,at\n1,2013-01-01\n-1,2014-01-01\n";
    let view = folder.view_in("f.csv", csv, window("at", None, Some("2014-01-01"))).await;
    assert!(one(&view, Test::Range { column: column("id"), min: Some(0.0), max: None }).await.passed);
}
