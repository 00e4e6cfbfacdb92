//! Experiments, runs and logged models as another server knows them, for who goes on with them while that one is away.

use rusqlite::{OptionalExtension as _, params};

use crate::{
    Error, NewLoggedModel, Pending, Tracking, experiments, models,
    runs::{self, NewRun},
    writer::Writing,
};

/// An experiment of another server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownExperiment {
    /// What clients call it.
    pub experiment_id: String,
    /// What people call it.
    pub name: String,
    /// Where its artifacts are.
    pub artifact_location: String,
    /// Whether it was deleted.
    pub is_deleted: bool,
}

impl Tracking {
    /// Takes over an experiment, under the id that it has. What was known of it is replaced.
    pub fn adopt_experiment(&self, known: KnownExperiment) -> Pending<()> {
        self.write(move |writing| {
            let transaction = writing.transaction;
            // One that was made here under this name, while the other server's was not known, gives way.
            let sql = "UPDATE experiments SET name = name || ' #' || experiment_id
                WHERE name = ?1 AND experiment_id <> ?2";
            transaction.prepare_cached(sql)?.execute((&known.name, &known.experiment_id))?;
            let sql = "INSERT INTO experiments (experiment_id, name, artifact_location, deleted, created, updated)
                VALUES (?1, ?2, ?3, ?4, ?5, ?5)
                ON CONFLICT (experiment_id) DO UPDATE
                SET name = excluded.name, artifact_location = excluded.artifact_location, deleted = excluded.deleted";
            let values = (
                &known.experiment_id,
                &known.name,
                &known.artifact_location,
                known.is_deleted,
                writing.now,
            );
            transaction.prepare_cached(sql)?.execute(values)?;
            Ok(())
        })
    }

    /// Takes over a run whose artifacts are there. Says whether it was unknown until now.
    pub fn adopt_run(&self, new: NewRun, artifact_uri: String) -> Pending<bool> {
        self.write(move |writing| {
            let Some(run_id) = new.run_id.clone() else { return Err(without_id()) };
            if runs::row_of(writing.transaction, &run_id)?.is_some() {
                return Ok(false);
            }
            ensure(writing, &new.experiment_id)?;
            runs::create(writing, new)?;
            let sql = "UPDATE runs SET artifact_uri = ?2 WHERE run_id = ?1";
            writing.transaction.prepare_cached(sql)?.execute((run_id, artifact_uri))?;
            Ok(true)
        })
    }

    /// Takes over a logged model whose artifacts are there. Says whether it was unknown until now.
    pub fn adopt_logged_model(&self, new: NewLoggedModel, artifact_uri: String) -> Pending<bool> {
        self.write(move |writing| {
            let Some(model_id) = new.model_id.clone() else { return Err(without_id()) };
            let sql = "SELECT id FROM logged_models WHERE model_id = ?1";
            let mut find = writing.transaction.prepare_cached(sql)?;
            let row: Option<i64> = find.query_row([&model_id], |row| row.get(0)).optional()?;
            if row.is_some() {
                return Ok(false);
            }
            ensure(writing, &new.experiment_id)?;
            models::create(writing, &new)?;
            let sql = "UPDATE logged_models SET artifact_location = ?2 WHERE model_id = ?1";
            writing.transaction.prepare_cached(sql)?.execute(params![model_id, artifact_uri])?;
            Ok(true)
        })
    }
}

fn without_id() -> Error {
    Error::internal("take over what another server knows", "it has no id")
}

/// Makes an experiment of this id of which nothing else is known, unless it is there.
fn ensure(writing: &Writing<'_>, experiment_id: &str) -> Result<(), Error> {
    if experiments::find(writing.transaction, experiment_id).is_ok() {
        return Ok(());
    }
    let location = crate::uri::append(&writing.settings.artifact_root, &[experiment_id]);
    let sql = "INSERT INTO experiments (experiment_id, name, artifact_location, created, updated)
        VALUES (?1, 'experiment ' || ?1, ?2, ?3, ?3)";
    writing.transaction.prepare_cached(sql)?.execute((experiment_id, location, writing.now))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use base::{FixedClock, Timestamp};

    use super::KnownExperiment;
    use crate::{NewLoggedModel, Settings, Tracking, experiments::NewExperiment, runs::NewRun};

    fn tracking(directory: &tempfile::TempDir) -> Tracking {
        let clock = Arc::new(FixedClock::at(Timestamp::from_micros(1_000_000)));
        Tracking::open(Settings::of(directory.path(), clock)).unwrap()
    }

    fn known(id: &str, name: &str) -> KnownExperiment {
        KnownExperiment {
            experiment_id: id.to_owned(),
            name: name.to_owned(),
            artifact_location: format!("s3://bucket/{id}"),
            is_deleted: false,
        }
    }

    #[test]
    fn what_is_made_in_an_experiment_that_was_taken_over_lies_where_the_other_server_has_it() {
        let directory = tempfile::tempdir().unwrap();
        let tracking = tracking(&directory);
        tracking.adopt_experiment(known("77", "late")).wait().unwrap();
        let run = NewRun { experiment_id: "77".to_owned(), ..NewRun::default() };
        let run = tracking.create_run(run).wait().unwrap();
        assert_eq!(run.info.artifact_uri, format!("s3://bucket/77/{}/artifacts", run.info.run_id));
        tracking.adopt_experiment(known("0", "Default")).wait().unwrap();
        assert_eq!(tracking.experiment("0").unwrap().artifact_location, "s3://bucket/0");
    }

    #[test]
    fn an_experiment_that_was_made_here_gives_its_name_to_the_other_servers() {
        let directory = tempfile::tempdir().unwrap();
        let tracking = tracking(&directory);
        let new = NewExperiment { name: "late".to_owned(), ..NewExperiment::default() };
        let own = tracking.create_experiment(new).wait().unwrap();
        tracking.adopt_experiment(known("77", "late")).wait().unwrap();
        assert_eq!(tracking.experiment_by_name("late").unwrap().experiment_id, "77");
        assert_eq!(tracking.experiment(&own).unwrap().name, format!("late #{own}"));
    }

    #[test]
    fn a_run_and_a_model_are_taken_over_once_with_their_ids_and_places() {
        let directory = tempfile::tempdir().unwrap();
        let tracking = tracking(&directory);
        let new = NewRun {
            run_id: Some("a".repeat(32)),
            experiment_id: "5".to_owned(),
            name: Some("quick".to_owned()),
            ..NewRun::default()
        };
        assert!(tracking.adopt_run(new.clone(), "s3://b/r".to_owned()).wait().unwrap());
        assert!(!tracking.adopt_run(new, "s3://other".to_owned()).wait().unwrap());
        let run = tracking.run(&"a".repeat(32)).unwrap();
        assert_eq!((run.info.artifact_uri.as_str(), run.info.run_name.as_str()), ("s3://b/r", "quick"));
        let id = format!("m-{}", "b".repeat(32));
        let new = NewLoggedModel {
            model_id: Some(id.clone()),
            experiment_id: "5".to_owned(),
            ..NewLoggedModel::default()
        };
        assert!(tracking.adopt_logged_model(new.clone(), "s3://b/m".to_owned()).wait().unwrap());
        assert!(!tracking.adopt_logged_model(new, "s3://other".to_owned()).wait().unwrap());
        assert_eq!(tracking.logged_model(&id, false).unwrap().info.artifact_uri, "s3://b/m");
    }
}
