use super::{WIDTH, svg};
use crate::escaped;

/// The height of the tallest bar.
const HEIGHT: f64 = 96.0;
/// Room for the marks below.
const FOOT: f64 = 18.0;

/// Bins of numbers, the outer two reaching to infinity: the reference filled, the current data as a line
/// over it. There is one inner edge fewer than there are bins; `mark` says how an edge is written.
pub(crate) fn steps(
    edges: &[f64],
    reference: &[f64],
    current: &[f64],
    mark: impl Fn(f64) -> String,
) -> String {
    let highest = reference.iter().chain(current).copied().fold(0.0, f64::max);
    let height = |share: f64| if highest > 0.0 { HEIGHT * share / highest } else { 0.0 };
    let width = WIDTH / reference.len().max(1) as f64;
    let (mut filled, mut line) = (String::new(), format!("M0 {HEIGHT}"));
    for (place, (reference, current)) in reference.iter().zip(current).enumerate() {
        let (left, tall) = (place as f64 * width, height(*reference));
        let top = HEIGHT - tall;
        filled.push_str(&format!(
            "<rect class=\"reference\" x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.2}\" height=\"{tall:.1}\"/>"
        ));
        line.push_str(&format!("V{:.1}H{:.1}", HEIGHT - height(*current), left + width));
    }
    let marks = marks(edges, width, mark);
    let content = format!(
        "{filled}<path class=\"current\" d=\"{line}V{HEIGHT}\"/>\
         <line class=\"axis\" x1=\"0\" y1=\"{HEIGHT}\" x2=\"{WIDTH}\" y2=\"{HEIGHT}\"/>{marks}"
    );
    svg(HEIGHT + FOOT, "both distributions in bins", &content)
}

/// The outermost edges, where they are.
fn marks(edges: &[f64], width: f64, mark: impl Fn(f64) -> String) -> String {
    let (Some(first), Some(last)) = (edges.first(), edges.last()) else { return String::new() };
    let below = HEIGHT + FOOT - 5.0;
    let text = |x: f64, class: &str, edge: f64| {
        let edge = escaped(&mark(edge));
        format!(
            "<line class=\"axis\" x1=\"{x:.1}\" y1=\"{HEIGHT}\" x2=\"{x:.1}\" y2=\"{}\"/><text x=\"{x:.1}\" y=\"{below}\" dy=\"2\" class=\"{class}\">{edge}</text>",
            HEIGHT + 4.0
        )
    };
    let left = text(width, "", *first);
    if edges.len() == 1 { left } else { left + &text(WIDTH - width, "end", *last) }
}

#[cfg(test)]
mod tests {
    use super::steps;

    #[test]
    fn the_tallest_step_fills_the_chart_and_an_empty_one_is_flat() {
        let drawn = steps(&[1.5], &[0.5, 0.25], &[0.0, 1.0], |mark| mark.to_string());
        assert!(drawn.contains("height=\"48.0\"") && drawn.contains("height=\"24.0\""), "{drawn}");
        assert!(drawn.contains("d=\"M0 96V96.0H160.0V0.0H320.0V96\""), "{drawn}");
        assert!(drawn.contains(">1.5</text>"), "{drawn}");
    }

    #[test]
    fn nothing_to_draw_is_flat() {
        for shares in [&[][..], &[0.0]] {
            let flat = steps(&[], shares, shares, |mark| mark.to_string());
            assert!(!flat.contains("NaN") && !flat.contains("inf"), "{flat}");
        }
    }
}
