//! What an action returned, as the journal keeps it.

use std::time::Duration;

use plan::{Decision, Record, Status, Verb};
use store::{Change, Outcome};

use super::Conclusion;
use crate::{
    Engine, Error,
    actions::{Done, Failure, Turn},
    recorded::keep,
    webhook::Occurrence,
};

/// The end of one action, ready to be recorded.
pub(super) struct Concluded {
    pub(super) outcome: Outcome,
    pub(super) changes: Vec<Change>,
    pub(super) conclusion: Conclusion,
    /// What the planner is to know of it; nothing when it was interrupted.
    pub(super) record: Option<Record>,
}

/// What came of the action.
///
/// # Errors
/// When the engine cannot go on.
pub(super) fn of(
    engine: &Engine,
    turn: &Turn,
    acted: Result<Done, Failure>,
    elapsed: Duration,
) -> Result<Concluded, Error> {
    let millis = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
    match acted {
        Ok(done) => Ok(finished(engine, turn, done, millis)),
        Err(Failure::Failed { message, detail }) => {
            let status = Status::Failed { message: message.clone() };
            Ok(failed(
                turn,
                (status, detail),
                (&message, millis),
                Conclusion::Failed { message: message.clone() },
            ))
        }
        Err(Failure::Refused { message, detail }) => {
            let status = Status::Refused { message: message.clone() };
            Ok(failed(
                turn,
                (status, detail),
                (&message, millis),
                Conclusion::Refused { message: message.clone() },
            ))
        }
        Err(Failure::Interrupted) => Ok(interrupted("asked to end", millis)),
        Err(Failure::Fatal(error)) => Err(error),
    }
}

/// An action that ended before it was done, or that never began.
pub(super) fn interrupted(why: &str, millis: u64) -> Concluded {
    let detail = serde_json::json!({ "message": why, "elapsed_ms": millis });
    let outcome = Outcome { status: store::Status::Interrupted, detail };
    Concluded { outcome, changes: Vec::new(), conclusion: Conclusion::Interrupted, record: None }
}

fn record(turn: &Turn, status: Status) -> Record {
    Record { fields: turn.action.fields.clone(), inputs: turn.inputs.clone(), status }
}

fn finished(engine: &Engine, turn: &Turn, done: Done, millis: u64) -> Concluded {
    let detail = serde_json::json!({
        "summary": done.summary, "elapsed_ms": millis, "detail": done.detail,
    });
    let record = record(turn, Status::Done { output: done.output, decision: done.decision });
    let mut changes = done.changes;
    changes.push(keep(&turn.action.id, record.clone(), (done.detail, done.left)));
    changes.extend(told(engine, turn, &done.summary, done.decision));
    let outcome = Outcome { status: store::Status::Done, detail };
    let conclusion = Conclusion::Done { summary: done.summary };
    Concluded { outcome, changes, conclusion, record: Some(record) }
}

fn failed(
    turn: &Turn,
    (status, detail): (Status, serde_json::Value),
    (message, millis): (&str, u64),
    conclusion: Conclusion,
) -> Concluded {
    let record = record(turn, status);
    let outcome = Outcome {
        status: store::Status::Failed,
        detail: serde_json::json!({ "message": message, "elapsed_ms": millis, "detail": detail.clone() }),
    };
    let changes = vec![keep(&turn.action.id, record.clone(), (detail, None))];
    Concluded { outcome, changes, conclusion, record: Some(record) }
}

/// The deliveries that tell webhooks of a verdict or a release, recorded together with it.
fn told(engine: &Engine, turn: &Turn, summary: &str, decision: Option<Decision>) -> Vec<Change> {
    let (topic, what) = match turn.action.id.verb {
        Verb::Gate => (spec::Topic::Verdict, "judged"),
        Verb::RollOut => (spec::Topic::Release, "released"),
        Verb::Stop => (spec::Topic::Release, "stopped"),
        _ => return Vec::new(),
    };
    let mut data = serde_json::json!({ "summary": summary, "reasons": turn.action.reasons });
    if let Some(decision) = decision {
        data["decision"] = serde_json::json!(decision);
    }
    let subject = turn.action.id.node.to_string();
    let occurrence = Occurrence { topic, what, subject, at: engine.settings.clock.now(), data };
    occurrence.deliveries(&turn.project.spec).into_iter().map(Change::Enqueue).collect()
}
