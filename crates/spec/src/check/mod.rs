//! How the tables of the file fit together: what no single table can know of itself.
//!
//! [`project`] looks at a project as it is declared, [`instances`] again at one whose fan-outs have become
//! their instances. All of it takes time in proportion to the number of steps, or nearly.

mod circles;
mod outputs;
mod paths;

use base::{Diagnostic, Name};

use crate::{
    Each, Input, Pattern, Project, Source, Step, StepAction, When, path, reader::Node, step::placeholders,
};

/// Takes a finding about the field at these keys.
pub(crate) type Report<'a> = &'a dyn Fn(&[&str], Diagnostic);

/// Records what does not fit in a project whose tables have been read.
pub(crate) fn project(project: &Project, root: &Node<'_>) {
    let report: Report<'_> = &|keys, finding| root.at(keys).refuse(finding);
    shared_names(project, report);
    circles::refuse(&project.steps, report);
    instances(project, report);
    files_to_come(project, report);
    sources(project, report);
    conditions(project, report);
    captures(project, report);
}

/// Records what does not fit among the paths of the steps. Those of a fan-out are looked at when it has
/// become its instances: until then nobody knows them.
pub(crate) fn instances(project: &Project, report: Report<'_>) {
    outputs::refuse(project, report);
}

/// Data sets and steps are tables of one database in SQL, so they share their names.
fn shared_names(project: &Project, report: Report<'_>) {
    for name in project.data.keys().filter(|name| project.steps.contains_key(*name)) {
        let clash = Diagnostic::error(format!("`{name}` is a data set as well as a step"));
        let hint = "rename one: in SQL both are tables, known by their names alone";
        report(&["step", name.as_str()], clash.hint(hint));
    }
}

fn steps_read(step: &Step) -> impl Iterator<Item = &Name> {
    step.inputs().iter().filter_map(|input| match input {
        Input::Step(name) => Some(name),
        Input::Data(_) | Input::File(_) | Input::Trigger(_) => None,
    })
}

/// A fan-out goes over files that are there before anything runs.
fn files_to_come(project: &Project, report: Report<'_>) {
    let fan_outs = project.steps.iter().filter_map(|(name, step)| match &step.each {
        Some(Each::Files(Pattern::Glob(glob))) => Some((name, glob)),
        _ => None,
    });
    let fan_outs: Vec<_> = fan_outs.collect();
    if fan_outs.is_empty() {
        return;
    }
    let declared =
        project.steps.iter().flat_map(|(name, step)| step.writes.iter().map(move |path| (path, name)));
    let written: paths::Index<'_, &Name> = declared
        .filter(|(path, _)| placeholders(path).is_empty())
        .map(|(path, name)| (path.as_str(), name))
        .collect();
    for (name, glob) in fan_outs {
        let folder = path::literal(glob);
        if let Some((path, writer)) = written.overlapping(folder).filter(|_| !folder.is_empty()) {
            let finding =
                Diagnostic::error(format!("`{glob}` goes over what the step `{writer}` writes, `{path}`"));
            let hint =
                "a fan-out goes over files that are there before anything runs; go over the values instead";
            report(&["step", name.as_str(), "each"], finding.hint(hint));
        }
    }
}

/// A condition on a metric needs a step that writes metrics, and one that runs once.
fn conditions(project: &Project, report: Report<'_>) {
    for (name, step) in &project.steps {
        let Some(When::Metric { step: judged, .. }) = &step.when else { continue };
        let place = ["step", name.as_str(), "when"];
        match project.steps.get(judged) {
            Some(Step { each: Some(_), .. }) => {
                let many =
                    Diagnostic::error(format!("the step `{judged}` is a fan-out: it has many results"));
                report(&place, many.hint("let a step that reads it write the metric that decides"));
            }
            Some(Step { metrics: None, .. }) => {
                let none = Diagnostic::error(format!("the step `{judged}` has no metrics"));
                report(&place, none.hint(format!("name their file in [step.{judged}]: metrics = \"…\"")));
            }
            _ => {}
        }
    }
}

/// A monitor sees what its service captures.
fn captures(project: &Project, report: Report<'_>) {
    for (name, monitor) in &project.monitors {
        let Some(service) = project.services.get(&monitor.service) else { continue };
        if service.capture.is_none() {
            let watched = &monitor.service;
            let blind = Diagnostic::error(format!("the service `{watched}` captures nothing to watch"));
            let hint = format!("remove `capture` of [service.{watched}] to capture all, or this monitor");
            report(&["monitor", name.as_str()], blind.hint(hint));
        }
    }
}

/// What is read as a table must be one: a query's rows, or the single file of a command.
fn sources(project: &Project, report: Report<'_>) {
    for (name, model) in &project.models {
        if let Source::Step(step) = &model.data
            && let Some(finding) = no_table(step, project)
        {
            report(&["model", name.as_str(), "data"], finding);
        }
    }
    for (name, step) in &project.steps {
        if matches!(step.action, StepAction::Sql { .. }) {
            for finding in steps_read(step).filter_map(|read| no_table(read, project)) {
                report(&["step", name.as_str(), "reads"], finding);
            }
        }
    }
}

fn no_table(name: &Name, project: &Project) -> Option<Diagnostic> {
    let step = project.steps.get(name)?;
    if step.each.is_some() {
        let many = Diagnostic::error(format!("the step `{name}` is a fan-out, so it is not one table"));
        return Some(many.hint("let a command that reads it write one file of data"));
    }
    let count = match (&step.action, step.writes.len()) {
        (StepAction::Sql { .. }, _) | (_, 1) => return None,
        (_, 0) => "nothing".to_owned(),
        (_, count) => format!("{count} paths"),
    };
    let finding = Diagnostic::error(format!("the step `{name}` writes {count}, so it is not one table"));
    Some(finding.expected("a query, or a command that writes one file of data"))
}
