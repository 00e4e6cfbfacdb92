use std::collections::BTreeMap;

use monitor::drift::{ColumnDrift, Effect, EffectMeasure, Histogram, Rate, Rows, Test};

use super::{Column, Comparison, LeftOut, Side, drift, summary, verdict};

const HOSTILE: &str = "<script src=\"https://evil.example/x.js\">alert('1')</script>";

fn rate(current: f64, departs: bool) -> Rate {
    Rate { reference: 0.0, current, threshold: 0.02, p_value: Some(0.5), q_value: Some(0.5), departs }
}

fn found(name: &str, drifted: bool, histogram: Histogram) -> ColumnDrift {
    let means = [("mean_reference", 12.0), ("mean_current", 19.5)];
    ColumnDrift {
        column: name.to_owned(),
        test: Test::KolmogorovSmirnov,
        effect: Effect { measure: EffectMeasure::WassersteinNormalised, value: 0.25, threshold: 0.1 },
        p_value: Some(0.0),
        q_value: Some(0.000_02),
        drifted,
        rows: Rows { reference: 2_500_000, current: 1 },
        missing: rate(0.02, false),
        unseen: None,
        out_of_range: Some(rate(0.001, false)),
        statistics: BTreeMap::from(means.map(|(name, value)| (name.to_owned(), value))),
        histogram,
    }
}

fn numbers(edges: [f64; 2]) -> Histogram {
    Histogram::Numbers { edges: edges.into(), reference: vec![0.25, 0.5, 0.25], current: vec![0.5, 0.5, 0.0] }
}

fn left_out(column: &str, why: &str) -> LeftOut {
    LeftOut { column: column.to_owned(), why: why.to_owned() }
}

fn compared(columns: Vec<ColumnDrift>) -> Comparison {
    let column = |found: ColumnDrift| Column {
        time: found.column == "at",
        found,
        rank_error: None,
        compat: BTreeMap::new(),
    };
    Comparison {
        reference: Side { name: "january.parquet".to_owned(), rows: 2_500_000 },
        current: Side { name: "july.parquet".to_owned(), rows: 1 },
        columns: columns.into_iter().map(column).collect(),
        left_out: vec![left_out("gone", "the current data do not have it")],
        false_discovery_rate: 0.01,
    }
}

#[test]
fn a_stranger_can_read_what_was_compared_and_what_came_out() {
    let columns =
        vec![found("temp", true, numbers([0.0, 1.0])), found("at", false, numbers([1.357e15, 1.36e15]))];
    let mut found = compared(columns);
    found.columns[1].rank_error = Some(0.000_04);
    let document = drift(&found);
    for said in [
        "1 of 2 columns has drifted",
        "january.parquet, 2,500,000 rows",
        "july.parquet, 1 row<",
        "&lt; 1e-15",
        "0 % → 2.0 %",
        "0.10 % out of range",
        "mean 12 → 19.5",
        "2013-01-01",
        "the current data do not have it",
        "its q-value is at most 1.0 %",
        "from a sketch: shares are within &lt; 0.01 %",
    ] {
        assert!(document.contains(said), "`{said}` is not in {document}");
    }
}

#[test]
fn a_document_is_whole_in_itself_and_names_from_data_are_text() {
    let names = vec![HOSTILE.to_owned()];
    let bars = Histogram::Categories { names, reference: vec![0.1, 0.9], current: vec![0.9, 0.1] };
    let mut compared = compared(vec![found(HOSTILE, true, bars)]);
    compared.reference.name = HOSTILE.to_owned();
    compared.left_out = vec![left_out(HOSTILE, HOSTILE)];
    let document = drift(&compared);
    assert!(!document.contains("<script") && document.contains("&lt;script"), "{document}");
    let markup = document.replace("src=&quot;", "");
    for outside in ["src=", "href=", "url(", "@import", "<link", "<iframe", "<img"] {
        assert!(!markup.contains(outside), "{outside}");
    }
    assert!(document.contains("Content-Security-Policy"));
}

#[test]
fn nothing_compared_is_said_and_not_celebrated() {
    let document = drift(&compared(Vec::new()));
    assert!(document.contains("No column could be compared") && document.contains("Not compared"));
}

#[test]
fn what_is_wrong_beside_the_values_is_in_the_verdict_too() {
    let mut missing = found("a", false, Histogram::Empty);
    missing.missing.departs = true;
    let mut both = found("b", true, Histogram::Empty);
    both.out_of_range = Some(rate(0.3, true));
    assert_eq!((verdict(&missing).as_str(), verdict(&both).as_str()), ("missing", "drifted, out of range"));
    assert_eq!(
        summary([&missing, &both]),
        "1 of 2 columns has drifted; 1 more has other missing, unseen or out-of-range values"
    );
    assert_eq!(verdict(&found("c", false, Histogram::Empty)), "steady");
}
