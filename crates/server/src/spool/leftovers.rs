//! What spools left that run no more: whoever comes next sends it.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use super::{Told, backlog::Backlog, place::Place, standing};

/// How often a spool looks for what others have left.
const OFTEN: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(50);

pub(super) struct Leftovers {
    directory: PathBuf,
    limit: u64,
    told: Told,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    sending: Vec<Arc<Backlog>>,
    is_closed: bool,
}

impl Leftovers {
    pub(super) fn of(directory: &Path, limit: u64, told: &Told) -> Arc<Self> {
        let (state, changed) = (Mutex::default(), Condvar::new());
        Arc::new(Self { directory: directory.to_owned(), limit, told: told.clone(), state, changed })
    }

    /// Sends what there is, and what comes to be there, until it is closed.
    pub(super) fn start(self: &Arc<Self>) -> io::Result<()> {
        let leftovers = Arc::clone(self);
        let body = move || {
            while !leftovers.lock().is_closed {
                // What cannot be read now may be later; it stays where it is.
                let _ = leftovers.look();
                let state = leftovers.lock();
                if !state.is_closed {
                    drop(leftovers.changed.wait_timeout(state, OFTEN));
                }
            }
        };
        thread::Builder::new().name("spool-leftovers".to_owned()).spawn(body).map(drop)
    }

    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.is_closed = true;
        state.sending.drain(..).for_each(|backlog| backlog.close());
        self.changed.notify_all();
    }

    /// Begins to send what nobody has, and lets go of what was sent.
    fn look(&self) -> io::Result<()> {
        let mut state = self.lock();
        let (done, sending) = state.sending.drain(..).partition(|backlog| backlog.journal.waiting() == 0);
        state.sending = sending;
        let done: Vec<Arc<Backlog>> = done;
        done.iter().for_each(|backlog| backlog.close());
        for (place, upstream) in Place::left(&self.directory)? {
            let backlog = Arc::new(Backlog::open(place, upstream, self.limit, self.told.clone())?);
            // It ends when it is closed, or with the process.
            drop(backlog.start()?);
            state.sending.push(backlog);
        }
        Ok(())
    }

    /// Why something is not sent, by directory.
    fn stuck(&self) -> Vec<(PathBuf, String)> {
        let state = self.lock();
        let waiting = state.sending.iter().filter(|backlog| backlog.journal.waiting() > 0);
        let why = |backlog: &Arc<Backlog>| {
            let why = backlog.problem().unwrap_or_else(|| "it is being sent".to_owned());
            (backlog.place.path().to_owned(), why)
        };
        waiting.map(why).collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sends what spools left that run no more, until nothing waits, or nothing has moved for this time; what a running spool
/// is about to leave is waited for. Gives why something waits still, by directory.
///
/// # Errors
/// When a directory cannot be used.
pub fn flush(directory: &Path, within: Duration, told: &Told) -> io::Result<Vec<(PathBuf, String)>> {
    let leftovers = Leftovers::of(directory, u64::MAX, told);
    let (mut least, mut moved) = (u64::MAX, Instant::now());
    loop {
        leftovers.look()?;
        let waiting = standing(directory)?.iter().map(|standing| standing.waiting).sum();
        if waiting < least {
            (least, moved) = (waiting, Instant::now());
        }
        if waiting == 0 || moved.elapsed() >= within {
            break;
        }
        thread::sleep(PAUSE);
    }
    let stuck = leftovers.stuck();
    leftovers.close();
    Ok(stuck)
}
