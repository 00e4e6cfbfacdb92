//! Holding pairs of keys and values against those that are here.

use std::collections::HashMap;

use rusqlite::{Params, Transaction};

use crate::Error;

/// Keys and values.
pub(super) type Pairs = Vec<(String, String)>;

/// How much of a value is shown.
const SHOWN: usize = 60;

/// The keys and values that a statement finds.
pub(super) fn pairs(
    transaction: &Transaction<'_>,
    sql: &str,
    values: impl Params,
) -> Result<HashMap<String, String>, Error> {
    let mut statement = transaction.prepare_cached(sql)?;
    let found = statement.query_map(values, |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// Says what of theirs has another value here.
pub(super) fn differing(
    what: &str,
    theirs: &[(String, String)],
    ours: &HashMap<String, String>,
    problems: &mut Vec<String>,
) {
    for (key, value) in theirs {
        if let Some(here) = ours.get(key).filter(|here| *here != value) {
            problems.push(other(&format!("{what} `{key}`"), here, value));
        }
    }
}

/// Whether any of theirs is not here.
pub(super) fn has_more(theirs: &[(String, String)], ours: &HashMap<String, String>) -> bool {
    theirs.iter().any(|(key, _)| !ours.contains_key(key))
}

/// Says that something is another here.
pub(super) fn other(what: &str, here: &str, theirs: &str) -> String {
    format!("{what} is {} here and {} there", shown(here), shown(theirs))
}

/// The same, unless it is the same.
pub(super) fn check(what: &str, here: &str, theirs: &str, problems: &mut Vec<String>) {
    if here != theirs {
        problems.push(other(what, here, theirs));
    }
}

fn shown(value: &str) -> String {
    let cut: String = value.chars().take(SHOWN).collect();
    let more = if cut.len() < value.len() { "…" } else { "" };
    format!("`{cut}{more}`")
}
