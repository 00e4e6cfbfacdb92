//! Journals become segments: read, written as Parquet, registered, and only then removed.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, RecvTimeoutError},
    },
    time::Duration,
};

use base::{Name, Timestamp};
use serving::capture::{Captured, Decoded, Decoder, MAGIC, totals_to_table};
use store::{NewSegment, Store};
use table::Table;

use super::{
    error::Error,
    journal,
    notice::{self, Notice},
    retention,
    writer::{NONE_OPEN, Settings},
};

/// How soon what could not be sealed is tried again.
const RETRY: Duration = Duration::from_secs(10);

/// What ends the source of a segment that holds totals.
const TOTALS: &str = "/totals";

/// Whether a segment holds totals and no rows.
pub(super) fn holds_totals(source: &str) -> bool {
    source.ends_with(TOTALS)
}

/// Seals the closed journals of a service.
pub(super) struct Sealer {
    settings: Settings,
    directory: PathBuf,
    open: Arc<AtomicU64>,
    /// The journals that failed and were told of.
    told: BTreeSet<u64>,
}

impl Sealer {
    pub(super) fn new(settings: Settings, directory: PathBuf, open: Arc<AtomicU64>) -> Self {
        Self { settings, directory, open, told: BTreeSet::new() }
    }

    /// Seals whenever it is told to, until the writer is gone; then what is left.
    pub(super) fn run(mut self, orders: &Receiver<()>) {
        // Sealing may wait; answers may not.
        let _ = rustix::process::nice(10);
        loop {
            self.pass();
            match orders.recv_timeout(RETRY) {
                Ok(()) | Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        self.pass();
    }

    pub(super) fn pass(&mut self) {
        // Read before the list: a journal that is begun in between is newer than this.
        let open = self.open.load(Ordering::Acquire);
        let numbers = journal::list(&self.directory).unwrap_or_default();
        let is_closed = |number: &u64| open == NONE_OPEN || *number < open;
        // With none open one may be begun at any moment, and its number is then known.
        let still = |number: u64| self.open.load(Ordering::Acquire) == number;
        let closed: Vec<u64> =
            numbers.into_iter().filter(is_closed).filter(|number| !still(*number)).collect();
        for number in &closed {
            if let Err(why) = notice::guarded(|| self.seal(*number)) {
                self.complain(*number, why);
            }
        }
        if !closed.is_empty()
            && let Err(why) = notice::guarded(|| self.forget())
        {
            self.complain(0, why);
        }
    }

    fn complain(&mut self, number: u64, why: String) {
        if self.told.insert(number) {
            let (service, journal) = (self.settings.service.clone(), journal::name(number));
            self.tell(&Notice::NotSealed { service, journal, why });
        }
    }

    fn tell(&self, notice: &Notice) {
        notice::tell(&self.settings.observer, notice);
    }

    fn seal(&mut self, number: u64) -> Result<(), Error> {
        let (decoded, torn) = decode(&self.directory.join(journal::name(number)))?;
        let malformed = decoded.malformed;
        let segments = self.segments(number, decoded)?;
        self.settings.store.add_segments(&segments)?;
        journal::remove(&self.directory, number)?;
        self.told.remove(&number);
        if torn > 0 || malformed > 0 {
            let (service, journal) = (self.settings.service.clone(), journal::name(number));
            self.tell(&Notice::Torn { service, journal, bytes: torn, malformed });
        }
        Ok(())
    }

    /// Writes the objects; each is whole and on disk before anything names it.
    pub(super) fn segments(&self, number: u64, decoded: Decoded) -> Result<Vec<NewSegment>, Error> {
        let source = journal::name(number);
        let mut segments = Vec::new();
        let last = decoded.captured.last().map(|captured| About::of(captured, &self.settings.service));
        for (place, captured) in decoded.captured.into_iter().enumerate() {
            if let Some(spans) = Spans::of(&captured, self.settings.event_time.as_deref()) {
                let about = About::of(&captured, &self.settings.service);
                let object = stored(&captured.into_table()?, &self.settings.store)?;
                segments.push(about.segment(object, spans, format!("{source}/{place}")));
            }
        }
        if let (Some((_, first)), Some((_, until))) = (decoded.totals.first(), decoded.totals.last()) {
            let span = (first.from, until.until.max(first.from));
            let about = last.unwrap_or_else(|| About::unknown(&self.settings));
            let object = stored(&totals_to_table(&decoded.totals)?, &self.settings.store)?;
            segments.push(about.segment(
                object,
                Spans { event: span, received: span },
                format!("{source}{TOTALS}"),
            ));
        }
        Ok(segments)
    }

    fn forget(&self) -> Result<(), Error> {
        let forgotten = retention::forget(&self.settings)?;
        if !forgotten.is_empty() {
            let (service, segments) = (self.settings.service.clone(), forgotten.len() as u64);
            self.tell(&Notice::Forgotten { service, segments, objects: forgotten });
        }
        Ok(())
    }
}

/// A journal's whole frames, and the bytes after them.
pub(super) fn decode(path: &Path) -> Result<(Decoded, u64), Error> {
    let bytes = fs::read(path).map_err(Error::io("read", path))?;
    let mut decoder = Decoder::new(0);
    let Some(frames) = bytes.strip_prefix(MAGIC.as_slice()) else {
        // A process may have been killed before it had written even this.
        let begun = MAGIC.starts_with(&bytes);
        return if begun { Ok((decoder.finish(), 0)) } else { Err(Error::NotAJournal(path.to_owned())) };
    };
    let whole = decoder.read(frames).whole;
    Ok((decoder.finish(), (frames.len() - whole) as u64))
}

/// An object in the store and its size.
type Stored = (base::Hash, u64);

fn stored(table: &Table, store: &Store) -> Result<Stored, Error> {
    let file = store.temporary();
    data::write_table(table, file.path())?;
    let bytes = fs::read(file.path()).map_err(Error::io("read", file.path()))?;
    Ok((store.put_bytes(&bytes)?, bytes.len() as u64))
}

/// The first and last event and receipt, in microseconds since 1970.
struct Spans {
    event: (i64, i64),
    received: (i64, i64),
}

impl Spans {
    fn of(captured: &Captured, event_time: Option<&str>) -> Option<Self> {
        let failed = captured.failures.iter().map(|failure| failure.received);
        let events = captured.event_times(event_time).into_iter().chain(failed.clone());
        let received = captured.received.iter().copied().chain(failed);
        Some(Self { event: span(events)?, received: span(received)? })
    }
}

fn span(times: impl Iterator<Item = i64>) -> Option<(i64, i64)> {
    times.fold(None, |span: Option<(i64, i64)>, time| {
        let (first, last) = span.unwrap_or((time, time));
        Some((first.min(time), last.max(time)))
    })
}

/// Whose requests a segment holds.
struct About {
    service: Name,
    model: Name,
    version: u64,
    rows: u64,
}

impl About {
    fn of(captured: &Captured, service: &Name) -> Self {
        let header = &captured.header;
        Self {
            service: service.clone(),
            model: header.model.parse().unwrap_or_else(|_| service.clone()),
            version: header.version.parse().unwrap_or(0),
            rows: (captured.rows() + captured.failures.len()) as u64,
        }
    }

    /// Nothing was recorded, only counted.
    fn unknown(settings: &Settings) -> Self {
        let model = settings.recorder.settings().model.parse().unwrap_or_else(|_| settings.service.clone());
        Self { service: settings.service.clone(), model, version: 0, rows: 0 }
    }

    fn segment(self, (object, bytes): Stored, spans: Spans, source: String) -> NewSegment {
        let rows = if holds_totals(&source) { 0 } else { self.rows };
        NewSegment {
            service: self.service,
            object,
            model: self.model,
            version: self.version,
            first: Timestamp::from_micros(spans.event.0),
            last: Timestamp::from_micros(spans.event.1),
            received_first: Timestamp::from_micros(spans.received.0),
            received_last: Timestamp::from_micros(spans.received.1),
            rows,
            bytes,
            source,
        }
    }
}
