//! MLflow's database, read from one state and never written.

mod experiments;
pub mod location;
mod models;
mod registry;
mod runs;
mod schema;

use std::{collections::HashSet, path::Path, time::Duration};

use rusqlite::{Connection, OpenFlags, Params, Row, types::ValueRef};

use super::{Error, LeftOut, compare::Pairs};

pub(super) use experiments::Experiment;
pub(super) use models::{LoggedModel, ModelPoint};
pub(super) use registry::{ModelVersion, RegisteredModel};
pub(super) use runs::{Dataset, Run};

/// How long to wait for MLflow, when it is just writing.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);
/// How many statements stay prepared.
const PREPARED: usize = 64;

/// A database of MLflow's. All that is read from it is of the time when it was opened.
pub(super) struct Source {
    connection: Connection,
    /// Tables with their columns.
    columns: HashSet<(String, String)>,
    revision: String,
}

impl Source {
    /// Opens it, when it has what is needed.
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let connection = connect(path)?;
        let (revision, columns) = schema::read(&connection, path)?;
        Ok(Self { connection, columns, revision })
    }

    /// What its migrations call its schema.
    pub(super) fn revision(&self) -> &str {
        &self.revision
    }

    pub(super) fn is_known(&self) -> bool {
        schema::is_known(&self.revision)
    }

    /// The tables with something in them for which there is no place here.
    pub(super) fn left_out(&self) -> Result<Vec<LeftOut>, Error> {
        let mut left_out = schema::left_out(&self.connection, &self.columns)?;
        for table in ["experiments", "registered_models"] {
            // Those of other workspaces: there is only one here.
            let here = self.in_workspace(table);
            let sql = format!("SELECT count(*) FROM {table} WHERE NOT ({here})");
            let rows: u32 = self.connection.query_row(&sql, [], |row| row.get(0))?;
            if rows > 0 {
                let table = format!("{table} of other workspaces than `default`");
                left_out.push(LeftOut { table, rows: u64::from(rows) });
            }
        }
        Ok(left_out)
    }

    fn has_table(&self, table: &str) -> bool {
        self.columns.iter().any(|(of, _)| of == table)
    }

    /// The column, or what stands for it in older schemas.
    fn or(&self, table: &str, column: &'static str, instead: &'static str) -> &'static str {
        if self.columns.contains(&(table.to_owned(), column.to_owned())) { column } else { instead }
    }

    /// What leaves out the other workspaces of a table, where it has some.
    fn in_workspace(&self, table: &str) -> &'static str {
        match self.or(table, "workspace", "") {
            "" => "1",
            _ => "workspace = 'default'",
        }
    }

    fn list<T>(
        &self,
        sql: &str,
        values: impl Params,
        of: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, Error> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let found = statement.query_map(values, of)?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    fn pairs(&self, sql: &str, values: impl Params) -> Result<Pairs, Error> {
        self.list(sql, values, |row| Ok((text(row, 0)?, text(row, 1)?)))
    }
}

/// Reads from one state from now on.
fn connect(path: &Path) -> Result<Connection, Error> {
    let failed = |problem: String| Error::Open { path: path.to_owned(), problem };
    let found = path.metadata().map_err(|error| failed(error.to_string()))?;
    if found.is_dir() {
        return Err(failed(
            "it is a directory; name the file, such as mlflow.db. Runs in files (mlruns) go into one first: \
             mlflow migrate-filestore --source DIR --target sqlite:///mlflow.db"
                .to_owned(),
        ));
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(|error| failed(error.to_string()))?;
    let begun = begin(&connection).map_err(|error| failed(problem(&error)))?;
    begun.then_some(connection).ok_or_else(|| failed("it is empty".to_owned()))
}

/// Begins to read from one state, and says whether there is anything.
fn begin(connection: &Connection) -> rusqlite::Result<bool> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(PREPARED);
    connection.execute_batch("BEGIN")?;
    connection.query_row("SELECT count(*) > 0 FROM sqlite_master", [], |row| row.get(0))
}

fn problem(error: &rusqlite::Error) -> String {
    use rusqlite::ErrorCode;

    let hint = match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy) => "; MLflow was writing for half a minute: try again",
        Some(ErrorCode::NotADatabase) => "; it is no SQLite database",
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen) => {
            "; a writer of it was killed and left its journal, which nobody may apply who only reads: let MLflow open it \
             once, or copy it with its -wal or -journal and import the copy"
        }
        _ => "",
    };
    format!("{error}{hint}")
}

/// Text, whatever the column holds; nothing is empty.
fn text(row: &Row<'_>, at: usize) -> rusqlite::Result<String> {
    Ok(some_text(row, at)?.unwrap_or_default())
}

/// Text, whatever the column holds.
fn some_text(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<String>> {
    Ok(match row.get_ref(at)? {
        ValueRef::Null => None,
        ValueRef::Integer(number) => Some(number.to_string()),
        ValueRef::Real(number) => Some(number.to_string()),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
    })
}

/// A number of a metric: nothing is NaN.
fn value(row: &Row<'_>, at: usize) -> rusqlite::Result<f64> {
    Ok(match row.get_ref(at)? {
        ValueRef::Real(number) => number,
        ValueRef::Integer(number) => number as f64,
        ValueRef::Text(bytes) => {
            std::str::from_utf8(bytes).ok().and_then(|text| text.parse().ok()).unwrap_or(f64::NAN)
        }
        ValueRef::Null | ValueRef::Blob(_) => f64::NAN,
    })
}
