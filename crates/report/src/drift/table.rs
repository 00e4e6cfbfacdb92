use super::Column;
use crate::{escaped, figure};

/// A row a column.
pub(super) fn table(columns: &[Column]) -> String {
    if columns.is_empty() {
        return String::new();
    }
    let rows: String = columns.iter().map(row).collect();
    format!(
        "<div class=\"scroll\"><table><thead><tr><th>column</th><th>verdict</th><th>measure</th>\
         <th class=\"number\">effect</th><th class=\"number\">matters from</th><th>test</th>\
         <th class=\"number\">p</th><th class=\"number\">q</th>\
         <th class=\"number\">missing</th><th class=\"number\">unlike the reference</th></tr></thead>\n\
         <tbody>\n{rows}</tbody></table></div>\n"
    )
}

fn row(column: &Column) -> String {
    let (class, verdict) = if column.drifted { ("alarm", "drifted") } else { ("calm", "steady") };
    let (before, now) = column.missing;
    let missing = if before == now {
        figure::share(now)
    } else {
        format!("{} → {}", figure::share(before), figure::share(now))
    };
    let strange = column.strange.map_or_else(none, |(how, share)| format!("{} {how}", figure::share(share)));
    let cells = [
        column.effect.map_or_else(none, figure::number),
        figure::number(column.threshold),
        escaped(&column.test),
        column.p_value.map_or_else(none, figure::probability),
        column.q_value.map_or_else(none, figure::probability),
        missing,
        strange,
    ];
    let cells: String = cells.iter().enumerate().map(|(place, cell)| cell_of(place, cell)).collect();
    format!(
        "<tr><td>{}</td><td><span class=\"mark {class}\">{verdict}</span></td><td>{}</td>{cells}</tr>\n",
        escaped(&column.name),
        escaped(&column.measure),
    )
}

/// Where a row's cells have words in place of a number.
const WORDS: usize = 2;

fn cell_of(place: usize, cell: &str) -> String {
    let class = if place == WORDS { "" } else { " class=\"number\"" };
    // Our own figures may hold a `<`.
    let cell = if place == WORDS { cell.to_owned() } else { escaped(cell) };
    format!("<td{class}>{cell}</td>")
}

fn none() -> String {
    "–".to_owned()
}
