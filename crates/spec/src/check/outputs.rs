//! What steps write: each path is one step's, nobody's by hand, and is read as that step.

use base::{Diagnostic, Name};

use super::{Report, paths::Index};
use crate::{Input, Lineage, Project, Step, path};

/// Records the paths that steps write and should not, and those that they read and others write.
pub(super) fn refuse(project: &Project, report: Report<'_>) {
    let written = shared(project, report);
    read(project, &written, report);
    by_hand(project, report);
}

/// The steps whose paths are known.
fn known(project: &Project) -> impl Iterator<Item = (&Name, &Step)> {
    project.steps.iter().filter(|(_, step)| step.each.is_none())
}

/// Two steps that write one path, or one inside the other's, would undo each other's work.
fn shared<'a>(project: &'a Project, report: Report<'_>) -> Index<'a, &'a Name> {
    let mut written: Index<'a, &Name> = Index::default();
    for (name, step) in known(project) {
        for path in &step.writes {
            if let Some((taken, other)) = written.overlapping(path) {
                let clash = Diagnostic::error(if path == taken {
                    format!("`{path}` is also written by the step `{other}`")
                } else {
                    format!("`{path}` overlaps `{taken}`, which the step `{other}` writes")
                });
                let hint = "give each output a path of its own";
                report(&["step", name.as_str(), "writes"], clash.hint(hint));
            }
            written.insert(path, name);
        }
    }
    written
}

/// A file that a step writes is read as that step, or it would be read before it is written.
fn read(project: &Project, written: &Index<'_, &Name>, report: Report<'_>) {
    for (name, step) in known(project) {
        for input in step.inputs() {
            let Input::File(file) = input else { continue };
            let Some((_, writer)) = written.overlapping(file) else { continue };
            let finding = Diagnostic::error(format!("`{file}` is written by the step `{writer}`"));
            let hint = if *writer == name {
                "a step cannot read what it writes; remove one of the two".to_owned()
            } else {
                let writer = writer.group().unwrap_or(writer.as_str());
                format!("write \"step.{writer}\", so that the file is there before it is read")
            };
            report(&["step", name.as_str(), "reads"], finding.hint(hint));
        }
    }
}

/// A step's outputs are taken away before it runs: nothing that was written by others may be among them.
fn by_hand(project: &Project, report: Report<'_>) {
    let sources = project.data.iter().map(|(name, data)| (path::literal(&data.source), Owner::Data(name)));
    let events =
        project.lineage.as_ref().and_then(Lineage::file).map(|file| (path::literal(file), Owner::Lineage));
    let others: Index<'_, Owner<'_>> = sources
        .chain(events)
        .chain([("kaizen.toml", Owner::Project)])
        .filter(|(path, _)| !path.is_empty())
        .collect();
    for (name, step) in known(project) {
        for path in &step.writes {
            let Some((_, owner)) = others.overlapping(path) else { continue };
            let what = match owner {
                Owner::Data(data) => format!("the source of the data set `{data}`"),
                Owner::Lineage => "the events of [lineage]".to_owned(),
                Owner::Project => "the project file".to_owned(),
            };
            let finding = Diagnostic::error(format!("`{path}` would overwrite {what}"));
            let hint = "write to a path of its own, such as build/";
            report(&["step", name.as_str(), "writes"], finding.hint(hint));
        }
    }
}

/// Who else a path belongs to.
enum Owner<'a> {
    Data(&'a Name),
    Lineage,
    Project,
}
