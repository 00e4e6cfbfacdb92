use std::sync::Arc;

use axum::{
    Json,
    extract::{self, Path, Request, rejection::PathRejection},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;
use serving::triggers::{NotFired, Triggers};
use tokio::{task, time};

use crate::{
    body,
    refusal::Refusal,
    routes::infer::{chain, late_body},
    state::{Failure, State},
};

/// Lets a trigger fire, and answers once that is on disk. What the body says is not looked at.
pub(crate) async fn call(
    extract::State(state): extract::State<State>,
    trigger: Result<Path<String>, PathRejection>,
    request: Request,
) -> Response {
    let token = bearer(request.headers()).map(str::to_owned);
    let deadline = time::Instant::now() + state.settings.request_timeout;
    let passed = time::timeout_at(deadline, body::pass_over(&state, request)).await;
    if let Err(refusal) = passed.unwrap_or_else(|_| Err(late_body(&state))) {
        return refusal.into_response();
    }
    let Some(token) = token else { return unproven() };
    match fired(&state, trigger, token, deadline).await {
        Ok(name) => (StatusCode::ACCEPTED, Json(json!({ "trigger": name }))).into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

/// The token of `Authorization: Bearer TOKEN`, when the header is of that form and stands there once.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = std::str::from_utf8(values.next()?.as_bytes()).ok()?;
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    let is_one = values.next().is_none() && !token.is_empty();
    (is_one && scheme.eq_ignore_ascii_case("bearer")).then_some(token)
}

async fn fired(
    state: &State,
    trigger: Result<Path<String>, PathRejection>,
    token: String,
    deadline: time::Instant,
) -> Result<String, Refusal> {
    let triggers = state.triggers.clone().ok_or_else(no_project)?;
    // What is not valid UTF-8 is the name of no trigger.
    let Ok(Path(name)) = trigger else { return Err(refusal(&NotFired::Refused)) };
    let called = Called { triggers, name, token };
    time::timeout_at(deadline, recorded(state, called)).await.unwrap_or_else(|_| Err(late(state)))
}

/// A call that has arrived whole.
struct Called {
    triggers: Arc<dyn Triggers>,
    name: String,
    token: String,
}

async fn recorded(state: &State, called: Called) -> Result<String, Refusal> {
    let place = Arc::clone(&state.trigger_callers).acquire_owned().await;
    let name = called.name.clone();
    // It waits for the disk. The place is taken until it is recorded, even when nobody waits for it any more.
    let work = task::spawn_blocking(move || {
        let _place = place;
        called.triggers.fire(&called.name, &called.token)
    });
    match work.await {
        Ok(Ok(())) => Ok(name),
        Ok(Err(not_fired)) => {
            if let NotFired::Unavailable(_) = &not_fired {
                report(state, &name, chain(&not_fired));
            }
            Err(refusal(&not_fired))
        }
        Err(_) => {
            report(state, &name, "calling it panicked; this is a bug in kaizen".to_owned());
            Err(broken())
        }
    }
}

fn report(state: &State, name: &str, cause: String) {
    (state.report)(&Failure { model: format!("trigger.{name}"), cause });
}

fn refusal(not_fired: &NotFired) -> Refusal {
    let status = match not_fired {
        NotFired::Refused => StatusCode::NOT_FOUND,
        NotFired::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
    };
    Refusal::new(status, not_fired.to_string())
}

fn unproven() -> Response {
    let message = "a trigger is called with its token; send `Authorization: Bearer TOKEN`";
    let mut answer = Refusal::new(StatusCode::UNAUTHORIZED, message).into_response();
    answer.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    answer
}

fn no_project() -> Refusal {
    let message = "triggers belong to a project, and this server serves a model without one; \
        run `kaizen up` in a project with this trigger";
    Refusal::new(StatusCode::NOT_FOUND, message)
}

/// It may fire all the same; called again it only runs the steps once more.
fn late(state: &State) -> Refusal {
    let seconds = state.settings.request_timeout.as_secs_f64();
    let message =
        format!("the call was not recorded within {seconds} s; the server is busy: call it again later");
    Refusal::new(StatusCode::SERVICE_UNAVAILABLE, message)
}

fn broken() -> Refusal {
    let message = "the trigger did not fire; the server's log has the cause";
    Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, message)
}
