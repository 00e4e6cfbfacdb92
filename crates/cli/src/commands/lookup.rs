//! What a word on the command line names: something that the project declares, or that ran beside it.

use std::collections::BTreeMap;

use base::Name;
use engine::{Planned, Project, Request};
use plan::Node;
use spec::Step;
use store::Store;

use crate::{Failure, exit, natural};

/// `features`, `step.features`, `train[lr=0.1]` or `data.flights`
pub(super) fn target(word: &str, project: &Project) -> Result<Node, Failure> {
    let names: Vec<&str> = project.spec.steps.keys().map(Name::as_str).collect();
    let bare = bare(word);
    if let Ok(node @ Node::Data(_)) = word.parse::<Node>()
        && project.spec.data.contains_key(node.name())
    {
        return Ok(node);
    }
    let declared = bare.split('[').next().unwrap_or(bare);
    match bare.parse() {
        Ok(name) if names.contains(&declared) => Ok(Node::Step(name)),
        _ => {
            let hint = hint(declared, &names, "it has no steps; declare one: [step.NAME]");
            Err(Failure::new(exit::USAGE, format!("the project has no step `{declared}`; {hint}")))
        }
    }
}

/// A step of the project, or something else that ran here. A fan-out is none: it is several.
pub(super) fn step(word: &str, project: Option<&Project>, store: &Store) -> Result<Node, Failure> {
    let Some(project) = project else { return named(word) };
    match target(word, project) {
        Ok(node) => {
            refuse_a_group(project, store, &node)?;
            Ok(node)
        }
        Err(unknown) => match named(word) {
            Ok(node) if has_run(store, &node)? => Ok(node),
            _ => Err(unknown),
        },
    }
}

/// Whether anything was ever done to it.
pub(super) fn has_run(store: &Store, node: &Node) -> Result<bool, Failure> {
    Ok(!store.entries(Some(&node.to_string()), 1)?.is_empty())
}

/// An instance of a fan-out is known once the values and files it is made from are.
pub(super) fn refuse_unknown_instance(steps: &BTreeMap<Name, Step>, node: &Node) -> Result<(), Failure> {
    let (Node::Step(name), Some(group)) = (node, node.name().group()) else { return Ok(()) };
    if steps.contains_key(name) {
        return Ok(());
    }
    let known = shortened(instances(steps, group));
    Err(Failure::new(exit::USAGE, format!("step `{group}` has no instance `{name}`; it has {known}")))
}

/// What somebody meant by a word that names nothing: the nearest name, or which there are.
pub(super) fn hint(word: &str, names: &[&str], without: &str) -> String {
    match base::nearest(word, names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if names.is_empty() => without.to_owned(),
        None => format!("it has {}", shortened(names.to_vec())),
    }
}

/// A step by its name alone, wherever it ran.
pub(super) fn named(word: &str) -> Result<Node, Failure> {
    let name = bare(word).parse();
    Ok(Node::Step(name.map_err(|error: base::NameError| Failure::new(exit::USAGE, error.to_string()))?))
}

fn bare(word: &str) -> &str {
    word.strip_prefix("step.").or(word.strip_prefix("step ")).unwrap_or(word)
}

/// A fan-out has a log and an explanation for each of its instances.
fn refuse_a_group(project: &Project, store: &Store, node: &Node) -> Result<(), Failure> {
    if project.spec.steps.get(node.name()).is_none_or(|step| step.each.is_none()) {
        return Ok(());
    }
    let planned = Planned::make(project, store, &Request::default())?;
    let name = node.name();
    let message = match instances(&planned.project.spec.steps, name.as_str()) {
        none if none.is_empty() => format!("{name} is a fan-out that has no instance yet"),
        some => format!("{name} is several steps; name one: {}", shortened(some)),
    };
    Err(Failure::new(exit::USAGE, message))
}

fn instances<'a>(steps: &'a BTreeMap<Name, Step>, group: &str) -> Vec<&'a str> {
    steps.keys().filter(|name| name.group() == Some(group)).map(Name::as_str).collect()
}

/// A few of the names, in the order that people list them in.
fn shortened(mut names: Vec<&str>) -> String {
    names.sort_by(|one, other| natural::order(one, other));
    let shown: Vec<_> = names.iter().take(12).copied().collect();
    let more = names.len().saturating_sub(shown.len());
    if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
}
