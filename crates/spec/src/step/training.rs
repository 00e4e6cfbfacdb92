//! A command that trains a model, as far as it is run like a step. Called for `train` with `run`.

use base::Diagnostic;

use super::{GRACE, Step, TIMEOUT, list, place, resources, retry, template::Scope, tools, variables};
use crate::{
    Input, path,
    reader::{Node, Section, shown},
};

/// The command in the fields that it shares with steps.
pub(crate) fn read(section: &Section<'_>) -> Option<Step> {
    let scope = Scope::Nothing;
    let command = section.get("run").and_then(|node| scope.text(&node));
    let reads = list(section, "reads", |item| file(item, &scope));
    Some(Step {
        reads: reads.into_iter().map(|(input, _)| input).collect(),
        env: section.get("env").map(|node| variables::read(&node, &scope)).unwrap_or_default(),
        tools: tools(section),
        version: section.text("version"),
        resources: section.get("resources").and_then(|node| resources::read(&node)).unwrap_or_default(),
        retry: section.get("retry").and_then(|node| retry::read(&node)).unwrap_or_default(),
        timeout: section.duration("timeout").unwrap_or(TIMEOUT.into()),
        grace: section.duration("grace").unwrap_or(GRACE.into()),
        isolation: section.word("in").unwrap_or_default(),
        image: place::image(section, &scope),
        ..Step::command(command?)
    })
}

/// A file or directory. Data sets and steps hold the rows that the gate judges by, which training must not see.
fn file(item: &Node<'_>, scope: &Scope) -> Option<Input> {
    let text = scope.text(item)?;
    if ["data.", "step.", "trigger."].iter().any(|kind| text.starts_with(kind)) {
        let reference = Diagnostic::error(format!("a training command cannot read `{}`", shown(&text)));
        let hint = "its rows are those of the model's `data` without the held-out ones, at $KAIZEN_TRAIN; \
                    name files and directories here";
        item.refuse(reference.hint(hint));
        return None;
    }
    let path = path::inside(item, &text)?;
    // By such a name training knows what a monitor collected.
    if path.starts_with("monitor.") {
        let taken =
            Diagnostic::error(format!("a training command cannot read a file called `{}`", shown(&path)));
        item.refuse(taken.hint("rename it, or move it into a directory"));
        return None;
    }
    Some(Input::File(path))
}
