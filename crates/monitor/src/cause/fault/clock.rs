//! Times of day that are moved by whole hours: another time zone, or summer time applied twice.
//!
//! The 24 shares of the hours are turned until they fit the reference's; the turn that fits is the shift.

use crate::cause::{
    case::Case,
    compared::{Compared, Numbers},
    finding::{Finding, number},
    found::{Fact, Kind},
    plant::Plant,
};

const HOURS: usize = 24;

/// Total variation distance of the hours: at most so much after the turn, and at least so much before it.
const FITS: f64 = 0.15;
const DIFFERS: f64 = 0.25;

pub(super) fn find(case: &Case<'_>) -> Vec<Finding> {
    let open = case.columns.iter().filter(|column| column.drifted && !case.is_claimed(&column.name));
    open.filter_map(|column| turned(column).map(|turn| finding(case, column, &turn))).collect()
}

struct Turn {
    hours: usize,
    /// The column's numbers to an hour: 1, or 60 for minutes of the day.
    unit: f64,
    before: f64,
    after: f64,
}

fn turned(column: &Compared) -> Option<Turn> {
    let (before, now) = column.numbers()?;
    let unit = unit(before)?;
    if now.least() < 0.0 || now.most() >= unit * HOURS as f64 {
        return None;
    }
    let (before, now) = (shares(before, unit), shares(now, unit));
    let fit = |hours: usize| {
        let gap = |hour: usize| (now[(hour + hours) % HOURS] - before[hour]).abs();
        (0..HOURS).map(gap).sum::<f64>() / 2.0
    };
    let hours = (1..HOURS).min_by(|one, other| fit(*one).total_cmp(&fit(*other)))?;
    let turn = Turn { hours, unit, before: fit(0), after: fit(hours) };
    (turn.after <= FITS && turn.before >= DIFFERS && turn.before >= 2.5 * turn.after).then_some(turn)
}

/// Whether the numbers are hours (1) or minutes (60) of a day: whole, within it, and over half of it.
fn unit(numbers: &Numbers) -> Option<f64> {
    let whole = numbers.sorted.iter().all(|value| value.fract() == 0.0);
    let fits = |unit: f64| numbers.most() < 24.0 * unit && numbers.most() - numbers.least() >= 12.0 * unit;
    [1.0, 60.0].into_iter().find(|unit| whole && numbers.least() >= 0.0 && fits(*unit))
}

fn shares(numbers: &Numbers, unit: f64) -> [f64; HOURS] {
    let mut shares = [0.0; HOURS];
    for value in &numbers.sorted {
        shares[((value / unit) as usize).min(HOURS - 1)] += 1.0 / numbers.sorted.len() as f64;
    }
    shares
}

fn finding(case: &Case<'_>, column: &Compared, turn: &Turn) -> Finding {
    let name = &column.name;
    let signed = if turn.hours > HOURS / 2 { turn.hours as i64 - HOURS as i64 } else { turn.hours as i64 };
    let plant =
        Plant::Shift { column: name, by: signed as f64 * turn.unit, modulo: turn.unit * HOURS as f64 };
    let (before, after) = (number(turn.before), number(turn.after));
    Finding {
        kind: Kind::ClockShift,
        columns: vec![name.clone()],
        subject: name.clone(),
        title: format!("`{name}` is moved by {signed:+} h"),
        explanation: format!(
            "The hours of `{name}` fit the reference when moved by {signed:+} h (total variation distance {before} before, {after} after): another time zone, or summer time."
        ),
        evidence: vec![
            Fact::of("distance as it is", before.clone(), column.now.rows()),
            Fact::of(format!("distance after {signed:+} h"), after.clone(), column.now.rows()),
        ],
        strength: 0.95 - turn.after,
        importance: column.importance,
        cost: if column.clock { None } else { case.cost(&[plant]) },
        recorded: None,
    }
}
