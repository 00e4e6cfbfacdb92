use super::{WIDTH, svg};
use crate::{escape::shortened, escaped, figure};

/// Where the bars begin: to the left are the labels.
const LEFT: f64 = 104.0;
/// Letters of a label that fit there.
const LETTERS: usize = 15;
/// The height of a category's two bars with the gap below.
const ROW: f64 = 17.0;
/// The height of one bar.
const THICK: f64 = 6.0;

/// Categories that are shown.
const MOST: usize = 10;

/// Categories one below the other, each with a bar for its share in the reference and one for its share
/// now, and what the others have in words: their bars would dwarf those.
pub(crate) fn bars(names: &[String], reference: &[f64], current: &[f64]) -> String {
    let shown = names.len().min(MOST);
    let named = || reference.iter().zip(current).take(shown);
    let longest = named().fold(0.0, |longest: f64, (one, other)| longest.max(*one).max(*other));
    let width = |share: f64| if longest > 0.0 { (WIDTH - LEFT) * share / longest } else { 0.0 };
    let mut content = String::new();
    for (place, (name, (reference, current))) in names.iter().zip(named()).enumerate() {
        let top = place as f64 * ROW;
        content.push_str(&label(name, top));
        content.push_str(&bar("reference", top + 1.0, width(*reference)));
        content.push_str(&bar("current", top + 1.0 + THICK, width(*current)));
    }
    let mut height = shown as f64 * ROW;
    if let (Some(reference), Some(current)) = (reference.get(shown..), current.get(shown..))
        && !reference.is_empty()
    {
        let others = [reference, current].map(|shares| shares.iter().sum::<f64>().max(0.0));
        let words = escaped(&figure::change(others[0], others[1]));
        let y = height + 12.0;
        content.push_str(&format!(
            "<text x=\"{}\" y=\"{y}\" class=\"end others\">all others</text><text x=\"{LEFT}\" y=\"{y}\">{words}</text>",
            LEFT - 7.0
        ));
        height += ROW;
    }
    svg(height, "shares of categories", &content)
}

fn bar(class: &str, top: f64, width: f64) -> String {
    format!("<rect class=\"{class}\" x=\"{LEFT}\" y=\"{top}\" width=\"{width:.1}\" height=\"{THICK}\"/>")
}

fn label(name: &str, top: f64) -> String {
    let (x, y) = (LEFT - 7.0, top + 10.5);
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
        let drawn = bars(&["</svg><script>".repeat(99)], &[0.0, 1.0], &[0.5, 0.5]);
        assert!(!drawn.contains("<script") && drawn.matches("</svg>").count() == 1, "{drawn}");
        assert!(drawn.contains("width=\"216.0\"") && drawn.contains("width=\"0.0\""), "{drawn}");
        assert!(drawn.contains(">100.0 % → 50.0 %<") && drawn.len() < 3000, "{drawn}");
    }
}
