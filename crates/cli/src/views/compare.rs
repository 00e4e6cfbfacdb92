//! Tracked runs side by side: what differs is marked.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use tracking::runs::Run;

use super::{
    plain::clipped,
    table::aligned,
    tracked::{number, short},
};

/// As much of a text as is shown; `--json` has all of it.
const WIDEST: usize = 40;

/// Runs held against each other.
#[derive(Debug, Serialize)]
pub(crate) struct Compared {
    runs: Vec<Head>,
    params: Vec<Row<String>>,
    metrics: Vec<Row<f64>>,
}

/// A run, as a column's head.
#[derive(Debug, Serialize)]
struct Head {
    run_id: String,
    run_name: String,
    status: String,
}

/// What the runs have under a key, in their order.
#[derive(Debug, Serialize)]
struct Row<T> {
    key: String,
    values: Vec<Option<T>>,
    differs: bool,
}

impl Compared {
    pub(crate) fn of(runs: &[Run]) -> Self {
        let head = |run: &Run| Head {
            run_id: run.info.run_id.clone(),
            run_name: run.info.run_name.clone(),
            status: run.info.status.name().to_owned(),
        };
        let params = runs.iter().map(|run| {
            run.data.params.iter().map(|param| (param.key.clone(), param.value.clone())).collect()
        });
        let metrics = runs
            .iter()
            .map(|run| run.data.metrics.iter().map(|metric| (metric.key.clone(), metric.value)).collect());
        Self {
            runs: runs.iter().map(head).collect(),
            params: rows(&params.collect::<Vec<_>>(), |one, other| one == other),
            // What is no number is the same as what is none.
            metrics: rows(&metrics.collect::<Vec<_>>(), |one: &f64, other| {
                one == other || one.is_nan() && other.is_nan()
            }),
        }
    }
}

/// The keys of all, each with what everyone has.
fn rows<T: Clone>(columns: &[BTreeMap<String, T>], same: impl Fn(&T, &T) -> bool) -> Vec<Row<T>> {
    let keys: BTreeSet<&String> = columns.iter().flat_map(BTreeMap::keys).collect();
    let row = |key: &String| {
        let values: Vec<Option<T>> = columns.iter().map(|column| column.get(key).cloned()).collect();
        let first = values.first().and_then(Option::as_ref);
        let is_first = |value: &Option<T>| match (first, value) {
            (Some(first), Some(value)) => same(first, value),
            (first, value) => first.is_none() && value.is_none(),
        };
        Row { key: key.clone(), differs: !values.iter().all(is_first), values }
    };
    keys.into_iter().map(row).collect()
}

/// `*` before a row says that the runs differ in it. Of two runs, the last column says by how much.
pub(crate) fn text(compared: &Compared) -> String {
    let mut rows = vec![
        head(compared, |run| clipped(&run.run_name, WIDEST)),
        head(compared, |run| short(&run.run_id).to_owned()),
        head(compared, |run| run.status.to_lowercase()),
    ];
    section(&mut rows, "parameters", &compared.params, |row| shown(row, |value| clipped(value, WIDEST)));
    section(&mut rows, "metrics", &compared.metrics, |row| {
        let mut cells = shown(row, |value| number(*value));
        cells.extend(change(&row.values));
        cells
    });
    aligned(&rows, 0)
}

fn head(compared: &Compared, cell: impl Fn(&Head) -> String) -> Vec<String> {
    let cells = compared.runs.iter().map(cell);
    [String::new(), String::new()].into_iter().chain(cells).collect()
}

fn section<T>(
    rows: &mut Vec<Vec<String>>,
    title: &str,
    of: &[Row<T>],
    cells: impl Fn(&Row<T>) -> Vec<String>,
) {
    if of.is_empty() {
        return;
    }
    rows.push(Vec::new());
    rows.push(vec![String::new(), title.to_owned()]);
    for row in of {
        let mark = mark(row.differs).to_owned();
        rows.push([mark, row.key.clone()].into_iter().chain(cells(row)).collect());
    }
}

fn shown<T>(row: &Row<T>, text: impl Fn(&T) -> String) -> Vec<String> {
    row.values.iter().map(|value| value.as_ref().map_or_else(|| "-".to_owned(), &text)).collect()
}

fn mark(differs: bool) -> &'static str {
    if differs { "*" } else { "" }
}

/// From the first of two to the second.
fn change(values: &[Option<f64>]) -> Option<String> {
    let [Some(first), Some(second)] = values else { return None };
    let change = second - first;
    (change.is_finite() && change != 0.0).then(|| {
        let sign = if change > 0.0 { "+" } else { "" };
        format!("{sign}{}", number(change))
    })
}

#[cfg(test)]
mod tests {
    use super::{Compared, Head, Row, WIDEST, text};

    #[test]
    fn a_value_of_several_lines_or_of_many_letters_leaves_the_table_narrow() {
        let head = |id: &str| Head {
            run_id: id.to_owned(),
            run_name: "n".repeat(300),
            status: "FINISHED".to_owned(),
        };
        let values = vec![Some(format!("one\ntwo {}", "x".repeat(900))), Some("short".to_owned())];
        let row = Row { key: "notes".to_owned(), values, differs: true };
        let runs = vec![head("0123456789"), head("9876543210")];
        let compared = Compared { runs, params: vec![row], metrics: Vec::new() };
        let text = text(&compared);
        let widest = text.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(widest <= 20 + 2 * WIDEST, "{text}");
        let row = text.lines().find(|line| line.contains("notes")).unwrap();
        assert!(row.contains("one two xxx") && row.contains("x…  short"), "{text}");
        // All of it is there for programs.
        assert!(serde_json::to_string(&compared).unwrap().contains(&"x".repeat(900)));
    }
}
