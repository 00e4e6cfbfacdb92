//! `[step.NAME]`: a node of the pipeline. What stands in a table of its own there has a module here.

pub(crate) mod cache;
pub(crate) mod each;
mod fields;
mod place;
pub(crate) mod resources;
mod retry;
mod template;
mod training;
pub(crate) mod variables;
mod when;

pub use cache::Cache;
pub use each::{Each, Parameter, Pattern};
pub use place::Isolation;
pub use resources::Resources;
pub use retry::Retry;
pub use variables::{EnvValue, SecretPlace};
pub use when::When;

pub(crate) use fields::FIELDS;
pub(crate) use place::{Executor, is_image};
pub(crate) use retry::FIELDS as RETRY_FIELDS;
pub(crate) use template::placeholders;
pub(crate) use training::read as training;

use std::{collections::BTreeMap, time::Duration};

use base::{Diagnostic, Span};
use serde::Serialize;

use self::{fields::OF_COMMANDS, template::Scope};
use crate::{
    Input,
    names::Names,
    path,
    reader::{Node, Section, shown},
    reference,
};

/// A node of the pipeline.
///
/// Of a fan-out, a step with `each`, the texts are templates until [`expand`](crate::expand) makes its instances.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Step {
    /// What it does.
    pub action: StepAction,
    /// What it reads, in the order of the file, and as it is written there.
    pub reads: Vec<Input>,
    /// What it reads with the instances in place of a fan-out; empty when `reads` says it already.
    /// Ask [`Step::inputs`].
    pub expanded: Vec<Input>,
    /// The paths inside the project that a command writes; none for a query.
    pub writes: Vec<String>,
    /// What a command finds in its environment.
    pub env: BTreeMap<String, EnvValue>,
    /// The executables whose content is part of the step's key.
    pub tools: Vec<String>,
    /// The version that the user gives: part of the step's key.
    pub version: Option<String>,
    /// Whether a result of before will do.
    pub cache: Cache,
    /// What it takes of the machine.
    pub resources: Resources,
    /// Of the steps that could start, those of the highest priority do.
    pub priority: i64,
    /// What follows when it fails.
    pub retry: Retry,
    /// How long it may take.
    pub timeout: Span,
    /// How long a command has between TERM and KILL.
    pub grace: Span,
    /// Where a command finds the project.
    pub isolation: Isolation,
    /// The image of the container that a command runs in; none when it runs on this machine.
    pub image: Option<String>,
    /// The condition without which it is skipped.
    pub when: Option<When>,
    /// The JSON file of numbers that a command writes, among or inside its `writes`.
    pub metrics: Option<String>,
    /// What it is run for, once each; nothing for a step that is run once.
    pub each: Option<Each>,
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

impl Step {
    /// A step that runs this command, and has every default.
    pub fn command(command: impl Into<String>) -> Self {
        Self::of(StepAction::Run { command: command.into() })
    }

    /// What the step depends on: its `reads`, with the instances in place of a fan-out.
    pub fn inputs(&self) -> &[Input] {
        if self.expanded.is_empty() { &self.reads } else { &self.expanded }
    }

    fn of(action: StepAction) -> Self {
        Self {
            action,
            reads: Vec::new(),
            expanded: Vec::new(),
            writes: Vec::new(),
            env: BTreeMap::new(),
            tools: Vec::new(),
            version: None,
            cache: Cache::default(),
            resources: Resources::default(),
            priority: 0,
            retry: Retry::default(),
            timeout: TIMEOUT.into(),
            grace: GRACE.into(),
            isolation: Isolation::default(),
            image: None,
            when: None,
            metrics: None,
            each: None,
        }
    }
}

const TIMEOUT: Duration = Duration::from_secs(60 * 60);
const GRACE: Duration = Duration::from_secs(5);

pub(crate) fn read(node: &Node<'_>, names: &Names<'_>) -> Option<Step> {
    let section = node.section()?;
    let each = section.get("each").map(|node| each::read(&node, names));
    let scope = Scope::of(each.as_ref());
    let action = action(&section, &scope);
    let reads = list(&section, "reads", |item| reference::input(item, &scope.text(item)?, names));
    let writes = list(&section, "writes", |item| path::inside(item, &scope.text(item)?));
    if section.has("sql") {
        refuse_what_a_query_cannot(&section, &reads, each.as_ref());
    }
    if let Some(Some(each)) = &each {
        refuse_shared_writes(each, &writes);
    }
    let mut reads: Vec<Input> = reads.into_iter().map(|(input, _)| input).collect();
    let writes: Vec<String> = writes.into_iter().map(|(path, _)| path).collect();
    let when = section.get("when").and_then(|node| when::read(&node, names));
    when::add_read(when.as_ref(), &mut reads);
    Some(Step {
        reads,
        metrics: metrics(&section, &scope, &writes),
        writes,
        env: section.get("env").map(|node| variables::read(&node, &scope)).unwrap_or_default(),
        tools: tools(&section),
        version: section.text("version"),
        cache: section.get("cache").and_then(|node| cache::read(&node)).unwrap_or_default(),
        resources: section.get("resources").and_then(|node| resources::read(&node)).unwrap_or_default(),
        priority: section.signed("priority").unwrap_or(0),
        retry: section.get("retry").and_then(|node| retry::read(&node)).unwrap_or_default(),
        timeout: section.duration("timeout").unwrap_or(TIMEOUT.into()),
        grace: section.duration("grace").unwrap_or(GRACE.into()),
        isolation: section.word("in").unwrap_or_default(),
        image: place::image(&section, &scope),
        when,
        each: match each {
            Some(None) => return None,
            each => each.flatten(),
        },
        ..Step::of(action?)
    })
}

/// The items of a list that may be there, each once, with their places.
fn list<'a, T: Eq + std::hash::Hash>(
    section: &Section<'a>,
    name: &str,
    read: impl Fn(&Node<'a>) -> Option<T>,
) -> Vec<(T, Node<'a>)> {
    section.get(name).map(|list| list.distinct(read)).unwrap_or_default()
}

fn action(section: &Section<'_>, scope: &Scope) -> Option<StepAction> {
    let command = section.get("run").and_then(|node| scope.text(&node));
    let query = section.get("sql").and_then(|node| scope.text(&node));
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

fn tools(section: &Section<'_>) -> Vec<String> {
    let tool = |item: &Node<'_>| {
        let tool = item.text()?;
        if tool.starts_with('-') || tool.chars().any(char::is_control) {
            let wrong = Diagnostic::error(format!("`{}` cannot be an executable", shown(&tool)));
            item.refuse(wrong.expected("its name, such as python3, or its path"));
            return None;
        }
        Some(tool)
    };
    list(section, "tools", tool).into_iter().map(|(tool, _)| tool).collect()
}

fn metrics(section: &Section<'_>, scope: &Scope, writes: &[String]) -> Option<String> {
    let node = section.get("metrics")?;
    let metrics = path::inside(&node, &scope.text(&node)?)?;
    if section.has("run") && !writes.iter().any(|path| path::within(&metrics, path)) {
        let stray = Diagnostic::error(format!("`{metrics}` is not among what the step writes"));
        node.refuse(stray.hint(format!("add it: writes = [\"{metrics}\", …]")));
    }
    Some(metrics)
}

/// A path without a value that tells instances apart is written by several.
fn refuse_shared_writes(each: &Each, writes: &[(String, Node<'_>)]) {
    for (path, item) in writes {
        if let Some(name) = each.missing_among(&placeholders(path)) {
            let shared = Diagnostic::error(format!("several instances of the step write `{path}`"));
            item.refuse(shared.hint(format!("put ${{each.{name}}} into the path")));
        }
    }
}

fn refuse_what_a_query_cannot(
    section: &Section<'_>,
    reads: &[(Input, Node<'_>)],
    each: Option<&Option<Each>>,
) {
    if section.has("writes") {
        let writes = Diagnostic::error("a query writes no files of its own");
        section.place("writes").refuse(writes.hint("remove it; other steps read the rows as step.NAME"));
    }
    for field in OF_COMMANDS.iter().filter(|field| section.has(field)) {
        let stray = Diagnostic::error(format!("a query has no `{field}`: it runs in no process of its own"));
        section.place(field).refuse(stray.hint("remove it"));
    }
    if !section.has("reads") {
        let nothing = Diagnostic::error("the query reads nothing").expected("reads = [\"data.NAME\", …]");
        section
            .place("sql")
            .refuse(nothing.hint("list the data sets and steps that the query uses as tables"));
    }
    if let Some(Some(Each::Files(_))) = each {
        let files = Diagnostic::error("a query cannot be run once for each file");
        section
            .place("each")
            .refuse(files.hint("it reads the whole data set; or use a command: run = \"…\""));
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
