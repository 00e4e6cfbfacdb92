//! The threads that read requests and run processes. Each reads one request and does it itself, while the next thread
//! reads on: handing it over to a thread that sleeps would take as long as a tenth of a process. Threads are kept, as many
//! as there ever were runs at once, and one.

use std::{
    io::{self, BufRead as _, BufReader, Stdin},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use super::{Message, Shared, start_thread, take};

pub(crate) struct Pool {
    requests: Mutex<BufReader<Stdin>>,
    /// How many threads read, or wait for their turn to read.
    readers: AtomicUsize,
    /// How many requests were read and are not begun yet.
    pending: AtomicUsize,
    /// The engine sends no more.
    ended: AtomicBool,
    /// That nothing more will start is written down.
    told: AtomicBool,
}

/// A request that was read and is not begun yet: what it starts is not in the record.
pub(super) struct Pending<'a>(&'a Shared);

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        self.0.pool.pending.fetch_sub(1, Ordering::SeqCst);
        close(self.0);
    }
}

impl Pool {
    pub(crate) fn new(requests: BufReader<Stdin>) -> Self {
        Self {
            requests: Mutex::new(requests),
            readers: AtomicUsize::new(0),
            pending: AtomicUsize::new(0),
            ended: AtomicBool::new(false),
            told: AtomicBool::new(false),
        }
    }

    /// The next request; `None` when there are no more.
    fn next(&self) -> Option<String> {
        let mut requests = self.requests.lock().expect("a thread that panics takes the process with it");
        let mut line = String::new();
        // A line without an end was cut by the engine's death.
        if requests.read_line(&mut line).is_ok() && line.ends_with('\n') {
            self.pending.fetch_add(1, Ordering::SeqCst);
            return Some(line);
        }
        self.ended.store(true, Ordering::SeqCst);
        None
    }
}

/// Starts a thread that reads and does requests.
pub(super) fn start(shared: &Arc<Shared>) -> io::Result<()> {
    let shared = shared.clone();
    shared.pool.readers.fetch_add(1, Ordering::SeqCst);
    let mine = shared.clone();
    let body = move || {
        while let Some(request) = mine.pool.next() {
            take(&mine, &request, Pending(&mine));
        }
        close(&mine);
    };
    start_thread(body).inspect_err(|_| {
        shared.pool.readers.fetch_sub(1, Ordering::SeqCst);
    })
}

/// This thread will be busy: another one must read.
pub(super) fn step_aside(shared: &Arc<Shared>) -> io::Result<()> {
    if shared.pool.readers.fetch_sub(1, Ordering::SeqCst) > 1 {
        return Ok(());
    }
    start(shared).inspect_err(|_| step_back(shared))
}

/// This thread will read again.
pub(super) fn step_back(shared: &Shared) {
    shared.pool.readers.fetch_add(1, Ordering::SeqCst);
}

/// When there are no more requests and all have begun: nothing more will start.
fn close(shared: &Shared) {
    let pool = &shared.pool;
    let all = pool.ended.load(Ordering::SeqCst) && pool.pending.load(Ordering::SeqCst) == 0;
    if all && !pool.told.swap(true, Ordering::SeqCst) {
        shared.reporter.closed();
        shared.closed.store(true, Ordering::SeqCst);
        shared.tell(Message::Over);
    }
}
