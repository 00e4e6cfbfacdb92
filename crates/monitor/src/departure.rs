//! Where a signal departs: by its own verdict in a window, or on its control chart over several.
//!
//! The chart is an exponentially weighted average ([`stats::chart::Ewma`]) of the distances from what the reference
//! expects, in its deviations. Its limits are set from the false alarm rate, shared among the signals (Bonferroni),
//! so that a slow decay is seen, and chance seldom. Points far out are cut off, so that one bad hour alone trips no
//! chart: what is large at once is for the verdicts. What a person looks for in a chart, the patterns of Nelson and the
//! cumulative sums, is in [`patterns`].

use stats::chart::{self, Baseline, Ewma};

use crate::{Expected, History, Point, Series, Settings, SignalName, Window};

/// The share of the newest point in the average.
const WEIGHT: f64 = 0.2;
/// No point counts for more than this share of the limits' width: it takes three running to move the average out.
const CLIP: f64 = 2.0 / 3.0;
/// A chart whose average moved less than this share of the way to the limit shows nothing that matters.
const MATERIAL: f64 = 0.5;
/// The average remembers: a newest point that is less than this share of it away is back.
const STAYS: f64 = 1.0 / 3.0;
/// The least latency deviation, as a share of the mean: timers are no finer.
const LATENCY_FLOOR: f64 = 0.05;

/// A signal that departs in a window.
#[derive(Debug, Clone, PartialEq)]
pub struct Departure {
    /// The point that departs.
    pub point: Point,
    /// Whether by its own verdict rather than on the chart alone.
    pub by_verdict: bool,
    /// How far, where 1 is just enough.
    pub strength: f64,
}

/// To which side a signal departs when it gets worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Above,
    Below,
    Both,
}

/// Which points of a series depart, in the order of the series; nothing for those that do not.
pub fn departures(
    name: &SignalName,
    series: &[Point],
    signals: usize,
    settings: &Settings,
) -> Vec<Option<Departure>> {
    if has_own_test(name) {
        return series.iter().map(|point| departure(point, None)).collect();
    }
    let tail = settings.false_alarm_rate / signals.max(1) as f64 / 2.0;
    let side = worse(name);
    let mut found = Vec::with_capacity(series.len());
    if series.iter().any(|point| point.expected.is_some()) {
        for spell in series.chunk_by(|one, next| one.standard() == next.standard()) {
            let distances =
                spell.iter().map(|point| point.expected.map(|expected| distance(name, point, expected)));
            let width =
                -stats::normal_quantile(tail) * inflation(spell.iter().filter_map(|point| point.expected));
            found.extend(judged(spell, &distances.collect::<Vec<_>>(), width, side));
        }
        return found;
    }
    let (distances, width) = by_itself(name, series, tail, settings.baseline_windows);
    let mut found = judged(series, &distances, width, side);
    if *name == SignalName::Traffic {
        silence(series, settings.baseline_windows, &mut found);
    }
    found
}

/// Signals whose verdict looks at all that there is already; a chart of theirs would only count it again.
fn has_own_test(name: &SignalName) -> bool {
    matches!(name, SignalName::DriftAll | SignalName::AvailabilityBurn | SignalName::LatencyBurn)
}

/// What a chart shows in the last points of a series, for people: the patterns of Nelson and the cumulative sums. They open
/// no incident, since so many rules on dozens of signals find something in most windows.
pub fn patterns(name: &SignalName, series: &Series, until: Window) -> Vec<chart::Departure> {
    let distances = series.until(until).iter().map(|point| match point.expected {
        Some(expected) => distance(name, point, expected),
        None => f64::NAN,
    });
    let sums = chart::Settings::default().cusum;
    let settings = chart::Settings { ewma: None, cusum: sums, patterns: chart::NELSON.to_vec(), clip: None };
    let standard = Baseline { mean: 0.0, deviation: 1.0 };
    chart::departures(&distances.collect::<Vec<_>>(), standard, &settings)
}

/// Every signal's departures up to a window, without those that are silenced or do not matter to the model.
pub(crate) struct Departures<'a> {
    found: Vec<Found<'a>>,
}

struct Found<'a> {
    name: &'a SignalName,
    points: &'a [Point],
    departing: Vec<Option<Departure>>,
}

impl<'a> Departures<'a> {
    pub(crate) fn of(history: &'a History, until: Window, settings: &Settings) -> Self {
        let signals = history.series.len();
        let mut found = Vec::with_capacity(signals);
        for (name, series) in &history.series {
            let points = series.until(until);
            let mut departing = departures(name, points, signals, settings);
            for departure in &mut departing {
                let silenced = |point: &Point| {
                    settings.silences.iter().any(|silence| silence.covers(name, point.window))
                };
                departure.take_if(|departure| !departure.point.matters || silenced(&departure.point));
            }
            found.push(Found { name, points, departing });
        }
        Self { found }
    }

    /// Each signal with its points and departures.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'a SignalName, &'a [Point], &[Option<Departure>])> {
        self.found.iter().map(|found| (found.name, found.points, found.departing.as_slice()))
    }

    pub(crate) fn signal(&self, name: &SignalName) -> Option<(&'a [Point], &[Option<Departure>])> {
        self.iter().find(|(other, ..)| *other == name).map(|(_, points, departing)| (points, departing))
    }
}

/// How far a point is on the way from what is expected to the limit: 1 is at the limit.
pub(crate) fn progress(point: &Point) -> Option<f64> {
    let expected = point.expected?.value;
    let way = point.limit? - expected;
    (way != 0.0).then(|| (point.value - expected) / way)
}

fn worse(name: &SignalName) -> Side {
    match (name, name.measure()) {
        (SignalName::Traffic, _) => Side::Both,
        (_, Some(measure)) if measure.higher_is_better() => Side::Below,
        _ => Side::Above,
    }
}

fn judged(points: &[Point], distances: &[Option<f64>], width: f64, side: Side) -> Vec<Option<Departure>> {
    let clip = CLIP * width;
    let known: Vec<f64> = distances.iter().flatten().map(|distance| distance.clamp(-clip, clip)).collect();
    let ewma = Ewma { weight: WEIGHT, width };
    let averages = ewma.chart(&known, Baseline { mean: 0.0, deviation: 1.0 });
    let mut seen = known.iter().zip(&averages);
    let mut moved = 0.0;
    let mut found = Vec::with_capacity(points.len());
    for (point, distance) in points.iter().zip(distances) {
        let seen = distance.and_then(|_| seen.next());
        moved = WEIGHT * progress(point).unwrap_or(0.0) + (1.0 - WEIGHT) * moved;
        let material = progress(point).is_none() || moved >= MATERIAL;
        let charted = seen.filter(|_| material).and_then(|(newest, average)| beyond(*newest, average, side));
        found.push(departure(point, charted));
    }
    found
}

/// How far the average is beyond its limit, where 1 is at it; nothing when the newest point is on its way back.
fn beyond(newest: f64, average: &chart::ewma::Point, side: Side) -> Option<f64> {
    let sign = match side {
        Side::Above => 1.0,
        Side::Below => -1.0,
        Side::Both => average.value.signum(),
    };
    let ratio = sign * average.value / average.upper;
    let stays = sign * newest >= STAYS * sign * average.value;
    (ratio > 1.0 && stays).then_some(ratio)
}

fn departure(point: &Point, charted: Option<f64>) -> Option<Departure> {
    if !point.departs && charted.is_none() {
        return None;
    }
    let own = if point.departs { progress(point).unwrap_or(1.0).abs() } else { 0.0 };
    let strength = own.max(charted.unwrap_or(0.0));
    Some(Departure { point: point.clone(), by_verdict: point.departs, strength })
}

/// How many of the reference's deviations a point lies from what is expected. The sizes of drifts are never below 0
/// and have a long tail above, so they are compared by their logarithms, as if log-normal.
fn distance(name: &SignalName, point: &Point, expected: Expected) -> f64 {
    let Expected { value, deviation, .. } = expected;
    let is_size = matches!(name, SignalName::Drift(_) | SignalName::DriftPrediction);
    if !is_size || value <= 0.0 || deviation <= 0.0 {
        return Baseline { mean: value, deviation }.standardise(point.value);
    }
    let variance = (deviation / value).powi(2).ln_1p();
    let baseline = Baseline { mean: value.ln() - variance / 2.0, deviation: variance.sqrt() };
    baseline.standardise(point.value.max(f64::MIN_POSITIVE).ln())
}

/// How much wider limits must be because the reference's figure is itself uncertain. Its error does not average
/// out over the windows as their own chance does, so it weighs (2 − λ)/λ times as much.
fn inflation(expected: impl Iterator<Item = Expected>) -> f64 {
    let ratio = |expected: Expected| {
        if expected.deviation > 0.0 { expected.error / expected.deviation } else { 0.0 }
    };
    let largest = expected.map(ratio).fold(0.0, f64::max);
    (1.0 + largest.powi(2) * (2.0 - WEIGHT) / WEIGHT).sqrt()
}

/// Distances from the first windows of the series itself, where no reference knows what to expect, and the width
/// of the limits: by Student's t, since the deviation of few windows is uncertain.
fn by_itself(name: &SignalName, series: &[Point], tail: f64, windows: usize) -> (Vec<Option<f64>>, f64) {
    let first: Vec<f64> = series.iter().take(windows).map(|point| point.value).collect();
    let enough = windows >= 2 && first.len() == windows;
    let Some(baseline) = Baseline::of(&first).filter(|_| enough) else {
        return (vec![None; series.len()], f64::INFINITY);
    };
    let rows = series.iter().take(windows).map(|point| point.rows as f64).sum::<f64>() / windows as f64;
    let deviation = baseline.deviation.max(floor(name, baseline.mean, rows));
    let baseline = Baseline { deviation, ..baseline };
    let error = deviation / (windows as f64).sqrt();
    let expected = Expected { value: baseline.mean, deviation, error };
    let student = -stats::student_quantile(tail, windows as f64 - 1.0);
    let mut distances = vec![None; windows];
    distances.extend(series[windows..].iter().map(|point| Some(baseline.standardise(point.value))));
    (distances, student * inflation(std::iter::once(expected)))
}

/// A window without one request departs, and needs no chart, where each of the first had some.
fn silence(series: &[Point], windows: usize, found: &mut [Option<Departure>]) {
    let busy = series.len() > windows && series.iter().take(windows).all(|point| point.value > 0.0);
    for (point, found) in series.iter().zip(found).filter(|(point, _)| busy && point.value == 0.0) {
        *found = Some(Departure { point: point.clone(), by_verdict: true, strength: 1.0 });
    }
}

/// The deviation that chance alone gives, below which none is believed.
fn floor(name: &SignalName, mean: f64, rows: f64) -> f64 {
    match name {
        SignalName::ErrorRate => {
            let share = (mean * rows + 1.0) / (rows + 2.0);
            (share * (1.0 - share) / rows.max(1.0)).sqrt()
        }
        SignalName::Traffic => mean.max(1.0).sqrt(),
        SignalName::LatencyP99 => LATENCY_FLOOR * mean,
        _ => 0.0,
    }
}
