//! An executor that fails on purpose, for tests of whoever uses one.

use std::{
    io,
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;

use crate::{Attempt, Chunk, Ended, Error, Executor, Running};

/// What fails; the calls of each kind are counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// This start is refused, and nothing runs.
    Start(usize),
    /// This start succeeds, but the answer is lost on the way.
    StartLost(usize),
    /// The machine is lost while this start's run goes on.
    RunLost(usize),
    /// This adoption fails.
    Adopt(usize),
    /// This discarding fails.
    Discard(usize),
    /// This reading of a log fails.
    Log(usize),
}

/// Another executor, with faults.
pub struct Faulty {
    inner: Box<dyn Executor>,
    faults: Vec<Fault>,
    calls: [AtomicUsize; 4],
}

const START: usize = 0;
const ADOPT: usize = 1;
const DISCARD: usize = 2;
const LOG: usize = 3;

impl Faulty {
    /// This executor with these faults.
    pub fn new(inner: Box<dyn Executor>, faults: Vec<Fault>) -> Self {
        Self { inner, faults, calls: Default::default() }
    }

    /// Counts a call, and tells its number.
    fn count(&self, kind: usize) -> usize {
        self.calls[kind].fetch_add(1, Ordering::SeqCst) + 1
    }

    fn fail_at(&self, fault: Fault, operation: &'static str, subject: &Path) -> Result<(), Error> {
        match self.faults.contains(&fault) {
            true => Err(Error::io(operation, subject)(io::Error::other("a fault on purpose"))),
            false => Ok(()),
        }
    }
}

#[async_trait]
impl Executor for Faulty {
    async fn start(&self, attempt: &Attempt) -> Result<Box<dyn Running>, Error> {
        let number = self.count(START);
        self.fail_at(Fault::Start(number), "start", Path::new(&attempt.id))?;
        let running = self.inner.start(attempt).await?;
        if self.faults.contains(&Fault::StartLost(number)) {
            return Err(Error::lost(&attempt.id));
        }
        match self.faults.contains(&Fault::RunLost(number)) {
            true => Ok(Box::new(Lost { id: attempt.id.clone(), running })),
            false => Ok(running),
        }
    }

    async fn adopt(&self, id: &str) -> Result<Option<Box<dyn Running>>, Error> {
        self.fail_at(Fault::Adopt(self.count(ADOPT)), "adopt", Path::new(id))?;
        self.inner.adopt(id).await
    }

    async fn discard(&self, id: &str) -> Result<(), Error> {
        self.fail_at(Fault::Discard(self.count(DISCARD)), "discard", Path::new(id))?;
        self.inner.discard(id).await
    }

    async fn log(&self, log: &Path, from: u64) -> Result<Chunk, Error> {
        self.fail_at(Fault::Log(self.count(LOG)), "read", log)?;
        self.inner.log(log, from).await
    }
}

/// A run that goes on, out of reach.
struct Lost {
    id: String,
    running: Box<dyn Running>,
}

#[async_trait]
impl Running for Lost {
    async fn ended(&mut self) -> Result<Ended, Error> {
        Err(Error::lost(&self.id))
    }

    fn end(&self) {
        self.running.end();
    }
}
