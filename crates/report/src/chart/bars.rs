use super::{WIDTH, svg};
use crate::{escape::shortened, escaped};

/// Where the bars begin: to the left are the labels.
const LEFT: f64 = 104.0;
/// Letters of a label that fit there.
const LETTERS: usize = 15;
/// The height of a category's two bars with the gap below.
const ROW: f64 = 17.0;
/// The height of one bar.
const THICK: f64 = 6.0;

/// Categories one below the other, each with a bar for its share in the reference and one for its share
/// now. A share without a name is that of all the others.
pub(crate) fn bars(names: &[String], reference: &[f64], current: &[f64]) -> String {
    let longest = reference.iter().chain(current).copied().fold(0.0, f64::max);
    let width = |share: f64| if longest > 0.0 { (WIDTH - LEFT) * share / longest } else { 0.0 };
    let mut content = String::new();
    for (place, (reference, current)) in reference.iter().zip(current).enumerate() {
        let top = place as f64 * ROW;
        content.push_str(&label(names.get(place).map(String::as_str), top));
        for (class, offset, share) in [("reference", 1.0, *reference), ("current", 1.0 + THICK, *current)] {
            content.push_str(&format!(
                "<rect class=\"{class}\" x=\"{LEFT}\" y=\"{}\" width=\"{:.1}\" height=\"{THICK}\"/>",
                top + offset,
                width(share)
            ));
        }
    }
    svg(reference.len() as f64 * ROW, "shares of categories", &content)
}

fn label(name: Option<&str>, top: f64) -> String {
    let (x, y) = (LEFT - 7.0, top + 10.5);
    let Some(name) = name else {
        return format!("<text x=\"{x}\" y=\"{y}\" class=\"end others\">all others</text>");
    };
    let (whole, name) = (escaped(&shortened(name, LONGEST)), if name.is_empty() { "(empty)" } else { name });
    let short = escaped(&shortened(name, LETTERS));
    format!("<text x=\"{x}\" y=\"{y}\" class=\"end\">{short}<title>{whole}</title></text>")
}

/// Letters of a name that are shown when it is pointed at.
const LONGEST: usize = 200;

#[cfg(test)]
mod tests {
    use super::bars;

    #[test]
    fn a_label_is_text_however_it_is_spelt() {
        let drawn = bars(&["</svg><script>".repeat(99)], &[0.0, 0.5], &[1.0, 0.0]);
        assert!(!drawn.contains("<script") && drawn.matches("</svg>").count() == 1, "{drawn}");
        assert!(drawn.contains("width=\"216.0\"") && drawn.contains("width=\"0.0\""), "{drawn}");
        assert!(drawn.contains("all others") && drawn.len() < 3000, "{drawn}");
    }
}
