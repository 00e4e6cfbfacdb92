use std::time::Duration;

use base::{Diagnostic, Span};
use serde::Serialize;

use crate::{
    Input,
    field::{Field, Shape},
    names::Names,
    path,
    reader::{Node, Section},
    reference,
};

/// A node of the pipeline.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Step {
    /// What it does.
    pub action: StepAction,
    /// What it reads, in the order of the file.
    pub reads: Vec<Input>,
    /// The paths inside the project that a command writes; none for a query.
    pub writes: Vec<String>,
    /// How long it may take.
    pub timeout: Span,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StepAction {
    /// Runs a shell command in the project's directory.
    Run {
        /// The command.
        command: String,
    },
    /// Runs a query over what it reads; its rows are the step's output.
    Sql {
        /// The query; each data set and step that is read is a table of its name.
        query: String,
    },
}

const TIMEOUT: Duration = Duration::from_secs(60 * 60);

pub(crate) const FIELDS: &[Field] = &[
    Field::optional(
        "run",
        Shape::Text,
        "A shell command, run in the project's directory. Either run or sql.",
    ),
    Field::optional(
        "sql",
        Shape::Text,
        "A query over the data sets and steps in reads, each a table of its name; its rows are the output. \
         Either run or sql.",
    ),
    Field::optional(
        "reads",
        Shape::List(&Shape::Text),
        "What the step depends on: data.NAME, step.NAME, or the path of a file or directory.",
    ),
    Field::optional(
        "writes",
        Shape::List(&Shape::Text),
        "The paths that the command writes, relative to the project file.",
    ),
    Field::optional("timeout", Shape::Duration, "How long the step may take; 1h unless given."),
    Field::later("resources"),
    Field::later("retry"),
    Field::later("on"),
];

pub(crate) fn read(node: &Node<'_>, names: &Names) -> Option<Step> {
    let section = node.section()?;
    let action = action(&section);
    let reads = match section.get("reads") {
        Some(list) => list.distinct(|item| reference::input(item, names)),
        None => Vec::new(),
    };
    let writes = match section.get("writes") {
        Some(list) => list.distinct(|item| path::inside(item, &item.text()?)),
        None => Vec::new(),
    };
    let timeout = section.duration("timeout").unwrap_or(Span::from(TIMEOUT));
    if section.has("sql") {
        refuse_what_a_query_cannot(&section, &reads);
    }
    let reads = reads.into_iter().map(|(input, _)| input).collect();
    let writes = writes.into_iter().map(|(path, _)| path).collect();
    Some(Step { action: action?, reads, writes, timeout })
}

fn action(section: &Section<'_>) -> Option<StepAction> {
    let command = section.text("run");
    let query = section.text("sql");
    match (section.has("run"), section.has("sql")) {
        (true, false) => Some(StepAction::Run { command: command? }),
        (false, true) => Some(StepAction::Sql { query: query? }),
        (true, true) => {
            let both = Diagnostic::error("a step has both `run` and `sql`");
            section.place("sql").refuse(both.expected("one of the two").hint("make it two steps"));
            None
        }
        (false, false) if section.has_unknown() => None,
        (false, false) => {
            let neither = Diagnostic::error("the step does nothing");
            section.node().refuse(neither.expected("run = \"a command\" or sql = \"SELECT …\""));
            None
        }
    }
}

fn refuse_what_a_query_cannot(section: &Section<'_>, reads: &[(Input, Node<'_>)]) {
    if section.has("writes") {
        let writes = Diagnostic::error("a query writes no files of its own");
        section.place("writes").refuse(writes.hint("remove it; other steps read the rows as step.NAME"));
    }
    if !section.has("reads") {
        let nothing = Diagnostic::error("the query reads nothing").expected("reads = [\"data.NAME\", …]");
        section
            .place("sql")
            .refuse(nothing.hint("list the data sets and steps that the query uses as tables"));
    }
    for (input, item) in reads {
        if let Input::File(path) = input {
            let file = Diagnostic::error(format!("a query cannot read the file `{path}`"));
            item.refuse(
                file.expected("data.NAME or step.NAME").hint("declare the file as a data set: [data.NAME]"),
            );
        }
    }
}
