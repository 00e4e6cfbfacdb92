//! OpenLineage: what ran on what, told to a catalogue of lineage as it happens (<https://openlineage.io>).
//!
//! The engine opens a [`Lineage`] when the project file has `[lineage]`, tells it of each run that begins and ends,
//! and ends it last. Nothing waits for whoever is told and nothing fails by it: events wait in a bounded queue, a
//! thread of its own delivers them, and what cannot be delivered is counted and said.

mod event;
mod sink;
#[cfg(test)]
mod tests;

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
        mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, channel, sync_channel},
    },
    thread,
    time::Duration,
};

pub(crate) use event::{Dataset, Occurrence, RunEvent, What};
use sink::Sink;

use crate::{Event, engine::Observer};

/// Events that may wait to be delivered.
const QUEUE: usize = 1_000;
/// How long the end waits for those that are still to be delivered.
const PATIENCE: Duration = Duration::from_secs(10);

/// Whoever is told what runs. Dropped without [`Lineage::end`], it delivers what waits for as long as the process lives.
pub(crate) struct Lineage {
    queue: SyncSender<RunEvent>,
    tally: Arc<Tally>,
    /// Closed once the thread has ended.
    ended: Receiver<()>,
}

/// What became of the events.
struct Tally {
    /// Where they go, for people.
    to: String,
    observer: Observer,
    told: AtomicU64,
    delivered: AtomicU64,
    /// Whether it was said that one was not delivered.
    said: AtomicBool,
    /// Whether nobody waits for the rest any more.
    given_up: AtomicBool,
}

impl Lineage {
    /// Starts telling. The observer hears of the first event that is not delivered, and in the end of how many.
    pub(crate) fn open(spec: &spec::Lineage, root: &Path, observer: Observer) -> Self {
        let (sender, queue) = sync_channel(QUEUE);
        let (ending, ended) = channel();
        let mut sink = Sink::new(&spec.to, root);
        let tally = Arc::new(Tally {
            to: sink.to_string(),
            observer,
            told: AtomicU64::new(0),
            delivered: AtomicU64::new(0),
            said: AtomicBool::new(false),
            given_up: AtomicBool::new(false),
        });
        let keeps = Arc::clone(&tally);
        thread::spawn(move || {
            let _ending = ending;
            keeps.deliver(&queue, &mut sink);
        });
        Self { queue: sender, tally, ended }
    }

    /// Tells of a run. It does not wait; when too many wait already, this event is lost and counted.
    pub(crate) fn tell(&self, event: RunEvent) {
        self.tally.told.fetch_add(1, Relaxed);
        match self.queue.try_send(event) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => self.tally.complain("as many wait to be sent as may"),
            Err(TrySendError::Disconnected(_)) => self.tally.complain("the thread that sends them panicked"),
        }
    }

    /// Waits until all are delivered, but not for long, and says how many were not.
    pub(crate) fn end(self) {
        self.end_within(PATIENCE);
    }

    fn end_within(self, patience: Duration) {
        let Self { queue, tally, ended } = self;
        drop(queue);
        let in_time = ended.recv_timeout(patience) != Err(RecvTimeoutError::Timeout);
        tally.given_up.store(true, Relaxed);
        let told = tally.told.load(Relaxed);
        let lost = told - tally.delivered.load(Relaxed);
        if lost > 0 {
            let late = if in_time { "" } else { " in time" };
            tally.remark(format!("{lost} of {told} OpenLineage events did not reach {}{late}", tally.to));
        }
    }
}

impl Tally {
    /// Delivers what comes until no more can come, or nobody waits for it.
    fn deliver(&self, queue: &Receiver<RunEvent>, sink: &mut Sink) {
        for event in queue {
            if self.given_up.load(Relaxed) {
                return;
            }
            match sink.deliver(&event) {
                Ok(()) => _ = self.delivered.fetch_add(1, Relaxed),
                Err(why) => self.complain(&why),
            }
        }
    }

    fn complain(&self, why: &str) {
        if !self.said.swap(true, Relaxed) {
            let to = &self.to;
            self.remark(format!(
                "an OpenLineage event did not reach {to}: {why}; nothing waits for it, and the rest is still tried"
            ));
        }
    }

    fn remark(&self, text: String) {
        (self.observer)(&Event::Remark { text });
    }
}
