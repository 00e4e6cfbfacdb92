//! Categories that the reference does not know: known ones spelled otherwise, or new ones.

use std::collections::BTreeMap;

use crate::cause::{
    case::Case,
    compared::{Categories, Compared},
    finding::{Finding, number, percent},
    found::{Fact, Kind},
    plant::Plant,
};

/// The least share of the rows, and the least rows, of the new categories together.
const LEAST_SHARE: f64 = 0.005;
const LEAST_ROWS: usize = 10;

/// From this share of rows whose text comes once on, texts are names rather than categories: it is the share of rows
/// with a text never seen before that is to be expected anyway (Good, Biometrika 40, 1953).
const NAMES: f64 = 0.01;

pub(super) fn find(case: &Case<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for column in case.columns.iter().filter(|column| !case.is_claimed(&column.name)) {
        let Some((before, now)) = column.categories() else { continue };
        let new: Vec<&str> = unseen(before, now);
        let rows: usize = new.iter().map(|name| now.counts[*name]).sum();
        let once = before.counts.values().filter(|count| **count == 1).count();
        let names = once as f64 > NAMES * before.total as f64;
        if names || rows < LEAST_ROWS || (rows as f64) < LEAST_SHARE * now.total as f64 {
            continue;
        }
        let renamed = renamed(before, now, &new);
        findings.push(if renamed.len() * 2 > new.len() {
            renaming(case, column, &renamed)
        } else {
            newcomer(case, column, &new, rows)
        });
    }
    findings
}

fn unseen<'a>(before: &Categories, now: &'a Categories) -> Vec<&'a str> {
    let mut new: Vec<&str> =
        now.counts.keys().map(String::as_str).filter(|name| !before.counts.contains_key(*name)).collect();
    new.sort_by_key(|name| std::cmp::Reverse(now.counts[*name]));
    new
}

/// Old name → new name, where the spelling alone differs, or where every name was replaced by one as frequent.
fn renamed(before: &Categories, now: &Categories, new: &[&str]) -> BTreeMap<String, String> {
    let fell = |name: &String| now.share(name) < 0.7 * before.share(name);
    let gone: Vec<&String> = before.counts.keys().filter(|name| fell(name)).collect();
    let spelled = new.iter().filter_map(|name| {
        let old = gone.iter().find(|old| plain(old) == plain(name))?;
        Some(((*old).clone(), (*name).to_owned()))
    });
    let spelled: BTreeMap<String, String> = spelled.collect();
    if !spelled.is_empty() || now.counts.len() != new.len() { spelled } else { by_share(before, now, new) }
}

/// Letters and digits alone, in lower case.
fn plain(name: &str) -> String {
    name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Pairs in order of frequency, when there are as many and each pair's shares are within three standard errors.
fn by_share(before: &Categories, now: &Categories, new: &[&str]) -> BTreeMap<String, String> {
    let mut old: Vec<&String> = before.counts.keys().collect();
    old.sort_by_key(|name| std::cmp::Reverse(before.counts[*name]));
    let near = |old: &String, new: &str| {
        let share = f64::midpoint(before.share(old), now.share(new));
        let error = share * (1.0 - share) * (1.0 / before.total as f64 + 1.0 / now.total as f64);
        (before.share(old) - now.share(new)).abs() <= 3.0 * error.sqrt()
    };
    let all = old.len() == new.len() && old.iter().zip(new).all(|(old, new)| near(old, new));
    if !all {
        return BTreeMap::new();
    }
    old.into_iter().cloned().zip(new.iter().map(|name| (*name).to_owned())).collect()
}

fn renaming(case: &Case<'_>, column: &Compared, names: &BTreeMap<String, String>) -> Finding {
    let name = &column.name;
    let pairs: Vec<String> = names.iter().take(3).map(|(old, new)| format!("`{old}` → `{new}`")).collect();
    let more = if names.len() > 3 { format!(" and {} more", names.len() - 3) } else { String::new() };
    Finding {
        kind: Kind::RenamedCategory,
        columns: vec![name.clone()],
        subject: name.clone(),
        title: format!("categories of `{name}` were renamed"),
        explanation: format!(
            "`{name}` spells categories in another way, {}{more}: to the model they are unknown.",
            pairs.join(", ")
        ),
        evidence: vec![Fact::of("categories renamed", names.len().to_string(), column.now.rows())],
        strength: 0.97,
        importance: column.importance,
        cost: case.cost(&[Plant::Rename { column: name, names }]),
        recorded: None,
    }
}

fn newcomer(case: &Case<'_>, column: &Compared, new: &[&str], rows: usize) -> Finding {
    let name = &column.name;
    let share = rows as f64 / column.now.rows().max(1) as f64;
    let inside = loss_of(case, name, new);
    let excess = (inside - case.loss.before).max(0.0) * share;
    let listed: Vec<String> = new.iter().take(3).map(|name| (*name).to_owned()).collect();
    let (listed, share) = (listed.join("`, `"), percent(share));
    Finding {
        kind: Kind::NewCategory,
        columns: vec![name.clone()],
        subject: format!("{name} = {}", new[0]),
        title: format!("`{name}` has a new category, `{listed}`"),
        explanation: format!(
            "{rows} rows ({share}) have a `{name}` that the reference never had, `{listed}`; their loss is {} where it was {}.",
            number(inside),
            number(case.loss.before)
        ),
        evidence: vec![
            Fact::of("rows with a new category", share.clone(), rows),
            Fact::of("their mean loss", number(inside), rows),
            Fact::of("mean loss of the reference", number(case.loss.before), case.evidence.reference.len()),
        ],
        strength: 0.92,
        importance: column.importance,
        cost: Some(excess),
        recorded: None,
    }
}

/// The mean loss of the current rows with one of these categories.
fn loss_of(case: &Case<'_>, name: &str, categories: &[&str]) -> f64 {
    let current = case.evidence.current;
    let Some(column) = current.table.column(name) else { return case.loss.before };
    let inside = (0..current.len())
        .filter(|row| column.values.label(*row).is_some_and(|label| categories.contains(&label.as_str())));
    let losses: Vec<f64> = inside.map(|row| current.loss[row]).filter(|loss| loss.is_finite()).collect();
    stats::mean(&losses).unwrap_or(case.loss.before)
}
