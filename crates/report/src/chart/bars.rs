use super::{WIDTH, svg};
use crate::{escape::shortened, escaped};

/// The share of the rows that are of one category.
#[derive(Debug, Clone, PartialEq)]
pub struct Bar {
    /// The category.
    pub label: String,
    /// The share of the reference's rows.
    pub reference: f64,
    /// The share of the current rows.
    pub current: f64,
}

/// Where the bars begin: to the left are the labels.
const LEFT: f64 = 104.0;
/// Letters of a label that fit there.
const LETTERS: usize = 15;
/// The height of a category's two bars with the gap below.
const ROW: f64 = 17.0;
/// The height of one bar.
const THICK: f64 = 6.0;

/// Categories one below the other, each with a bar for the reference and one for the current data.
pub(crate) fn bars(bars: &[Bar]) -> String {
    let longest = bars.iter().map(|bar| bar.reference.max(bar.current)).fold(0.0, f64::max);
    let width = |share: f64| if longest > 0.0 { (WIDTH - LEFT) * share / longest } else { 0.0 };
    let mut content = String::new();
    for (place, bar) in bars.iter().enumerate() {
        let top = place as f64 * ROW;
        let label = escaped(&shortened(&bar.label, LETTERS));
        let whole = escaped(&bar.label);
        content.push_str(&format!(
            "<text x=\"{}\" y=\"{}\" class=\"end\">{label}<title>{whole}</title></text>",
            LEFT - 7.0,
            top + 10.5
        ));
        for (class, offset, share) in
            [("reference", 1.0, bar.reference), ("current", 1.0 + THICK, bar.current)]
        {
            content.push_str(&format!(
                "<rect class=\"{class}\" x=\"{LEFT}\" y=\"{}\" width=\"{:.1}\" height=\"{THICK}\"/>",
                top + offset,
                width(share)
            ));
        }
    }
    svg(bars.len() as f64 * ROW, &format!("shares of {} categories", bars.len()), &content)
}

#[cfg(test)]
mod tests {
    use super::{Bar, bars};

    #[test]
    fn a_label_is_text_however_it_is_spelt() {
        let bar = Bar { label: "</svg><script>".repeat(9), reference: 0.0, current: 1.0 };
        let drawn = bars(&[bar]);
        assert!(!drawn.contains("<script") && drawn.matches("</svg>").count() == 1, "{drawn}");
        assert!(drawn.contains("width=\"216.0\"") && drawn.contains("width=\"0.0\""), "{drawn}");
    }
}
