//! What a step depends on beside nodes and files: values of the environment, the executables it calls, triggers.
//!
//! They are inputs of `run` under their names (`env.LR`, `tool.python3`, `trigger.nightly`), so that a change of one is
//! a reason like any other. What executables there are is found out in `tools`.

mod tools;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use base::Hash;
use plan::Fact;
use spec::{EnvValue, Input, Step, When};
use store::Store;

use crate::{Error, Project, triggers};

/// The names of the facts that a step depends on.
pub(crate) fn wanted(step: &Step) -> BTreeSet<String> {
    let mut wanted: BTreeSet<String> = tools::of(step).map(|tool| tool.fact()).collect();
    wanted.extend(variables(step).map(|name| format!("env.{name}")));
    for input in step.inputs() {
        if let Input::Trigger(name) = input {
            wanted.insert(format!("trigger.{name}"));
        }
    }
    wanted
}

fn variables(step: &Step) -> impl Iterator<Item = &str> {
    let taken = step.env.values().filter_map(|value| match value {
        EnvValue::From(name) => Some(name.as_str()),
        EnvValue::Value(_) | EnvValue::Secret(_) => None,
    });
    taken.chain(condition(step))
}

/// The variable that decides whether the step runs.
fn condition(step: &Step) -> Option<&str> {
    match &step.when {
        Some(When::Environment { name, .. }) => Some(name),
        _ => None,
    }
}

/// What each fact is now.
pub(crate) fn observe(project: &Project, store: &Store) -> Result<BTreeMap<String, Fact>, Error> {
    let mut facts = tools::observe(project, store)?;
    for step in project.spec.commands() {
        for name in variables(step) {
            let is_condition = condition(step) == Some(name);
            facts.insert(format!("env.{name}"), variable(name, is_condition, project));
        }
    }
    facts.extend(triggers::facts(project, store)?);
    Ok(facts)
}

fn variable(name: &str, is_condition: bool, project: &Project) -> Fact {
    let content = match (project.variables.get(name), is_condition) {
        (Some(value), _) => Ok(Hash::of(format!("set to {value}"))),
        (None, true) => Ok(Hash::of("not set")),
        (None, false) => Err(format!("the environment variable {name} it takes is not set")),
    };
    Fact { content, why: None }
}
