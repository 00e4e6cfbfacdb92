//! What a spool does with a request.
//!
//! While the server is well and nothing waits, requests go through, and what they changed is done in the overlay, too.
//! Once it is not, writes are done there alone and wait; reads are answered from there where it knows enough.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Json,
    body::{Body, Bytes, to_bytes},
    extract::{Request, State as Given},
    http::{Method, StatusCode},
    response::{IntoResponse as _, Response},
};
use serde_json::{Value, json};
use tokio::task;
use tracking::Code;

use super::{
    Shared,
    call::{About, Call, Subject},
    entry::Entry,
    forward::Marks,
    incoming::{Incoming, passed_on, refused},
    journal::Refusal,
    overlay::Answered,
    upload,
    upstream::{Answer, Failed},
};
use crate::mlflow::VERSION;

/// The largest body that is no file.
const BODY: usize = 64 << 20;
/// A search may take its time.
const SEARCH: Duration = Duration::from_secs(60);

pub(super) async fn handle(Given(spool): Given<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let call = Call::of(&parts.method, parts.uri.path());
    match call {
        Call::About(about) => return tell(about),
        Call::Upload => return upload::upload(&spool, &parts, body).await,
        _ => {}
    }
    let Ok(body) = to_bytes(body, BODY).await else {
        return refused(Code::BadRequest, format!("the body broke off or is larger than {BODY} bytes"));
    };
    let incoming = Incoming::of(&parts, body);
    match call {
        Call::Write(subject) => write(&spool, incoming, subject).await,
        Call::Ask | Call::Download => ask(&spool, &incoming, spool.patience).await,
        Call::Search => search(&spool, &incoming).await,
        _ => beyond(&spool, &incoming).await,
    }
}

/// What is asked about the server is answered without it.
fn tell(about: About) -> Response {
    match about {
        About::Health => "OK".into_response(),
        About::Version => VERSION.into_response(),
        About::Info => Json(json!({
            "store_type": "SqlStore",
            "workspaces_enabled": false,
            // A file comes in whole, so that it can wait.
            "multipart_uploads_enabled": false,
            "multipart_downloads_enabled": false,
            "artifact_serving_enabled": true,
            "artifacts_presigned_only": false,
            "kaizen": true,
            "spool": true,
        }))
        .into_response(),
    }
}

async fn write(spool: &Arc<Shared>, incoming: Incoming, subject: Subject) -> Response {
    let number = spool.backlog.numbers.take();
    let marks = Marks { sequence: Some(number.sequence), chosen: chosen(&subject) };
    if spool.is_well() {
        match spool.forward(&incoming, &marks, spool.patience).await {
            Ok(answer) => return written(spool, &incoming, &subject, answer).await,
            Err(Failed::Unfit(why)) => return refused(Code::InvalidParameterValue, why),
            Err(Failed::Away(_)) => {}
        }
    }
    keep(spool, incoming, &subject, marks).await
}

/// The id of what is made, so that it is the same whoever makes it in the end.
fn chosen(subject: &Subject) -> Option<String> {
    match subject {
        Subject::NewRun => hex(),
        Subject::NewModel => hex().map(|digits| format!("m-{digits}")),
        _ => None,
    }
}

fn hex() -> Option<String> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).ok()?;
    Some(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// 18 digits, which are no number of any server's own.
fn experiment_id() -> Option<String> {
    const FIRST: u64 = 100_000_000_000_000_000;
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).ok()?;
    Some((FIRST + u64::from_le_bytes(bytes) % (9 * FIRST)).to_string())
}

/// The server has answered a write: what it did is done here, too.
async fn written(spool: &Arc<Shared>, incoming: &Incoming, subject: &Subject, answer: Answer) -> Response {
    if !answer.status().is_success() {
        return passed_on(answer).await;
    }
    let response = passed_on(answer).await;
    let (head, body) = response.into_parts();
    let Ok(body) = to_bytes(body, BODY).await else {
        return refused(Code::TemporarilyUnavailable, "the server's answer broke off; ask again");
    };
    let shown: Value = serde_json::from_slice(&body).unwrap_or_default();
    match subject {
        Subject::NewExperiment => spool.learn_experiment(&shown["experiment_id"], incoming).await,
        Subject::NewRun => {
            spool.learn_experiment(&shown["run"]["info"]["experiment_id"], incoming).await;
            spool.overlay.note_run(&shown["run"]).await;
        }
        Subject::NewModel => {
            spool.learn_experiment(&shown["model"]["info"]["experiment_id"], incoming).await;
            spool.overlay.note_model(&shown["model"]).await;
        }
        Subject::Run => spool.follow_run(incoming).await,
        Subject::Model(id) => spool.follow_model(id, incoming).await,
        Subject::Experiment => drop(spool.overlay.answer(incoming, None).await),
        Subject::Artifact => {}
    }
    Response::from_parts(head, Body::from(body))
}

/// Does a write here, and lets it wait for the server.
async fn keep(spool: &Arc<Shared>, mut incoming: Incoming, subject: &Subject, mut marks: Marks) -> Response {
    match subject {
        Subject::NewExperiment => {
            marks.chosen = experiment_id();
            place_artifacts(&mut incoming, marks.chosen.as_deref());
        }
        Subject::Run => {
            if let Some(run_id) = incoming.run_id().filter(|run_id| !spool.overlay.knows(run_id)) {
                spool.overlay.assume_run(&run_id).await;
            }
        }
        Subject::Model(id) if !spool.overlay.knows(id) => spool.overlay.assume_model(id).await,
        _ => {}
    }
    let done = match subject {
        // There may be nothing to delete here.
        Subject::Artifact => Answered { status: StatusCode::OK, body: Bytes::from_static(b"{}") },
        _ => done_here(spool, &incoming, marks.chosen.as_deref()).await,
    };
    if !done.status.is_success() {
        return done.response();
    }
    if *subject == Subject::Artifact {
        drop(spool.overlay.answer(&incoming, None).await);
    }
    match wait_for_the_server(spool, incoming, marks).await {
        Ok(()) => done.response(),
        Err(why) => refused(Code::TemporarilyUnavailable, why),
    }
}

/// Does a write in the overlay. An experiment that it does not know is taken to be there: the server cannot be asked.
async fn done_here(spool: &Arc<Shared>, incoming: &Incoming, chosen: Option<&str>) -> Answered {
    let done = spool.overlay.answer(incoming, chosen).await;
    let fields = incoming.fields();
    match fields["experiment_id"].as_str() {
        Some(id)
            if done.status == StatusCode::NOT_FOUND && id.bytes().all(|digit| digit.is_ascii_digit()) =>
        {
            spool.overlay.assume_experiment(id).await;
            spool.overlay.answer(incoming, chosen).await
        }
        _ => done,
    }
}

/// Where the artifacts of a new experiment go is settled with its id, since clients begin to send them there.
fn place_artifacts(incoming: &mut Incoming, chosen: Option<&str>) {
    let mut fields = incoming.fields();
    let is_given = fields["artifact_location"].as_str().is_some_and(|given| !given.is_empty());
    if let (Some(chosen), Some(fields), false) = (chosen, fields.as_object_mut(), is_given) {
        fields.insert("artifact_location".to_owned(), json!(format!("mlflow-artifacts:/{chosen}")));
        incoming.body = Bytes::from(Value::Object(fields.clone()).to_string());
    }
}

async fn wait_for_the_server(spool: &Arc<Shared>, incoming: Incoming, marks: Marks) -> Result<(), String> {
    let head = spool.head(&incoming, marks);
    let entry = Entry { head, body: incoming.body.to_vec() };
    append(spool, entry, 0).await
}

/// On the disk when it returns.
pub(super) async fn append(spool: &Arc<Shared>, entry: Entry, elsewhere: u64) -> Result<(), String> {
    let backlog = Arc::clone(&spool.backlog);
    let appended = task::spawn_blocking(move || {
        let payload = entry.encode().map_err(Refusal::Io)?;
        backlog.journal.append(&payload, elsewhere)
    });
    let place = spool.backlog.place.path().display();
    match appended.await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(why)) => {
            Err(format!("{} is away, and the write cannot wait in {place}: {why}", spool.upstream()))
        }
        Err(error) => Err(format!("the write cannot wait in {place}: {error}")),
    }
}

/// A question about one thing: what waits is part of the answer, so it is answered here while anything does.
async fn ask(spool: &Arc<Shared>, incoming: &Incoming, patience: Duration) -> Response {
    if !spool.is_well() {
        let here = spool.overlay.perform(incoming, None, Body::empty()).await;
        if here.status().is_success() {
            return here;
        }
    }
    if spool.is_paused() {
        return away(spool, incoming).await;
    }
    match spool.forward(incoming, &Marks::default(), patience).await {
        Ok(answer) => heard(spool, incoming, answer).await,
        Err(Failed::Unfit(why)) => refused(Code::InvalidParameterValue, why),
        Err(Failed::Away(_)) => away(spool, incoming).await,
    }
}

/// What the server shows of an experiment, a run or a model is kept in mind.
async fn heard(spool: &Arc<Shared>, incoming: &Incoming, answer: Answer) -> Response {
    let path = incoming.target.split('?').next().unwrap_or_default();
    let is_known_kind =
        path.contains("/runs/get") || path.contains("/experiments/get") || path.contains("/logged-models/");
    if !answer.status().is_success() || !is_known_kind {
        return passed_on(answer).await;
    }
    let (head, body) = passed_on(answer).await.into_parts();
    let Ok(body) = to_bytes(body, 4 * BODY).await else {
        return refused(Code::TemporarilyUnavailable, "the server's answer broke off; ask again");
    };
    let shown: Value = serde_json::from_slice(&body).unwrap_or_default();
    if shown["experiment"].is_object() {
        spool.overlay.note_experiment(&shown["experiment"]).await;
    }
    let id = |thing: &str, name: &str| shown[thing]["info"][name].as_str().map(str::to_owned);
    if id("run", "run_id").is_some_and(|id| !spool.overlay.knows(&id)) {
        spool.learn_experiment(&shown["run"]["info"]["experiment_id"], incoming).await;
        spool.overlay.note_run(&shown["run"]).await;
    }
    if id("model", "model_id").is_some_and(|id| !spool.overlay.knows(&id)) {
        spool.learn_experiment(&shown["model"]["info"]["experiment_id"], incoming).await;
        spool.overlay.note_model(&shown["model"]).await;
    }
    Response::from_parts(head, Body::from(body))
}

/// The answer to a question while the server is away.
async fn away(spool: &Arc<Shared>, incoming: &Incoming) -> Response {
    let here = spool.overlay.perform(incoming, None, Body::from(incoming.body.clone())).await;
    // A client that looks for an experiment makes it when there is none; if the server has it, the two become one.
    let is_name = incoming.target.contains("/experiments/get-by-name");
    if here.status().is_success() || (is_name && here.status() == StatusCode::NOT_FOUND) {
        return here;
    }
    unavailable(spool)
}

/// What no spool can answer.
fn unavailable(spool: &Shared) -> Response {
    let message =
        format!("{} is away, and the spool before it does not know the answer; ask again", spool.upstream());
    refused(Code::TemporarilyUnavailable, message)
}

async fn search(spool: &Arc<Shared>, incoming: &Incoming) -> Response {
    if spool.is_paused() {
        return away(spool, incoming).await;
    }
    match spool.forward(incoming, &Marks::default(), SEARCH).await {
        Ok(answer) => passed_on(answer).await,
        Err(Failed::Unfit(why)) => refused(Code::InvalidParameterValue, why),
        Err(Failed::Away(_)) => away(spool, incoming).await,
    }
}

/// What the server alone can do, after everything that waits.
async fn beyond(spool: &Arc<Shared>, incoming: &Incoming) -> Response {
    let until = Instant::now() + spool.patience;
    while spool.backlog.journal.waiting() > 0 && incoming.method != Method::GET {
        if Instant::now() > until {
            return unavailable(spool);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    match spool.forward(incoming, &Marks::default(), SEARCH).await {
        Ok(answer) => passed_on(answer).await,
        Err(Failed::Unfit(why)) => refused(Code::InvalidParameterValue, why),
        Err(Failed::Away(_)) => unavailable(spool),
    }
}
