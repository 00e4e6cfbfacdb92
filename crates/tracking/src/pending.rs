//! The answer to a write that is still to come: the routes await it, other threads wait for it.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::sync::oneshot;

use crate::Error;

/// A write that is on its way to the disk. It resolves once it is there, or was refused.
#[must_use = "a write is acknowledged only when this has resolved"]
pub struct Pending<T>(State<T>);

enum State<T> {
    Known(Option<Result<T, Error>>),
    Waiting(oneshot::Receiver<Result<T, Error>>),
}

impl<T> Pending<T> {
    /// One that is refused before it was tried.
    pub fn refused(error: Error) -> Self {
        Self(State::Known(Some(Err(error))))
    }

    /// One that had nothing to write.
    pub fn done(value: T) -> Self {
        Self(State::Known(Some(Ok(value))))
    }

    pub(crate) fn waiting(answer: oneshot::Receiver<Result<T, Error>>) -> Self {
        Self(State::Waiting(answer))
    }

    /// Waits on a thread of its own, outside of any async runtime.
    ///
    /// # Errors
    /// When the write was refused or could not be kept.
    pub fn wait(self) -> Result<T, Error> {
        match self.0 {
            State::Known(known) => known.unwrap_or_else(|| Err(gone())),
            State::Waiting(answer) => answer.blocking_recv().unwrap_or_else(|_| Err(gone())),
        }
    }
}

impl<T: Unpin> Future for Pending<T> {
    type Output = Result<T, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            State::Known(known) => Poll::Ready(known.take().unwrap_or_else(|| Err(gone()))),
            State::Waiting(answer) => {
                Pin::new(answer).poll(context).map(|answer| answer.unwrap_or_else(|_| Err(gone())))
            }
        }
    }
}

fn gone() -> Error {
    Error::internal("write: the tracking directory is being closed", "the writer is gone")
}
