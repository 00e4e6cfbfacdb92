//! The connection to SQLite, and the two ways through it: [`Database::read`] and [`Database::write`].
//!
//! Statements number their parameters `$1, $2, …`, first uses in order, and keep to the SQL that
//! SQLite and PostgreSQL share, so that each is written once when the second arrives. Only the
//! migrations and the pragmas below are SQLite's own.

#[cfg(test)]
mod tests;

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use crate::{
    Error, migrations,
    waiting::{self, Waiting},
};

/// How long to wait for another process that is writing.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// How much of the database a writer keeps in memory at most.
const CACHE_KIB: i64 = 64 * 1024;

/// After how many pages of 4 KiB the write-ahead log goes into the database: 64 MB.
const CHECKPOINT_PAGES: i64 = 16_000;

/// How many statements stay prepared.
const PREPARED: usize = 64;

pub(crate) struct Database {
    path: PathBuf,
    connection: Mutex<Connection>,
    read_only: bool,
    waiting: Waiting,
}

/// What can go wrong inside a transaction: SQLite refuses, or we do.
pub(crate) enum Fault {
    Sql(rusqlite::Error),
    Refused(Error),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

impl Database {
    /// Opens the database for writing, making it or bringing it up to date first.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = connect(path, flags)?;
        let found = migrations::format(&connection).map_err(opening(path))?;
        refuse_newer(path, found)?;
        prepare_for_writing(&connection).map_err(opening(path))?;
        migrations::migrate(&mut connection).map_err(opening(path))?;
        Ok(Self::over(path, connection, false))
    }

    /// Opens a database that exists, for reading beside the process that writes it.
    pub(crate) fn open_read_only(path: &Path) -> Result<Self, Error> {
        if !path.exists() {
            return Err(Error::NoStore { path: path.to_owned() });
        }
        let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        let found = migrations::format(&connection).map_err(opening(path))?;
        refuse_newer(path, found)?;
        if found < migrations::CURRENT {
            return Err(Error::OlderFormat { path: path.to_owned(), found, known: migrations::CURRENT });
        }
        Ok(Self::over(path, connection, true))
    }

    fn over(path: &Path, connection: Connection, read_only: bool) -> Self {
        connection.set_prepared_statement_cache_capacity(PREPARED);
        Self {
            path: path.to_owned(),
            connection: Mutex::new(connection),
            read_only,
            waiting: Waiting::default(),
        }
    }

    /// Reads from one consistent state, whatever other processes commit meanwhile.
    pub(crate) fn read<T>(
        &self,
        operation: &'static str,
        body: impl FnOnce(&Transaction<'_>) -> Result<T, Fault>,
    ) -> Result<T, Error> {
        let mut connection = self.connection();
        Self::within(&mut connection, TransactionBehavior::Deferred, body)
            .map_err(|fault| self.error(operation, fault))
    }

    /// Runs the body in one transaction that is on disk when this returns `Ok`, and undone otherwise. It
    /// takes along what waits.
    pub(crate) fn write<T>(
        &self,
        operation: &'static str,
        body: impl FnOnce(&Transaction<'_>) -> Result<T, Fault>,
    ) -> Result<T, Error> {
        // Taking the write lock at the start makes waiting possible: a reader that turns writer
        // half-way would be refused at once.
        let mut connection = self.connection();
        // Whoever names a small object put it before, so it waits by now or is written already.
        let notes = self.waiting.notes();
        let written = Self::within(&mut connection, TransactionBehavior::Immediate, |transaction| {
            waiting::write(transaction, &notes)?;
            body(transaction)
        });
        if let (Ok(_), Some((last, _))) = (&written, notes.last()) {
            self.waiting.written(*last);
        }
        written.map_err(|fault| self.error(operation, fault))
    }

    /// Was it opened for reading only?
    pub(crate) fn is_read_only(&self) -> bool {
        self.read_only
    }

    /// What the next write takes along.
    pub(crate) fn waiting(&self) -> &Waiting {
        &self.waiting
    }

    /// A number that changes when another connection commits.
    pub(crate) fn data_version(&self) -> Result<i64, Error> {
        let version = self.connection().pragma_query_value(None, "data_version", |row| row.get(0));
        version.map_err(|source| Error::database("look for changes", &self.path, source))
    }

    fn within<T>(
        connection: &mut Connection,
        behavior: TransactionBehavior,
        body: impl FnOnce(&Transaction<'_>) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let transaction = connection.transaction_with_behavior(behavior)?;
        let value = body(&transaction)?;
        transaction.commit()?;
        Ok(value)
    }

    /// What went wrong during an operation.
    pub(crate) fn error(&self, operation: &'static str, fault: Fault) -> Error {
        match fault {
            Fault::Sql(source) => Error::database(operation, &self.path, source),
            Fault::Refused(error) => error,
        }
    }

    /// Commits without syncs from now on, for a test whose power stays on.
    #[cfg(test)]
    pub(crate) fn stop_syncing(&self) {
        self.connection().pragma_update(None, "synchronous", "OFF").expect("it is a setting");
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        // A thread that panicked inside a transaction rolled it back while unwinding.
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, Error> {
    let connect = || {
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        Ok(connection)
    };
    connect().map_err(opening(path))
}

fn prepare_for_writing(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // Labels come with ids in no order, so that a batch of 500 touches as many pages of their index.
    // Pages kept in memory are not read again, and one that several batches touched is written to the
    // database once: beyond some hundred thousand labels that takes twice as many a second.
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    // Without this a REPLACE would delete rows past the triggers that forbid it.
    connection.pragma_update(None, "recursive_triggers", true)
}

fn refuse_newer(path: &Path, found: i64) -> Result<(), Error> {
    if found > migrations::CURRENT {
        return Err(Error::NewerFormat { path: path.to_owned(), found, known: migrations::CURRENT });
    }
    Ok(())
}

fn opening(path: &Path) -> impl FnOnce(rusqlite::Error) -> Error {
    move |source| Error::database("open the store", path, source)
}
