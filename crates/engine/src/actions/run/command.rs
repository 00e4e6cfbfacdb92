//! A step that is a command, from its workplace to its outputs.

use std::path::PathBuf;

use executor::{Exit, Usage};
use spec::{Isolation, Step};

use super::{
    super::{Done, Failure, Turn},
    attempts::{self, Adopted, Last},
    audit, cached, folder, metrics, outputs,
    workplace::Workplace,
};
use crate::{Engine, recorded::Left};

pub(super) async fn perform(
    engine: &Engine,
    turn: &Turn,
    step: &Step,
    command: &str,
) -> Result<Done, Failure> {
    let ended = to_its_end(engine, turn, (step, command), &[]).await?;
    let done = finished(engine, turn, (step, &ended.workplace), &ended.last).await;
    ended.settled(turn, done)
}

/// A command that has ended well, before anything was made of what it left.
pub(crate) struct EndedWell {
    pub(super) workplace: Workplace,
    pub(super) last: Last,
}

/// Runs a command until it ends well; these paths are told to it under these names. Otherwise what it left is taken
/// away.
pub(crate) async fn to_its_end(
    engine: &Engine,
    turn: &Turn,
    (step, command): (&Step, &str),
    told: &[(String, PathBuf)],
) -> Result<EndedWell, Failure> {
    let adopted = turn.adopted.lock().ok().and_then(|mut adopted| adopted.take());
    let (mut workplace, found) = match adopted {
        Some(Adopted { attempt, running }) => (Workplace::found(engine, turn, step, attempt)?, Some(running)),
        None => (Workplace::prepare(engine, turn, step)?, None),
    };
    workplace.variables.extend_from_slice(told);
    let attempted = attempts::run(engine, turn, (step, command), &workplace, found).await;
    let last = match attempted {
        Ok(last) => last,
        Err(failure) => {
            take_away(turn, &workplace, &failure)?;
            return Err(failure);
        }
    };
    for text in &last.ended.notices {
        cached::notice(engine, turn, text.clone());
    }
    let is_well = last.ended.exit == Exit::Code(0);
    let ended = EndedWell { workplace, last };
    if is_well { Ok(ended) } else { ended.settled(turn, Err(failed(turn, step, &ended.last))) }
}

impl EndedWell {
    /// Passes on what was made of it. When that failed, what the command left is taken away.
    pub(crate) fn settled<T>(&self, turn: &Turn, made: Result<T, Failure>) -> Result<T, Failure> {
        if let Err(failure) = &made {
            take_away(turn, &self.workplace, failure)?;
        }
        made
    }
}

/// What a command left half-written goes, and what it replaced comes back.
fn take_away(turn: &Turn, workplace: &Workplace, failure: &Failure) -> Result<(), Failure> {
    let (root, folder) = (&turn.project.root, &workplace.folder);
    match failure {
        Failure::Interrupted => folder::give_up(root, folder)?,
        Failure::Failed { .. } | Failure::Refused { .. } => folder::withdraw(root, folder)?,
        // That it ended cannot be recorded now: the next start finds what it wrote, and takes it.
        Failure::Fatal(_) => {}
    }
    Ok(())
}

fn failed(turn: &Turn, step: &Step, last: &Last) -> Failure {
    let how = attempts::how(&last.ended.exit, step);
    let tries = match last.attempt.number {
        1 => String::new(),
        number => format!(" at attempt {number}"),
    };
    // The first byte that is printed makes the log.
    let said = if last.ended.tail.is_empty() {
        "it printed nothing".to_owned()
    } else {
        format!("last output:\n{}\nthe whole log is in {}", last.ended.tail, shown(turn, &last.log))
    };
    let message = format!("it {how}{tries}; {said}");
    Failure::Failed { message, detail: detail(turn, last) }
}

async fn finished(
    engine: &Engine,
    turn: &Turn,
    (step, workplace): (&Step, &Workplace),
    last: &Last,
) -> Result<Done, Failure> {
    workplace.unaltered(engine, turn)?;
    let output = outputs::collect(engine, &workplace.place, step).await?;
    let hash = output.keep(&engine.store)?;
    if step.isolation == Isolation::Copy {
        outputs::put_in_place(engine, turn, &output, &workplace.folder)?;
    }
    let written = metrics::of(engine, &output, step.metrics.as_deref())?;
    let metrics = metrics::joined(written, last.logged.as_ref());
    let before = metrics::before(engine, &turn.action.id)?;
    let mut detail = detail(turn, last);
    if !metrics.is_empty() {
        detail["metrics"] = serde_json::json!(metrics);
        detail["metrics_before"] = serde_json::json!(before);
    }
    if let Some(undeclared) = undeclared(engine, turn, (step, workplace), last)? {
        detail["undeclared"] = serde_json::json!(undeclared);
    }
    let said = metrics::said(&metrics, &before);
    let summary = format!("{}, {}{said}", outputs::counted(&output), hash.short());
    let left: Left = cached::left(engine, turn, hash, &output)?;
    let mut done = Done::new(hash, summary, detail);
    done.left = Some(left);
    Ok(done)
}

/// What it read and wrote without saying so, if that was traced.
pub(super) fn undeclared(
    engine: &Engine,
    turn: &Turn,
    (step, workplace): (&Step, &Workplace),
    last: &Last,
) -> Result<Option<Vec<String>>, Failure> {
    let Some(trace) = &last.trace else { return Ok(None) };
    let undeclared = audit::undeclared(turn, (step, workplace), trace)?;
    for text in &undeclared {
        cached::notice(engine, turn, text.clone());
    }
    Ok(Some(undeclared))
}

pub(super) fn detail(turn: &Turn, last: &Last) -> serde_json::Value {
    let Usage { wall, cpu, peak_memory, read, written } = last.ended.usage;
    let mut detail = serde_json::json!({
        "log": shown(turn, &last.log),
        "attempts": last.attempt.number,
        "usage": {
            "wall_ms": millis(wall), "cpu_ms": millis(cpu), "peak_memory": peak_memory,
            "read": read, "written": written,
        },
        "notices": last.ended.notices,
    });
    if let Some(logged) = &last.logged {
        detail["tracked"] = serde_json::json!(logged.run_id);
    }
    detail
}

fn millis(duration: std::time::Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

pub(super) fn shown(turn: &Turn, path: &std::path::Path) -> String {
    path.strip_prefix(&turn.project.root).unwrap_or(path).display().to_string()
}
