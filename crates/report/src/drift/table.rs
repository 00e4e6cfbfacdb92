use super::{Column, measure_name, test_name, verdict};
use crate::{escape::shortened, escaped, figure};

const HEAD: &str = "<div class=\"scroll\"><table><thead><tr><th>column</th><th>verdict</th><th>measure</th>\
     <th class=\"number\">effect / large from</th><th>test</th>\
     <th class=\"number\">p</th><th class=\"number\">q</th>\
     <th class=\"number\">missing</th><th class=\"number\">unlike the reference</th></tr></thead>\n<tbody>\n";

/// A row a column.
pub(super) fn table(columns: &[Column]) -> String {
    if columns.is_empty() {
        return String::new();
    }
    let rows: String = columns.iter().map(row).collect();
    format!("{HEAD}{rows}</tbody></table></div>\n")
}

fn row(column: &Column) -> String {
    let found = &column.found;
    let class = if found.departs() { "alarm" } else { "calm" };
    let probability = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), figure::probability);
    let words = [measure_name(found.effect.measure), test_name(found.test)].map(escaped);
    let effect = [found.effect.value, found.effect.threshold].map(figure::number).join(" / ");
    let numbers = [
        effect,
        probability(found.p_value),
        probability(found.q_value),
        figure::change(found.missing.reference, found.missing.current),
        figure::strange(found),
    ];
    let [measure, test] = words;
    let [effect, p_value, q_value, missing, strange] =
        numbers.map(|number| format!("<td class=\"number\">{}</td>", escaped(&number)));
    format!(
        "<tr>{}<td><span class=\"mark {class}\">{}</span></td><td>{measure}</td>{effect}\
         <td>{test}</td>{p_value}{q_value}{missing}{strange}</tr>\n",
        name(&found.column),
        verdict(found),
    )
}

/// Letters of a column's name that a table has room for.
const LETTERS: usize = 40;

/// The cell with a column's name, the whole of it where it is pointed at.
pub(super) fn name(column: &str) -> String {
    format!(
        "<td title=\"{}\">{}</td>",
        escaped(&shortened(column, 400)),
        escaped(&shortened(column, LETTERS))
    )
}
