//! Columns that moved and have no better name for it.

use super::{
    case::Case,
    compared::Compared,
    finding::{Finding, number, percent},
    found::{Fact, Kind},
};

/// An effect from which a move counts in full.
const LARGE: f64 = 0.5;

pub(super) fn find(case: &Case<'_>) -> Vec<Finding> {
    case.open().map(|column| finding(case, column)).collect()
}

fn finding(case: &Case<'_>, column: &Compared) -> Finding {
    let name = &column.name;
    let moved = if let Some((before, now)) = column.numbers() {
        format!(
            "by {} deviations, from {} to {} on average",
            number(column.effect),
            number(before.mean()),
            number(now.mean())
        )
    } else {
        format!("{} of its rows to other categories", percent(column.effect))
    };
    Finding {
        kind: Kind::Drift,
        columns: vec![name.clone()],
        subject: name.clone(),
        title: format!("`{name}` drifted"),
        explanation: format!("`{name}` moved {moved}; no known fault fits."),
        evidence: vec![
            Fact::of("effect", number(column.effect), column.now.rows()),
            Fact::of(
                "importance to the model, the largest being 1",
                number(column.importance),
                column.before.rows(),
            ),
        ],
        strength: 0.5 * (column.effect / LARGE).min(1.0),
        importance: column.importance,
        cost: case.cost_of_columns(std::slice::from_ref(name)),
        recorded: None,
    }
}
