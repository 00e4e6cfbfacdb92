//! Takes a process's output from its pipe to the log and the tail.

use std::{
    io::{self, PipeReader, Read as _},
    os::fd::{AsFd as _, BorrowedFd},
    time::{Duration, Instant},
};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::{Caps, log, redact::Redactor, tail::Tail, wire::Order};

/// What a pipe holds.
const BUFFER: usize = 64 << 10;

pub(crate) struct Output {
    /// `None` at its end.
    pipe: Option<PipeReader>,
    buffer: Vec<u8>,
    redactor: Option<Redactor>,
    log: log::Writer,
    tail: Tail,
}

impl Output {
    pub(crate) fn new(pipe: PipeReader, order: &Order, caps: Caps) -> io::Result<Self> {
        let redactor = Redactor::new(&order.secrets).map_err(io::Error::other)?;
        let log = log::Writer::new(order.log.clone(), caps);
        Ok(Self { pipe: Some(pipe), buffer: Vec::new(), redactor, log, tail: Tail::default() })
    }

    /// Readable when there is something to [`pump`](Self::pump); `None` once the output has ended.
    pub(crate) fn readable(&self) -> Option<BorrowedFd<'_>> {
        self.pipe.as_ref().map(|pipe| pipe.as_fd())
    }

    /// Takes what is there; waits if nothing is.
    pub(crate) fn pump(&mut self) {
        let Some(pipe) = &mut self.pipe else { return };
        if self.buffer.is_empty() {
            self.buffer = vec![0; BUFFER];
        }
        match pipe.read(&mut self.buffer) {
            Ok(0) | Err(_) => self.pipe = None,
            Ok(count) => match &mut self.redactor {
                Some(redactor) => {
                    let shown = redactor.push(&self.buffer[..count]);
                    self.keep(&shown);
                }
                None => {
                    self.log.write(&self.buffer[..count]);
                    self.tail.push(&self.buffer[..count]);
                }
            },
        }
    }

    /// Its writers are gone and so is all they wrote.
    pub(crate) fn end(&mut self) {
        self.pipe = None;
    }

    /// Takes the rest, as long as it lasts but no longer than this. Tells whether it ended.
    pub(crate) fn drain(&mut self, limit: Duration) -> bool {
        let until = Instant::now() + limit;
        while let Some(pipe) = self.readable() {
            let left = until.saturating_duration_since(Instant::now());
            let left = Timespec::try_from(left).ok();
            let mut fds = [PollFd::from_borrowed_fd(pipe, PollFlags::IN)];
            match poll(&mut fds, left.as_ref()) {
                Ok(0) => return false,
                Ok(_) if Instant::now() <= until => self.pump(),
                Ok(_) => return false,
                Err(rustix::io::Errno::INTR) => {}
                Err(_) => return false,
            }
        }
        true
    }

    /// The last lines, and why the log is not whole.
    pub(crate) fn finish(mut self) -> (String, Option<io::Error>) {
        if let Some(mut redactor) = self.redactor.take() {
            self.keep(&redactor.finish());
        }
        (self.tail.text(), self.log.error())
    }

    fn keep(&mut self, bytes: &[u8]) {
        self.log.write(bytes);
        self.tail.push(bytes);
    }
}
