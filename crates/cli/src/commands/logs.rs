//! `kaizen logs STEP`

use std::{path::PathBuf, thread, time::Duration};

use engine::{Log, Planned, Project, Request};
use executor::{Chunk, read_log};
use serde_json::json;
use store::Store;

use super::{io, numbered, project, run, runs_store};
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
    let project = project(at.clone(), environment).ok();
    let store = runs_store(at, environment)?;
    let node = node(&arguments.step, project.as_ref(), &store)?;
    if let Some(project) = &project {
        refuse_a_group(project, &store, &node)?;
    }
    let run = arguments.run.map(|number| numbered(&store, number)).transpose()?;
    let mut log = Log::find(&store, &node, run.map(|run| run.id))?;
    if output.json {
        let text = executor::log_text(&log.path).map_err(io("read", &log.path))?;
        output.result(&json!({ "entry": log.entry, "path": log.path, "text": text }), |_| String::new());
        return Ok(exit::DONE);
    }
    let mut position = 0;
    loop {
        // Asked first: what was printed before the end is then surely seen.
        let latest = if arguments.follow { log.latest(&store)? } else { log.clone() };
        position = show(&log, position)?;
        if latest.path != log.path {
            // The next attempt writes a log of its own.
            position = show(&latest, 0)?;
        }
        log = latest;
        if !(arguments.follow && log.is_growing()) {
            return Ok(exit::DONE);
        }
        thread::sleep(INTERVAL);
    }
}

/// A step of the project, or something else that ran here.
fn node(step: &str, project: Option<&Project>, store: &Store) -> Result<plan::Node, Failure> {
    let Some(project) = project else { return named(step) };
    run::target(step, project).or_else(|unknown| {
        let Ok(node) = named(step) else { return Err(unknown) };
        let has_run = !store.entries(Some(&node.to_string()), 1)?.is_empty();
        if has_run { Ok(node) } else { Err(unknown) }
    })
}

fn named(step: &str) -> Result<plan::Node, Failure> {
    let name = step.strip_prefix("step.").unwrap_or(step);
    let name = name.parse().map_err(|error: base::NameError| Failure::new(exit::USAGE, error.to_string()))?;
    Ok(plan::Node::Step(name))
}

/// A fan-out has a log for each of its instances.
fn refuse_a_group(project: &Project, store: &Store, node: &plan::Node) -> Result<(), Failure> {
    if project.spec.steps.get(node.name()).is_none_or(|step| step.each.is_none()) {
        return Ok(());
    }
    let planned = Planned::make(project, store, &Request::default())?;
    let steps = planned.project.spec.steps.keys();
    let instances: Vec<_> =
        steps.filter(|name| name.group() == Some(node.name().as_str())).map(base::Name::as_str).collect();
    let message = format!("{} is several steps; name one: {}", node.name(), run::shortened(&instances));
    Err(Failure::new(exit::USAGE, message))
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
