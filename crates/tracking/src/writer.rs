//! The one thread that writes. Whoever waits when it comes round shares a transaction, and so a sync of the disk.

mod crowd;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::mpsc,
    thread,
    time::Duration,
};

use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::oneshot;

use crate::{Error, Settings, ids::Ids, metrics::Memory, pending::Pending};
use crowd::Crowd;

/// The most writes that share a transaction.
const GROUP: usize = 512;
/// After how long without a write what is in memory only for speed is put into its tables.
const IDLE: Duration = Duration::from_millis(200);

/// What a write works with. What it does to the database is undone when it is refused; `memory` it may change only
/// after the last thing that can fail.
pub(crate) struct Writing<'a> {
    pub(crate) transaction: &'a Transaction<'a>,
    /// Milliseconds since 1970.
    pub(crate) now: i64,
    pub(crate) memory: &'a mut Memory,
    pub(crate) ids: &'a mut Ids,
    pub(crate) settings: &'a Settings,
}

/// Does its work in a transaction, and says why it is refused, if it is, and how to answer once the transaction is on the
/// disk or lost.
type Job = Box<dyn FnOnce(&mut Writing<'_>) -> (Option<Error>, Answer) + Send>;
type Answer = Box<dyn FnOnce(Result<(), Error>) + Send>;

/// Hands writes to the thread. It ends when all of these are gone.
pub(crate) struct Writer {
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Writer {
    pub(crate) fn start(connection: Connection, memory: Memory, settings: &Settings) -> Result<Self, Error> {
        let ids = Ids::open().map_err(|error| Error::internal("open the system's random numbers", error))?;
        let (jobs, queue) = mpsc::channel();
        let crowd = Crowd::default();
        let work = Work { connection, memory, ids, settings: settings.clone(), crowd };
        let thread =
            thread::Builder::new().name("tracking-writer".to_owned()).spawn(move || work.run(&queue));
        let thread = thread.map_err(|error| Error::internal("start the tracking writer", error))?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    /// Queues a write. It is undone when it returns an error.
    pub(crate) fn write<T: Send + 'static>(
        &self,
        body: impl FnOnce(&mut Writing<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Pending<T> {
        let (reply, answer) = oneshot::channel();
        let job: Job = Box::new(move |writing| {
            let result = body(writing);
            let refused = result.as_ref().err().cloned();
            // Nobody may wait for it any more.
            let answer = move |kept: Result<(), Error>| drop(reply.send(kept.and(result)));
            (refused, Box::new(answer))
        });
        // When the thread is gone, so is the other end of the reply.
        let sent = self.jobs.as_ref().map(|jobs| jobs.send(job));
        drop(sent);
        Pending::waiting(answer)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // It has nothing to tell.
            let _ = thread.join();
        }
    }
}

struct Work {
    connection: Connection,
    memory: Memory,
    ids: Ids,
    settings: Settings,
    crowd: Crowd,
}

impl Work {
    fn run(mut self, queue: &mpsc::Receiver<Job>) {
        loop {
            let waiting = queue.try_recv().ok();
            let were_waiting = waiting.is_some();
            let first = match waiting {
                Some(job) => Ok(job),
                None if self.memory.has_unfolded() => queue.recv_timeout(IDLE),
                None => queue.recv().map_err(mpsc::RecvTimeoutError::from),
            };
            match first {
                Ok(first) => {
                    let jobs = self.gather(first, queue, were_waiting);
                    self.group(jobs, false);
                }
                Err(mpsc::RecvTimeoutError::Timeout) => self.group(Vec::new(), true),
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
            }
        }
        self.group(Vec::new(), true);
    }

    /// The first and whoever else is here, or comes soon where that is likely.
    fn gather(&mut self, first: Job, queue: &mpsc::Receiver<Job>, were_waiting: bool) -> Vec<Job> {
        let mut jobs = vec![first];
        jobs.extend(queue.try_iter().take(GROUP - 1));
        let wanted = self.crowd.wanted(jobs.len(), were_waiting);
        if let Some((wanted, patience)) = wanted {
            let until = self.settings.clock.elapsed() + patience;
            while jobs.len() < wanted.min(GROUP) {
                let left = until.saturating_sub(self.settings.clock.elapsed());
                let Ok(job) = queue.recv_timeout(left) else { break };
                jobs.push(job);
            }
        }
        self.crowd.came(jobs.len(), wanted.map(|(wanted, _)| wanted.min(GROUP)));
        jobs
    }

    /// Does these writes in one transaction, then answers each.
    fn group(&mut self, jobs: Vec<Job>, is_idle: bool) {
        let now = self.settings.clock.now().micros().div_euclid(1_000);
        let began = self.settings.clock.elapsed();
        let mut answers = Vec::with_capacity(jobs.len());
        let kept = Self::within(&mut self.connection, |transaction| {
            let (memory, ids, settings) = (&mut self.memory, &mut self.ids, &self.settings);
            let mut writing = Writing { transaction, now, memory, ids, settings };
            for job in jobs {
                perform(&mut writing, job, &mut answers)?;
            }
            if is_idle || writing.memory.is_full(now) {
                Memory::tidy(&mut writing, is_idle)?;
            }
            Ok(())
        });
        match &kept {
            Ok(()) => self.memory.committed(),
            // What memory holds of this transaction never happened.
            Err(_) => self.memory.reload(&self.connection),
        }
        self.crowd.done(self.settings.clock.elapsed().saturating_sub(began));
        for answer in answers {
            answer(kept.clone());
        }
    }

    fn within(
        connection: &mut Connection,
        body: impl FnOnce(&Transaction<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        body(&transaction)?;
        Ok(transaction.commit()?)
    }
}

/// Does one write. What it did is undone when it is refused or panics; the others of its group go on, unless the database
/// has undone all of it, as it does on a full disk.
fn perform(writing: &mut Writing<'_>, job: Job, answers: &mut Vec<Answer>) -> Result<(), Error> {
    let transaction = writing.transaction;
    transaction.prepare_cached("SAVEPOINT one")?.execute([])?;
    let keep = match catch_unwind(AssertUnwindSafe(|| job(writing))) {
        Ok((refused, answer)) => {
            answers.push(answer);
            match refused {
                Some(error) if transaction.is_autocommit() => return Err(error),
                refused => refused.is_none(),
            }
        }
        // Its reply went with it, which tells whoever waits.
        Err(_) => false,
    };
    if !keep {
        transaction.prepare_cached("ROLLBACK TO one")?.execute([])?;
        // What was looked up may have been made by what is undone.
        writing.memory.forget_runs();
    }
    transaction.prepare_cached("RELEASE one")?.execute([])?;
    Ok(())
}
