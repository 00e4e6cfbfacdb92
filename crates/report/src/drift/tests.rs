use super::{Chart, Column, Compared, Side, drift};
use crate::chart::{Bar, Step};

const HOSTILE: &str = "<script src=\"https://evil.example/x.js\">alert('1')</script>";

fn column(name: &str, drifted: bool, chart: Chart) -> Column {
    Column {
        name: name.to_owned(),
        drifted,
        finding: format!("the median of {name} went from 1 to 2"),
        test: "Kolmogorov–Smirnov".to_owned(),
        measure: "Wasserstein / σ".to_owned(),
        effect: Some(0.25),
        threshold: 0.1,
        p_value: Some(0.0),
        q_value: Some(0.000_02),
        missing: (0.0, 0.02),
        strange: Some(("out of range", 0.001)),
        rank_error: None,
        chart,
    }
}

fn compared(columns: Vec<Column>) -> Compared {
    Compared {
        reference: Side { name: "january.parquet".to_owned(), rows: 2_500_000 },
        current: Side { name: "july.parquet".to_owned(), rows: 1 },
        columns,
        left_out: vec![("gone".to_owned(), "the current data do not have it".to_owned())],
        false_discovery_rate: 0.01,
        method: vec!["A column has drifted when …".to_owned()],
    }
}

fn step(from: f64) -> Step {
    Step { from, to: from + 1.0, reference: 0.5, current: 0.25 }
}

#[test]
fn a_stranger_can_read_what_was_compared_and_what_came_out() {
    let columns = vec![
        column("temp", true, Chart::Numbers(vec![step(0.0), step(1.0)])),
        column("at", false, Chart::Times(vec![step(1.357e15)])),
    ];
    let document = drift(&compared(columns));
    for said in [
        "1 of 2 columns has drifted",
        "january.parquet, 2,500,000 rows",
        "july.parquet, 1 row<",
        "&lt; 1e-15",
        "0 % → 2.0 %",
        "0.10 % out of range",
        "the median of temp went from 1 to 2",
        "2013-01-01",
        "the current data do not have it",
        "A column has drifted when …",
    ] {
        assert!(document.contains(said), "`{said}` is not in {document}");
    }
}

#[test]
fn a_document_is_whole_in_itself_and_names_from_data_are_text() {
    let bars = vec![Bar { label: HOSTILE.to_owned(), reference: 0.1, current: 0.9 }];
    let mut found = compared(vec![column(HOSTILE, true, Chart::Categories(bars))]);
    found.reference.name = HOSTILE.to_owned();
    found.left_out = vec![(HOSTILE.to_owned(), HOSTILE.to_owned())];
    let document = drift(&found);
    assert!(!document.contains("<script") && document.contains("&lt;script"), "{document}");
    for outside in ["src=", "href=", "url(", "@import", "<link", "<iframe", "<img"] {
        let markup = document.replace("src=&quot;", "");
        assert!(!markup.contains(outside), "{outside}");
    }
    assert!(document.contains("Content-Security-Policy"));
}

#[test]
fn nothing_compared_is_said_and_not_celebrated() {
    let document = drift(&compared(Vec::new()));
    assert!(document.contains("No column could be compared") && document.contains("Not compared"));
}
