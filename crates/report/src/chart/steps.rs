use super::{WIDTH, svg};
use crate::escaped;

/// The share of the rows whose number is in a stretch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// Where it begins.
    pub from: f64,
    /// Where it ends.
    pub to: f64,
    /// The share of the reference's rows.
    pub reference: f64,
    /// The share of the current rows.
    pub current: f64,
}

/// The height of the tallest bar.
const HEIGHT: f64 = 96.0;
/// Room for the marks below.
const FOOT: f64 = 18.0;

/// Stretches of equal width, ascending: the reference filled, the current data as a line over it.
/// `mark` says how a number is written.
pub(crate) fn steps(steps: &[Step], mark: impl Fn(f64) -> String) -> String {
    let (Some(first), Some(last)) = (steps.first(), steps.last()) else { return String::new() };
    let highest = steps.iter().map(|step| step.reference.max(step.current)).fold(0.0, f64::max);
    let height = |share: f64| if highest > 0.0 { HEIGHT * share / highest } else { 0.0 };
    let width = WIDTH / steps.len() as f64;
    let (mut filled, mut line) = (String::new(), format!("M0 {HEIGHT}"));
    for (place, step) in steps.iter().enumerate() {
        let (left, tall) = (place as f64 * width, height(step.reference));
        let top = HEIGHT - tall;
        filled.push_str(&format!(
            "<rect class=\"reference\" x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.2}\" height=\"{tall:.1}\"/>"
        ));
        line.push_str(&format!("V{:.1}H{:.1}", HEIGHT - height(step.current), left + width));
    }
    let (low, high) = (mark(first.from), mark(last.to));
    let below = HEIGHT + FOOT - 5.0;
    let content = format!(
        "{filled}<path class=\"current\" d=\"{line}V{HEIGHT}\"/>\
         <line class=\"axis\" x1=\"0\" y1=\"{HEIGHT}\" x2=\"{WIDTH}\" y2=\"{HEIGHT}\"/>\
         <text x=\"0\" y=\"{below}\">{}</text><text x=\"{WIDTH}\" y=\"{below}\" class=\"end\">{}</text>",
        escaped(&low),
        escaped(&high)
    );
    svg(HEIGHT + FOOT, &format!("distribution from {low} to {high}"), &content)
}

#[cfg(test)]
mod tests {
    use super::{Step, steps};

    #[test]
    fn the_tallest_step_fills_the_chart_and_an_empty_one_is_flat() {
        let drawn = steps(
            &[
                Step { from: 0.0, to: 1.0, reference: 0.5, current: 0.0 },
                Step { from: 1.0, to: 2.0, reference: 0.25, current: 1.0 },
            ],
            |mark| mark.to_string(),
        );
        assert!(drawn.contains("height=\"48.0\"") && drawn.contains("height=\"24.0\""), "{drawn}");
        assert!(drawn.contains("d=\"M0 96V96.0H160.0V0.0H320.0V96\""), "{drawn}");
    }

    #[test]
    fn nothing_to_draw_is_no_chart() {
        assert_eq!(steps(&[], |mark| mark.to_string()), "");
        let flat =
            steps(&[Step { from: 1.0, to: 1.0, reference: 0.0, current: 0.0 }], |mark| mark.to_string());
        assert!(!flat.contains("NaN"), "{flat}");
    }
}
