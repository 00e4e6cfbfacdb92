use std::collections::{BTreeMap, BTreeSet};

use base::{Diagnostic, Name};
use serde::Serialize;

use crate::{
    Data, Lineage, Model, Monitor, Offer, Server, Service, SharedCache, Step, Tracking, Trigger, Webhook,
    data,
    field::{Field, Shape},
    lineage, model, monitor,
    names::Names,
    offer,
    reader::{Node, shown},
    server, service, shared, step, tracking, trigger, webhook,
};

/// What a project file asks for.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Project {
    /// The project's name.
    pub name: Name,
    /// What it is for, in the words of the people who run it.
    pub objective: Option<String>,
    /// Where the services are offered.
    pub server: Server,
    /// The declared data sets.
    pub data: BTreeMap<Name, Data>,
    /// The steps of the pipeline.
    pub steps: BTreeMap<Name, Step>,
    /// The models to train and judge.
    pub models: BTreeMap<Name, Model>,
    /// The endpoints.
    pub services: BTreeMap<Name, Service>,
    /// The watches over the endpoints.
    pub monitors: BTreeMap<Name, Monitor>,
    /// Who is told of what happens.
    pub webhooks: BTreeMap<Name, Webhook>,
    /// What makes steps run, beside a change of what they read.
    pub triggers: BTreeMap<Name, Trigger>,
    /// Where results of steps are shared with other machines.
    pub cache: Option<SharedCache>,
    /// Who is told what ran on what.
    pub lineage: Option<Lineage>,
    /// What the machine offers to steps.
    pub run: Offer,
    /// How the commands of steps log through MLflow.
    pub tracking: Tracking,
}

impl Project {
    /// A project of these steps, and of nothing else.
    pub fn of_steps(name: Name, steps: BTreeMap<Name, Step>) -> Self {
        Self {
            name,
            objective: None,
            server: Server::default(),
            data: BTreeMap::new(),
            steps,
            models: BTreeMap::new(),
            services: BTreeMap::new(),
            monitors: BTreeMap::new(),
            webhooks: BTreeMap::new(),
            triggers: BTreeMap::new(),
            cache: None,
            lineage: None,
            run: Offer::default(),
            tracking: Tracking::default(),
        }
    }

    /// Everything that is run like a step: the steps, and the commands that train models.
    pub fn commands(&self) -> impl Iterator<Item = &Step> {
        let training = self.models.values().filter_map(|model| model.train.command.as_deref());
        self.steps.values().chain(training.map(|command| &command.step))
    }
}

/// The whole file.
pub(crate) static SHAPE: Shape = Shape::Table(FIELDS);

const FIELDS: &[Field] = &[
    Field::required("project", Shape::Table(PROJECT), "Name and purpose of the project: [project]."),
    Field::optional("server", Shape::Table(server::FIELDS), "Where the services are offered."),
    Field::optional(
        "data",
        Shape::Named(&Shape::Table(data::FIELDS)),
        "The data sets, one table each: [data.NAME].",
    ),
    Field::optional(
        "step",
        Shape::Named(&Shape::Table(step::FIELDS)),
        "The steps of the pipeline, one table each: [step.NAME].",
    ),
    Field::optional(
        "model",
        Shape::Named(&Shape::Table(model::FIELDS)),
        "The models to train and judge, one table each: [model.NAME].",
    ),
    Field::optional(
        "service",
        Shape::Named(&Shape::Table(service::FIELDS)),
        "The endpoints, one table each: [service.NAME].",
    ),
    Field::optional(
        "monitor",
        Shape::Named(&Shape::Table(monitor::FIELDS)),
        "The watches over the endpoints, one table each: [monitor.NAME].",
    ),
    Field::optional(
        "webhook",
        Shape::Named(&Shape::Table(webhook::FIELDS)),
        "Who is told of what happens, one table each: [webhook.NAME].",
    ),
    Field::optional(
        "trigger",
        Shape::Named(&Shape::Table(trigger::FIELDS)),
        "What makes the steps that read it run, one table each: [trigger.NAME].",
    ),
    Field::optional(
        "cache",
        Shape::Table(shared::FIELDS),
        "Where the results of steps are shared with other machines.",
    ),
    Field::optional(
        "lineage",
        Shape::Table(lineage::FIELDS),
        "Who is told, in OpenLineage, what ran on what.",
    ),
    Field::optional(
        "run",
        Shape::Table(offer::FIELDS),
        "What the machine offers to steps, when that is not all of it.",
    ),
    Field::optional(
        "tracking",
        Shape::Table(tracking::FIELDS),
        "How the commands of steps log through MLflow.",
    ),
    Field::later("environment"),
];

const PROJECT: &[Field] = &[
    Field::required(
        "name",
        Shape::Text,
        "The project's name: a letter first, then letters, digits, `_` or `-`.",
    ),
    Field::optional("objective", Shape::Text, "What the project is for, in a sentence."),
];

/// The whole project. Tables that could not be read are left out, their errors recorded.
pub(crate) fn read(root: &Node<'_>) -> Option<Project> {
    let section = root.section()?;
    let tables = |name: &str| section.get(name);
    let names = Names::declared(&section);
    let (name, objective) = tables("project").and_then(|node| project(&node)).unzip();
    let server = tables("server").and_then(|node| server::read(&node));
    let data = tables("data").map(|node| node.named(|_, node| data::read(node))).unwrap_or_default();
    let read_step = |_: &Name, node: &Node<'_>| step::read(node, &names);
    let steps = tables("step").map(|node| node.named(read_step)).unwrap_or_default();
    let read_model = |_: &Name, node: &Node<'_>| model::read(node, &names, &data);
    let models = tables("model").map(|node| node.named(read_model)).unwrap_or_default();
    let read_monitor = |name: &Name, node: &Node<'_>| monitor::read(name, node, &names);
    let monitors = tables("monitor").map(|node| node.named(read_monitor)).unwrap_or_default();
    let watched: BTreeSet<&Name> = monitors.values().map(|monitor| &monitor.service).collect();
    let read_service = |name: &Name, node: &Node<'_>| service::read(node, &names, watched.contains(name));
    let services = tables("service").map(|node| node.named(read_service)).unwrap_or_default();
    let webhooks = tables("webhook").map(|node| node.named(|_, node| webhook::read(node)));
    let triggers = tables("trigger").map(|node| node.named(|_, node| trigger::read(node)));
    let lineage = tables("lineage").and_then(|node| lineage::read(&node, name.as_ref()));
    // Stands in for a name whose error is already recorded, so that the rest is still checked.
    let name = name.unwrap_or_else(|| "unnamed".parse().expect("a plain word is a name"));
    Some(Project {
        objective: objective.flatten(),
        server: server.unwrap_or_default(),
        data,
        models,
        services,
        monitors,
        webhooks: webhooks.unwrap_or_default(),
        triggers: triggers.unwrap_or_default(),
        cache: tables("cache").and_then(|node| shared::read(&node)),
        lineage,
        run: tables("run").and_then(|node| offer::read(&node)).unwrap_or_default(),
        tracking: tables("tracking").and_then(|node| tracking::read(&node)).unwrap_or_default(),
        ..Project::of_steps(name, steps)
    })
}

fn project(node: &Node<'_>) -> Option<(Name, Option<String>)> {
    let section = node.section()?;
    let objective = section.text("objective");
    let name = section.text("name")?;
    match name.parse::<Name>() {
        Ok(name) if name.group().is_none() => Some((name, objective)),
        _ => {
            let wrong = Diagnostic::error(format!("`{}` cannot be a name", shown(&name)));
            section.place("name").refuse(wrong.expected(crate::names::EXPECTED));
            None
        }
    }
}
