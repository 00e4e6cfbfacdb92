//! A season: several columns that moved step by step over the windows rather than at once.
//!
//! The history of each column's means is fitted by a straight line and by a single step. A season is better fitted by
//! the line, a fault by the step.

use super::{
    case::Case,
    compared::Compared,
    evidence::Means,
    finding::{Finding, number, percent, quoted},
    found::{Fact, Kind},
};

/// Fewer windows cannot tell a slope from a step.
const LEAST_WINDOWS: usize = 6;

/// A real slope explains at least so much of the variance of the means.
const LEAST_FIT: f64 = 0.4;

/// Beyond this share of the reference at either end a value counts as one that the model never saw.
const EDGE: f64 = 0.01;

/// Whether the column's means followed a slope.
pub(super) fn is_gradual(case: &Case<'_>, column: &str) -> bool {
    slope(&case.evidence.history, column).is_some()
}

/// The share of the variance of the window means that a line explains, when it does so better than a step.
fn slope(history: &[Means], column: &str) -> Option<f64> {
    let means: Vec<f64> = history.iter().filter_map(|window| window.columns.get(column).copied()).collect();
    if means.len() < LEAST_WINDOWS {
        return None;
    }
    let all = scatter(&means);
    let (line, step) = (off_line(&means), off_step(&means));
    let fit = 1.0 - line / all.max(f64::MIN_POSITIVE);
    (line < step && fit >= LEAST_FIT).then_some(fit)
}

/// The sum of squares about the mean.
fn scatter(values: &[f64]) -> f64 {
    let mean = stats::mean(values).unwrap_or(0.0);
    values.iter().map(|value| (value - mean).powi(2)).sum()
}

/// The sum of squares about the least-squares line over the places 0, 1, 2, ….
fn off_line(values: &[f64]) -> f64 {
    let middle = (values.len() - 1) as f64 / 2.0;
    let (mut cross, mut squares) = (0.0, 0.0);
    for (place, value) in values.iter().enumerate() {
        let place = place as f64 - middle;
        cross += place * value;
        squares += place * place;
    }
    scatter(values) - cross * cross / squares.max(f64::MIN_POSITIVE)
}

/// The sum of squares about two means, split where it is least.
fn off_step(values: &[f64]) -> f64 {
    let split = |place: usize| scatter(&values[..place]) + scatter(&values[place..]);
    (1..values.len()).map(split).fold(f64::INFINITY, f64::min)
}

/// The season, when at least two columns that drifted moved gradually.
pub(super) fn find(case: &Case<'_>) -> Option<Finding> {
    let gradual: Vec<(&Compared, f64)> = case
        .open()
        .filter(|column| column.numbers().is_some())
        .filter_map(|column| slope(&case.evidence.history, &column.name).map(|fit| (column, fit)))
        .collect();
    if gradual.len() < 2 {
        return None;
    }
    let columns: Vec<String> = gradual.iter().map(|(column, _)| column.name.clone()).collect();
    let best = gradual.iter().map(|(_, fit)| *fit).fold(0.0, f64::max);
    let windows = case.evidence.history.len();
    Some(Finding {
        kind: Kind::SeasonalShift,
        subject: columns.join(", "),
        title: format!("{} moved with the season", quoted(&columns)),
        explanation: format!(
            "{} moved step by step over {windows} windows (a line explains up to {} of their means' variance, and more than any single step): {}.",
            quoted(&columns),
            percent(best),
            gradual.iter().take(3).map(|(column, _)| moved(column)).collect::<Vec<_>>().join(", ")
        ),
        evidence: gradual.iter().map(|(column, fit)| fact(column, *fit)).collect(),
        strength: 0.6 + 0.35 * best,
        importance: case.importance(&columns),
        cost: case.cost_of_columns(&columns).map(|cost| cost.max(excess(case, &columns))),
        recorded: None,
        columns,
    })
}

/// What the rows that are beyond the reference's range in one of these columns add to the mean loss: the model never
/// saw their like, so nothing that is done to rows of the reference can show it.
fn excess(case: &Case<'_>, columns: &[String]) -> f64 {
    let current = case.evidence.current;
    let beyond = |column: &String| {
        let (before, _) = case.column(column)?.numbers()?;
        let table::Values::Number(values) = &current.table.column(column)?.values else { return None };
        Some((before.quantile(EDGE), before.quantile(1.0 - EDGE), values))
    };
    let ranges: Vec<_> = columns.iter().filter_map(beyond).collect();
    let outside =
        |row: &usize| ranges.iter().any(|(low, high, values)| values[*row] < *low || values[*row] > *high);
    let added = (0..current.len()).filter(outside).map(|row| current.loss[row] - case.loss.before);
    let added: f64 = added.filter(|added| added.is_finite()).sum();
    (added / current.len().max(1) as f64).max(0.0)
}

fn moved(column: &Compared) -> String {
    let (before, now) =
        column.numbers().map_or((f64::NAN, f64::NAN), |(before, now)| (before.mean(), now.mean()));
    format!("`{}` from {} to {} on average", column.name, number(before), number(now))
}

fn fact(column: &Compared, fit: f64) -> Fact {
    Fact::of(
        format!("`{}`: moved by, in deviations; variance explained by a line", column.name),
        format!("{}; {}", number(column.effect), percent(fit)),
        column.now.rows(),
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use base::Timestamp;

    use super::{Means, slope};

    fn history(means: &[f64]) -> Vec<Means> {
        let window = |(place, mean): (usize, &f64)| Means {
            start: Timestamp::from_micros(place as i64),
            columns: BTreeMap::from([("x".to_owned(), *mean)]),
        };
        means.iter().enumerate().map(window).collect()
    }

    #[test]
    fn a_slope_is_gradual_and_a_step_is_not() {
        assert!(slope(&history(&[1.0, 2.1, 2.9, 4.2, 5.0, 5.8, 7.1]), "x").unwrap() > 0.9);
        assert!(slope(&history(&[1.0, 1.1, 0.9, 1.0, 7.0, 7.1, 6.9]), "x").is_none());
        assert!(slope(&history(&[1.0, 1.2, 0.8, 1.1, 0.9, 1.0, 1.0]), "x").is_none());
    }

    #[test]
    fn a_short_or_flat_history_says_nothing() {
        assert!(slope(&history(&[1.0, 2.0, 3.0]), "x").is_none());
        assert!(slope(&history(&[1.0; 9]), "x").is_none());
        assert!(slope(&history(&[1.0; 9]), "y").is_none());
    }
}
