use super::{Chart, Column};
use crate::{chart, escaped, figure};

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
    let class = if column.drifted { "card alarm" } else { "card" };
    let drawn = match &column.chart {
        Chart::Numbers(steps) => chart::steps(steps, figure::number),
        Chart::Times(steps) => chart::steps(steps, figure::instant),
        Chart::Categories(bars) => chart::bars(bars),
    };
    let sketched = column.rank_error.map_or_else(String::new, |error| {
        let error = escaped(&figure::share(error));
        format!("<p class=\"quiet\">too many different values to keep: shares are within {error}</p>")
    });
    format!(
        "<section class=\"{class}\"><h3>{}</h3><p class=\"quiet\">{}</p>{sketched}{drawn}</section>\n",
        escaped(&column.name),
        escaped(&column.finding),
    )
}
