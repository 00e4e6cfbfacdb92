//! The quality of a window: estimated without labels, and measured with those that are there.

use stats::normal_cdf;

use super::{Rows, Scene};
use crate::{
    Expected, Measure, Point, Reference, SignalName, Traffic, margin,
    quality::{Figure, Labelled},
};

/// A loss beyond the margin is believed at this p-value, and at once at the second.
const SIGNIFICANT: f64 = 0.005;
const OVERWHELMING: f64 = 1e-6;

/// A figure with its interval, and what it is held to.
struct Found {
    figure: Figure,
    lower: f64,
    upper: f64,
    rows: u64,
    expected: Expected,
}

/// What the labels of a window tell.
pub(super) struct Labels {
    pub(super) rows: Labelled,
    /// How many rows could have one.
    pub(super) of: u64,
    /// Half of them came within so many seconds.
    pub(super) median_delay_s: Option<f64>,
}

pub(super) fn estimated(scene: &Scene<'_>, rows: &Rows, traffic: &Traffic<'_>) -> Vec<(SignalName, Point)> {
    let reference = scene.reference;
    let mut points = Vec::new();
    let mut add = |measure, found: Option<Found>| {
        let point = found.map(|found| judged(scene, measure, found));
        points.extend(point.map(|point| (SignalName::Estimated(measure), point)));
    };
    let window = reference.estimator().window(&rows.predictions);
    for measure in reference.reading().measures() {
        let estimate = window.as_ref().and_then(|window| window.estimate(measure, scene.settings.confidence));
        add(
            measure,
            estimate.and_then(|estimate| {
                let figure = Figure { value: estimate.value, error: estimate.standard_error };
                let expected = reference.expected_estimate(measure, estimate.rows)?;
                Some(Found {
                    figure,
                    lower: estimate.lower,
                    upper: estimate.upper,
                    rows: estimate.rows,
                    expected,
                })
            }),
        );
    }
    for (metric, losses) in traffic.expected_losses {
        let measure = Measure::Metric(*metric);
        let finite: Vec<f64> = losses.iter().copied().filter(|loss| loss.is_finite()).collect();
        let figure = Figure::expected_loss(*metric, &finite);
        let expected = reference.expected_estimate(measure, finite.len() as u64);
        add(
            measure,
            figure.zip(expected).map(|(figure, expected)| found(scene, figure, finite.len(), expected)),
        );
    }
    points
}

pub(super) fn measured(scene: &Scene<'_>, labels: &Labels) -> Vec<(SignalName, Point)> {
    let reference = scene.reference;
    let count = labels.rows.targets.len();
    let mut points = Vec::new();
    for measure in reference.reading().measures() {
        let Some(figure) = reference.reading().measure(measure, &labels.rows) else { continue };
        let Some(mut expected) = reference.expected_measure(measure, count as u64) else { continue };
        expected.deviation = expected.deviation.max(figure.error);
        let point = judged(scene, measure, found(scene, figure, count, expected));
        points.push((SignalName::Measured(measure), Point { detail: Some(labels.detail()), ..point }));
    }
    points
}

fn found(scene: &Scene<'_>, figure: Figure, rows: usize, expected: Expected) -> Found {
    let reach = stats::normal_quantile(0.5 + scene.settings.confidence / 2.0) * figure.error;
    let (lower, upper) = (figure.value - reach, figure.value + reach);
    Found { figure, lower, upper, rows: rows as u64, expected }
}

impl Labels {
    fn detail(&self) -> String {
        let coverage = 100.0 * self.rows.targets.len() as f64 / self.of.max(1) as f64;
        let delay = self.median_delay_s.map(|seconds| format!(", median delay {}", duration(seconds)));
        format!("labels of {coverage:.0} % of {} rows{}", self.of, delay.unwrap_or_default())
    }
}

fn duration(seconds: f64) -> String {
    match seconds {
        s if s >= 172_800.0 => format!("{:.0} d", s / 86_400.0),
        s if s >= 7_200.0 => format!("{:.0} h", s / 3_600.0),
        s if s >= 120.0 => format!("{:.0} min", s / 60.0),
        s => format!("{s:.0} s"),
    }
}

/// Departs where the loss is beyond the margin by more than chance: a one-sided test against a loss of the margin,
/// with the reference's spread of windows of as many rows, or the window's own where that is wider.
fn judged(scene: &Scene<'_>, measure: Measure, found: Found) -> Point {
    let Found { figure, lower, upper, rows, expected } = found;
    let sign = if measure.higher_is_better() { -1.0 } else { 1.0 };
    let margin = margin_of(scene, measure, expected.value);
    let loss = sign * (figure.value - expected.value);
    // Not by the interval: an estimate's holds the chance in the labels, of which the estimate itself has none.
    let p_value = beyond(loss - margin, expected.spread());
    Point {
        lower: Some(lower),
        upper: Some(upper),
        p_value: Some(p_value),
        expected: Some(expected),
        limit: Some(expected.value + sign * margin),
        departs: p_value < SIGNIFICANT,
        overwhelming: p_value < OVERWHELMING,
        ..scene.point(figure.value, rows)
    }
}

fn margin_of(scene: &Scene<'_>, measure: Measure, reference: f64) -> f64 {
    match measure {
        Measure::Metric(metric) => {
            scene.settings.margins.get(&metric).copied().unwrap_or_else(|| margin(metric, reference))
        }
        Measure::ValuePer1000 => scene.settings.value_margin * reference.abs(),
    }
}

/// The chance of a surplus as large when there is none.
fn beyond(surplus: f64, spread: f64) -> f64 {
    if spread > 0.0 {
        normal_cdf(-surplus / spread)
    } else if surplus > 0.0 {
        0.0
    } else {
        1.0
    }
}

/// The labelled rows of a window, with how many labels no model could predict.
pub(super) fn labels(reference: &Reference, rows: &Rows, traffic: &Traffic<'_>) -> (Labels, u64) {
    let reading = reference.reading();
    let width = reading.width();
    let (mut known, mut bad) = (Labelled::default(), 0);
    let mut delays = Vec::new();
    for (place, row) in rows.positions.iter().enumerate() {
        let Some(label) = traffic.labels.get(*row).copied().flatten() else { continue };
        if !reading.is_target(label) {
            bad += 1;
            continue;
        }
        known.predictions.extend(&rows.predictions[place * width..(place + 1) * width]);
        known.targets.push(label);
        delays.extend(traffic.label_delays.get(*row).copied().flatten().filter(|delay| delay.is_finite()));
    }
    delays.sort_unstable_by(f64::total_cmp);
    let median_delay_s = stats::quantile(&delays, 0.5);
    (Labels { rows: known, of: traffic.features.rows() as u64, median_delay_s }, bad)
}
