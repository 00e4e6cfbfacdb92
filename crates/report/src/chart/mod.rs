//! Two distributions of one column over each other, as SVG.

mod bars;
mod steps;

pub(crate) use bars::bars;
pub(crate) use steps::steps;

/// The width of every chart in the units of its view box.
const WIDTH: f64 = 320.0;

/// A chart with a text for those who cannot see it.
fn svg(height: f64, description: &str, content: &str) -> String {
    format!("<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{description}\">{content}</svg>")
}
