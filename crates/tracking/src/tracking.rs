use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use rusqlite::Transaction;

use crate::{
    Error, Settings,
    database::{self, Readers},
    metrics::Memory,
    pending::Pending,
    writer::{Writer, Writing},
};

/// A tracking directory that this process alone writes to. A clone is the same one.
#[derive(Clone)]
pub struct Tracking(Arc<Shared>);

struct Shared {
    settings: Settings,
    readers: Readers,
    unfolded: Arc<AtomicBool>,
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
        let unfolded = Arc::new(AtomicBool::new(false));
        let memory = Memory::load(&connection, Arc::clone(&unfolded))?;
        let writer = Writer::start(connection, memory, Arc::clone(&settings.clock))?;
        let readers = Readers::of(&path);
        let (writer, lock) = (Some(writer), Some(lock));
        Ok(Self(Arc::new(Shared { settings, readers, unfolded, writer, _lock: lock })))
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
        Ok(Self(Arc::new(Shared { settings, readers, unfolded, writer: None, _lock: None })))
    }

    /// What it was opened with.
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// Queues a write; what it resolves to is on the disk.
    pub(crate) fn write<T: Send + 'static>(
        &self,
        body: impl FnOnce(&mut Writing<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Pending<T> {
        match &self.0.writer {
            Some(writer) => writer.write(body),
            None => Pending::refused(Error::internal("write", "the directory is open for reading only")),
        }
    }

    /// Reads from one state, with all that was acknowledged before. It may wait for the disk: never on an async thread.
    pub(crate) fn read<T>(
        &self,
        body: impl FnOnce(&Transaction<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.0.readers.read(body)
    }

    /// Like [`Tracking::read`], for whoever reads the latest metrics from their table.
    pub(crate) fn read_settled<T>(
        &self,
        body: impl FnOnce(&Transaction<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        if self.0.unfolded.load(Ordering::Acquire) {
            self.write(|writing| Memory::fold(writing)).wait()?;
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
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::internal(
            &format!(
                "open {}: another Kaizen has it open; stop that one, or use another directory (--data DIR)",
                directory.display()
            ),
            "its lock is held",
        )),
        Err(TryLockError::Error(error)) => {
            Err(Error::internal(&format!("lock {}: {error}", path.display()), error))
        }
    }
}
