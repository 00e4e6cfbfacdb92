//! A column that says one thing only, and used to say many: a sensor that hangs, a default that took over.

use crate::cause::{
    case::Case,
    compared::{Categories, Compared},
    finding::{Finding, number, percent},
    found::{Fact, Kind},
};

const LEAST_ROWS: usize = 30;

pub(super) fn find(case: &Case<'_>) -> Vec<Finding> {
    let open = case.open().filter_map(|column| stuck(column).map(|value| finding(case, column, &value)));
    open.collect()
}

/// The one value that is left, its share now, and its share before.
struct Stuck {
    value: String,
    now: f64,
    before: f64,
}

fn stuck(column: &Compared) -> Option<Stuck> {
    let stuck = match (column.numbers(), column.categories()) {
        (Some((before, now)), _) if now.sorted.len() >= LEAST_ROWS => {
            let (value, share) = now.commonest();
            Stuck { value: number(value), now: share, before: before.share_at(value) }
        }
        (_, Some((before, now))) if now.total >= LEAST_ROWS => {
            let value = commonest(now)?;
            Stuck { now: now.share(&value), before: before.share(&value), value }
        }
        _ => return None,
    };
    (stuck.now >= 0.99 && stuck.before < 0.9).then_some(stuck)
}

fn commonest(categories: &Categories) -> Option<String> {
    categories.counts.iter().max_by_key(|(_, count)| **count).map(|(name, _)| name.clone())
}

fn finding(case: &Case<'_>, column: &Compared, stuck: &Stuck) -> Finding {
    let (name, value) = (&column.name, &stuck.value);
    let (before, now) = (percent(stuck.before), percent(stuck.now));
    Finding {
        kind: Kind::StuckValue,
        columns: vec![name.clone()],
        subject: name.clone(),
        title: format!("`{name}` is stuck at {value}"),
        explanation: format!(
            "`{name}` is {value} in {now} of the rows; it was in {before} of the reference's."
        ),
        evidence: vec![
            Fact::of(format!("share of {value} before"), before.clone(), column.before.rows()),
            Fact::of(format!("share of {value} now"), now.clone(), column.now.rows()),
        ],
        strength: 0.95 * (1.0 - stuck.before).sqrt(),
        importance: column.importance,
        cost: case.cost_of_columns(std::slice::from_ref(name)),
        recorded: None,
    }
}
