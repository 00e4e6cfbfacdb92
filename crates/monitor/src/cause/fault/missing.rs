//! Values that went missing; in several columns and the same rows when a join no longer finds its partner.

use table::{Column, Values};

use crate::cause::{
    case::Case,
    compared::Compared,
    finding::{Finding, percent, quoted},
    found::{Fact, Kind},
};

/// The least rise of the share of missing values.
const LEAST_RISE: f64 = 0.05;

/// Columns went together when the one with fewer missing values lacks them where the other does, in so many of its
/// rows, and has at least so many of the other's.
const WITHIN: f64 = 0.9;
const OF_THE_OTHER: f64 = 0.5;

pub(super) fn find(case: &Case<'_>) -> Vec<Finding> {
    let lost = case.columns.iter().filter(|column| !column.reshaped() && !column.clock && has_lost(column));
    let mut groups: Vec<Vec<&Compared>> = Vec::new();
    for column in lost {
        match groups.iter_mut().find(|group| together(case, group[0], column)) {
            Some(group) => group.push(column),
            None => groups.push(vec![column]),
        }
    }
    groups.iter().map(|group| finding(case, group)).collect()
}

fn rise(column: &Compared) -> f64 {
    column.now.missing_share() - column.before.missing_share()
}

/// Whether the rise is large, and four standard errors away from none.
fn has_lost(column: &Compared) -> bool {
    let rows = 1.0 / column.before.rows().max(1) as f64 + 1.0 / column.now.rows().max(1) as f64;
    let pooled = f64::midpoint(column.now.missing_share(), column.before.missing_share());
    rise(column) >= LEAST_RISE && rise(column) > 4.0 * (pooled * (1.0 - pooled) * rows).sqrt()
}

fn together(case: &Case<'_>, one: &Compared, other: &Compared) -> bool {
    let table = &case.evidence.current.table;
    let (Some(one), Some(other)) = (table.column(&one.name), table.column(&other.name)) else { return false };
    let (mut both, mut ones, mut others) = (0_usize, 0_usize, 0_usize);
    for row in 0..table.rows() {
        let (one, other) = (is_missing(one, row), is_missing(other, row));
        both += usize::from(one && other);
        ones += usize::from(one);
        others += usize::from(other);
    }
    let (fewer, more) = (ones.min(others) as f64, ones.max(others) as f64);
    both as f64 >= WITHIN * fewer && fewer >= OF_THE_OTHER * more
}

pub(crate) fn is_missing(column: &Column, row: usize) -> bool {
    match &column.values {
        Values::Number(values) => !values[row].is_finite(),
        Values::Text(text) => text.get(row).is_none(),
        Values::Boolean(values) => values[row].is_none(),
        Values::Time(values) => values[row].is_none(),
    }
}

fn finding(case: &Case<'_>, group: &[&Compared]) -> Finding {
    let columns: Vec<String> = group.iter().map(|column| column.name.clone()).collect();
    let most = group.iter().map(|column| rise(column)).fold(0.0, f64::max);
    let (first, named) = (group[0], quoted(&columns));
    let (before, now) = (percent(first.before.missing_share()), percent(first.now.missing_share()));
    let (title, explanation) = if group.len() > 1 {
        (
            format!("{named} lost their values in the same rows"),
            format!(
                "{named} have no value in {now} of the rows, the same rows for all, where it was {before}: a join that finds no partner."
            ),
        )
    } else {
        (
            format!("{named} lost its values"),
            format!(
                "{named} has no value in {now} of the rows where it was {before}: a broken join, or a source that fell silent."
            ),
        )
    };
    Finding {
        kind: Kind::BrokenJoin,
        subject: columns.join(", "),
        title,
        explanation,
        evidence: group.iter().flat_map(|column| facts(column)).collect(),
        strength: (0.6 + 0.7 * most).min(0.95),
        importance: case.importance(&columns),
        cost: case.cost_of_columns(&columns),
        recorded: None,
        columns,
    }
}

fn facts(column: &Compared) -> [Fact; 2] {
    let share = |side: &crate::cause::compared::Side| (percent(side.missing_share()), side.rows());
    let ((before, rows_before), (now, rows_now)) = (share(&column.before), share(&column.now));
    [
        Fact::of(format!("`{}` missing before", column.name), before, rows_before),
        Fact::of(format!("`{}` missing now", column.name), now, rows_now),
    ]
}
