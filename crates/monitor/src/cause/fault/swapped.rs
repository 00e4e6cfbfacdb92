//! Two columns that took each other's place: each now looks like what the other was, and not like itself.

use crate::cause::{
    case::Case,
    compared::{Compared, distance},
    finding::{Finding, number},
    found::{Fact, Kind},
    plant::Plant,
};

/// How near a column must be to the other's past, in deviations or as total variation distance, and how many times
/// nearer than to its own.
const NEAR: f64 = 0.2;
const TIMES: f64 = 4.0;

pub(super) fn find(case: &Case<'_>) -> Vec<Finding> {
    let open: Vec<&Compared> = case.open().collect();
    let mut findings = Vec::new();
    let mut used: Vec<&str> = Vec::new();
    for (place, one) in open.iter().enumerate() {
        for other in &open[place + 1..] {
            let free = !used.contains(&one.name.as_str()) && !used.contains(&other.name.as_str());
            if let Some(fit) = fit(one, other).filter(|fit| free && fit.holds()) {
                used.extend([one.name.as_str(), other.name.as_str()]);
                findings.push(finding(case, one, other, &fit));
            }
        }
    }
    findings
}

/// The larger of the two distances to the other's past, and the smaller of those to their own.
struct Fit {
    across: f64,
    own: f64,
}

impl Fit {
    fn holds(&self) -> bool {
        self.across <= NEAR && self.own >= TIMES * self.across.max(NEAR / 2.0)
    }
}

fn fit(one: &Compared, other: &Compared) -> Option<Fit> {
    if let (Some((one_before, one_now)), Some((other_before, other_now))) = (one.numbers(), other.numbers()) {
        let scaled = |before, now| distance(before, now, 1.0, 0.0) / before.spread();
        let across = scaled(other_before, one_now).max(scaled(one_before, other_now));
        return Some(Fit { across, own: one.effect.min(other.effect) });
    }
    let ((one_before, one_now), (other_before, other_now)) = (one.categories()?, other.categories()?);
    let across = other_before.total_variation(one_now).max(one_before.total_variation(other_now));
    Some(Fit { across, own: one.effect.min(other.effect) })
}

fn finding(case: &Case<'_>, one: &Compared, other: &Compared, fit: &Fit) -> Finding {
    let (first, second) = (&one.name, &other.name);
    let columns = vec![first.clone(), second.clone()];
    Finding {
        kind: Kind::SwappedColumns,
        subject: columns.join(", "),
        title: format!("`{first}` and `{second}` were swapped"),
        explanation: format!(
            "Each of `{first}` and `{second}` now has the distribution of the other: {} away from it, and {} from its own.",
            number(fit.across),
            number(fit.own)
        ),
        evidence: vec![
            Fact::of("distance to the other's past", number(fit.across), one.now.rows()),
            Fact::of("distance to its own past", number(fit.own), one.now.rows()),
        ],
        strength: 0.95,
        importance: case.importance(&columns),
        cost: case.cost(&[Plant::Swap(first, second)]),
        recorded: None,
        columns,
    }
}
