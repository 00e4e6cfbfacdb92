//! What comes in and goes out: the drift of every column, the shares of values that are missing or new, and all
//! columns together.

use table::Table;

use super::{Note, Scene};
use crate::{
    Expected, Point, SignalName,
    drift::{self, Column, ColumnDrift, Counts, Drift, Rate, Test},
};

/// A drift this many times the threshold, at this p-value, needs no second window.
const FAR: f64 = 3.0;
const CERTAIN: f64 = 1e-6;
/// All columns together are one test, which shares its false discovery rate with no other, in every window.
const TOGETHER: f64 = 1e-3;

/// Each of the reference's columns with its counterpart in the window; a column that is gone is all missing.
pub(super) fn columns(scene: &Scene<'_>, features: &Table, notes: &mut Vec<Note>) -> Vec<Column> {
    let mut columns = Vec::new();
    for reference in scene.reference.columns() {
        let name = reference.name.clone();
        let current = match features.column(&name) {
            None => {
                notes.push(Note::Vanished { column: name.clone() });
                reference.counts.vanished(features.rows() as u64)
            }
            Some(column) => {
                let found = column.values.kind();
                if found != reference.kind {
                    notes.push(Note::Retyped { column: name.clone(), expected: reference.kind, found });
                }
                Counts::of(&column.values)
            }
        };
        if current.total() == 0 && current.rows() > 0 && features.column(&name).is_some() {
            notes.push(Note::AllMissing { column: name.clone() });
        }
        columns.push(Column { name, reference: reference.counts.clone(), current });
    }
    columns
}

/// A column's drift and its shares, as points.
pub(super) fn points(scene: &Scene<'_>, drift: &Drift) -> Vec<(SignalName, Point)> {
    let mut points = Vec::new();
    for column in &drift.columns {
        // Values that are lost are a fault whatever the model makes of them, and so are values of another kind. Of names
        // every window has others.
        let known = scene.reference.relies_on(&column.column) && !scene.reference.holds_names(&column.column);
        let matters = known || column.test == Test::ChangedKind;
        let watched = |point: Point| Point { matters, ..point };
        let name = SignalName::Drift(column.column.clone());
        points.extend(effect(scene, &name, column).map(|point| (name, watched(point))));
        let share = |rate: &Rate| share(scene, rate, column.rows);
        points.push((SignalName::Missing(column.column.clone()), share(&column.missing)));
        let unseen = column.unseen.as_ref().map(share).map(watched);
        points.extend(unseen.map(|point| (SignalName::Unseen(column.column.clone()), point)));
        let out_of_range = column.out_of_range.as_ref().map(share).map(watched);
        points.extend(out_of_range.map(|point| (SignalName::OutOfRange(column.column.clone()), point)));
    }
    points
}

/// The size of a column's drift; nothing where the values could not be compared.
pub(super) fn effect(scene: &Scene<'_>, name: &SignalName, column: &ColumnDrift) -> Option<Point> {
    let threshold = column.effect.threshold;
    let rows = column.rows.current;
    if column.test == Test::ChangedKind {
        let detail = Some("another kind of value than in the reference".to_owned());
        let point = scene.point(FAR * threshold, rows);
        return Some(Point { limit: Some(threshold), departs: true, overwhelming: true, detail, ..point });
    }
    column.p_value?;
    let certain = column.q_value.is_some_and(|q_value| q_value < CERTAIN);
    Some(Point {
        p_value: column.q_value,
        expected: scene.reference.expected_drift(name, rows),
        limit: Some(threshold),
        departs: column.drifted,
        overwhelming: column.drifted && certain && column.effect.value >= FAR * threshold,
        ..scene.point(column.effect.value, rows)
    })
}

fn share(scene: &Scene<'_>, rate: &Rate, rows: drift::Rows) -> Point {
    // Missing values may become fewer, too.
    let sign = if rate.current < rate.reference && rate.departs { -1.0 } else { 1.0 };
    let certain = rate.q_value.is_some_and(|q_value| q_value < CERTAIN);
    let far = (rate.current - rate.reference).abs() >= FAR * rate.threshold;
    Point {
        p_value: rate.q_value,
        expected: Some(expected(rate.reference, rows)),
        limit: Some(rate.reference + sign * rate.threshold),
        departs: rate.departs,
        overwhelming: rate.departs && certain && far,
        ..scene.point(rate.current, rows.current)
    }
}

/// A share's binomial spread, with two rows more of which one has the property, so that a share of 0 spreads too
/// (Agresti and Coull, "Approximate is better than exact", The American Statistician 52, 1998).
fn expected(value: f64, rows: drift::Rows) -> Expected {
    let all = rows.reference as f64;
    let share = (value * all + 1.0) / (all + 2.0);
    let spread = |rows: u64| (share * (1.0 - share) / rows.max(1) as f64).sqrt();
    Expected { value, deviation: spread(rows.current), error: spread(rows.reference) }
}

/// All columns together; nothing where one is gone or of another kind.
pub(super) fn together(scene: &Scene<'_>, features: &Table, notes: &[Note]) -> Option<(SignalName, Point)> {
    if notes.iter().any(|note| matches!(note, Note::Vanished { .. } | Note::Retyped { .. })) {
        return None;
    }
    let reference = scene.reference.together();
    let current = features.select(reference.columns().iter().map(|column| column.name.as_str()));
    let found = drift::reconstruct(&reference, &current, &scene.settings.drift)?;
    let departs = found.drifted && found.p_value < TOGETHER;
    let threshold = scene.settings.drift.reconstruction;
    let point = Point {
        p_value: Some(found.p_value),
        limit: Some(threshold),
        departs,
        overwhelming: departs && found.p_value < CERTAIN && found.effect >= FAR * threshold,
        ..scene.point(found.effect, current.rows() as u64)
    };
    Some((SignalName::DriftAll, point))
}
