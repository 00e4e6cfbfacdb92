//! Runs as people ask for them on a command line: the newest, or by a name or a part of an id. `cli` asks.

use rusqlite::Transaction;

use crate::{Error, Tracking, runs::Run};

/// The least of an id that is enough to find it by.
const SHORTEST: usize = 4;

impl Tracking {
    /// The newest runs that are not deleted, newest first; of one experiment by its name or id, or of all.
    ///
    /// # Errors
    /// When there is no such experiment.
    pub fn newest_runs(&self, experiment: Option<&str>, limit: usize) -> Result<Vec<Run>, Error> {
        let ids = self.read(|transaction| match experiment {
            Some(experiment) => newest_of(transaction, experiment, limit),
            None => newest(transaction, limit),
        })?;
        ids.iter().map(|id| self.run(id)).collect()
    }

    /// The runs that a word means, newest first: the one of this id, or else those of this name, or else those whose
    /// id begins with it. Deleted ones are found by their whole id alone.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn runs_called(&self, word: &str, limit: usize) -> Result<Vec<Run>, Error> {
        let ids = self.read(|transaction| called(transaction, word, limit))?;
        ids.iter().map(|id| self.run(id)).collect()
    }
}

fn newest(transaction: &Transaction<'_>, limit: usize) -> Result<Vec<String>, Error> {
    let sql = "SELECT run_id FROM runs WHERE deleted = 0 ORDER BY id DESC LIMIT ?1";
    ids(transaction, sql, (i64::try_from(limit).unwrap_or(i64::MAX),))
}

fn newest_of(transaction: &Transaction<'_>, experiment: &str, limit: usize) -> Result<Vec<String>, Error> {
    let sql =
        "SELECT id FROM experiments WHERE name = ?1 OR experiment_id = ?1 ORDER BY name = ?1 DESC LIMIT 1";
    let mut find = transaction.prepare_cached(sql)?;
    let mut found = find.query_map([experiment], |row| row.get::<_, i64>(0))?;
    let row =
        found.next().ok_or_else(|| Error::missing(format!("there is no experiment `{experiment}`")))??;
    let sql = "SELECT run_id FROM runs WHERE experiment = ?1 AND deleted = 0
        ORDER BY started DESC, run_id LIMIT ?2";
    ids(transaction, sql, (row, i64::try_from(limit).unwrap_or(i64::MAX)))
}

fn called(transaction: &Transaction<'_>, word: &str, limit: usize) -> Result<Vec<String>, Error> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let whole = ids(transaction, "SELECT run_id FROM runs WHERE run_id = ?1", [word])?;
    if !whole.is_empty() {
        return Ok(whole);
    }
    let sql =
        "SELECT run_id FROM runs WHERE name = ?1 AND deleted = 0 ORDER BY started DESC, id DESC LIMIT ?2";
    let named = ids(transaction, sql, (word, limit))?;
    if !named.is_empty() || word.len() < SHORTEST {
        return Ok(named);
    }
    // Above every id that begins with it.
    let end = format!("{word}\u{10ffff}");
    let sql = "SELECT run_id FROM runs WHERE run_id >= ?1 AND run_id < ?2 AND deleted = 0
        ORDER BY started DESC, id DESC LIMIT ?3";
    ids(transaction, sql, (word, end, limit))
}

fn ids(
    transaction: &Transaction<'_>,
    sql: &str,
    values: impl rusqlite::Params,
) -> Result<Vec<String>, Error> {
    let mut statement = transaction.prepare_cached(sql)?;
    let ids = statement.query_map(values, |row| row.get(0))?;
    Ok(ids.collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use base::{FixedClock, Timestamp};
    use tempfile::TempDir;

    use crate::{Code, Settings, Tracking, experiments::NewExperiment, runs::NewRun};

    /// Runs `aa01`, `aa02` and `bb03` of an experiment `late`, of which the first two have one name.
    fn three() -> (Tracking, TempDir) {
        let directory = tempfile::tempdir().unwrap();
        let clock = Arc::new(FixedClock::at(Timestamp::from_micros(5_000_000)));
        let tracking = Tracking::open(Settings::of(directory.path(), clock)).unwrap();
        let new = NewExperiment { name: "late".to_owned(), ..NewExperiment::default() };
        let experiment_id = tracking.create_experiment(new).wait().unwrap();
        for (id, name, started) in [("aa01", "tree", 1), ("aa02", "tree", 2), ("bb03", "line", 3)] {
            let (run_id, name) = (Some(id.to_owned()), Some(name.to_owned()));
            let experiment_id = experiment_id.clone();
            let new = NewRun { run_id, name, experiment_id, started, ..NewRun::default() };
            tracking.create_run(new).wait().unwrap();
        }
        (tracking, directory)
    }

    fn called(tracking: &Tracking, word: &str) -> Vec<String> {
        tracking.runs_called(word, 10).unwrap().into_iter().map(|run| run.info.run_id).collect()
    }

    #[test]
    fn a_run_is_found_by_its_id_its_name_or_the_beginning_of_its_id() {
        let (tracking, _directory) = three();
        assert_eq!(called(&tracking, "aa01"), ["aa01"]);
        assert_eq!(called(&tracking, "tree"), ["aa02", "aa01"]);
        let long = NewRun { run_id: Some("abcdef01".to_owned()), ..NewRun::default() };
        tracking.create_run(long).wait().unwrap();
        assert_eq!(called(&tracking, "abcd"), ["abcdef01"]);
        for word in ["abc", "abcdef02", "aa0", "%", ""] {
            assert!(called(&tracking, word).is_empty(), "{word}");
        }
        assert_eq!(tracking.runs_called("tree", 1).unwrap().len(), 1);
    }

    #[test]
    fn a_deleted_run_is_found_by_its_whole_id_alone() {
        let (tracking, _directory) = three();
        tracking.delete_run("aa02").wait().unwrap();
        assert_eq!(called(&tracking, "tree"), ["aa01"]);
        assert_eq!(called(&tracking, "aa02"), ["aa02"]);
        assert_eq!(tracking.newest_runs(None, 10).unwrap().len(), 2);
    }

    #[test]
    fn the_newest_runs_come_first_of_one_experiment_or_of_all() {
        let (tracking, _directory) = three();
        tracking.create_run(NewRun { run_id: Some("cc04".to_owned()), ..NewRun::default() }).wait().unwrap();
        let newest = |experiment: Option<&str>, limit| -> Vec<String> {
            let runs = tracking.newest_runs(experiment, limit).unwrap();
            runs.into_iter().map(|run| run.info.run_id).collect()
        };
        assert_eq!(newest(None, 2), ["cc04", "bb03"]);
        assert_eq!(newest(Some("late"), 10), ["bb03", "aa02", "aa01"]);
        assert_eq!(newest(Some("Default"), 10), ["cc04"]);
        assert_eq!(newest(Some("0"), 10), ["cc04"]);
        let unknown = tracking.newest_runs(Some("early"), 10).unwrap_err();
        assert_eq!(unknown.code, Code::ResourceDoesNotExist);
        assert!(unknown.message.contains("`early`"), "{unknown}");
    }
}
