//! What MLflow's own server answered to its own client, asked of Kaizen once more.
//!
//! `sessions/NAME.jsonl` holds a session an exchange a line, recorded by `record.py` from MLflow 3.12.0; `script.py` is what was said.
//! Every status, error and value must come again. Ids, times, tokens and names that a server makes up are placeholders in a recording:
//! what Kaizen says where one stands first is what it must stand for from then on, in requests too. Where Kaizen means to answer
//! otherwise, [`differences`] says why, and a difference that is there no more must be struck off.

mod compare;
mod differences;
mod placeholders;

use std::{fs, path::Path, time::Duration};

use serde_json::Value;

use crate::{
    context::TestContext,
    recorded_sessions::{
        compare::{Found, compare},
        placeholders::Placeholders,
    },
    server_command::server,
    wire::{Reply, call},
};

/// A request, and what MLflow answered.
struct Exchange {
    /// From 1.
    line: usize,
    ask: String,
    /// The body, and its type.
    body: Option<(String, String)>,
    status: u16,
    /// Nothing when it was a page for people, as frameworks make it.
    answer: Option<Said>,
}

/// What an answer's body was.
enum Said {
    Json(Value),
    File { text: String, kind: String, disposition: Option<String> },
}

impl Exchange {
    fn parse(number: usize, line: &str) -> Self {
        let exchange: Value = serde_json::from_str(line).unwrap();
        let text = |field: &str| exchange[field].as_str().map(str::to_owned);
        let body = match exchange.get("json") {
            Some(json) => Some((json.to_string(), "application/json".to_owned())),
            None => text("text").map(|said| (said, text("type").unwrap())),
        };
        let answer = match exchange.get("answer") {
            Some(json) => Some(Said::Json(json.clone())),
            None => text("said").map(|said| Said::File {
                text: said,
                kind: text("kind").unwrap(),
                disposition: text("disposition"),
            }),
        };
        let status = exchange["status"].as_u64().unwrap().try_into().unwrap();
        Self { line: number + 1, ask: text("ask").unwrap(), body, status, answer }
    }

    /// Asks Kaizen the same.
    fn again(&self, url: &str, placeholders: &Placeholders) -> Reply {
        let (method, path) = self.ask.split_once(' ').unwrap();
        let path = placeholders.in_address(path);
        let Some((body, kind)) = &self.body else {
            return call(url, (method, &path), &[], "");
        };
        call(url, (method, &path), &[("Content-Type", kind)], &placeholders.filled(body))
    }

    /// Everything in Kaizen's answer that is not as it was in MLflow's.
    fn differences(&self, reply: &Reply, placeholders: &mut Placeholders) -> Vec<Found> {
        if self.status >= 400 || reply.status >= 400 {
            return self.refused_otherwise(reply, placeholders).into_iter().collect();
        }
        let mut found = Vec::new();
        let mut hold = |place: &str, theirs: &str, ours: &str| {
            if theirs != ours {
                found.push(Found::new(place, theirs, ours));
            }
        };
        hold("status", &self.status.to_string(), &reply.status.to_string());
        match self.answer.as_ref().unwrap() {
            Said::Json(theirs) => compare("", theirs, &reply.json(), placeholders, &mut found),
            Said::File { text, kind, disposition } => {
                hold("body", &placeholders.filled(text), &reply.body);
                hold("content-type", kind, header(reply, "content-type"));
                let disposition = disposition.clone().unwrap_or_default().to_lowercase();
                hold("content-disposition", &disposition, header(reply, "content-disposition"));
            }
        }
        found
    }

    /// Whether one refuses and the other does not, or with another status, code or message.
    fn refused_otherwise(&self, reply: &Reply, placeholders: &mut Placeholders) -> Option<Found> {
        let theirs = match &self.answer {
            Some(Said::Json(answer)) => refusal(self.status, answer),
            _ => self.status.to_string(),
        };
        let ours = match serde_json::from_str(&reply.body) {
            Ok(answer) if self.answer.is_some() || self.status != reply.status => {
                refusal(reply.status, &answer)
            }
            _ => reply.status.to_string(),
        };
        (!placeholders.fits(&theirs, &ours)).then(|| Found::new("refusal", &theirs, &ours))
    }
}

/// `400 INVALID_PARAMETER_VALUE: what is wrong`; the status alone when nothing is refused.
fn refusal(status: u16, answer: &Value) -> String {
    match (answer["error_code"].as_str(), answer["message"].as_str()) {
        (Some(code), Some(message)) => format!("{status} {code}: {message}"),
        _ => status.to_string(),
    }
}

fn header<'a>(reply: &'a Reply, name: &str) -> &'a str {
    let line = reply.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    line.unwrap_or_default()
}

/// Replays a session against a new server; all that differs is told at once.
fn replay(session: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join(format!("tests/it/recorded_sessions/sessions/{session}.jsonl"));
    let recorded = fs::read_to_string(&file).unwrap();
    let context = TestContext::empty();
    let (running, url) = server(&context, &[]);
    // Tests have no clock; a file has been written when the session begins.
    context.write("begins", "");
    let began = fs::metadata(context.path("begins")).unwrap().modified().unwrap();
    let mut placeholders = Placeholders::new(began - Duration::from_secs(1));
    let mut excused = differences::of(session);
    let mut unexcused = String::new();
    for (number, line) in recorded.lines().enumerate() {
        let exchange = Exchange::parse(number, &placeholders::repeated(line));
        let reply = exchange.again(&url, &placeholders);
        for found in exchange.differences(&reply, &mut placeholders) {
            if !excused.covers(&exchange.ask, &found) {
                unexcused += &format!("{}: {}\n{found}", exchange.line, exchange.ask);
            }
        }
    }
    running.interrupt().code(0);
    assert!(unexcused.is_empty(), "{session} is not answered as by MLflow\n{unexcused}");
    assert_eq!(excused.unused(), Vec::<String>::new(), "as MLflow answers; strike it off");
}

#[test]
fn experiments_are_answered_as_by_mlflow() {
    replay("experiments");
}

#[test]
fn what_is_wrong_with_an_experiment_is_said_as_by_mlflow() {
    replay("refused_experiments");
}

#[test]
fn runs_are_answered_as_by_mlflow() {
    replay("runs");
}

#[test]
fn what_is_wrong_with_a_run_is_said_as_by_mlflow() {
    replay("refused_runs");
}

#[test]
fn metrics_are_answered_as_by_mlflow() {
    replay("metrics");
}

#[test]
fn what_is_wrong_with_a_metric_is_said_as_by_mlflow() {
    replay("refused_metrics");
}

#[test]
fn searches_find_and_order_as_by_mlflow() {
    replay("search_runs");
}

#[test]
fn datasets_are_answered_as_by_mlflow() {
    replay("inputs");
}

#[test]
fn logged_models_are_answered_as_by_mlflow() {
    replay("logged_models");
}

#[test]
fn registered_models_are_answered_as_by_mlflow() {
    replay("registry");
}

#[test]
fn what_is_wrong_with_a_registered_model_is_said_as_by_mlflow() {
    replay("refused_registry");
}

#[test]
fn artifacts_are_answered_as_by_mlflow() {
    replay("artifacts");
}

#[test]
fn a_training_loop_is_answered_as_by_mlflow() {
    replay("training");
}

#[test]
fn every_recording_is_replayed() {
    let sessions = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/recorded_sessions/sessions");
    for file in fs::read_dir(sessions).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        assert!(include_str!("mod.rs").contains(&format!("replay(\"{name}\")")), "{name}");
    }
}
