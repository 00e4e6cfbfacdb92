//! Accepted connections, no more of them at once than the settings allow.
//!
//! One whose client takes too long to say what it wants is closed: it has the place of another.

mod activity;

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

pub(crate) use activity::{Activity, Busy};
use axum::serve;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{self, Sleep},
};

use crate::settings::Settings;

/// A listener that accepts while it has places left.
pub(crate) struct Listener {
    listener: TcpListener,
    /// A connection that was accepted before.
    first: Option<First>,
    places: Arc<Semaphore>,
    patience: Duration,
}

/// A connection that was accepted before the server ran.
pub(crate) type First = (TcpStream, SocketAddr);

/// A connection; its place is free again when it is dropped.
pub(crate) struct Connection {
    stream: TcpStream,
    activity: Activity,
    /// How long the head of a request may take, from the answer before it.
    patience: Duration,
    /// Runs while a head is waited for.
    waiting: Option<Pin<Box<Sleep>>>,
    _place: OwnedSemaphorePermit,
}

impl Listener {
    pub(crate) fn new(listener: TcpListener, first: Option<First>, settings: &Settings) -> Self {
        let places = settings.connections.clamp(1, Semaphore::MAX_PERMITS);
        let patience = settings.request_timeout;
        Self { listener, first, places: Arc::new(Semaphore::new(places)), patience }
    }
}

impl Connection {
    /// Whether its client has taken too long to send the head of a request.
    fn poll_late(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.activity.is_busy() {
            self.waiting = None;
            return Poll::Pending;
        }
        let patience = self.patience;
        let waiting = self.waiting.get_or_insert_with(|| Box::pin(time::sleep(patience)));
        waiting.as_mut().poll(context)
    }
}

impl serve::Listener for Listener {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        let place = Arc::clone(&self.places).acquire_owned().await;
        let place = place.expect("the places are never closed");
        let (stream, address) = match self.first.take() {
            Some(first) => first,
            None => serve::Listener::accept(&mut self.listener).await,
        };
        // Without this a small answer waits for the caller's delayed acknowledgement.
        let _ = stream.set_nodelay(true);
        let (activity, patience) = (Activity::default(), self.patience);
        (Connection { stream, activity, patience, waiting: None, _place: place }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if read.is_pending() && self.poll_late(context).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        read
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.waiting = None;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.waiting = None;
        Pin::new(&mut self.stream).poll_write_vectored(context, buffers)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
