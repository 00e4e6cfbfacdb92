//! How the thread of a run is asked to end it.

use std::{
    io,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    sync::atomic::{AtomicU8, Ordering},
};

use rustix::event::{EventfdFlags, eventfd};

/// What is asked of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    Nothing,
    /// TERM, its grace, KILL.
    End,
    /// KILL.
    EndNow,
}

pub(crate) struct Control {
    wake: OwnedFd,
    asked: AtomicU8,
}

impl Control {
    pub(crate) fn new() -> io::Result<Self> {
        let wake = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        Ok(Self { wake, asked: AtomicU8::new(0) })
    }

    pub(crate) fn end(&self, now: bool) {
        self.asked.fetch_max(if now { 2 } else { 1 }, Ordering::SeqCst);
        // It can only fail when it is awake already.
        let _ = rustix::io::write(&self.wake, &1_u64.to_ne_bytes());
    }

    pub(crate) fn asked(&self) -> Asked {
        match self.asked.load(Ordering::SeqCst) {
            0 => Asked::Nothing,
            1 => Asked::End,
            _ => Asked::EndNow,
        }
    }

    /// Readable when something has been asked since it was last quieted.
    pub(crate) fn wake(&self) -> BorrowedFd<'_> {
        self.wake.as_fd()
    }

    pub(crate) fn quiet(&self) {
        // Nothing to read is as quiet as can be.
        let _ = rustix::io::read(&self.wake, &mut [0_u8; 8]);
    }
}
