//! Two data sets compared, as a table.

use report::{
    drift::{Column, Comparison, Side, measure_name, summary, test_name, verdict},
    figure,
};

use super::{plain::line, table::aligned};

pub(crate) fn text(comparison: &Comparison) -> String {
    let side = |role: &str, side: &Side| vec![role.to_owned(), line(&side.name), figure::rows(side.rows)];
    let sides = [side("reference:", &comparison.reference), side("current:", &comparison.current)];
    let mut text = aligned(&sides, 0);
    if !comparison.columns.is_empty() {
        text.push('\n');
        text.push_str(&table(&comparison.columns));
    }
    text.push_str(&left_out(comparison));
    text.push_str(&sketched(&comparison.columns));
    text.push_str(&compat(&comparison.columns));
    text.push_str(&format!("\n{}\n", summary(comparison.columns.iter().map(|column| &column.found))));
    text
}

const HEAD: [&str; 10] =
    ["column", "verdict", "effect", "large from", "measure", "test", "p", "q", "missing", "unlike reference"];

fn table(columns: &[Column]) -> String {
    let head = HEAD.map(str::to_owned).to_vec();
    let rows: Vec<_> = std::iter::once(head).chain(columns.iter().map(row)).collect();
    aligned(&rows, 0)
}

fn row(column: &Column) -> Vec<String> {
    let found = &column.found;
    let probability = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), figure::probability);
    vec![
        line(&found.column),
        verdict(found),
        figure::number(found.effect.value),
        figure::number(found.effect.threshold),
        measure_name(found.effect.measure).to_owned(),
        test_name(found.test).to_owned(),
        probability(found.p_value),
        probability(found.q_value),
        figure::change(found.missing.reference, found.missing.current),
        figure::strange(found),
    ]
}

fn left_out(comparison: &Comparison) -> String {
    if comparison.left_out.is_empty() {
        return String::new();
    }
    let rows: Vec<_> =
        comparison.left_out.iter().map(|left| vec![line(&left.column), line(&left.why)]).collect();
    format!("\nnot compared:\n{}", aligned(&rows, 2))
}

fn sketched(columns: &[Column]) -> String {
    let one = |column: &Column| {
        let error = figure::share(column.rank_error?);
        let name = line(&column.found.column);
        Some(format!(
            "{name}: too many different values to keep; its shares are from a sketch, within {error}\n"
        ))
    };
    let lines: String = columns.iter().filter_map(one).collect();
    if lines.is_empty() { lines } else { format!("\n{lines}") }
}

fn compat(columns: &[Column]) -> String {
    let mut rows = Vec::new();
    for column in columns {
        for (method, value) in &column.compat {
            rows.push(vec![line(&column.found.column), method.clone(), format!("{value}")]);
        }
    }
    if rows.is_empty() {
        String::new()
    } else {
        format!("\nas the other tool computes it:\n{}", aligned(&rows, 2))
    }
}
