//! What MLflow's database must have to be read here, whatever revision of its schema it is.

use std::{collections::HashSet, path::Path};

use rusqlite::{Connection, OptionalExtension as _};

use crate::import::{Error, LeftOut};

/// The revisions that MLflow's migrations made from 2.4 to 3.12, oldest first. This release was tried with the last, and
/// needs nothing that is not in all of them.
const KNOWN: [&str; 35] = [
    "7f2a7d5fae7d",
    "2d6e25af4d3e",
    "acf3f17fdcc7",
    "867495a8f9d4",
    "5b0e9adcef9c",
    "4465047574b1",
    "f5a4f2784254",
    "0584bdc529eb",
    "400f98739977",
    "6953534de441",
    "bda7b8c39065",
    "cbc13b556ace",
    "770bee3ae1dd",
    "a1b2c3d4e5f6",
    "de4033877273",
    "1a0cddfcaa16",
    "534353b11cbc",
    "71994744cf8e",
    "3da73c924c2f",
    "bf29a5ff90ea",
    "1bd49d398cd23",
    "b7c8d9e0f1a2",
    "5d2d30f0abce",
    "c9d4e5f6a7b8",
    "2c33131f4dae",
    "d3e4f5a6b7c8",
    "d0e1f2a3b4c5",
    "c8d9e0f1a2b3",
    "1b5f0d9ad7c1",
    "e1f2a3b4c5d6",
    "76601a5f987d",
    "c3d6457b6d8a",
    "a5b4c3d2e1f0",
    "ae8bbe7743c9",
    "7d34483879f0",
];

/// A table that is read, and the columns without which it cannot be.
struct Table {
    name: &'static str,
    is_needed: bool,
    columns: &'static [&'static str],
}

const fn needed(name: &'static str, columns: &'static [&'static str]) -> Table {
    Table { name, is_needed: true, columns }
}

const fn newer(name: &'static str, columns: &'static [&'static str]) -> Table {
    Table { name, is_needed: false, columns }
}

const TABLES: [Table; 19] = [
    needed("experiments", &["experiment_id", "name", "artifact_location", "lifecycle_stage"]),
    needed("experiment_tags", &["experiment_id", "key", "value"]),
    needed(
        "runs",
        &[
            "run_uuid",
            "name",
            "user_id",
            "status",
            "start_time",
            "end_time",
            "lifecycle_stage",
            "artifact_uri",
            "experiment_id",
        ],
    ),
    needed("tags", &["run_uuid", "key", "value"]),
    needed("params", &["run_uuid", "key", "value"]),
    needed("metrics", &["run_uuid", "key", "value", "timestamp", "step", "is_nan"]),
    needed("latest_metrics", &["run_uuid", "key", "value", "timestamp", "step", "is_nan"]),
    needed("registered_models", &["name", "creation_time", "last_updated_time", "description"]),
    needed("registered_model_tags", &["name", "key", "value"]),
    needed(
        "model_versions",
        &[
            "name",
            "version",
            "creation_time",
            "last_updated_time",
            "description",
            "user_id",
            "current_stage",
            "source",
            "run_id",
            "status",
            "status_message",
        ],
    ),
    needed("model_version_tags", &["name", "version", "key", "value"]),
    newer("registered_model_aliases", &["name", "alias", "version"]),
    newer(
        "datasets",
        &[
            "dataset_uuid",
            "name",
            "digest",
            "dataset_source_type",
            "dataset_source",
            "dataset_schema",
            "dataset_profile",
        ],
    ),
    newer("inputs", &["input_uuid", "source_type", "source_id", "destination_type", "destination_id"]),
    newer("input_tags", &["input_uuid", "name", "value"]),
    newer(
        "logged_models",
        &[
            "model_id",
            "experiment_id",
            "name",
            "artifact_location",
            "creation_timestamp_ms",
            "last_updated_timestamp_ms",
            "status",
            "lifecycle_stage",
            "model_type",
            "source_run_id",
            "status_message",
        ],
    ),
    newer("logged_model_params", &["model_id", "param_key", "param_value"]),
    newer("logged_model_tags", &["model_id", "tag_key", "tag_value"]),
    newer(
        "logged_model_metrics",
        &[
            "model_id",
            "metric_name",
            "metric_timestamp_ms",
            "metric_step",
            "metric_value",
            "experiment_id",
            "run_id",
            "dataset_name",
            "dataset_digest",
        ],
    ),
];

/// Tables that say nothing about anybody's work: which revision it is, and the workspaces there are.
const SILENT: [&str; 2] = ["alembic_version", "workspaces"];

pub(super) fn is_known(revision: &str) -> bool {
    KNOWN.contains(&revision)
}

/// The revision, and all tables with their columns.
pub(super) fn read(
    connection: &Connection,
    path: &Path,
) -> Result<(String, HashSet<(String, String)>), Error> {
    let sql = "SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c
        WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite!_%' ESCAPE '!'";
    let mut columns = connection.prepare(sql)?;
    let columns = columns.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let columns: HashSet<(String, String)> = columns.collect::<Result<_, _>>()?;
    let revision = if columns.contains(&pair("alembic_version", "version_num")) {
        let sql = "SELECT version_num FROM alembic_version LIMIT 1";
        connection.query_row(sql, [], |row| row.get(0)).optional()?
    } else {
        None
    };
    let revision: String = revision.unwrap_or_default();
    if let Some(problem) = missing(&columns, &revision) {
        return Err(Error::Schema { path: path.to_owned(), problem });
    }
    Ok((revision, columns))
}

fn pair(table: &str, column: &str) -> (String, String) {
    (table.to_owned(), column.to_owned())
}

fn missing(columns: &HashSet<(String, String)>, revision: &str) -> Option<String> {
    for table in &TABLES {
        let is_there = columns.iter().any(|(of, _)| of == table.name);
        let lacking = table.columns.iter().find(|column| !columns.contains(&pair(table.name, column)));
        let what = match lacking {
            Some(_) if !is_there && table.is_needed => format!("it has no table `{}`", table.name),
            Some(column) if is_there => format!("its table `{}` has no column `{column}`", table.name),
            _ => continue,
        };
        return Some(format!("{what}{}", said(revision)));
    }
    None
}

fn said(revision: &str) -> String {
    if revision.is_empty() {
        return ", and no table `alembic_version` says which of MLflow's schemas it has".to_owned();
    }
    let (oldest, newest) = (KNOWN[0], KNOWN[KNOWN.len() - 1]);
    if is_known(revision) {
        return format!(". It says that its schema is {revision}, which has it: the database is damaged");
    }
    format!(
        ". Its schema is {revision}; this release knows {oldest} (MLflow 2.4) to {newest} (MLflow 3.12). An older one is \
         brought up to date by: mlflow db upgrade sqlite:///FILE; for a later one use a later kaizen"
    )
}

/// What is in tables that are not read.
pub(super) fn left_out(
    connection: &Connection,
    columns: &HashSet<(String, String)>,
) -> Result<Vec<LeftOut>, Error> {
    let mut tables: Vec<&str> = columns.iter().map(|(table, _)| table.as_str()).collect();
    tables.sort_unstable();
    tables.dedup();
    tables.retain(|table| !SILENT.contains(table) && TABLES.iter().all(|known| known.name != *table));
    let mut left_out = Vec::new();
    for table in tables {
        // A table cannot be a bound value.
        let sql = format!("SELECT count(*) FROM \"{}\"", table.replace('"', "\"\""));
        let rows: u32 = connection.query_row(&sql, [], |row| row.get(0))?;
        if rows > 0 {
            left_out.push(LeftOut { table: table.to_owned(), rows: u64::from(rows) });
        }
    }
    Ok(left_out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named_with_the_revision_and_the_way_out() {
        let mut columns: HashSet<_> = TABLES
            .iter()
            .flat_map(|table| table.columns.iter().map(|column| pair(table.name, column)))
            .collect();
        assert_eq!(missing(&columns, "later"), None);
        columns.remove(&pair("metrics", "step"));
        let problem = missing(&columns, "451aebb31d03").unwrap();
        assert!(
            problem.contains("`metrics` has no column `step`") && problem.contains("451aebb31d03"),
            "{problem}"
        );
        assert!(problem.contains("7d34483879f0") && problem.contains("mlflow db upgrade"), "{problem}");
        assert!(missing(&columns, "").unwrap().contains("alembic_version"));
        assert!(missing(&columns, KNOWN[3]).unwrap().contains("damaged"));
        columns.retain(|(table, _)| table != "metrics" && table != "logged_models");
        assert!(missing(&columns, "x").unwrap().contains("no table `metrics`"));
    }
}
