//! From a file to a connection.

use std::{
    fs::File,
    io,
    os::unix::fs::FileExt as _,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, Waker, ready},
    time::Duration,
};

use axum::body::{Bytes, HttpBody};
use http_body::{Frame, SizeHint};
use rustix::io::{Errno, ReadWriteFlags};
use tokio::{
    task::{self, JoinHandle},
    time::{self, Sleep},
};

/// What a download holds in memory: it reads on when this has gone to the system.
const BUFFER: usize = 128 << 10;

/// A stretch of a file as a body.
///
/// What the system has in memory is read at once; what it has not is read on a thread that may wait for the disk.
pub(super) struct Stretch {
    file: Arc<File>,
    at: u64,
    left: u64,
    returned: Arc<Returned>,
    reading: Option<JoinHandle<io::Result<Vec<u8>>>>,
    patience: Duration,
    waiting: Option<Pin<Box<Sleep>>>,
}

/// The one buffer, when it is not on its way.
#[derive(Default)]
struct Returned(Mutex<Place>);

#[derive(Default)]
struct Place {
    buffer: Option<Vec<u8>>,
    waker: Option<Waker>,
}

/// The buffer on its way. It comes back when the connection has taken it.
struct Sent {
    buffer: Vec<u8>,
    length: usize,
    returned: Arc<Returned>,
}

impl Stretch {
    pub(super) fn new(file: File, at: u64, length: u64, patience: Duration) -> Self {
        let size = usize::try_from(length).unwrap_or(BUFFER).min(BUFFER);
        let returned = Arc::new(Returned::default());
        returned.place().buffer = Some(vec![0; size]);
        let file = Arc::new(file);
        Self { file, at, left: length, returned, reading: None, patience, waiting: None }
    }

    /// The buffer, filled as far as the stretch goes.
    fn poll_buffer(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Vec<u8>>> {
        if let Some(reading) = &mut self.reading {
            let read = ready!(Pin::new(reading).poll(context));
            self.reading = None;
            return Poll::Ready(read.map_err(io::Error::other).flatten());
        }
        let mut buffer = ready!(self.poll_returned(context))?;
        let length = self.next_length(&buffer);
        if read_cached(&self.file, &mut buffer[..length], self.at) {
            return Poll::Ready(Ok(buffer));
        }
        let (file, at) = (Arc::clone(&self.file), self.at);
        let mut reading =
            task::spawn_blocking(move || file.read_exact_at(&mut buffer[..length], at).map(|()| buffer));
        let polled = Pin::new(&mut reading).poll(context);
        if let Poll::Ready(read) = polled {
            return Poll::Ready(read.map_err(io::Error::other).flatten());
        }
        self.reading = Some(reading);
        Poll::Pending
    }

    fn poll_returned(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Vec<u8>>> {
        {
            let mut place = self.returned.place();
            if let Some(buffer) = place.buffer.take() {
                self.waiting = None;
                return Poll::Ready(Ok(buffer));
            }
            place.waker = Some(context.waker().clone());
        }
        let patience = self.patience;
        let waiting = self.waiting.get_or_insert_with(|| Box::pin(time::sleep(patience)));
        ready!(waiting.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }

    fn next_length(&self, buffer: &[u8]) -> usize {
        usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len())
    }
}

impl HttpBody for Stretch {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        let buffer = match ready!(self.poll_buffer(context)) {
            Ok(buffer) => buffer,
            Err(error) => {
                self.left = 0;
                return Poll::Ready(Some(Err(error)));
            }
        };
        let length = self.next_length(&buffer);
        self.at += length as u64;
        self.left -= length as u64;
        let sent = Sent { buffer, length, returned: Arc::clone(&self.returned) };
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_owner(sent)))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

impl Returned {
    fn place(&self) -> std::sync::MutexGuard<'_, Place> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AsRef<[u8]> for Sent {
    fn as_ref(&self) -> &[u8] {
        &self.buffer[..self.length]
    }
}

impl Drop for Sent {
    fn drop(&mut self) {
        let mut place = self.returned.place();
        place.buffer = Some(std::mem::take(&mut self.buffer));
        if let Some(waker) = place.waker.take() {
            drop(place);
            waker.wake();
        }
    }
}

/// Reads what the system has in memory, without waiting for the disk; false when that is not all.
fn read_cached(file: &File, buffer: &mut [u8], at: u64) -> bool {
    let mut done = 0;
    while done < buffer.len() {
        let slice = &mut [io::IoSliceMut::new(&mut buffer[done..])];
        match rustix::io::preadv2(file, slice, at + done as u64, ReadWriteFlags::NOWAIT) {
            Ok(0) => return false,
            Ok(read) => done += read,
            Err(Errno::INTR) => {}
            Err(_) => return false,
        }
    }
    true
}
