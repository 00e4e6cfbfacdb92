//! `kaizen why THING`

use std::{fs, path::PathBuf};

use base::Name;
use engine::{Error, Project};
use plan::Node;
use store::{Store, Trigger};

use super::{existing_store, io, lookup, runs_store};
use crate::{Environment, Failure, arguments::Why, exit, output::Output, views};

/// What the kinds of things are called whose names need their kind before them.
const KINDS: [&str; 4] = ["data", "model", "monitor", "service"];

pub(crate) fn run(
    arguments: &Why,
    at: Option<PathBuf>,
    environment: &Environment,
    output: &mut Output,
) -> Result<u8, Failure> {
    let thing = arguments.thing.join(" ");
    let path = at.unwrap_or_else(|| PathBuf::from("."));
    let project = match Project::load(&path, &environment.variables()) {
        Err(missing @ Error::NoProject { .. }) => beside(&thing, missing, path, environment)?,
        loaded => loaded?,
    };
    if let Some(name) = trigger(&thing) {
        return fired(name, &project, environment, output);
    }
    let store = existing_store(&project, environment)?;
    let node = node(&thing, &project, &store)?;
    if arguments.recompute {
        return recompute(&store, &node, output);
    }
    let explanation = engine::why(&project, &store, &node)?;
    output.result(&explanation, views::why::text);
    Ok(exit::DONE)
}

/// A project of nothing, around what `kaizen exec` ran without one.
fn beside(thing: &str, missing: Error, path: PathBuf, environment: &Environment) -> Result<Project, Failure> {
    let (Ok(node), Ok(store)) = (lookup::named(thing), runs_store(Some(path.clone()), environment)) else {
        return Err(missing.into());
    };
    if !lookup::has_run(&store, &node)? {
        return Err(missing.into());
    }
    let root = fs::canonicalize(&path).map_err(io("find", &path))?;
    let spec = spec::Project::of_steps(node.name().clone(), [].into());
    Ok(Project { file: root.join("(no project file)"), root, spec, variables: environment.variables() })
}

/// `model late`, `data.flights`, or a step, which needs no `step.` before its name.
fn node(thing: &str, project: &Project, store: &Store) -> Result<Node, Failure> {
    match thing.parse::<Node>() {
        Ok(Node::Step(_)) => {}
        Ok(node) if lookup::has_run(store, &node)? || names(project, node.kind()).contains(&node.name()) => {
            return Ok(node);
        }
        Ok(node) => {
            let names: Vec<_> = names(project, node.kind()).into_iter().map(Name::as_str).collect();
            return Err(unknown((node.kind(), node.name().as_str()), &names));
        }
        Err(_) => {}
    }
    let found =
        lookup::step(thing, Some(project), store).map_err(|failure| meant(thing, project, failure))?;
    if !lookup::has_run(store, &found)? {
        let steps = engine::Planned::make(project, store, &engine::Request::default())?;
        lookup::refuse_unknown_instance(&steps.project.spec.steps, &found)?;
    }
    Ok(found)
}

/// A word that is no step may be the name of something else, whose kind was left out.
fn meant(thing: &str, project: &Project, failure: Failure) -> Failure {
    let is_named = |kind: &&&str| names(project, kind).iter().any(|name| name.as_str() == thing);
    match KINDS.iter().find(is_named) {
        Some(kind) => {
            Failure::new(exit::USAGE, format!("`{thing}` is no step; did you mean `{kind}.{thing}`?"))
        }
        None => failure,
    }
}

/// What the project has of a kind.
fn names<'a>(project: &'a Project, kind: &str) -> Vec<&'a Name> {
    let spec = &project.spec;
    match kind {
        "data" => spec.data.keys().collect(),
        "model" => spec.models.keys().collect(),
        "monitor" => spec.monitors.keys().collect(),
        "service" => spec.services.keys().collect(),
        _ => Vec::new(),
    }
}

fn unknown((kind, name): (&str, &str), names: &[&str]) -> Failure {
    let hint = match base::nearest(name, names.iter().copied()) {
        Some(near) => format!("did you mean `{kind}.{near}`?"),
        None => lookup::hint(name, names, "it has none"),
    };
    Failure::new(exit::USAGE, format!("the project has no {kind}.{name}; {hint}"))
}

/// The name in `trigger.NAME`.
fn trigger(thing: &str) -> Option<&str> {
    thing.strip_prefix("trigger.").or(thing.strip_prefix("trigger "))
}

/// What a trigger last fired for.
fn fired(
    name: &str,
    project: &Project,
    environment: &Environment,
    output: &mut Output,
) -> Result<u8, Failure> {
    let Some((name, declared)) = project.spec.triggers.iter().find(|(known, _)| known.as_str() == name)
    else {
        let names: Vec<_> = project.spec.triggers.keys().map(Name::as_str).collect();
        return Err(unknown(("trigger", name), &names));
    };
    let store = existing_store(project, environment)?;
    let never = || Trigger { name: name.clone(), firing: None, checked: None };
    let trigger = store.trigger(name)?.unwrap_or_else(never);
    output.result(&trigger, |trigger| views::why::trigger(trigger, declared));
    Ok(exit::DONE)
}

/// The verdict made again from its evidence.
fn recompute(store: &Store, node: &Node, output: &mut Output) -> Result<u8, Failure> {
    let recomputed = engine::recompute(store, node)?;
    let same = recomputed.same;
    output.result(&recomputed, |recomputed| {
        let (stored, now) = (recomputed.stored, recomputed.now);
        if same {
            format!("the verdict on {node} made again from its evidence has the same bytes: {stored}")
        } else {
            format!("the verdict on {node} made again from its evidence differs: stored {stored}, now {now}")
        }
    });
    Ok(if same { exit::DONE } else { exit::BROKEN })
}
