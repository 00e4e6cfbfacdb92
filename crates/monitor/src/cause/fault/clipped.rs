//! Values cut off at a limit: many now equal the largest, or the smallest, and the reference went beyond it.

use crate::cause::{
    case::Case,
    compared::{Compared, Numbers, distance},
    finding::{Finding, number, percent},
    found::{Fact, Kind},
    season,
};

/// How far, in deviations, what is not cut off may have moved.
const STAYED: f64 = 0.15;

const LEAST_SHARE: f64 = 0.02;

pub(super) fn find(case: &Case<'_>) -> Vec<Finding> {
    // Clipping moves few rows: the test of drift may not see it.
    let open = case.columns.iter().filter(|column| !column.clock && !case.is_claimed(&column.name));
    let abrupt = open.filter(|column| !season::is_gradual(case, &column.name));
    abrupt.filter_map(|column| clipped(column).map(|limit| finding(case, column, &limit))).collect()
}

struct Limit {
    value: f64,
    upper: bool,
    /// Share of the rows now at the limit; of the reference at it, and beyond it.
    now: f64,
    at: f64,
    beyond: f64,
}

fn clipped(column: &Compared) -> Option<Limit> {
    let (before, now) = column.numbers()?;
    let holds = |limit: &Limit| limit.holds() && rest_stayed(before, now, limit);
    [true, false].into_iter().map(|upper| limit(before, now, upper)).find(holds)
}

/// Whether the reference, cut off at the limit, is what the column is now: else it moved, and piles up by chance.
fn rest_stayed(before: &Numbers, now: &Numbers, limit: &Limit) -> bool {
    let cut = |value: &f64| if limit.upper { value.min(limit.value) } else { value.max(limit.value) };
    let cut = Numbers { sorted: before.sorted.iter().map(cut).collect(), missing: before.missing };
    distance(&cut, now, 1.0, 0.0) <= STAYED * before.spread()
}

fn limit(before: &Numbers, now: &Numbers, upper: bool) -> Limit {
    let value = if upper { now.most() } else { now.least() };
    let (below, up_to) = before.place(value);
    let outside = if upper { before.sorted.len() - up_to } else { below };
    let beyond = outside as f64 / before.sorted.len() as f64;
    Limit { value, upper, now: now.share_at(value), at: before.share_at(value), beyond }
}

impl Limit {
    /// Whether the rows beyond the limit are now at it, give or take a third.
    fn holds(&self) -> bool {
        let expected = self.at + self.beyond;
        let fits = (self.now - expected).abs() <= expected / 3.0;
        self.now >= LEAST_SHARE && self.beyond >= LEAST_SHARE && self.now > 2.0 * self.at && fits
    }
}

fn finding(case: &Case<'_>, column: &Compared, limit: &Limit) -> Finding {
    let (name, value) = (&column.name, number(limit.value));
    let (side, past) = if limit.upper { ("above", "at most") } else { ("below", "at least") };
    let (now, beyond) = (percent(limit.now), percent(limit.beyond));
    Finding {
        kind: Kind::Clipping,
        columns: vec![name.clone()],
        subject: name.clone(),
        title: format!("`{name}` is cut off at {value}"),
        explanation: format!(
            "`{name}` is now {past} {value}, and exactly that in {now} of the rows; {beyond} of the reference's were {side} it."
        ),
        evidence: vec![
            Fact::of(format!("share at {value} now"), now.clone(), column.now.rows()),
            Fact::of(format!("share {side} {value} before"), beyond.clone(), column.before.rows()),
        ],
        strength: 0.9,
        importance: column.importance,
        cost: case.cost_of_columns(std::slice::from_ref(name)),
        recorded: None,
    }
}
