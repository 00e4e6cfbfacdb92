//! The document of `kaizen drift --html`: two data sets compared, for someone who was not there.

mod cards;
mod table;
mod words;

use std::collections::BTreeMap;

use monitor::drift::ColumnDrift;
use serde::Serialize;

use crate::{escaped, figure, page::page};
pub use words::{measure_name, test_name};
pub use words::{method, summary, verdict};

/// One of the two data sets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Side {
    /// How it was named.
    pub name: String,
    /// Its rows.
    pub rows: u64,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// What the current data are compared with.
    pub reference: Side,
    /// The current data.
    pub current: Side,
    /// The columns, in the order in which they are shown.
    pub columns: Vec<Column>,
    /// Columns that could not be compared, and why.
    pub left_out: Vec<LeftOut>,
    /// The share of the departures found that may be there by chance.
    pub false_discovery_rate: f64,
}

/// One column.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Column {
    /// What was found.
    #[serde(flatten)]
    pub found: ColumnDrift,
    /// Whether its numbers are times, in microseconds since 1970.
    pub time: bool,
    /// How far a rank may be off when the column was too large to keep.
    pub rank_error: Option<f64>,
    /// What another tool would say, by the names of its methods; empty unless it was asked for.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub compat: BTreeMap<String, f64>,
}

/// A column that could not be compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// Its name.
    pub column: String,
    /// Why, in words.
    pub why: String,
}

/// The document.
pub fn drift(compared: &Comparison) -> String {
    let mut content = headline(compared);
    content.push_str(&table::table(&compared.columns));
    content.push_str(&left_out(&compared.left_out));
    content.push_str(&cards::cards(&compared.columns));
    content.push_str(&footnotes(compared.false_discovery_rate));
    page(&format!("Drift: {} and {}", compared.reference.name, compared.current.name), &content)
}

/// Columns that are named in the headline.
const NAMED: usize = 8;

fn headline(compared: &Comparison) -> String {
    let Comparison { reference, current, columns, .. } = compared;
    let found: Vec<_> = columns.iter().map(|column| &column.found).collect();
    let departing: Vec<_> =
        found.iter().filter(|found| found.departs()).map(|found| escaped(&found.column)).collect();
    let named = match departing.len() {
        0 => String::new(),
        count if count > NAMED => {
            format!("<p>{} and {} more</p>", departing[..NAMED].join(", "), count - NAMED)
        }
        _ => format!("<p>{}</p>", departing.join(", ")),
    };
    let class = if departing.is_empty() { "calm" } else { "alarm" };
    format!(
        "<div class=\"verdict {class}\"><h1>{}</h1>{named}</div>\n\
         <p><span class=\"key reference\"></span>reference: {}, {}<br>\
         <span class=\"key current first\"></span>current: {}, {}</p>\n",
        summary(found.iter().copied()),
        escaped(&reference.name),
        figure::rows(reference.rows),
        escaped(&current.name),
        figure::rows(current.rows),
    )
}

fn left_out(columns: &[LeftOut]) -> String {
    if columns.is_empty() {
        return String::new();
    }
    let row = |left: &LeftOut| {
        format!("<tr>{}<td class=\"wide\">{}</td></tr>\n", table::name(&left.column), escaped(&left.why))
    };
    let rows: String = columns.iter().map(row).collect();
    format!(
        "<h2>Not compared</h2>\n<div class=\"scroll\"><table><thead><tr><th>column</th><th>why</th></tr></thead>\n\
         <tbody>{rows}</tbody></table></div>\n"
    )
}

fn footnotes(false_discovery_rate: f64) -> String {
    let paragraphs = method(false_discovery_rate);
    let paragraphs: String =
        paragraphs.iter().map(|paragraph| format!("<p>{}</p>\n", escaped(paragraph))).collect();
    format!("<footer class=\"quiet\">\n<h2>How this was judged</h2>\n{paragraphs}</footer>\n")
}

#[cfg(test)]
mod tests;
