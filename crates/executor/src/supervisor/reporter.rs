//! Writes down and tells what happened.

use std::{
    fs::File,
    io::Write,
    os::unix::net::UnixStream,
    sync::{Mutex, MutexGuard},
};

use crate::{
    Ended,
    record::{self, Entry, Process},
    wire::{self, Event},
};

/// The record in the supervisor's folder, and the engines that listen.
pub(crate) struct Reporter {
    record: File,
    engines: Mutex<Vec<Box<dyn Write + Send>>>,
}

/// What a new listener reads first, so that it knows that it misses nothing from here on.
const WELCOME: &[u8] = b"\n";

impl Reporter {
    pub(crate) fn new(record: File, engine: File) -> Self {
        Self { record, engines: Mutex::new(vec![Box::new(engine)]) }
    }

    /// One more that listens.
    pub(crate) fn add(&self, mut engine: UnixStream) -> bool {
        let mut engines = self.engines();
        let welcomed = engine.write_all(WELCOME).is_ok();
        if welcomed {
            engines.push(Box::new(engine));
        }
        welcomed
    }

    pub(crate) fn started(&self, id: &str, process: Process) {
        self.note(&Entry::Started { id: id.to_owned(), process });
        self.say(&Event::Started { id: id.to_owned() });
    }

    pub(crate) fn refused(&self, id: &str, why: String) {
        self.say(&Event::Refused { id: id.to_owned(), why });
    }

    pub(crate) fn ended(&self, id: &str, ended: Ended) {
        self.note(&Entry::Ended { id: id.to_owned(), ended: ended.clone() });
        self.say(&Event::Ended { id: id.to_owned(), ended });
    }

    pub(crate) fn closed(&self) {
        self.note(&Entry::Closed);
    }

    /// Tells all that listen; one that cannot be told is forgotten.
    pub(crate) fn say(&self, event: &Event) {
        let line = wire::line(event).expect("events are plain data");
        self.engines().retain_mut(|engine| engine.write_all(&line).is_ok());
    }

    fn note(&self, entry: &Entry) {
        // On a full disk the engine still hears of it. When it dies as well, the run is discarded and done again.
        let _ = record::append(&self.record, entry);
    }

    fn engines(&self) -> MutexGuard<'_, Vec<Box<dyn Write + Send>>> {
        self.engines.lock().expect("a thread that panics takes the process with it")
    }
}
