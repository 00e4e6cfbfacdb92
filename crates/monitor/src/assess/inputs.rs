//! What comes in and goes out: the drift of every column, and the shares of values that are missing or new.

use stats::drift::{exceedance, proportions};
use table::Table;

use super::{Note, Rows, Scene};
use crate::{
    Expected, Point, SignalName,
    drift::{self, Column, ColumnDrift, Counts, Drift},
    reference::{ReferenceColumn, counts, said},
};

/// A drift this many times the threshold, at this p-value, needs no second window.
const FAR: f64 = 3.0;
const CERTAIN: f64 = 1e-6;

/// A share in the reference and in the window, as rows with the property and all rows.
struct Share {
    name: SignalName,
    reference: (u64, u64),
    current: (u64, u64),
    p_value: f64,
}

/// Each of the reference's columns with its counterpart in the window; without one, or of another kind, all missing.
pub(super) fn columns(scene: &Scene<'_>, features: &Table, notes: &mut Vec<Note>) -> Vec<Column> {
    let mut columns = Vec::new();
    for reference in scene.reference.columns() {
        let current = match features.column(&reference.name) {
            None => {
                notes.push(Note::Vanished { column: reference.name.clone() });
                missing(&reference.counts, features.rows() as u64)
            }
            Some(column) if column.values.kind() != reference.kind => {
                notes.push(retyped(reference, column.values.kind()));
                missing(&reference.counts, features.rows() as u64)
            }
            Some(column) => counts(&column.values),
        };
        columns.push(Column { name: reference.name.clone(), reference: reference.counts.clone(), current });
    }
    columns
}

fn retyped(reference: &ReferenceColumn, found: table::Kind) -> Note {
    Note::Retyped { column: reference.name.clone(), expected: reference.kind, found }
}

fn missing(like: &Counts, rows: u64) -> Counts {
    match like {
        Counts::Numbers(_) => {
            Counts::Numbers(stats::drift::NumberCounts::from_sorted(Vec::new(), Vec::new(), rows, 0))
        }
        Counts::Categories(_) => {
            Counts::Categories(stats::drift::CategoryCounts::from_counts(Default::default(), rows))
        }
    }
}

/// The drift of the columns, as points.
pub(super) fn drifts(scene: &Scene<'_>, drift: &Drift) -> Vec<(SignalName, Point)> {
    let point = |column: &ColumnDrift| {
        let name = SignalName::Drift(column.column.clone());
        effect(scene, &name, column).map(|point| (name, point))
    };
    drift.columns.iter().filter_map(point).collect()
}

/// The drift of what the model said.
pub(super) fn prediction(scene: &Scene<'_>, rows: &Rows) -> (Drift, Option<(SignalName, Point)>) {
    let column = Column {
        name: "prediction".to_owned(),
        reference: scene.reference.predictions().clone(),
        current: said(scene.reference.reading(), &rows.predictions),
    };
    let drift = drift::judge(&[column], &scene.settings.drift);
    let name = SignalName::DriftPrediction;
    let point = drift.columns.first().and_then(|column| effect(scene, &name, column));
    let point = point.map(|point| (name, point));
    (drift, point)
}

fn effect(scene: &Scene<'_>, name: &SignalName, column: &ColumnDrift) -> Option<Point> {
    let value = column.effect.value;
    if !value.is_finite() || column.rows == 0 {
        return None;
    }
    let certain = column.q_value.is_some_and(|q_value| q_value < CERTAIN);
    Some(Point {
        p_value: column.q_value,
        expected: scene.reference.expected_drift(name, column.rows),
        limit: Some(column.effect.threshold),
        departs: column.drifted,
        overwhelming: column.drifted && certain && value >= FAR * column.effect.threshold,
        ..scene.point(value, column.rows)
    })
}

/// The shares of missing, unseen and out-of-range values; they depart where they grew by more than the margin, and
/// not by chance, at the drift's false discovery rate over all of them.
pub(super) fn shares(scene: &Scene<'_>, columns: &[Column]) -> Vec<(SignalName, Point)> {
    let shares: Vec<Share> = columns.iter().flat_map(of_column).collect();
    let p_values: Vec<f64> = shares.iter().map(|share| share.p_value).collect();
    let adjusted = stats::adjusted_p_values(&p_values);
    shares.into_iter().zip(adjusted).map(|(share, q_value)| judged(scene, share, q_value)).collect()
}

fn of_column(column: &Column) -> Vec<Share> {
    let name = column.name.clone();
    let rows = |counts: &Counts| match counts {
        Counts::Numbers(numbers) => (numbers.missing(), numbers.rows()),
        Counts::Categories(categories) => (categories.missing(), categories.rows()),
    };
    let mut shares =
        vec![share(SignalName::Missing(name.clone()), rows(&column.reference), rows(&column.current))];
    match (&column.reference, &column.current) {
        (Counts::Numbers(reference), Counts::Numbers(current)) => {
            let (least, greatest) = reference.range().unwrap_or((f64::NEG_INFINITY, f64::INFINITY));
            let beyond = current.iter().filter(|(value, _)| *value < least || *value > greatest);
            let outside = beyond.map(|(_, count)| count).sum::<u64>() + current.infinite();
            let of = current.total() + current.infinite();
            let all = (reference.infinite(), reference.total() + reference.infinite());
            let p_value = exceedance(reference.total(), of, outside);
            shares.push(Share { p_value, ..share(SignalName::OutOfRange(name), all, (outside, of)) });
        }
        (Counts::Categories(reference), Counts::Categories(current)) if reference.other() == 0 => {
            let unseen = current.iter().filter(|(category, _)| reference.count(category) == 0);
            let unseen = unseen.map(|(_, count)| count).sum::<u64>() + current.other();
            shares.push(share(SignalName::Unseen(name), (0, reference.total()), (unseen, current.total())));
        }
        _ => {}
    }
    shares.retain(|share| share.current.1 > 0);
    shares
}

fn share(name: SignalName, reference: (u64, u64), current: (u64, u64)) -> Share {
    Share { name, reference, current, p_value: proportions(reference, current) }
}

fn judged(scene: &Scene<'_>, share: Share, q_value: f64) -> (SignalName, Point) {
    let part = |(with, all): (u64, u64)| if all > 0 { with as f64 / all as f64 } else { 0.0 };
    let (before, value) = (part(share.reference), part(share.current));
    let limit = before + scene.settings.rate_margin;
    let departs = value >= limit && q_value < scene.settings.drift.false_discovery_rate;
    let point = Point {
        p_value: Some(q_value),
        expected: Some(expected(share.reference, share.current.1)),
        limit: Some(limit),
        departs,
        overwhelming: departs && q_value < CERTAIN && value >= before + FAR * scene.settings.rate_margin,
        ..scene.point(value, share.current.1)
    };
    (share.name, point)
}

/// A share's binomial spread, with two rows more of which one has the property, so that a share of 0 spreads too
/// (Agresti and Coull, "Approximate is better than exact", The American Statistician 52, 1998).
fn expected((with, all): (u64, u64), rows: u64) -> Expected {
    let share = (with as f64 + 1.0) / (all as f64 + 2.0);
    let spread = |rows: u64| (share * (1.0 - share) / rows.max(1) as f64).sqrt();
    let value = if all > 0 { with as f64 / all as f64 } else { 0.0 };
    Expected { value, deviation: spread(rows), error: spread(all) }
}
