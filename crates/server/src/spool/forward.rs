//! A request's way to the server, and what a spool learns on it.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::body::to_bytes;
use serde_json::Value;
use tokio::task;

use super::{
    Shared,
    entry::Head,
    incoming::{Incoming, passed_on},
    upstream::{Answer, Content, Failed, Outgoing},
};
use crate::mlflow::request::{CHOSEN, ONCE};

/// The largest answer that is learnt from.
const LEARNT: usize = 256 << 20;

/// What a request is sent with, beside what came with it.
#[derive(Default)]
pub(super) struct Marks {
    pub(super) sequence: Option<u64>,
    pub(super) chosen: Option<String>,
}

impl Shared {
    pub(super) fn head(&self, incoming: &Incoming, marks: Marks) -> Head {
        Head {
            spool: self.backlog.numbers.spool().to_owned(),
            sequence: marks.sequence.unwrap_or_default(),
            method: incoming.method.to_string(),
            target: incoming.target.clone(),
            headers: incoming.headers.clone(),
            chosen: marks.chosen,
            file: None,
        }
    }

    /// Sends a request on, and takes note when the server is away or slow.
    pub(super) async fn forward(
        self: &Arc<Self>,
        incoming: &Incoming,
        marks: &Marks,
        patience: Duration,
    ) -> Result<Answer, Failed> {
        let (spool, marks) =
            (Arc::clone(self), Marks { sequence: marks.sequence, chosen: marks.chosen.clone() });
        let (method, target) = (incoming.method.to_string(), incoming.target.clone());
        let (headers, body) = (incoming.headers.clone(), incoming.body.clone());
        let sent = task::spawn_blocking(move || {
            let renamed = &spool.backlog.renamed;
            let target = renamed.text(&target).unwrap_or(target);
            let changed = str::from_utf8(&body).ok().and_then(|text| renamed.text(text));
            let body = changed.as_ref().map_or(body.as_ref(), String::as_bytes);
            let mut headers: Vec<_> =
                headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let once = marks.sequence.map(|sequence| spool.once(sequence));
            headers.extend(once.as_deref().map(|once| (ONCE, once)));
            headers.extend(marks.chosen.as_deref().map(|chosen| (CHOSEN, chosen)));
            let content = if body.is_empty() { Content::Nothing } else { Content::Bytes(body) };
            let (method, target) = (method.as_str(), target.as_str());
            spool.timed(&Outgoing { method, target, headers, content, patience })
        });
        sent.await.unwrap_or_else(|error| Err(Failed::Away(error.to_string())))
    }

    fn once(&self, sequence: u64) -> String {
        let (numbers, now) = (&self.backlog.numbers, Instant::now());
        if self.backlog.journal.waiting() == 0 {
            numbers.goes_through(sequence, now);
        }
        let (spool, settled) = (numbers.spool().to_owned(), numbers.settled(now).min(sequence));
        tracking::Once { spool, sequence, settled }.to_string()
    }

    /// Keeps in mind an experiment that the server knows.
    pub(super) async fn learn_experiment(self: &Arc<Self>, id: &Value, on_behalf_of: &Incoming) {
        let Some(id) = id.as_str().filter(|id| !self.overlay.knows(id)) else { return };
        let target = format!("/api/2.0/mlflow/experiments/get?experiment_id={id}");
        let shown = self.shown(Incoming::get(target, on_behalf_of)).await;
        self.overlay.note_experiment(&shown["experiment"]).await;
    }

    /// Does here what was done to a run there.
    pub(super) async fn follow_run(self: &Arc<Self>, incoming: &Incoming) {
        let Some(run_id) = incoming.run_id() else { return };
        if self.overlay.knows(&run_id) {
            drop(self.overlay.answer(incoming, None).await);
            return;
        }
        let target = format!("/api/2.0/mlflow/runs/get?run_id={run_id}");
        let shown = self.shown(Incoming::get(target, incoming)).await;
        self.learn_experiment(&shown["run"]["info"]["experiment_id"], incoming).await;
        self.overlay.note_run(&shown["run"]).await;
    }

    /// Does here what was done to a logged model there.
    pub(super) async fn follow_model(self: &Arc<Self>, id: &str, incoming: &Incoming) {
        if self.overlay.knows(id) {
            drop(self.overlay.answer(incoming, None).await);
            return;
        }
        let shown = self.shown(Incoming::get(format!("/api/2.0/mlflow/logged-models/{id}"), incoming)).await;
        self.learn_experiment(&shown["model"]["info"]["experiment_id"], incoming).await;
        self.overlay.note_model(&shown["model"]).await;
    }

    /// What the server answers, if it answers well.
    async fn shown(self: &Arc<Self>, question: Incoming) -> Value {
        match self.forward(&question, &Marks::default(), self.patience).await {
            Ok(answer) if answer.status().is_success() => {
                let body = to_bytes(passed_on(answer).await.into_body(), LEARNT).await.unwrap_or_default();
                serde_json::from_slice(&body).unwrap_or_default()
            }
            _ => Value::Null,
        }
    }
}
