//! How the tables of the file fit together: what no single table can know of itself.

use std::collections::BTreeMap;

use base::{Diagnostic, Name};

use crate::{Input, Project, Source, Step, StepAction, path, reader::Node};

/// Records what does not fit in a project whose tables have been read.
pub(crate) fn project(project: &Project, root: &Node<'_>) {
    shared_names(project, root);
    circles(&project.steps, root);
    shared_paths(&project.steps, root);
    files_of_steps(&project.steps, root);
    own_files(project, root);
    sources(project, root);
    captures(project, root);
}

/// Data sets and steps are tables of one database in SQL, so they share their names.
fn shared_names(project: &Project, root: &Node<'_>) {
    for name in project.steps.keys().filter(|name| project.data.contains_key(*name)) {
        let clash = Diagnostic::error(format!("`{name}` is a data set as well as a step"));
        let hint = "rename one: in SQL both are tables, known by their names alone";
        root.at(&["step", name.as_str()]).refuse(clash.hint(hint));
    }
}

/// Steps that wait for each other: one finding for each circle.
fn circles(steps: &BTreeMap<Name, Step>, root: &Node<'_>) {
    let mut waiting: BTreeMap<&Name, Vec<&Name>> =
        steps.iter().map(|(name, step)| (name, steps_read(step))).collect();
    loop {
        drop_what_can_run(&mut waiting);
        let Some(first) = waiting.keys().next() else { return };
        let circle = circle_from(first, &waiting);
        let mut names: Vec<&str> = circle.iter().map(|name| name.as_str()).collect();
        names.push(names[0]);
        let finding = Diagnostic::error(format!("steps wait for each other: {}", names.join(" reads ")));
        root.at(&["step", names[0], "reads"]).refuse(finding.hint("remove one of these reads"));
        for name in circle {
            waiting.remove(name);
        }
    }
}

fn steps_read(step: &Step) -> Vec<&Name> {
    let steps = step.reads.iter().filter_map(|input| match input {
        Input::Step(name) => Some(name),
        Input::Data(_) | Input::File(_) => None,
    });
    steps.collect()
}

/// Leaves the steps that are in a circle or wait for one.
fn drop_what_can_run(waiting: &mut BTreeMap<&Name, Vec<&Name>>) {
    loop {
        let can_run = |reads: &Vec<&Name>| !reads.iter().any(|read| waiting.contains_key(*read));
        let ready: Vec<&Name> =
            waiting.iter().filter(|(_, reads)| can_run(reads)).map(|(name, _)| *name).collect();
        if ready.is_empty() {
            return;
        }
        for name in ready {
            waiting.remove(name);
        }
    }
}

/// The circle that following the reads from this step ends in, begun at its first name.
fn circle_from<'a>(first: &'a Name, waiting: &BTreeMap<&'a Name, Vec<&'a Name>>) -> Vec<&'a Name> {
    let mut walked = vec![first];
    loop {
        let last = walked[walked.len() - 1];
        let next = waiting[last].iter().find(|read| waiting.contains_key(**read));
        let next = *next.expect("a step that waits reads one that waits");
        if let Some(start) = walked.iter().position(|name| *name == next) {
            let mut circle = walked.split_off(start);
            let least =
                circle.iter().enumerate().min_by_key(|(_, name)| **name).map_or(0, |(place, _)| place);
            circle.rotate_left(least);
            return circle;
        }
        walked.push(next);
    }
}

/// Two steps that write one path, or one inside the other's, would undo each other's work.
fn shared_paths(steps: &BTreeMap<Name, Step>, root: &Node<'_>) {
    let mut written: Vec<(&Name, &str)> = Vec::new();
    for (name, step) in steps {
        for path in &step.writes {
            if let Some((other, taken)) = written.iter().find(|(_, taken)| path::overlap(path, taken)) {
                let clash = Diagnostic::error(if path == taken {
                    format!("`{path}` is also written by the step `{other}`")
                } else {
                    format!("`{path}` overlaps `{taken}`, which the step `{other}` writes")
                });
                root.at(&["step", name.as_str(), "writes"])
                    .refuse(clash.hint("give each output a path of its own"));
            }
            written.push((name, path));
        }
    }
}

/// A step's outputs are taken away before it runs: nothing that was written by hand may be among them.
fn own_files(project: &Project, root: &Node<'_>) {
    for (name, step) in &project.steps {
        for path in &step.writes {
            let at = || root.at(&["step", name.as_str(), "writes"]);
            let source = project.data.iter().find(|(_, data)| path::overlap(path, literal(&data.source)));
            if let Some((data, _)) = source {
                let finding = Diagnostic::error(format!(
                    "`{path}` would overwrite the source of the data set `{data}`"
                ));
                at().refuse(finding.hint("write to a path of its own, such as build/"));
            } else if path::overlap(path, "kaizen.toml") {
                let finding = Diagnostic::error(format!("`{path}` would overwrite the project file"));
                at().refuse(finding.hint("write to a path of its own, such as build/"));
            }
        }
    }
}

/// The part of a source's pattern before its first wildcard, without a leading `./`.
fn literal(source: &str) -> &str {
    let end = source.find(['*', '?', '[']).unwrap_or(source.len());
    let whole = &source[..end];
    let folder =
        if end < source.len() { whole.rsplit_once('/').map_or("", |(folder, _)| folder) } else { whole };
    folder.trim_start_matches("./").trim_end_matches('/')
}

/// A file that a step writes is read as that step, or it would be read before it is written.
fn files_of_steps(steps: &BTreeMap<Name, Step>, root: &Node<'_>) {
    for (name, step) in steps {
        for input in &step.reads {
            let Input::File(file) = input else { continue };
            let writes_it = |step: &Step| step.writes.iter().any(|path| path::overlap(path, file));
            let Some((writer, _)) = steps.iter().find(|(_, step)| writes_it(step)) else { continue };
            let finding = Diagnostic::error(format!("`{file}` is written by the step `{writer}`"));
            let hint = if writer == name {
                "a step cannot read what it writes; remove one of the two".to_owned()
            } else {
                format!("write \"step.{writer}\", so that the file is there before it is read")
            };
            root.at(&["step", name.as_str(), "reads"]).refuse(finding.hint(hint));
        }
    }
}

/// A monitor sees what its service captures.
fn captures(project: &Project, root: &Node<'_>) {
    for (name, monitor) in &project.monitors {
        let Some(service) = project.services.get(&monitor.service) else { continue };
        if service.capture.is_none() {
            let watched = &monitor.service;
            let blind = Diagnostic::error(format!("the service `{watched}` captures nothing to watch"));
            let hint = format!("remove `capture` of [service.{watched}] to capture all, or this monitor");
            root.at(&["monitor", name.as_str()]).refuse(blind.hint(hint));
        }
    }
}

/// What is read as a table must be one: a query's rows, or the single file of a command.
fn sources(project: &Project, root: &Node<'_>) {
    for (name, model) in &project.models {
        if let Source::Step(step) = &model.data {
            one_table(step, project, &root.at(&["model", name.as_str(), "data"]));
        }
    }
    for (name, step) in &project.steps {
        if matches!(step.action, StepAction::Sql { .. }) {
            for read in steps_read(step) {
                one_table(read, project, &root.at(&["step", name.as_str(), "reads"]));
            }
        }
    }
}

fn one_table(step: &Name, project: &Project, place: &Node<'_>) {
    let Some(Step { action: StepAction::Run { .. }, writes, .. }) = project.steps.get(step) else { return };
    let count = match writes.len() {
        1 => return,
        0 => "nothing".to_owned(),
        count => format!("{count} paths"),
    };
    let finding = Diagnostic::error(format!("the step `{step}` writes {count}, so it is not one table"));
    place.refuse(finding.expected("a query, or a command that writes one file of data"));
}
