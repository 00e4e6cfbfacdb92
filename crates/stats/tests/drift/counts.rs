use std::{collections::BTreeMap, fs, path::PathBuf};

use serde_json::Value;
use stats::drift::{CategoryCounts, NumberCounts};

/// A value, its rows in the reference and in current.
type Row = (String, u64, u64);

/// The two samples of a column.
pub(crate) enum Pair {
    Numbers(NumberCounts, NumberCounts),
    Categories(CategoryCounts, CategoryCounts),
}

/// The columns of `flights` or `census`.
pub(crate) fn columns(data: &str) -> BTreeMap<String, Pair> {
    let text = fs::read_to_string(path(&format!("{data}.csv"))).unwrap();
    let mut rows: BTreeMap<(String, bool), Vec<Row>> = BTreeMap::new();
    for line in text.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let key = (fields[0].to_owned(), fields[1] == "number");
        let counts = (fields[3].parse().unwrap(), fields[4].parse().unwrap());
        rows.entry(key).or_default().push((fields[2].to_owned(), counts.0, counts.1));
    }
    rows.into_iter().map(|((column, number), rows)| (column, pair(&rows, number))).collect()
}

fn pair(rows: &[Row], number: bool) -> Pair {
    if number {
        return Pair::Numbers(numbers(rows, |row| row.1), numbers(rows, |row| row.2));
    }
    Pair::Categories(categories(rows, |row| row.1), categories(rows, |row| row.2))
}

fn numbers(rows: &[Row], count: impl Fn(&Row) -> u64) -> NumberCounts {
    let used = rows.iter().filter(|row| count(row) > 0);
    let (values, counts) = used.map(|row| (row.0.parse::<f64>().unwrap(), count(row))).unzip();
    NumberCounts::from_sorted(values, counts, 0, 0)
}

fn categories(rows: &[Row], count: impl Fn(&Row) -> u64) -> CategoryCounts {
    CategoryCounts::from_counts(rows.iter().map(|row| (row.0.clone(), count(row))).collect(), 0)
}

/// What a tool found on `flights` or `census`.
pub(crate) fn reference(data: &str, tool: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(path(&format!("{data}.{tool}.json"))).unwrap()).unwrap()
}

fn path(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/reference/drift").join(file)
}

/// Compares to a relative tolerance, and says what differs.
pub(crate) fn assert_near(what: &str, found: f64, expected: &Value, relative: f64) {
    let expected = expected.as_f64().unwrap_or_else(|| panic!("{what}: no expected value"));
    // Beyond 1e-300 a p-value has no digits left to agree in.
    let near = (found - expected).abs() <= relative * expected.abs() + 1e-300;
    assert!(near, "{what}: found {found:e}, expected {expected:e}, {:e}", (found / expected - 1.0).abs());
}
