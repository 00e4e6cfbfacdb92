use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, atomic::Ordering::Relaxed},
    thread::Thread,
    time::Duration,
};

use base::{Clock, Size, Timestamp};

use super::{
    draft::Draft,
    frame::{self, Kind},
    header::Header,
    id::Ids,
    outcome::Outcome,
    totals::{Counters, Totals},
};
use crate::{
    error::Error,
    infer::{Limits, answer},
    loaded::Loaded,
};

/// What is recorded of a service, and how much of it may be in memory.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The model behind the service.
    pub model: String,
    /// The share of requests that are recorded, from 0 to 1; all of them are counted.
    pub rate: f64,
    /// Records that may wait to be written. Those beyond it are dropped and counted.
    pub buffer: Size,
}

impl Default for Settings {
    fn default() -> Self {
        Self { model: String::new(), rate: 1.0, buffer: Size::bytes(8 << 20) }
    }
}

/// Records the requests of one service. It never waits and never fails a request: when its
/// buffer is full, records are dropped and counted.
///
/// `server` answers through it, `engine` takes what has gathered in it to disk.
pub struct Recorder {
    settings: Settings,
    clock: Arc<dyn Clock>,
    ids: Ids,
    counters: Counters,
    buffer: Mutex<Buffer>,
    writer: OnceLock<Thread>,
}

struct Buffer {
    frames: Vec<u8>,
    /// The loaded models whose headers stand in `frames`.
    headers: Vec<u32>,
    /// When the last batch was taken.
    taken: Timestamp,
}

impl Recorder {
    /// A recorder with an empty buffer.
    pub fn new(settings: Settings, clock: Arc<dyn Clock>) -> Self {
        let now = clock.now();
        let buffer = Buffer { frames: Vec::new(), headers: Vec::new(), taken: now };
        let (ids, counters) = (Ids::new(now), Counters::new());
        Self { settings, clock, ids, counters, buffer: Mutex::new(buffer), writer: OnceLock::new() }
    }

    /// What it was made with.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Notes that a request has arrived whole. An answer that takes longer than `within` counts as a
    /// server error, since its caller was told that there is none.
    pub fn arrive(self: &Arc<Self>, within: Duration) -> Arrival {
        let (received, started) = (self.clock.now(), self.clock.elapsed());
        Arrival { recorder: Arc::clone(self), received, started, within, open: true }
    }

    /// Counts a request that was refused before its body was there.
    pub fn refuse(&self, outcome: Outcome) {
        self.counters.count(outcome, 0);
    }

    /// Wakes this thread when the buffer is half full. The first call counts.
    pub fn wake(&self, writer: Thread) {
        let _ = self.writer.set(writer);
    }

    /// Takes what has gathered since the last call in exchange for `batch`, which is emptied first.
    ///
    /// A batch stands alone: it begins with the headers of its records and ends with the totals,
    /// which this gives too. When nothing was recorded and nothing counted it is empty.
    pub fn take(&self, batch: &mut Vec<u8>) -> Totals {
        batch.clear();
        let now = self.clock.now();
        // Before the records: whatever is counted by now has its record in the buffer.
        let counted = self.counters.take();
        let from = {
            let mut buffer = self.buffer();
            std::mem::swap(&mut buffer.frames, batch);
            buffer.headers.clear();
            std::mem::replace(&mut buffer.taken, now)
        };
        let counts = !counted.is_empty();
        let totals = Totals { from: from.micros(), until: now.micros(), ..counted };
        // Records without a count are of requests that will be counted in a moment.
        if counts || !batch.is_empty() {
            let start = frame::begin(batch, Kind::Totals);
            totals.encode(batch);
            frame::end(batch, start);
        }
        totals
    }

    /// Bytes that wait to be taken.
    pub fn waiting(&self) -> usize {
        self.buffer().frames.len()
    }

    pub(super) fn push(&self, loaded: &Loaded, record: &[u8]) {
        let limit = usize::try_from(self.settings.buffer.get()).unwrap_or(usize::MAX);
        let mut buffer = self.buffer();
        let before = buffer.frames.len();
        if before + record.len() > limit {
            drop(buffer);
            self.counters.dropped.fetch_add(1, Relaxed);
            return;
        }
        if !buffer.headers.contains(&loaded.serial()) {
            buffer.introduce(loaded, &self.settings.model);
        }
        buffer.frames.extend_from_slice(record);
        let crossed = before < limit / 2 && buffer.frames.len() >= limit / 2;
        drop(buffer);
        if let (true, Some(writer)) = (crossed, self.writer.get()) {
            writer.unpark();
        }
    }

    fn buffer(&self) -> MutexGuard<'_, Buffer> {
        // A push that panicked half-way leaves a torn frame at worst, which readers recognise.
        self.buffer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn latency(&self, started: Duration) -> u32 {
        let micros = self.clock.elapsed().saturating_sub(started).as_micros();
        u32::try_from(micros).unwrap_or(u32::MAX)
    }
}

impl Buffer {
    fn introduce(&mut self, loaded: &Loaded, model: &str) {
        let Some(header) = Header::of(loaded, model) else { return };
        let start = frame::begin(&mut self.frames, Kind::Header);
        header.encode(loaded.serial(), &mut self.frames);
        frame::end(&mut self.frames, start);
        self.headers.push(loaded.serial());
    }
}

/// A request that is being answered. One that is dropped unanswered counts as a server error.
pub struct Arrival {
    recorder: Arc<Recorder>,
    received: Timestamp,
    started: Duration,
    within: Duration,
    open: bool,
}

impl Arrival {
    /// Answers the request as [`infer`](crate::infer()) does, and records it with its response.
    ///
    /// The response has the request's id, or one that is made for it.
    ///
    /// # Errors
    /// As [`infer`](crate::infer()).
    pub fn answer(mut self, loaded: &Loaded, body: &[u8], limits: Limits) -> Result<Vec<u8>, Error> {
        let recorder = Arc::clone(&self.recorder);
        let mut draft = Draft::new(&recorder.ids, recorder.settings.rate, self.received, loaded);
        let answered = answer(loaded, body, limits, Some(&mut draft));
        let latency = recorder.latency(self.started);
        let late = Duration::from_micros(u64::from(latency)) > self.within;
        let outcome = match &answered {
            _ if late => Outcome::ServerError,
            Ok(_) => Outcome::Answered,
            Err(error) => error.kind().into(),
        };
        self.open = false;
        match draft.finish(outcome, latency) {
            Some(record) => recorder.push(loaded, record),
            None => {
                recorder.counters.left_out.fetch_add(1, Relaxed);
            }
        }
        // After its record, so that a count never stands for a record that is not there yet.
        recorder.counters.count(outcome, latency);
        answered
    }
}

impl Drop for Arrival {
    fn drop(&mut self) {
        if self.open {
            self.recorder.refuse(Outcome::ServerError);
        }
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Recorder").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl fmt::Debug for Arrival {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Arrival").field("received", &self.received).finish_non_exhaustive()
    }
}
