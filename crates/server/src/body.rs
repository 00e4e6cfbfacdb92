//! Reads a request's body within the limits on its size, on all bodies together, and on time.

use std::{future::poll_fn, pin::Pin, sync::Arc};

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::Request,
    http::{HeaderMap, StatusCode, header},
};
use base::Size;
use tokio::sync::OwnedSemaphorePermit;

use crate::{
    refusal::Refusal,
    state::{State, units},
};

/// A body in memory, and the room it takes there.
pub(crate) struct Held {
    pub(crate) bytes: Vec<u8>,
    _room: OwnedSemaphorePermit,
}

/// Reads a body of at most the limit in the settings.
pub(crate) async fn read(state: &State, request: Request) -> Result<Held, Refusal> {
    read_within(state, request, state.settings.body_limit).await
}

/// Reads a body of at most `limit`.
pub(crate) async fn read_within(state: &State, request: Request, limit: Size) -> Result<Held, Refusal> {
    let (head, mut body) = request.into_parts();
    plain(&head.headers)?;
    if is_declared_larger(limit, &head.headers, &mut body).await {
        return Err(too_large(limit));
    }
    let declared = body.size_hint().exact();
    let room = Arc::clone(&state.room).try_acquire_many_owned(units(declared.map_or(limit, Size::bytes)));
    let room = room.map_err(|_| busy())?;
    let mut bytes = Vec::with_capacity(usize::try_from(declared.unwrap_or(0)).unwrap_or(0));
    while let Some(piece) = next(&mut body).await {
        let piece = piece.map_err(|_| unreadable())?;
        if (bytes.len() + piece.len()) as u64 > limit.get() {
            discard(&mut body, limit.get().saturating_mul(4)).await;
            return Err(too_large(limit));
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(Held { bytes, _room: room })
}

/// Reads a body that nobody needs, and forgets it: its caller would not see an answer before it is read. Nothing
/// of it stays in memory, so it takes no room.
pub(crate) async fn pass_over(state: &State, request: Request) -> Result<(), Refusal> {
    let (head, mut body) = request.into_parts();
    let limit = state.settings.body_limit;
    if is_declared_larger(limit, &head.headers, &mut body).await {
        return Err(needless(limit));
    }
    let mut seen = 0_u64;
    while let Some(piece) = next(&mut body).await {
        seen = seen.saturating_add(piece.map_err(|_| unreadable())?.len() as u64);
        if seen > limit.get() {
            discard(&mut body, limit.get().saturating_mul(4)).await;
            return Err(needless(limit));
        }
    }
    Ok(())
}

/// Whether the body says itself that it is over the limit. What is on its way all the same is read, up to a limit.
async fn is_declared_larger(limit: Size, headers: &HeaderMap, body: &mut Body) -> bool {
    let larger = body.size_hint().exact().is_some_and(|bytes| bytes > limit.get());
    if larger && !headers.contains_key(header::EXPECT) {
        discard(body, limit.get().saturating_mul(4)).await;
    }
    larger
}

/// Refuses the encodings that we do not read.
fn plain(headers: &HeaderMap) -> Result<(), Refusal> {
    let encoding = headers.get(header::CONTENT_ENCODING);
    if encoding.is_some_and(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        let message =
            "compressed bodies are not supported; send the JSON as it is, without `Content-Encoding`";
        return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message));
    }
    // The binary tensor extension puts this header on JSON that is followed by raw bytes.
    let json = headers.get("inference-header-content-length");
    if json.is_some_and(|json| Some(json) != headers.get(header::CONTENT_LENGTH)) {
        let message =
            "binary tensor data is not supported; send `data` as JSON (in tritonclient: binary_data=False)";
        return Err(Refusal::new(StatusCode::BAD_REQUEST, message));
    }
    Ok(())
}

/// The next piece of a body; trailers are passed over.
pub(crate) async fn next(body: &mut Body) -> Option<Result<Bytes, axum::Error>> {
    loop {
        let frame = poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await?;
        match frame.map(|frame| frame.into_data()) {
            Ok(Ok(piece)) => return Some(Ok(piece)),
            Ok(Err(_)) => {}
            Err(cause) => return Some(Err(cause)),
        }
    }
}

/// Reads what is left, up to a limit, and forgets it: a caller that is still writing when its
/// connection closes would never see our answer.
pub(crate) async fn discard(body: &mut Body, limit: u64) {
    let mut left = limit;
    while let Some(Ok(piece)) = next(body).await {
        left = left.saturating_sub(piece.len() as u64);
        if left == 0 {
            return;
        }
    }
}

fn too_large(limit: Size) -> Refusal {
    let message = format!("the body is larger than {limit}, the limit here; send fewer rows in a request");
    Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, message)
}

fn needless(limit: Size) -> Refusal {
    let message = format!("the body is larger than {limit}, the limit here; this route needs none");
    Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, message)
}

fn busy() -> Refusal {
    let message = "the server has as many request bodies in memory as it may; try again in a moment";
    Refusal::new(StatusCode::SERVICE_UNAVAILABLE, message)
}

fn unreadable() -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, "the body broke off or is not valid HTTP; send it again, whole")
}
