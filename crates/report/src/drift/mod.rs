//! The document of `kaizen drift --html`: two data sets compared, for someone who was not there.

mod cards;
mod table;

use crate::{
    chart::{Bar, Step},
    escaped, figure,
    page::page,
};

/// One of the two data sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side {
    /// How it was named.
    pub name: String,
    /// Its rows.
    pub rows: u64,
}

/// What was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    /// What the current data are compared with.
    pub reference: Side,
    /// The current data.
    pub current: Side,
    /// The columns, in the order in which they are shown.
    pub columns: Vec<Column>,
    /// Columns that could not be compared, and why.
    pub left_out: Vec<(String, String)>,
    /// The share of the columns called significant that may be so by chance.
    pub false_discovery_rate: f64,
    /// How the columns were judged, a paragraph each.
    pub method: Vec<String>,
}

/// One column.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Whether it drifted.
    pub drifted: bool,
    /// Why, in a sentence.
    pub finding: String,
    /// The test of significance.
    pub test: String,
    /// How the size of the change is measured.
    pub measure: String,
    /// That size; nothing when it cannot be computed.
    pub effect: Option<f64>,
    /// The size from which on it matters.
    pub threshold: f64,
    /// The chance of a difference at least as large between two samples of the same data.
    pub p_value: Option<f64>,
    /// The same, adjusted for the number of columns.
    pub q_value: Option<f64>,
    /// The share of missing rows, in the reference and now.
    pub missing: (f64, f64),
    /// What share of the current rows is in no way the reference's, and how it is not: `unseen` or `out of range`.
    pub strange: Option<(&'static str, f64)>,
    /// How far a rank may be off when the column was too large to keep.
    pub rank_error: Option<f64>,
    /// Both distributions.
    pub chart: Chart,
}

/// Both distributions of a column.
#[derive(Debug, Clone, PartialEq)]
pub enum Chart {
    /// Of numbers.
    Numbers(Vec<Step>),
    /// Of times, as microseconds since 1970.
    Times(Vec<Step>),
    /// Of the most frequent categories.
    Categories(Vec<Bar>),
}

/// The document.
pub fn drift(compared: &Compared) -> String {
    let mut content = headline(compared);
    content.push_str(&table::table(&compared.columns));
    content.push_str(&left_out(&compared.left_out));
    content.push_str(&cards::cards(&compared.columns));
    content.push_str(&method(compared));
    page(&format!("Drift: {} and {}", compared.reference.name, compared.current.name), &content)
}

/// What the comparison comes to, in words.
pub fn verdict(columns: &[Column]) -> String {
    let drifted = columns.iter().filter(|column| column.drifted).count();
    match (drifted, columns.len()) {
        (_, 0) => "No column could be compared".to_owned(),
        (0, 1) => "The column has not drifted".to_owned(),
        (0, all) => format!("None of {all} columns has drifted"),
        (1, all) => format!("1 of {all} columns has drifted"),
        (some, all) => format!("{some} of {all} columns have drifted"),
    }
}

fn headline(compared: &Compared) -> String {
    let Compared { reference, current, columns, .. } = compared;
    let drifted: Vec<_> =
        columns.iter().filter(|column| column.drifted).map(|column| escaped(&column.name)).collect();
    let named = match drifted.len() {
        0 => String::new(),
        count if count > NAMED => {
            format!("<p>{} and {} more</p>", drifted[..NAMED].join(", "), count - NAMED)
        }
        _ => format!("<p>{}</p>", drifted.join(", ")),
    };
    let class = if drifted.is_empty() { "calm" } else { "alarm" };
    format!(
        "<div class=\"verdict {class}\"><h1>{}</h1>{named}</div>\n\
         <p><span class=\"key reference\"></span>reference: {}, {}<br>\
         <span class=\"key current first\"></span>current: {}, {}</p>\n",
        verdict(columns),
        escaped(&reference.name),
        figure::rows(reference.rows),
        escaped(&current.name),
        figure::rows(current.rows),
    )
}

/// Columns that are named in the headline.
const NAMED: usize = 8;

fn left_out(columns: &[(String, String)]) -> String {
    if columns.is_empty() {
        return String::new();
    }
    let row = |(name, why): &(String, String)| {
        format!("<tr><td>{}</td><td>{}</td></tr>\n", escaped(name), escaped(why))
    };
    let rows: String = columns.iter().map(row).collect();
    format!(
        "<h2>Not compared</h2>\n<div class=\"scroll\"><table><thead><tr><th>column</th><th>why</th></tr></thead>\n\
         <tbody>{rows}</tbody></table></div>\n"
    )
}

fn method(compared: &Compared) -> String {
    let paragraphs: String =
        compared.method.iter().map(|paragraph| format!("<p>{}</p>\n", escaped(paragraph))).collect();
    format!("<footer class=\"quiet\">\n<h2>How this was judged</h2>\n{paragraphs}</footer>\n")
}

#[cfg(test)]
mod tests;
