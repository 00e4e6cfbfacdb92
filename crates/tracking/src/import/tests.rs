use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use base::{FixedClock, Timestamp};
use rusqlite::{Connection, params};
use tempfile::TempDir;

use super::{Error, Report, Request, Target, import};
use crate::{Settings, Tracking};

/// A copy of the store that MLflow made (`tests/mlflow/make.py`), and a directory to bring it to.
struct Here {
    directory: TempDir,
}

impl Here {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mlflow/mlflow.db");
        fs::copy(store, directory.path().join("mlflow.db")).unwrap();
        Self { directory }
    }

    fn database(&self) -> PathBuf {
        self.directory.path().join("mlflow.db")
    }

    /// Does something to MLflow's database.
    fn alter(&self, sql: &str) {
        Connection::open(self.database()).unwrap().execute_batch(sql).unwrap();
    }

    fn ask(&self, sql: &str) -> String {
        Connection::open(self.database()).unwrap().query_row(sql, [], |row| row.get(0)).unwrap()
    }

    fn open(&self) -> Tracking {
        let clock = Arc::new(FixedClock::at(Timestamp::from_micros(1)));
        Tracking::open(Settings::of(self.directory.path().join("data"), clock)).unwrap()
    }

    fn try_import(&self) -> Result<Report, Error> {
        let request = Request { database: self.database(), ..Request::default() };
        import(&Target::written(self.open()), &request, &mut |_| ())
    }

    fn import(&self) -> Report {
        self.try_import().unwrap()
    }

    fn run(&self, name: &str) -> String {
        self.ask(&format!("SELECT run_uuid FROM runs WHERE name = '{name}'"))
    }

    /// Logs a long history to a run of MLflow's, as MLflow would.
    fn log(&self, run: &str, key: &str, points: std::ops::Range<i64>) {
        let mut connection = Connection::open(self.database()).unwrap();
        let transaction = connection.transaction().unwrap();
        let sql = "INSERT INTO metrics (key, value, timestamp, run_uuid, step, is_nan) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        for at in points {
            let is_nan = at % 100 == 7;
            let value = if is_nan { 0.0 } else { at as f64 / 3.0 };
            transaction.execute(sql, params![key, value, at / 5, run, at, is_nan]).unwrap();
        }
        transaction.commit().unwrap();
    }
}

fn history(tracking: &Tracking, run: &str, key: &str) -> Vec<(i64, i64, u64)> {
    let points = tracking.metric_history(run, key, None, None).unwrap().metrics();
    points.into_iter().map(|point| (point.timestamp, point.step, point.value.to_bits())).collect()
}

fn logged(points: std::ops::Range<i64>) -> Vec<(i64, i64, u64)> {
    let value = |at: i64| if at % 100 == 7 { f64::NAN } else { at as f64 / 3.0 };
    points.map(|at| (at / 5, at, value(at).to_bits())).collect()
}

#[test]
fn a_long_history_comes_whole_and_is_found_again_point_by_point() {
    let here = Here::new();
    let run = here.run("depth 3");
    here.log(&run, "long", 0..10_000);
    let first = here.import();
    assert_eq!((first.points.new, first.points.same), (first.points.found, 0));
    assert!(first.points.found > 10_000);
    let second = here.import();
    assert!(second.is_unchanged(), "{second:?}");
    assert_eq!(second.points.same, second.points.found);
    assert_eq!(history(&here.open(), &run, "long"), logged(0..10_000));
}

#[test]
fn what_a_killed_import_left_of_a_history_is_filled_up() {
    let here = Here::new();
    let run = here.run("depth 3");
    here.log(&run, "long", 0..10_000);
    let whole = here.import();
    let database = here.directory.path().join("data/tracking.db");
    let damaged = Connection::open(&database).unwrap();
    let lost = "DELETE FROM series WHERE part = 1 OR key = (SELECT id FROM metric_keys WHERE name = 'loss')";
    assert!(damaged.execute(lost, []).unwrap() > 1);
    drop(damaged);
    let again = here.import();
    assert_eq!((again.points.found, again.runs.new), (whole.points.found, 0));
    assert!(again.points.new > 2_000 && again.points.same > 4_000, "{again:?}");
    assert_eq!(again.runs.changed, 2, "{again:?}");
    let tracking = here.open();
    assert_eq!(history(&tracking, &run, "long"), logged(0..10_000));
    assert_eq!(history(&tracking, &run, "loss").len(), 300);
}

#[test]
fn a_run_that_went_on_is_brought_up_to_date() {
    let here = Here::new();
    let run = here.run("still running");
    here.import();
    here.log(&run, "more", 0..10);
    here.alter(&format!(
        "INSERT INTO latest_metrics (key, value, timestamp, step, is_nan, run_uuid) VALUES ('more', 3.0, 1, 9, 0, '{run}');
        INSERT INTO params (key, value, run_uuid) VALUES ('late', '1', '{run}');
        UPDATE runs SET status = 'FINISHED', end_time = 1700000009000 WHERE run_uuid = '{run}'"
    ));
    let report = here.import();
    assert_eq!((report.runs.changed, report.runs.conflicting, report.points.new), (1, 0, 10), "{report:?}");
    let now = here.open().run(&run).unwrap();
    assert_eq!((now.info.status.name(), now.info.end_time), ("FINISHED", Some(1_700_000_009_000)));
    assert_eq!(now.data.params[0].key, "late");
    assert!(now.data.metrics.iter().any(|metric| metric.key == "more" && metric.step == 9));
    assert!(here.import().is_unchanged());
}

#[test]
fn a_parameter_of_another_value_is_a_conflict_and_nothing_of_the_run_is_touched() {
    let here = Here::new();
    let run = here.run("depth 3");
    here.import();
    here.log(&run, "more", 0..10);
    here.alter(&format!("UPDATE params SET value = '4' WHERE key = 'depth' AND run_uuid = '{run}'"));
    let report = here.import();
    assert_eq!((report.runs.conflicting, report.points.new), (1, 0), "{report:?}");
    let conflict = &report.conflicts[0];
    assert_eq!((conflict.kind, &conflict.name), ("run", &run));
    assert_eq!(conflict.problem, "parameter `depth` is `3` here and `4` there");
    let tracking = here.open();
    let depth = tracking.run(&run).unwrap().data.params.into_iter().find(|pair| pair.key == "depth");
    assert_eq!(depth.unwrap().value, "3");
    assert!(history(&tracking, &run, "more").is_empty());
}

#[test]
fn an_older_schema_without_later_tables_and_columns_is_read() {
    let here = Here::new();
    here.alter(
        "DROP INDEX idx_experiments_workspace_creation_time; DROP TABLE logged_model_params; DROP TABLE logged_model_tags; DROP TABLE logged_model_metrics;
        DROP TABLE logged_models; DROP TABLE registered_model_aliases; DROP TABLE input_tags; DROP TABLE inputs;
        DROP TABLE datasets;
        ALTER TABLE experiments DROP COLUMN creation_time; ALTER TABLE experiments DROP COLUMN last_update_time;
        ALTER TABLE runs DROP COLUMN deleted_time;
        ALTER TABLE model_versions DROP COLUMN storage_location; ALTER TABLE model_versions DROP COLUMN run_link;
        UPDATE alembic_version SET version_num = 'acf3f17fdcc7'",
    );
    let report = here.import();
    assert!(report.is_known_schema && report.runs.new == 8 && report.logged_models.found == 0, "{report:?}");
    assert!(here.import().is_unchanged());
}

#[test]
fn a_later_schema_is_read_when_it_has_what_is_needed_and_refused_by_name_when_not() {
    let here = Here::new();
    here.alter(
        "UPDATE alembic_version SET version_num = 'ffffffffffff'; ALTER TABLE runs ADD COLUMN mood TEXT",
    );
    let report = here.import();
    assert_eq!((report.schema.as_str(), report.is_known_schema, report.runs.new), ("ffffffffffff", false, 8));
    here.alter("ALTER TABLE params RENAME COLUMN value TO text");
    let refused = here.try_import().unwrap_err().to_string();
    assert!(refused.contains("`params` has no column `value`"), "{refused}");
    assert!(refused.contains("ffffffffffff") && refused.contains("7d34483879f0"), "{refused}");
}

#[test]
fn other_workspaces_are_counted_and_left() {
    let here = Here::new();
    here.alter("UPDATE experiments SET workspace = 'other' WHERE name = 'gone'");
    let report = here.import();
    assert_eq!((report.experiments.found, report.runs.conflicting), (3, 1), "{report:?}");
    assert!(report.not_imported.iter().any(|left| left.table.contains("other workspaces") && left.rows == 1));
}

#[test]
fn runs_log_on_after_an_import_and_numbers_of_versions_go_on() {
    let here = Here::new();
    let run = here.run("still running");
    here.import();
    let tracking = here.open();
    tracking.log_param(&run, "here", "1").wait().unwrap();
    let new = crate::NewVersion {
        name: "churn".to_owned(),
        source: "s3://b/m".to_owned(),
        ..crate::NewVersion::default()
    };
    assert_eq!(tracking.create_model_version(new).wait().unwrap().version, "5");
    let experiment = crate::experiments::NewExperiment { name: "next".to_owned(), ..Default::default() };
    assert_eq!(tracking.create_experiment(experiment).wait().unwrap(), "4");
    drop(tracking);
    let report = here.import();
    assert!(report.is_unchanged() && !report.has_conflicts(), "{report:?}");
}
