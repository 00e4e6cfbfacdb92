use monitor::drift::{ColumnDrift, Histogram};

use super::Column;
use crate::{chart, escape::shortened, escaped, figure};

/// Columns that get a chart: a page of more is no help.
const MOST: usize = 200;

/// A card with both distributions a column.
pub(super) fn cards(columns: &[Column]) -> String {
    if columns.is_empty() {
        return String::new();
    }
    let cards: String = columns.iter().take(MOST).map(card).collect();
    let rest = columns.len().saturating_sub(MOST);
    let rest =
        if rest > 0 { format!("<p class=\"quiet\">and {rest} more columns</p>\n") } else { String::new() };
    format!(
        "<h2>Distributions</h2>\n<p class=\"quiet\"><span class=\"key reference\"></span>reference\
         <span class=\"key current\"></span>current; heights and lengths are shares of each side's rows</p>\n\
         <div class=\"cards\">\n{cards}</div>\n{rest}"
    )
}

fn card(column: &Column) -> String {
    let found = &column.found;
    let class = if found.departs() { "card alarm" } else { "card" };
    let mark = if column.time { figure::instant } else { figure::number };
    let drawn = match &found.histogram {
        Histogram::Empty => "<p class=\"quiet\">no values to show</p>".to_owned(),
        Histogram::Numbers { edges, reference, current } => chart::steps(edges, reference, current, mark),
        Histogram::Categories { names, reference, current } => chart::bars(names, reference, current),
    };
    let sketched = column.rank_error.map_or_else(String::new, |error| {
        let error = escaped(&figure::share(error));
        format!("<p class=\"quiet\">from a sketch: shares are within {error}</p>")
    });
    format!(
        "<section class=\"{class}\"><h3>{}</h3><p class=\"quiet\">{}</p>{sketched}{drawn}</section>\n",
        escaped(&shortened(&found.column, 120)),
        escaped(&finding(found, mark)),
    )
}

/// What changed, in numbers that mean something to people.
fn finding(found: &ColumnDrift, mark: impl Fn(f64) -> String) -> String {
    let statistic = |name: &str| found.statistics.get(name).copied();
    if let (Some(before), Some(now)) = (statistic("mean_reference"), statistic("mean_current")) {
        return format!("mean {} → {}", mark(before), mark(now));
    }
    match statistic("total_variation") {
        Some(moved) => format!("{} of the rows moved to another category", figure::share(moved)),
        None => String::new(),
    }
}
