//! Parameters of runs.

use std::collections::HashSet;

use crate::{
    Error, Pending, Tracking, checks,
    checks::repr,
    metrics::Found,
    runs::{find_active, touch},
    writer::Writing,
};

impl Tracking {
    /// Logs a parameter. It never changes: the same value again is accepted, another is refused.
    pub fn log_param(&self, run_id: &str, key: &str, value: &str) -> Pending<()> {
        let param = match checked(key, value, "") {
            Ok(param) => param,
            Err(error) => return Pending::refused(error),
        };
        let run_id = run_id.to_owned();
        self.write(move |writing| {
            let run = find_active(writing, &run_id)?;
            let (key, value) = param;
            match log(writing, run, &key, &value)? {
                Kept::New => touch(writing, run.row),
                Kept::Same => Ok(()),
                Kept::Other(old) => Err(Error::invalid(format!(
                    "Changing param values is not allowed. Param with key='{key}' was already logged with value='{old}' for run ID='{run_id}'. Attempted logging new value '{value}'."
                ))),
            }
        })
    }
}

/// A parameter that may be logged. `at` is where it stands in the request.
pub(super) fn checked(key: &str, value: &str, at: &str) -> Result<(String, String), Error> {
    let key_at = if at.is_empty() { "key".to_owned() } else { format!("{at}.key") };
    checks::key(key, &key_at)?;
    checks::length("Param key", checks::KEY, key)?;
    Ok((key.to_owned(), checks::cut(checks::PARAM, value).to_owned()))
}

/// Refuses a request that says a parameter twice.
pub(super) fn check_unique(params: &[(String, String)]) -> Result<(), Error> {
    let mut seen = HashSet::new();
    let twice: Vec<String> =
        params.iter().filter(|(key, _)| !seen.insert(key)).map(|(key, _)| repr(key)).collect();
    if twice.is_empty() {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "Duplicate parameter keys have been submitted: [{}]. Please ensure the request contains only one param value per param key.",
        twice.join(", ")
    )))
}

/// Logs all of these, or none.
pub(super) fn log_all(
    writing: &Writing<'_>,
    run_id: &str,
    run: Found,
    params: &[(String, String)],
) -> Result<(), Error> {
    let mut others = Vec::new();
    for (key, value) in params {
        if let Kept::Other(old) = log(writing, run, key, value)? {
            let (key, old, new) = (repr(key), repr(&old), repr(value));
            others.push(format!("{{'key': {key}, 'old_value': {old}, 'new_value': {new}}}"));
        }
    }
    if others.is_empty() {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "Changing param values is not allowed. Params were already logged='[{}]' for run ID='{run_id}'.",
        others.join(", ")
    )))
}

enum Kept {
    New,
    Same,
    Other(String),
}

fn log(writing: &Writing<'_>, run: Found, key: &str, value: &str) -> Result<Kept, Error> {
    let sql =
        "INSERT INTO params (run, key, value, experiment) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";
    let new = writing.transaction.prepare_cached(sql)?.execute((run.row, key, value, run.experiment))?;
    if new == 1 {
        return Ok(Kept::New);
    }
    let sql = "SELECT value FROM params WHERE run = ?1 AND key = ?2";
    let old: String = writing.transaction.prepare_cached(sql)?.query_row((run.row, key), |row| row.get(0))?;
    Ok(if old == value { Kept::Same } else { Kept::Other(old) })
}
