//! The same kinds of rows in another mixture: the change of the mean loss, split into what the mixture did and what
//! changed within the kinds.
//!
//! The decomposition is Kitagawa's ("Components of a difference between two rates", 1955; the Oaxaca–Blinder
//! decomposition of economics for groups): Δ = Σ Δshare · mean rate + Σ mean share · Δrate.

use std::collections::BTreeMap;

use super::{
    case::Case,
    compared::{Categories, Compared},
    evidence::Rows,
    finding::{Finding, number, percent, quoted},
    found::{Fact, Kind},
};

/// A drifted column is explained by the mixture when weighting the reference by it takes away this share of its move.
const EXPLAINED: f64 = 0.6;

/// Rows and losses of one category.
#[derive(Debug, Clone, Copy, Default)]
struct Cell {
    rows: f64,
    loss: f64,
}

impl Cell {
    fn mean(self) -> Option<f64> {
        (self.rows > 0.0).then(|| self.loss / self.rows)
    }
}

/// The two parts of the change of the mean loss.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Parts {
    between: f64,
    within: f64,
}

/// The mixture of the column that explains most of what drifted, or nothing.
pub(super) fn find(case: &Case<'_>) -> Option<Finding> {
    let open: Vec<&Compared> = case.open().filter(|column| column.categories().is_some()).collect();
    let explained = |column: &Compared| explained_by(case, column);
    let candidates = open.into_iter().map(|column| (column, explained(column)));
    let (column, others) = candidates.max_by(|(one, ones), (other, others)| {
        ones.len().cmp(&others.len()).then(one.effect.total_cmp(&other.effect))
    })?;
    Some(finding(case, column, others))
}

fn cells<'a>(rows: &'a Rows, labels: &'a [Option<String>]) -> BTreeMap<&'a str, Cell> {
    let mut cells: BTreeMap<&str, Cell> = BTreeMap::new();
    for (row, label) in labels.iter().enumerate().filter(|(row, _)| rows.loss[*row].is_finite()) {
        let cell = cells.entry(label.as_deref().unwrap_or("")).or_default();
        cell.rows += rows.weights[row];
        cell.loss += rows.weights[row] * rows.loss[row];
    }
    cells
}

fn labels(rows: &Rows, column: &str) -> Vec<Option<String>> {
    let Some(column) = rows.table.column(column) else { return vec![None; rows.len()] };
    (0..rows.len()).map(|row| column.values.label(row)).collect()
}

/// A category without rows in one period is taken to have the loss it has in the other.
fn parts(before: &BTreeMap<&str, Cell>, now: &BTreeMap<&str, Cell>) -> Parts {
    let total = |cells: &BTreeMap<&str, Cell>| {
        cells.values().map(|cell| cell.rows).sum::<f64>().max(f64::MIN_POSITIVE)
    };
    let (all_before, all_now) = (total(before), total(now));
    let mut parts = Parts { between: 0.0, within: 0.0 };
    for name in before.keys().chain(now.keys().filter(|name| !before.contains_key(*name))) {
        let (was, is) =
            (before.get(name).copied().unwrap_or_default(), now.get(name).copied().unwrap_or_default());
        let (Some(loss_was), Some(loss_is)) = (was.mean().or(is.mean()), is.mean().or(was.mean())) else {
            continue;
        };
        let (share_was, share_is) = (was.rows / all_before, is.rows / all_now);
        parts.between += (share_is - share_was) * f64::midpoint(loss_was, loss_is);
        parts.within += f64::midpoint(share_was, share_is) * (loss_is - loss_was);
    }
    parts
}

/// Other drifted columns that no longer look drifted once the reference has this column's mixture.
fn explained_by(case: &Case<'_>, column: &Compared) -> Vec<String> {
    let Some((before, now)) = column.categories() else { return Vec::new() };
    let labels = labels(case.evidence.reference, &column.name);
    let ratio = |label: &Option<String>| {
        label.as_ref().map_or(1.0, |name| now.share(name) / before.share(name).max(f64::MIN_POSITIVE))
    };
    let weights: Vec<f64> = labels.iter().map(ratio).collect();
    let others = case.open().filter(|other| other.name != column.name);
    others.filter(|other| takes_away(case, other, &weights)).map(|other| other.name.clone()).collect()
}

fn takes_away(case: &Case<'_>, column: &Compared, weights: &[f64]) -> bool {
    let even = vec![1.0; weights.len()];
    let gap = |weights: &[f64]| match (column.numbers(), column.categories()) {
        (Some(_), _) => mean_gap(case, &column.name, weights),
        (_, Some((_, now))) => mixture_gap(case, &column.name, now, weights),
        _ => None,
    };
    match (gap(&even), gap(weights)) {
        (Some(plain), Some(weighted)) => weighted <= (1.0 - EXPLAINED) * plain,
        _ => false,
    }
}

/// The distance of the mean now from the weighted mean before.
fn mean_gap(case: &Case<'_>, name: &str, weights: &[f64]) -> Option<f64> {
    let table::Values::Number(before) = &case.evidence.reference.table.column(name)?.values else {
        return None;
    };
    let (mean, _) = super::case::weighted(before, weights)?;
    let (_, now) = case.column(name)?.numbers()?;
    Some((now.mean() - mean).abs())
}

/// The total variation distance of the categories now from the weighted ones before.
fn mixture_gap(case: &Case<'_>, name: &str, now: &Categories, weights: &[f64]) -> Option<f64> {
    let mut shares: BTreeMap<String, f64> = BTreeMap::new();
    for (label, weight) in labels(case.evidence.reference, name).into_iter().zip(weights) {
        *shares.entry(label?).or_default() += weight;
    }
    let total: f64 = shares.values().sum();
    let names = shares.keys().chain(now.counts.keys().filter(|name| !shares.contains_key(*name)));
    let share = |name: &String| shares.get(name).copied().unwrap_or(0.0) / total.max(f64::MIN_POSITIVE);
    Some(names.map(|name| (now.share(name) - share(name)).abs()).sum::<f64>() / 2.0)
}

fn finding(case: &Case<'_>, column: &Compared, others: Vec<String>) -> Finding {
    let (reference, current) = (case.evidence.reference, case.evidence.current);
    let (was, is) = (labels(reference, &column.name), labels(current, &column.name));
    let parts = parts(&cells(reference, &was), &cells(current, &is));
    let columns: Vec<String> = std::iter::once(column.name.clone()).chain(others.iter().cloned()).collect();
    let (name, effect) = (&column.name, percent(column.effect));
    Finding {
        kind: Kind::MixShift,
        subject: name.clone(),
        title: format!("the mixture of `{name}` changed"),
        explanation: format!(
            "{effect} of the rows are of another `{name}` than before{}{}; the mixture alone changed the mean loss by {:+.4}, and what happened within each `{name}` by {:+.4}.",
            largest(column),
            if others.is_empty() { String::new() } else { format!(", which also moves {}", quoted(&others)) },
            parts.between,
            parts.within
        ),
        evidence: vec![
            Fact::of("total variation distance of the mixture", number(column.effect), column.now.rows()),
            Fact::of(
                "change of the mean loss between the kinds",
                format!("{:+.4}", parts.between),
                current.len(),
            ),
            Fact::of(
                "change of the mean loss within the kinds",
                format!("{:+.4}", parts.within),
                current.len(),
            ),
        ],
        strength: (0.6 + column.effect).min(0.9),
        importance: case.importance(&columns),
        cost: Some(parts.between.max(0.0)),
        recorded: None,
        columns,
    }
}

/// The category whose share moved most, as a clause.
fn largest(column: &Compared) -> String {
    let Some((before, now)) = column.categories() else { return String::new() };
    let moved = |name: &&String| (now.share(name) - before.share(name)).abs();
    let names = before.counts.keys().chain(now.counts.keys());
    let most = names.max_by(|one, other| moved(one).total_cmp(&moved(other)));
    most.map_or_else(String::new, |name| {
        format!(" (`{name}` went from {} to {})", percent(before.share(name)), percent(now.share(name)))
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Cell, parts};

    #[test]
    fn the_parts_add_up_to_the_change_and_a_pure_mixture_has_nothing_within() {
        let cell = |rows: f64, mean: f64| Cell { rows, loss: rows * mean };
        let before = BTreeMap::from([("a", cell(80.0, 0.2)), ("b", cell(20.0, 0.6))]);
        let mixed = BTreeMap::from([("a", cell(50.0, 0.2)), ("b", cell(50.0, 0.6))]);
        let worse = BTreeMap::from([("a", cell(50.0, 0.3)), ("b", cell(50.0, 0.6)), ("c", cell(10.0, 0.9))]);
        let found = parts(&before, &mixed);
        assert!((found.between - 0.12).abs() < 1e-12 && found.within.abs() < 1e-12, "{found:?}");
        let found = parts(&before, &worse);
        let change = (15.0 + 30.0 + 9.0) / 110.0 - 0.28;
        assert!((found.between + found.within - change).abs() < 1e-12, "{found:?}");
    }
}
