//! Tags of runs.

use crate::{
    Error, Pending, Tracking, checks,
    metrics::Found,
    runs::{NAME_TAG, find_active, touch},
    writer::Writing,
};

impl Tracking {
    /// Sets a tag of a run.
    pub fn set_tag(&self, run_id: &str, key: &str, value: &str) -> Pending<()> {
        let tag = match checked(key, value, "") {
            Ok(tag) => tag,
            Err(error) => return Pending::refused(error),
        };
        let run_id = run_id.to_owned();
        self.write(move |writing| {
            let run = find_active(writing, &run_id)?;
            set(writing, run, &tag.0, &tag.1)?;
            touch(writing, run.row)
        })
    }

    /// Deletes a tag of a run.
    pub fn delete_tag(&self, run_id: &str, key: &str) -> Pending<()> {
        let (run_id, key) = (run_id.to_owned(), key.to_owned());
        self.write(move |writing| {
            let run = find_active(writing, &run_id)?;
            let sql = "DELETE FROM tags WHERE run = ?1 AND key = ?2";
            match writing.transaction.prepare_cached(sql)?.execute((run.row, &key))? {
                0 => Err(Error::missing(format!("No tag with name: {key} in run with id {run_id}"))),
                _ => touch(writing, run.row),
            }
        })
    }
}

/// A tag that may be set. `at` is where it stands in the request.
pub(super) fn checked(key: &str, value: &str, at: &str) -> Result<(String, String), Error> {
    let key_at = if at.is_empty() { "key".to_owned() } else { format!("{at}.key") };
    checks::key(key, &key_at)?;
    checks::length(&key_at, checks::KEY, key)?;
    Ok((key.to_owned(), checks::cut(checks::TAG, value).to_owned()))
}

/// Sets a tag. The tag of the name sets the name too.
pub(super) fn set(writing: &Writing<'_>, run: Found, key: &str, value: &str) -> Result<(), Error> {
    if key == NAME_TAG { set_name(writing, run, value) } else { put(writing, run, key, value) }
}

/// Sets the name of a run. Nothing is no name, and changes nothing.
pub(super) fn set_name(writing: &Writing<'_>, run: Found, name: &str) -> Result<(), Error> {
    if name.is_empty() {
        return Ok(());
    }
    let sql = "UPDATE runs SET name = ?2 WHERE id = ?1";
    writing.transaction.prepare_cached(sql)?.execute((run.row, name))?;
    put(writing, run, NAME_TAG, name)
}

pub(super) fn put(writing: &Writing<'_>, run: Found, key: &str, value: &str) -> Result<(), Error> {
    let sql = "INSERT INTO tags (run, key, value, experiment) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (run, key) DO UPDATE SET value = excluded.value WHERE value <> excluded.value";
    writing.transaction.prepare_cached(sql)?.execute((run.row, key, value, run.experiment))?;
    Ok(())
}
