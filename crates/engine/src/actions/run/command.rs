//! A step that is a command, from its workplace to its outputs.

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
    let adopted = turn.adopted.lock().ok().and_then(|mut adopted| adopted.take());
    let (workplace, found) = match adopted {
        Some(Adopted { attempt, running }) => (Workplace::found(engine, turn, step, attempt)?, Some(running)),
        None => (Workplace::prepare(engine, turn, step)?, None),
    };
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
    let done = match last.ended.exit {
        Exit::Code(0) => finished(engine, turn, (step, &workplace), &last).await,
        _ => Err(failed(turn, step, &last)),
    };
    if let Err(failure) = &done {
        take_away(turn, &workplace, failure)?;
    }
    done
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
    let metrics = metrics::of(engine, &output, step.metrics.as_deref())?;
    let before = metrics::before(engine, &turn.action.id)?;
    let mut detail = detail(turn, last);
    if !metrics.is_empty() {
        detail["metrics"] = serde_json::json!(metrics);
        detail["metrics_before"] = serde_json::json!(before);
    }
    if let Some(trace) = &last.trace {
        let undeclared = audit::undeclared(turn, (step, workplace), trace)?;
        for text in &undeclared {
            cached::notice(engine, turn, text.clone());
        }
        detail["undeclared"] = serde_json::json!(undeclared);
    }
    let said = metrics::said(&metrics, &before);
    let summary = format!("{}, {}{said}", outputs::counted(&output), hash.short());
    let left: Left = cached::left(engine, turn, hash, &output)?;
    let mut done = Done::new(hash, summary, detail);
    done.left = Some(left);
    Ok(done)
}

fn detail(turn: &Turn, last: &Last) -> serde_json::Value {
    let Usage { wall, cpu, peak_memory, read, written } = last.ended.usage;
    serde_json::json!({
        "log": shown(turn, &last.log),
        "attempts": last.attempt.number,
        "usage": {
            "wall_ms": millis(wall), "cpu_ms": millis(cpu), "peak_memory": peak_memory,
            "read": read, "written": written,
        },
        "notices": last.ended.notices,
    })
}

fn millis(duration: std::time::Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

fn shown(turn: &Turn, path: &std::path::Path) -> String {
    path.strip_prefix(&turn.project.root).unwrap_or(path).display().to_string()
}
