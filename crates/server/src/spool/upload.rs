//! A file that comes in: into a file of the spool first, then to the server, now or later.

use std::{io, path::PathBuf, sync::Arc};

use axum::{
    body::{Body, Bytes},
    http::{StatusCode, request::Parts},
    response::{IntoResponse as _, Response},
};
use tokio::{fs::File, io::AsyncWriteExt as _, task};
use tracking::Code;

use super::{
    Shared,
    entry::Entry,
    forward::Marks,
    handle::append,
    incoming::{Incoming, passed_on, refused},
    upstream::{Answer, Content, Failed, Outgoing},
};
use crate::{body::next, mlflow::answer::Answer as Done};

/// Up to this size a file that waits can be read here, too.
const SHOWN: u64 = 256 << 20;

/// A file that came in. It is removed with this unless it is to wait.
struct Arrived {
    path: PathBuf,
    name: String,
    length: u64,
    is_kept: bool,
}

impl Drop for Arrived {
    fn drop(&mut self) {
        if !self.is_kept {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

pub(super) async fn upload(spool: &Arc<Shared>, parts: &Parts, body: Body) -> Response {
    let incoming = Incoming::of(parts, Bytes::new());
    let number = spool.backlog.numbers.take();
    let arrived = match arrive(spool, number.sequence, body).await {
        Ok(arrived) => arrived,
        Err(message) => return message,
    };
    if spool.is_well() {
        match send(spool, &incoming, &arrived).await {
            Ok(answer) => return passed_on(answer).await,
            Err(Failed::Unfit(why)) => return refused(Code::InvalidParameterValue, why),
            Err(Failed::Away(_)) => {}
        }
    }
    keep(spool, &incoming, (number.sequence, arrived)).await
}

/// Writes what comes in to a file; it is on the disk when this returns.
async fn arrive(spool: &Arc<Shared>, sequence: u64, mut body: Body) -> Result<Arrived, Response> {
    let name = format!("{}-{sequence}", spool.backlog.numbers.spool());
    let path = spool.backlog.place.bodies().join(&name);
    let place = path.display().to_string();
    let full = |error: io::Error| {
        refused(Code::TemporarilyUnavailable, format!("the file cannot be kept as {place}: {error}"))
    };
    let mut file = File::create(&path).await.map_err(full)?;
    let mut arrived = Arrived { path, name, length: 0, is_kept: false };
    let room = spool.limit.saturating_sub(spool.backlog.journal.extent().held);
    while let Some(piece) = next(&mut body).await {
        let Ok(piece) = piece else {
            return Err(refused(Code::BadRequest, "the body broke off; send it again"));
        };
        arrived.length += piece.len() as u64;
        if arrived.length > room {
            return Err(full(io::Error::other("more waits already than may")));
        }
        file.write_all(&piece).await.map_err(full)?;
    }
    file.flush().await.map_err(full)?;
    file.sync_all().await.map_err(full)?;
    Ok(arrived)
}

async fn send(spool: &Arc<Shared>, incoming: &Incoming, arrived: &Arrived) -> Result<Answer, Failed> {
    let (spool, path) = (Arc::clone(spool), arrived.path.clone());
    let (method, target) = (incoming.method.to_string(), incoming.target.clone());
    let headers = incoming.headers.clone();
    let sent = task::spawn_blocking(move || {
        let target = spool.backlog.renamed.text(&target).unwrap_or(target);
        let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let (method, target, content) = (method.as_str(), target.as_str(), Content::File(&path));
        spool.sent(&Outgoing { method, target, headers, content, patience: spool.patience })
    });
    sent.await.unwrap_or_else(|error| Err(Failed::Away(error.to_string())))
}

/// Lets a file wait, once its name was checked as the server does it.
async fn keep(spool: &Arc<Shared>, incoming: &Incoming, (sequence, mut arrived): (u64, Arrived)) -> Response {
    if arrived.length <= SHOWN {
        let body = match tokio::fs::read(&arrived.path).await {
            Ok(bytes) => Body::from(bytes),
            Err(error) => {
                return refused(
                    Code::TemporarilyUnavailable,
                    format!("the file that came in is gone: {error}"),
                );
            }
        };
        let here = spool.overlay.perform(incoming, None, body).await;
        match here.status() {
            StatusCode::OK => {}
            // A client gives up at this, and comes back at the other.
            StatusCode::INSUFFICIENT_STORAGE => {
                return refused(Code::TemporarilyUnavailable, "the disk is full");
            }
            _ => return here,
        }
    }
    let mut head = spool.head(incoming, Marks { sequence: Some(sequence), chosen: None });
    head.file = Some(arrived.name.clone());
    // Its name in the directory must last as long as the entry that names it.
    let bodies = spool.backlog.place.bodies();
    let synced = task::spawn_blocking(move || super::durable::sync(&bodies)).await;
    if !matches!(synced, Ok(Ok(()))) {
        return refused(Code::TemporarilyUnavailable, "the file that came in could not be kept");
    }
    match append(spool, Entry { head, body: Vec::new() }, arrived.length).await {
        Ok(()) => {
            arrived.is_kept = true;
            Done::done().into_response()
        }
        Err(why) => refused(Code::TemporarilyUnavailable, why),
    }
}
