//! From a connection to a file.

use std::{pin::Pin, time::Duration};

use axum::body::{Body, Bytes, HttpBody as _};
use tokio::{runtime::Handle, time};
use tracking::artifacts::{Error, PartUpload, Stored, Upload};

use super::{Door, Failed};
use crate::body;

/// Bytes that wait for the disk before no more are taken from the connection.
const WAITING: usize = 512 << 10;

/// Something that takes bytes: a file or a part of one.
pub(crate) trait Sink: Send + 'static {
    /// What it leaves.
    type Done: Send + 'static;

    fn write(&mut self, bytes: &[u8]) -> Result<(), Error>;
    fn finish(self, declared: Option<u64>) -> Result<Self::Done, Error>;
}

impl Sink for Upload {
    type Done = Stored;

    fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.write(bytes)
    }

    fn finish(self, declared: Option<u64>) -> Result<Stored, Error> {
        self.finish(declared)
    }
}

impl Sink for PartUpload {
    type Done = String;

    fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.write(bytes)
    }

    fn finish(self, declared: Option<u64>) -> Result<String, Error> {
        self.finish(declared)
    }
}

/// Puts the body into the sink. Pieces are written as they come; those that come while others are being written wait, up to
/// a limit, so that a slow client holds one piece and a fast one keeps the disk busy.
pub(crate) async fn receive<S: Sink>(door: &Door, body: &mut Body, sink: S) -> Result<S::Done, Failed> {
    let declared = body.size_hint().exact();
    let mut pump = Pump { door, idle: Some(Held(Some(sink))), writing: None, waiting: Vec::new(), bytes: 0 };
    let mut has_ended = false;
    while !(has_ended && pump.is_empty()) {
        pump.start();
        let takes_more = !has_ended && pump.bytes < WAITING;
        tokio::select! {
            piece = piece(body, door.patience), if takes_more => match piece? {
                Some(piece) => pump.take(piece),
                None => has_ended = true,
            },
            written = pump.written(), if pump.writing.is_some() => written?,
        }
    }
    let sink = pump.idle.take().expect("nothing is being written");
    door.aside(move || Ok(sink.release().finish(declared)?)).await
}

async fn piece(body: &mut Body, patience: Duration) -> Result<Option<Bytes>, Failed> {
    let next = time::timeout(patience, body::next(body)).await.map_err(|_| Failed::Late)?;
    next.transpose().map_err(|_| Failed::Broken)
}

type Writing<'a, S> = Pin<Box<dyn Future<Output = Result<Held<S>, Failed>> + Send + 'a>>;

struct Pump<'a, S: Sink> {
    door: &'a Door,
    /// The sink, while nothing is being written to it.
    idle: Option<Held<S>>,
    writing: Option<Writing<'a, S>>,
    waiting: Vec<Bytes>,
    bytes: usize,
}

impl<S: Sink> Pump<'_, S> {
    fn take(&mut self, piece: Bytes) {
        self.bytes += piece.len();
        self.waiting.push(piece);
    }

    fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.writing.is_none()
    }

    fn start(&mut self) {
        if self.waiting.is_empty() {
            return;
        }
        let Some(mut sink) = self.idle.take() else { return };
        let pieces = std::mem::take(&mut self.waiting);
        self.bytes = 0;
        let door = self.door;
        self.writing = Some(Box::pin(door.aside(move || {
            for piece in pieces {
                sink.write(&piece)?;
            }
            Ok(sink)
        })));
    }

    async fn written(&mut self) -> Result<(), Failed> {
        let Some(writing) = &mut self.writing else { return Ok(()) };
        let sink = writing.await;
        self.writing = None;
        self.idle = Some(sink?);
        Ok(())
    }
}

/// A sink that is thrown away on a thread that may wait for the disk, when its client has gone.
struct Held<S: Sink>(Option<S>);

impl<S: Sink> Held<S> {
    fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.0.as_mut().map_or(Ok(()), |sink| sink.write(bytes))
    }

    fn release(mut self) -> S {
        self.0.take().expect("it is released once")
    }
}

impl<S: Sink> Drop for Held<S> {
    fn drop(&mut self) {
        let (Some(sink), Ok(runtime)) = (self.0.take(), Handle::try_current()) else { return };
        runtime.spawn_blocking(move || drop(sink));
    }
}
