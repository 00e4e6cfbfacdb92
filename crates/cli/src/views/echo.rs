//! What the command of `kaizen exec` prints, as it prints it.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use executor::{Chunk, read_log};
use plan::ActionId;

use crate::output::raw;

/// How often a log is looked at.
const INTERVAL: Duration = Duration::from_millis(20);

/// The logs that are shown now.
#[derive(Default)]
pub(super) struct Echo(Mutex<BTreeMap<ActionId, Follower>>);

struct Follower {
    ended: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Echo {
    /// Shows this log until the action ends, or begins another one.
    pub(super) fn follow(&self, action: &ActionId, log: &Path) {
        self.finish(action);
        let ended = Arc::new(AtomicBool::new(false));
        let (log, is_ended) = (log.to_owned(), ended.clone());
        let thread = thread::spawn(move || show(&log, &is_ended));
        self.followers(|followers| followers.insert(action.clone(), Follower { ended, thread }));
    }

    /// Shows the rest, and ends.
    pub(super) fn finish(&self, action: &ActionId) {
        if let Some(Follower { ended, thread }) = self.followers(|followers| followers.remove(action)) {
            ended.store(true, Ordering::Release);
            // A thread that panicked has said so itself.
            let _ = thread.join();
        }
    }

    fn followers<T>(&self, with: impl FnOnce(&mut BTreeMap<ActionId, Follower>) -> T) -> T {
        with(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn show(log: &Path, ended: &AtomicBool) {
    let mut position = 0;
    loop {
        // Asked first: what was printed before the end is then surely seen.
        let is_last = ended.load(Ordering::Acquire);
        while let Ok(Chunk { from, bytes }) = read_log(log, position)
            && !bytes.is_empty()
        {
            raw(&bytes);
            position = from + bytes.len() as u64;
        }
        if is_last {
            return;
        }
        thread::sleep(INTERVAL);
    }
}
