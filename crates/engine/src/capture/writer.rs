use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc,
    },
    thread::{self, JoinHandle, Thread},
    time::Duration,
};

use base::{Clock, Name, Size};
use serving::capture::Recorder;
use store::Store;

use super::{
    error::Error,
    journal::{self, Journal},
    notice::{self, Notice, Observer},
    seal::Sealer,
};

const HOUR: i64 = 3_600_000_000;

/// What no journal is numbered: none is open.
pub(super) const NONE_OPEN: u64 = u64::MAX;

/// How a service's traffic is kept.
#[derive(Clone)]
pub struct Settings {
    /// The service.
    pub service: Name,
    /// Where it is kept.
    pub store: Store,
    /// What gathers it.
    pub recorder: Arc<Recorder>,
    /// The input that holds the event time; nothing when the time of receipt is it.
    pub event_time: Option<String>,
    /// How often the buffer is written out; a crash loses what came since.
    pub every: Duration,
    /// The size from which a journal is sealed. Sealing holds a few times this in memory.
    pub journal: Size,
    /// The most that a service's segments may take; the oldest go first.
    pub max_storage: Option<Size>,
    /// How long segments are kept after receipt.
    pub keep: Option<Duration>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Told of what the operator should know.
    pub observer: Observer,
}

impl Settings {
    /// The usual: every second, journals of 8 MiB, everything kept.
    pub fn new(service: Name, store: Store, recorder: Arc<Recorder>, clock: Arc<dyn Clock>) -> Self {
        Self {
            service,
            store,
            recorder,
            event_time: None,
            every: Duration::from_secs(1),
            journal: Size::bytes(8 << 20),
            max_storage: None,
            keep: None,
            clock,
            observer: Arc::new(|_| {}),
        }
    }
}

/// Takes a service's records from its buffer to disk, on threads of its own.
pub struct Writer {
    settings: Settings,
    directory: PathBuf,
    journal: Option<Journal>,
    /// The hour in which the journal was begun.
    hour: i64,
    last_number: u64,
    /// The number of the open journal, for the sealer to leave alone.
    open: Arc<AtomicU64>,
    /// A batch that is not on disk yet.
    batch: Vec<u8>,
    paused: bool,
    sealer: mpsc::Sender<()>,
    stopping: Arc<AtomicBool>,
}

/// A writer that runs; it ends with its handle.
pub struct Handle {
    writer: Option<JoinHandle<()>>,
    sealer: Option<JoinHandle<()>>,
    thread: Thread,
    stopping: Arc<AtomicBool>,
}

impl Writer {
    /// Starts to write, and to seal what an earlier process left.
    ///
    /// # Errors
    /// When the directory of the journals cannot be read or no thread can be started.
    pub fn start(settings: Settings) -> Result<Handle, Error> {
        let directory = journal::directory(&settings.store, &settings.service);
        let last_number = last_number(&settings, &directory)?;
        let (sender, orders) = mpsc::channel();
        let open = Arc::new(AtomicU64::new(NONE_OPEN));
        let stopping = Arc::new(AtomicBool::new(false));
        let sealer = Sealer::new(settings.clone(), directory.clone(), Arc::clone(&open));
        let sealer = spawn("capture sealer", &directory, move || sealer.run(&orders))?;
        let recorder = Arc::clone(&settings.recorder);
        let writer = Self {
            settings,
            directory: directory.clone(),
            journal: None,
            hour: 0,
            last_number,
            open,
            batch: Vec::new(),
            paused: false,
            sealer: sender,
            stopping: Arc::clone(&stopping),
        };
        let writer = spawn("capture writer", &directory, move || writer.run())?;
        let thread = writer.thread().clone();
        recorder.wake(thread.clone());
        Ok(Handle { writer: Some(writer), sealer: Some(sealer), thread, stopping })
    }

    fn run(mut self) {
        while !self.stopping.load(Ordering::Acquire) {
            thread::park_timeout(self.settings.every);
            self.turn();
        }
        // A batch that could not be written before, and then what arrived since.
        self.turn();
        self.turn();
        self.close();
    }

    fn turn(&mut self) {
        if let Err(why) = notice::guarded(|| self.write_gathered()) {
            // The batch is kept and tried again; meanwhile the recorder's buffer fills.
            self.pause(why);
        }
    }

    fn write_gathered(&mut self) -> Result<(), Error> {
        let hour = self.settings.clock.now().micros().div_euclid(HOUR);
        if self.hour != hour {
            self.close();
        }
        if self.batch.is_empty() && !self.gather() {
            return Ok(());
        }
        self.write(hour)?;
        self.batch.clear();
        if std::mem::take(&mut self.paused) {
            self.tell(Notice::Resumed { service: self.settings.service.clone() });
        }
        Ok(())
    }

    /// Takes what has gathered; says whether there is anything to write.
    fn gather(&mut self) -> bool {
        let totals = self.settings.recorder.take(&mut self.batch);
        if totals.dropped > 0 {
            let service = self.settings.service.clone();
            self.tell(Notice::Dropped { service, records: totals.dropped });
        }
        !self.batch.is_empty()
    }

    fn write(&mut self, hour: i64) -> Result<(), Error> {
        if self.journal.is_none() {
            self.begin(hour)?;
        }
        let Some(journal) = &mut self.journal else { return Ok(()) };
        journal.append(&self.batch)?;
        if journal.bytes >= self.settings.journal.get() {
            self.close();
        }
        Ok(())
    }

    fn begin(&mut self, hour: i64) -> Result<(), Error> {
        let now = self.settings.clock.now().micros().unsigned_abs();
        let number = now.max(self.last_number + 1);
        // Before the file is there, so that the sealer never takes it for a closed one.
        self.open.store(number, Ordering::Release);
        self.last_number = number;
        self.journal = Some(Journal::create(&self.directory, number)?);
        self.hour = hour;
        Ok(())
    }

    /// Ends the journal and has it sealed.
    fn close(&mut self) {
        if self.journal.take().is_some() {
            self.open.store(NONE_OPEN, Ordering::Release);
            // The sealer ends after us.
            let _ = self.sealer.send(());
        }
    }

    fn pause(&mut self, why: String) {
        // A new journal is begun when there is room: this one's end may be torn.
        self.close();
        if !std::mem::replace(&mut self.paused, true) {
            self.tell(Notice::Paused { service: self.settings.service.clone(), why });
        }
    }

    fn tell(&self, notice: Notice) {
        notice::tell(&self.settings.observer, &notice);
    }
}

impl Handle {
    /// Writes what has gathered, seals it, and ends.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        self.stopping.store(true, Ordering::Release);
        self.thread.unpark();
        for thread in [self.writer.take(), self.sealer.take()].into_iter().flatten() {
            // A thread that panicked has said so.
            let _ = thread.join();
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.end();
    }
}

/// The highest number of a journal that is or was: a clock that was set back must not number the next below it.
fn last_number(settings: &Settings, directory: &Path) -> Result<u64, Error> {
    let segments = settings.store.segments_after(&settings.service, 0)?;
    let sealed = segments.iter().filter_map(|segment| journal::number_of_source(&segment.source)).max();
    Ok(journal::list(directory)?.last().copied().max(sealed).unwrap_or(0))
}

fn spawn(
    name: &str,
    directory: &Path,
    work: impl FnOnce() + Send + 'static,
) -> Result<JoinHandle<()>, Error> {
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(work)
        .map_err(Error::io("start a thread for", directory))
}

impl std::fmt::Debug for Handle {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Handle").finish_non_exhaustive()
    }
}
