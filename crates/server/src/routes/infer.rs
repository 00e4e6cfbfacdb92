use std::{
    error::Error,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use axum::{
    extract::{self, Request},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serving::{
    ErrorKind, Loaded,
    capture::{Arrival, Outcome, Recorder},
};
use tokio::{task, time};

use crate::{
    body::{self, Held},
    refusal::Refusal,
    routes::target::Target,
    state::{Failure, State},
};

/// Bodies up to this size are answered where they arrive: it takes microseconds, less than
/// handing them to another thread. Larger ones go to a blocking thread.
const INLINE: usize = 8 << 10;

pub(crate) async fn infer(
    extract::State(state): extract::State<State>,
    Target(model): Target,
    request: Request,
) -> Result<Response, Refusal> {
    let deadline = time::Instant::now() + state.settings.request_timeout;
    let recorder = state.recorders.get(model.name());
    let held = time::timeout_at(deadline, body::read(&state, request)).await;
    let held = held.unwrap_or_else(|_| Err(late_body(&state)));
    let held = held.inspect_err(|refusal| count(recorder.as_deref(), refusal))?;
    let within = deadline.saturating_duration_since(time::Instant::now());
    let asked = Asked { model, held, arrival: recorder.map(|recorder| recorder.arrive(within)) };
    let answer = time::timeout_at(deadline, answer(&state, asked)).await;
    let answer = answer.map_err(|_| late_answer(&state))??;
    Ok(([(header::CONTENT_TYPE, "application/json")], answer).into_response())
}

/// A request that has arrived whole.
struct Asked {
    model: Arc<Loaded>,
    held: Held,
    /// Who records it, if anyone does.
    arrival: Option<Arrival>,
}

/// Counts a request that was refused before it was there.
fn count(recorder: Option<&Recorder>, refusal: &Refusal) {
    let ours = refusal.status.is_server_error();
    if let Some(recorder) = recorder {
        recorder.refuse(if ours { Outcome::ServerError } else { Outcome::ClientError });
    }
}

async fn answer(state: &State, asked: Asked) -> Result<Vec<u8>, Refusal> {
    if asked.held.bytes.len() <= INLINE {
        return predict(state, asked);
    }
    let worker = Arc::clone(&state.workers).acquire_owned().await;
    let state = state.clone();
    // The body's room and the worker's place go along: they are taken until the work is done,
    // even when nobody waits for it any more.
    let work = task::spawn_blocking(move || {
        let _worker = worker;
        predict(&state, asked)
    });
    work.await.unwrap_or_else(|_| Err(internal()))
}

fn predict(state: &State, asked: Asked) -> Result<Vec<u8>, Refusal> {
    let Asked { model, held, arrival } = asked;
    // A bug in one model's operators must not take the connection, or the server, with it.
    let attempt = catch_unwind(AssertUnwindSafe(|| match arrival {
        Some(arrival) => arrival.answer(&model, &held.bytes, state.limits()),
        None => serving::infer(&model, &held.bytes, state.limits()),
    }));
    let report = |cause: String| (state.report)(&Failure { model: model.name().to_owned(), cause });
    match attempt {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => {
            if error.kind() == ErrorKind::Internal {
                report(chain(&error));
            }
            Err(error.into())
        }
        Err(_) => {
            report("the prediction panicked; this is a bug in kaizen".to_owned());
            Err(internal())
        }
    }
}

/// An error and everything below it.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}

fn internal() -> Refusal {
    Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "the prediction failed; the server's log has the cause")
}

pub(crate) fn late_body(state: &State) -> Refusal {
    let seconds = state.settings.request_timeout.as_secs_f64();
    let message = format!("the body did not arrive within {seconds} s; send it whole, or fewer rows");
    Refusal::new(StatusCode::REQUEST_TIMEOUT, message)
}

fn late_answer(state: &State) -> Refusal {
    let seconds = state.settings.request_timeout.as_secs_f64();
    let message =
        format!("there was no answer within {seconds} s; the server is busy: send fewer rows, or later");
    Refusal::new(StatusCode::SERVICE_UNAVAILABLE, message)
}
