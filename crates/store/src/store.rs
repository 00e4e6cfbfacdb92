use std::{
    fmt, fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use base::{Clock, Timestamp};

use crate::{
    Error,
    database::Database,
    error::Context as _,
    files::{Disk, Files},
    objects::{Local, Objects},
};

/// The state of one project. Clones share the same connection.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    dir: PathBuf,
    database: Database,
    objects: Box<dyn Objects>,
    clock: Arc<dyn Clock>,
}

impl Store {
    /// Opens the store in `dir` (a project's `.kaizen`), making it or bringing it up to date first.
    ///
    /// # Errors
    /// When the directory cannot be written, or a later release wrote the store.
    pub fn open(dir: &Path, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        Self::open_on(Box::new(Disk), dir, clock)
    }

    /// The same, with objects on these files.
    pub(crate) fn open_on(files: Box<dyn Files>, dir: &Path, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        let store = Self::prepare(files, dir, clock)?;
        store.restore_pending()?;
        Ok(store)
    }

    /// A store that may still need what is pending to be restored.
    pub(crate) fn prepare(files: Box<dyn Files>, dir: &Path, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        make_directory(dir)?;
        let objects = Local::create(dir, files)?;
        let database = Database::open(&database_path(dir))?;
        Ok(Self::assemble(dir, database, Box::new(objects), clock))
    }

    /// Opens a store that exists, for reading only, while another process may be writing to it.
    ///
    /// # Errors
    /// [`Error::NoStore`] when there is none.
    pub fn open_read_only(dir: &Path, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        let database = Database::open_read_only(&database_path(dir))?;
        let objects = Local::existing(dir, Box::new(Disk));
        Ok(Self::assemble(dir, database, Box::new(objects), clock))
    }

    /// The directory of the store.
    pub fn dir(&self) -> &Path {
        &self.inner.dir
    }

    /// The time, by the clock that it records with.
    pub fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    /// The directory for the logs of steps.
    pub fn runs(&self) -> PathBuf {
        self.inner.dir.join("runs")
    }

    /// A number that differs from the one before when another process has changed the store since.
    ///
    /// It means nothing between two stores, only between two calls on one.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn content_version(&self) -> Result<i64, Error> {
        self.database().data_version()
    }

    fn assemble(dir: &Path, database: Database, objects: Box<dyn Objects>, clock: Arc<dyn Clock>) -> Self {
        let inner = Inner { dir: dir.to_owned(), database, objects, clock };
        Self { inner: Arc::new(inner) }
    }

    pub(crate) fn database(&self) -> &Database {
        &self.inner.database
    }

    pub(crate) fn objects(&self) -> &dyn Objects {
        self.inner.objects.as_ref()
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        self.inner.clock.as_ref()
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Store").field("dir", &self.inner.dir).finish_non_exhaustive()
    }
}

pub(crate) fn database_path(dir: &Path) -> PathBuf {
    dir.join("kaizen.db")
}

/// Makes the directory of a store, with the room for logs, and hides it from git.
fn make_directory(dir: &Path) -> Result<(), Error> {
    let runs = dir.join("runs");
    fs::create_dir_all(&runs).during("create", &runs)?;
    let ignore = dir.join(".gitignore");
    if !ignore.exists() {
        // Beside the project file the store would make every work tree look dirty, and a version
        // records whether it was.
        fs::write(&ignore, "*\n").during("write", &ignore)?;
        let parent = dir.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Disk.sync_directory(parent).during("sync", parent)?;
    }
    Ok(())
}
