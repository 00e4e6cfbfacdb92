//! The flights of `examples/flights`, whole.

use std::{fs, path::PathBuf};

use base::Hash;
use data::{Limits, Part, Source, View};
use spec::{Expectation, Severity, Test};

use crate::support::window;

async fn flights() -> View {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../examples/flights");
    let source = Source { root, pattern: "flights.parquet".to_owned(), format: None };
    let file = data::files(&source).unwrap().remove(0);
    let hash = Hash::of(fs::read(&file.path).unwrap());
    let parts = vec![Part { path: file.path, relative: file.relative, bytes: file.bytes, hash }];
    let manifest = data::inspect(&parts, None, window("scheduled_departure", None, None)).await.unwrap();
    View { name: "flights".to_owned(), parts, manifest }
}

#[tokio::test]
async fn the_example_is_what_its_note_says() {
    let view = flights().await;
    assert_eq!(view.manifest.rows, 336_776);
    let late = "SELECT abs(count(*) - 77630) FROM flights WHERE arr_delay > 15";
    let arrived = "SELECT abs(count(*) - 327346) FROM flights WHERE arr_delay IS NOT NULL";
    let tests = [
        Test::Unique { column: "flight_id".to_owned() },
        Test::Range { column: "distance".to_owned(), min: Some(17.0), max: Some(4983.0) },
        Test::Range { column: "scheduled_minutes".to_owned(), min: Some(50.0), max: Some(700.0) },
        Test::OneOf {
            column: "origin".to_owned(),
            values: ["EWR", "JFK", "LGA"].map(str::to_owned).to_vec(),
        },
        Test::Sql { query: late.to_owned() },
        Test::Sql { query: arrived.to_owned() },
    ];
    let expectation = |test| Expectation { severity: Severity::Error, name: "e".to_owned(), test };
    let findings = data::test(&view, &tests.map(expectation), &Limits::default()).await.unwrap();
    assert!(findings.iter().all(|finding| finding.passed), "{findings:?}");

    let profile = data::profile(&view).await.unwrap();
    let nulls = |name: &str| profile.columns.iter().find(|column| column.info.name == name).unwrap().nulls;
    assert_eq!(["arr_delay", "tailnum", "temp"].map(nulls), [9_430, 2_512, 1_573]);
}
