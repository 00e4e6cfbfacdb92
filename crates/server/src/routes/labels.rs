use std::sync::Arc;

use axum::{
    Json,
    extract::{self, Request},
    http::StatusCode,
};
use serving::{
    Loaded,
    labels::{self, Labels, Receipt, Refused},
};
use tokio::{task, time};

use crate::{
    body::{self, Held},
    refusal::Refusal,
    routes::{
        infer::{chain, late_body},
        target::Target,
    },
    state::{Failure, State},
};

/// Takes labels, and answers once they are on disk.
pub(crate) async fn put(
    extract::State(state): extract::State<State>,
    Target(model): Target,
    request: Request,
) -> Result<Json<Receipt>, Refusal> {
    let keeper = state.labels.clone().ok_or_else(nobody)?;
    let deadline = time::Instant::now() + state.settings.request_timeout;
    let body = time::timeout_at(deadline, body::read(&state, request)).await;
    let asked = Asked { model, body: body.map_err(|_| late_body(&state))??, keeper };
    let receipt = time::timeout_at(deadline, kept(&state, asked)).await;
    receipt.unwrap_or_else(|_| Err(late(&state))).map(Json)
}

/// Labels that have arrived whole.
struct Asked {
    model: Arc<Loaded>,
    body: Held,
    keeper: Arc<dyn Labels>,
}

async fn kept(state: &State, asked: Asked) -> Result<Receipt, Refusal> {
    let place = Arc::clone(&state.label_keepers).acquire_owned().await;
    let state = state.clone();
    // Reading them calculates and keeping them waits for the disk: neither may hold up an answer. The
    // place is taken until they are kept, even when nobody waits for it any more.
    let work = task::spawn_blocking(move || {
        let _place = place;
        keep(&state, &asked)
    });
    work.await.unwrap_or_else(|_| Err(unkept()))
}

fn keep(state: &State, asked: &Asked) -> Result<Receipt, Refusal> {
    let Asked { model, body, keeper } = asked;
    let bad = |error: labels::Error| match error {
        labels::Error::TooMany => Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, error.to_string()),
        _ => Refusal::new(StatusCode::BAD_REQUEST, error.to_string()),
    };
    let labels = labels::read(model, &body.bytes).map_err(bad)?;
    keeper.put(model.name(), labels).map_err(|refused| match refused {
        Refused::Label(problem) => Refusal::new(StatusCode::BAD_REQUEST, problem),
        Refused::Unavailable(_) => {
            (state.report)(&Failure { model: model.name().to_owned(), cause: chain(&refused) });
            Refusal::new(StatusCode::SERVICE_UNAVAILABLE, refused.to_string())
        }
    })
}

fn nobody() -> Refusal {
    let message = "labels are kept by a project, and this server serves a model without one; \
        run `kaizen up` in a project with this service";
    Refusal::new(StatusCode::NOT_FOUND, message)
}

/// They may be kept all the same; sent again they change nothing.
fn late(state: &State) -> Refusal {
    let seconds = state.settings.request_timeout.as_secs_f64();
    let message =
        format!("the labels were not kept within {seconds} s; the server is busy: send them again later");
    Refusal::new(StatusCode::SERVICE_UNAVAILABLE, message)
}

fn unkept() -> Refusal {
    let message = "the labels were not kept; the server's log has the cause";
    Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, message)
}
