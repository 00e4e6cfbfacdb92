//! The tracking directory: opened by a server or an engine for writing, by commands that only look for reading.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use rusqlite::Transaction;

use crate::{
    Error, Promises, Settings,
    database::{self, Readers},
    experiments,
    metrics::Memory,
    once::{self, Claim},
    pending::Pending,
    runs,
    writer::{Writer, Writing},
};

/// A tracking directory that this process alone writes to. A clone is the same one.
#[derive(Clone)]
pub struct Tracking {
    shared: Arc<Shared>,
    /// Which write this handle is for, when that may be sent again.
    claim: Option<Arc<Claim>>,
}

struct Shared {
    settings: Settings,
    readers: Readers,
    unfolded: Arc<AtomicBool>,
    runs: runs::Cache,
    // Before the lock, so that the last write is done while it is held.
    writer: Option<Writer>,
    _lock: Option<File>,
}

impl Tracking {
    /// Opens the directory, making it first when it is not there.
    ///
    /// # Errors
    /// When another process has it, or it cannot be read and written.
    pub fn open(settings: Settings) -> Result<Self, Error> {
        let directory = &settings.directory;
        let failed = |error: io::Error| {
            Error::internal(&format!("open the tracking directory {}: {error}", directory.display()), error)
        };
        fs::create_dir_all(directory).map_err(failed)?;
        let lock = lock(directory)?;
        let path = directory.join("tracking.db");
        let connection = database::open(&path)?;
        experiments::make_default(&connection, &settings)?;
        once::forget(&connection, settings.clock.now().micros().div_euclid(1_000))?;
        let unfolded = Arc::new(AtomicBool::new(false));
        let memory = Memory::load(&connection, Arc::clone(&unfolded))?;
        let writer = Writer::start(connection, memory, &settings)?;
        let readers = Readers::of(&path);
        let (writer, lock) = (Some(writer), Some(lock));
        let runs = runs::Cache::default();
        let shared = Shared { settings, readers, unfolded, runs, writer, _lock: lock };
        Ok(Self { shared: Arc::new(shared), claim: None })
    }

    /// Opens a directory that another process may be writing to, for reading. It shows what that one wrote up to some
    /// tenths of a second ago.
    ///
    /// # Errors
    /// When there is none.
    pub fn open_read_only(settings: Settings) -> Result<Self, Error> {
        let path = settings.directory.join("tracking.db");
        if !path.exists() {
            return Err(Error::missing(format!("there is no tracking database {}", path.display())));
        }
        let (readers, unfolded) = (Readers::of(&path), Arc::default());
        let runs = runs::Cache::default();
        let shared = Shared { settings, readers, unfolded, runs, writer: None, _lock: None };
        Ok(Self { shared: Arc::new(shared), claim: None })
    }

    /// What it was opened with.
    pub fn settings(&self) -> &Settings {
        &self.shared.settings
    }

    /// Runs that are made when a request first names them.
    pub fn promises(&self) -> &Promises {
        &self.shared.settings.promises
    }

    pub(crate) fn run_cache(&self) -> &runs::Cache {
        &self.shared.runs
    }

    /// Queues a write; what it resolves to is on the disk.
    pub(crate) fn write<T: Send + 'static>(
        &self,
        body: impl FnOnce(&mut Writing<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Pending<T> {
        match self.claim.clone() {
            Some(claim) => self.write_always(move |writing| claim.perform(writing, body)),
            None => self.write_always(body),
        }
    }

    /// The same for what a request does on its way to what it asks for: it is no matter how often.
    pub(crate) fn write_always<T: Send + 'static>(
        &self,
        body: impl FnOnce(&mut Writing<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Pending<T> {
        match &self.shared.writer {
            Some(writer) => writer.write(body),
            None => Pending::refused(Error::internal("write", "the directory is open for reading only")),
        }
    }

    /// The same directory, for the one write that this claims.
    pub(crate) fn claiming(&self, claim: Arc<Claim>) -> Self {
        Self { shared: Arc::clone(&self.shared), claim: Some(claim) }
    }

    /// Reads from one state, with all that was acknowledged before. It may wait for the disk: never on an async thread.
    pub(crate) fn read<T>(
        &self,
        body: impl FnOnce(&Transaction<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.shared.readers.read(body)
    }

    /// Puts what is in memory into its tables, so that whoever opens the directory for reading sees it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn settle(&self) -> Result<(), Error> {
        self.read_settled(|_| Ok(()))
    }

    /// Like [`Tracking::read`], for whoever reads the latest metrics from their table.
    pub(crate) fn read_settled<T>(
        &self,
        body: impl FnOnce(&Transaction<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        if self.shared.unfolded.load(Ordering::Acquire) {
            self.write_always(Memory::fold).wait()?;
        }
        self.read(body)
    }
}

/// The right to write to the directory, until it is dropped or its process ends in any way.
fn lock(directory: &Path) -> Result<File, Error> {
    let path = directory.join("lock");
    let mut options = OpenOptions::new();
    let file = options.read(true).write(true).create(true).truncate(false).open(&path);
    let file = file.map_err(|error| Error::internal(&format!("open {}: {error}", path.display()), error))?;
    // A program that a killed holder was about to start has the lock until it has begun.
    let mut tries = 100;
    let locked = loop {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) if tries > 0 => thread::sleep(Duration::from_millis(10)),
            locked => break locked,
        }
        tries -= 1;
    };
    match locked {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::internal(
            &format!(
                "open {}: another Kaizen has it open; end the `kaizen server` on this directory",
                directory.display()
            ),
            "its lock is held",
        )),
        Err(TryLockError::Error(error)) => {
            Err(Error::internal(&format!("lock {}: {error}", path.display()), error))
        }
    }
}
