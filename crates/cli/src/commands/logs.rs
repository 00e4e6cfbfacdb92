//! `kaizen logs STEP`

use std::{path::PathBuf, thread, time::Duration};

use engine::Log;
use executor::{Chunk, read_log};
use serde_json::json;
use store::RunId;

use super::{existing_store, io, project, run, runs_store};
use crate::{
    Environment, Failure,
    arguments::Logs,
    exit,
    output::{Output, raw},
};

/// How often a growing log is looked at.
const INTERVAL: Duration = Duration::from_millis(50);

pub(crate) fn run(
    arguments: &Logs,
    at: Option<PathBuf>,
    environment: &Environment,
    output: &mut Output,
) -> Result<u8, Failure> {
    // What `kaizen exec` ran belongs to no project file.
    let (store, node) = match project(at.clone(), environment) {
        Ok(project) => (existing_store(&project, environment)?, run::target(&arguments.step, &project)?),
        Err(_) => (runs_store(at, environment)?, named(&arguments.step)?),
    };
    let log = Log::find(&store, &node, arguments.run.map(RunId::new))?;
    if output.json {
        let text = executor::log_text(&log.path).map_err(io("read", &log.path))?;
        output.result(&json!({ "entry": log.entry, "path": log.path, "text": text }), |_| String::new());
        return Ok(exit::DONE);
    }
    let mut position = 0;
    loop {
        // Asked first: what was printed before the end is then surely seen.
        let is_growing = arguments.follow && log.is_growing(&store)?;
        position = show(&log, position)?;
        if !is_growing {
            return Ok(exit::DONE);
        }
        thread::sleep(INTERVAL);
    }
}

fn named(step: &str) -> Result<plan::Node, Failure> {
    let name = step.strip_prefix("step.").unwrap_or(step);
    let name = name.parse().map_err(|error: base::NameError| Failure::new(exit::USAGE, error.to_string()))?;
    Ok(plan::Node::Step(name))
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
