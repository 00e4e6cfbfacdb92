//! `kaizen logs STEP`

use std::{path::PathBuf, thread, time::Duration};

use engine::Log;
use executor::{Chunk, read_log};
use serde_json::json;
use store::{Lock, Store};

use super::{io, lookup, numbered, project, runs_store};
use crate::{
    Environment, Failure,
    arguments::Logs,
    exit,
    output::{Output, raw},
};

/// How often a growing log is looked at.
const INTERVAL: Duration = Duration::from_millis(50);

/// At every so manieth look it is seen whether anybody is there to end the step.
const LOOKS: u32 = 10;

pub(crate) fn run(
    arguments: &Logs,
    at: Option<PathBuf>,
    environment: &Environment,
    output: &mut Output,
) -> Result<u8, Failure> {
    let project = project(at.clone(), environment).ok();
    let store = runs_store(at, environment)?;
    let node = lookup::step(&arguments.step, project.as_ref(), &store)?;
    let run = arguments.run.map(|number| numbered(&store, number)).transpose()?;
    let log = Log::find(&store, &node, run.map(|run| run.id))?;
    if output.json {
        let text = executor::log_text(&log.path).map_err(io("read", &log.path))?;
        output.result(&json!({ "entry": log.entry, "path": log.path, "text": text }), |_| String::new());
        return Ok(exit::DONE);
    }
    if arguments.follow {
        follow(log, &store, output)?;
    } else {
        show(&log, 0)?;
    }
    Ok(exit::DONE)
}

/// Shows a log until the step ends, or nobody is there any more to end it.
fn follow(mut log: Log, store: &Store, output: &mut Output) -> Result<(), Failure> {
    let mut position = 0;
    for look in 0_u32.. {
        // Asked first: what was printed before the end is then surely seen.
        let latest = log.latest(store)?;
        let is_abandoned = look.is_multiple_of(LOOKS) && latest.is_growing() && is_abandoned(&latest, store)?;
        position = show(&log, position)?;
        if latest.path != log.path {
            // The next attempt writes a log of its own.
            position = show(&latest, 0)?;
        }
        log = latest;
        if is_abandoned {
            output.remark(&abandoned(&log, store)?);
            break;
        }
        if !log.is_growing() {
            break;
        }
        thread::sleep(INTERVAL);
    }
    Ok(())
}

/// Whether the step has no end because whoever made its run was killed.
fn is_abandoned(log: &Log, store: &Store) -> Result<bool, Failure> {
    // Asked again after the lock: what was let go of it may have been ended in between.
    Ok(!Lock::is_held(store.dir())? && log.latest(store)?.is_growing())
}

/// What becomes of a step whose run was killed.
fn abandoned(log: &Log, store: &Store) -> Result<String, Failure> {
    let run = log.entry.run.map(|run| store.run(run)).transpose()?;
    let next = match run {
        Some(run) if run.kind == "exec" => "the same `kaizen exec`",
        _ => "the next `kaizen run`",
    };
    Ok(format!("kaizen was killed; the step may still run, and {next} goes on with it"))
}

/// Shows what there is from here on; gives back where that ends.
fn show(log: &Log, from: u64) -> Result<u64, Failure> {
    let mut position = from;
    loop {
        let Chunk { from, bytes } = read_log(&log.path, position).map_err(io("read", &log.path))?;
        if bytes.is_empty() {
            return Ok(position);
        }
        if from > position {
            raw(format!("\n… {} bytes left out …\n", from - position).as_bytes());
        }
        raw(&bytes);
        position = from + bytes.len() as u64;
    }
}
