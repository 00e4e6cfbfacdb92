//! The seam: what the engine asks of whatever runs commands.

use std::{path::Path, sync::Arc};

use async_trait::async_trait;

use crate::{Attempt, Chunk, Ended, Error};

/// Runs commands somewhere. Everything is named by the attempt's id, so that an engine that died can be followed by
/// another one.
#[async_trait]
pub trait Executor: Send + Sync {
    /// Starts a command; comes back when it runs.
    ///
    /// # Errors
    /// Why it cannot be started. After [`Error::Lost`] it may run all the same: discard it.
    async fn start(&self, attempt: &Attempt) -> Result<Box<dyn Running>, Error>;

    /// Takes over what was started before, by an engine that is gone: running still, or ended since. Asking again gives
    /// the same answer. `None` means that nobody knows how it ended, or that it never started: discard it.
    ///
    /// # Errors
    /// When the records of earlier supervisors cannot be read, or their engine still lives.
    async fn adopt(&self, id: &str) -> Result<Option<Box<dyn Running>>, Error>;

    /// Ends at once whatever still runs of it, descendants included; nothing is left when this returns. Doing it twice, or
    /// for what never ran, is fine.
    ///
    /// # Errors
    /// When something cannot be ended.
    async fn discard(&self, id: &str) -> Result<(), Error>;

    /// What is in a log from this byte of the output on, while the command runs or later; at most a mebibyte at once,
    /// and nothing when there is no more yet. A part that was not kept is jumped over: see [`Chunk::from`].
    ///
    /// # Errors
    /// When the log cannot be read.
    async fn log(&self, log: &Path, from: u64) -> Result<Chunk, Error>;
}

/// A command that was started. Dropping it leaves the command alone.
#[async_trait]
pub trait Running: Send {
    /// Waits for the end; afterwards gives the same answer at once.
    ///
    /// # Errors
    /// [`Error::Lost`] when the machine is gone: how it ended, and whether it did, is not known.
    async fn ended(&mut self) -> Result<Ended, Error>;

    /// Asks for its end: TERM, its grace, KILL; then [`Running::ended`] tells [`crate::Exit::Ended`]. Does not wait.
    fn end(&self);
}

/// Several may share one.
#[async_trait]
impl<T: Executor + ?Sized> Executor for Arc<T> {
    async fn start(&self, attempt: &Attempt) -> Result<Box<dyn Running>, Error> {
        self.as_ref().start(attempt).await
    }

    async fn adopt(&self, id: &str) -> Result<Option<Box<dyn Running>>, Error> {
        self.as_ref().adopt(id).await
    }

    async fn discard(&self, id: &str) -> Result<(), Error> {
        self.as_ref().discard(id).await
    }

    async fn log(&self, log: &Path, from: u64) -> Result<Chunk, Error> {
        self.as_ref().log(log, from).await
    }
}
