use std::{collections::BTreeMap, path::PathBuf};

use base::{Hash, Name, Timestamp};
use monitor::Assessment;
use plan::{ActionId, Blocked, Decision, Held, Node, Verb};
use serde::Serialize;
use serde_json::Value;
use store::{IncidentFilter, IncidentRecord, IncidentStatus, Store, TicketFilter, TicketStatus};

use crate::{
    Error, Oddities, Planned, Project, Request, State,
    output::Output,
    recorded::{Kept, challenger, champion, kept},
};

/// Where a project stands.
#[derive(Debug, Clone, Serialize)]
pub struct Status {
    /// The project's name.
    pub project: Name,
    /// What it is for.
    pub objective: Option<String>,
    /// The last conclusion on each data set and step.
    pub inputs: BTreeMap<String, InputStatus>,
    /// Its models.
    pub models: BTreeMap<Name, ModelStatus>,
    /// Its services.
    pub services: BTreeMap<Name, ServiceStatus>,
    /// Its monitors that have seen traffic.
    pub monitors: BTreeMap<Name, MonitorStatus>,
    /// Tickets that are to be done.
    pub tickets: usize,
    /// What the next plan would do, one line an action.
    pub pending: Vec<String>,
    /// What cannot go on.
    pub blocked: Vec<Blocked>,
    /// Retrainings that a brake holds back.
    pub held: Vec<Held>,
}

/// Where a monitor stands.
#[derive(Debug, Clone, Serialize)]
pub struct MonitorStatus {
    /// The service it watches.
    pub service: Name,
    /// How far the event time of its traffic has come.
    pub clock: Option<Timestamp>,
    /// Captured rows.
    pub rows: u64,
    /// Those with a label.
    pub labelled: u64,
    /// What was set aside.
    pub oddities: Oddities,
    /// The latest window that was assessed.
    pub latest: Option<Assessment>,
    /// The unresolved incident, if there is one.
    pub incident: Option<IncidentRecord>,
}

/// Where a data set or step stands.
#[derive(Debug, Clone, Serialize)]
pub struct InputStatus {
    /// The identity of its present content.
    pub output: Option<Hash>,
    /// Rows, where they are known.
    pub rows: Option<u64>,
    /// The immutable files that hold it, in the store.
    pub files: Vec<PathBuf>,
    /// What went wrong last, if it did.
    pub failure: Option<String>,
}

/// Where a model stands.
#[derive(Debug, Clone, Serialize)]
pub struct ModelStatus {
    /// The version that services answer with.
    pub champion: Option<VersionStatus>,
    /// The latest candidate, when it is not the champion.
    pub challenger: Option<VersionStatus>,
    /// The gate's last decision.
    pub decision: Option<Decision>,
    /// What went wrong last, if it did.
    pub failure: Option<String>,
}

/// A registered version.
#[derive(Debug, Clone, Serialize)]
pub struct VersionStatus {
    /// Its number.
    pub version: u64,
    /// When it was registered.
    pub created: Timestamp,
    /// A copy of its model directory.
    pub directory: PathBuf,
}

/// Where a service stands.
#[derive(Debug, Clone, Serialize)]
pub struct ServiceStatus {
    /// The model it answers with.
    pub model: Name,
    /// The version it answers with; nothing before the first rollout.
    pub version: Option<u64>,
    /// Where it answers while `kaizen up` runs.
    pub url: String,
}

/// Reads where a project stands; changes nothing.
///
/// # Errors
/// When the store cannot be read.
pub fn status(project: &Project, store: &Store) -> Result<Status, Error> {
    let planned = Planned::make(project, store, &Request::watching())?;
    let mut inputs = BTreeMap::new();
    for node in planned.desired.nodes.keys() {
        if let Node::Data(_) | Node::Step(_) = node {
            inputs.insert(node.to_string(), input(store, node)?);
        }
    }
    let mut models = BTreeMap::new();
    for name in project.spec.models.keys() {
        models.insert(name.clone(), model(store, name)?);
    }
    let serving = store.services()?;
    let mut services = BTreeMap::new();
    for (name, service) in &project.spec.services {
        let version = serving.get(name).map(|assignment| assignment.version);
        let url = format!("http://{}/v2/models/{name}", project.spec.server.listen);
        services.insert(name.clone(), ServiceStatus { model: service.model.clone(), version, url });
    }
    let mut monitors = BTreeMap::new();
    for (name, wanted) in &project.spec.monitors {
        if let Some(state) = State::load(store, name)? {
            monitors.insert(name.clone(), monitor(store, name, &wanted.service, &state)?);
        }
    }
    let unfinished = |ticket: &store::Ticket| ticket.status != TicketStatus::Done;
    let tickets = store.tickets(&TicketFilter::default())?.iter().filter(|ticket| unfinished(ticket)).count();
    Ok(Status {
        project: project.spec.name.clone(),
        objective: project.spec.objective.clone(),
        inputs,
        models,
        services,
        monitors,
        tickets,
        pending: planned.plan.actions.iter().map(|action| action.id.to_string()).collect(),
        blocked: planned.plan.blocked,
        held: planned.plan.held,
    })
}

fn monitor(store: &Store, name: &Name, service: &Name, state: &State) -> Result<MonitorStatus, Error> {
    let newest = store.windows(name, 1)?.into_iter().next();
    let what = || format!("newest window of monitor.{name}");
    let latest = newest.map(|window| serde_json::from_value(window.detail)).transpose();
    let latest = latest.map_err(|source| Error::Recorded { what: what(), source })?;
    let filter = IncidentFilter { monitor: Some(name.clone()), limit: Some(1), ..IncidentFilter::default() };
    let incident = store.incidents(&filter)?.into_iter().next();
    Ok(MonitorStatus {
        service: service.clone(),
        clock: state.clock(),
        rows: state.rows,
        labelled: state.labelled,
        oddities: state.oddities,
        latest,
        incident: incident.filter(|incident| incident.status != IncidentStatus::Resolved),
    })
}

/// Where a copy of a version's model directory lies, for people and other tools.
pub(crate) fn model_directory(store: &Store, model: &Name, version: u64) -> PathBuf {
    store.dir().join("models").join(model.as_str()).join(version.to_string())
}

fn input(store: &Store, node: &Node) -> Result<InputStatus, Error> {
    let making = if matches!(node, Node::Data(_)) { Verb::Snapshot } else { Verb::Run };
    let made = kept(store, &ActionId::new(making, node))?;
    let tested = kept(store, &ActionId::new(Verb::Test, node))?;
    let failure = [made.as_ref(), tested.as_ref()].into_iter().flatten().find_map(failure);
    let rows = made.as_ref().and_then(|kept| kept.detail.get("rows").and_then(Value::as_u64));
    let output = made.and_then(|kept| kept.record.output());
    let files = output.map(|output| files(store, &output)).transpose()?.unwrap_or_default();
    Ok(InputStatus { output, rows, files, failure })
}

/// Where an output's content lies; nothing of what has been deleted.
fn files(store: &Store, output: &Hash) -> Result<Vec<PathBuf>, Error> {
    if !store.exists(output)? {
        return Ok(Vec::new());
    }
    let mut files = Vec::new();
    for object in Output::load(store, output)?.objects() {
        if store.exists(&object)? {
            files.push(store.path(&object)?);
        }
    }
    Ok(files)
}

fn failure(kept: &Kept) -> Option<String> {
    match &kept.record.status {
        plan::Status::Failed { message } | plan::Status::Refused { message } => Some(message.clone()),
        plan::Status::Done { .. } => None,
    }
}

fn model(store: &Store, name: &Name) -> Result<ModelStatus, Error> {
    let node = Node::Model(name.clone());
    let mut failed = None;
    let mut decision = None;
    for verb in [Verb::Train, Verb::Evaluate, Verb::Gate, Verb::Register] {
        let Some(kept) = kept(store, &ActionId::new(verb, &node))? else { continue };
        failed = failed.or_else(|| failure(&kept));
        if let plan::Status::Done { decision: Some(decided), .. } = kept.record.status {
            decision = Some(decided);
        }
    }
    let aliases = store.aliases(name)?;
    let version = |alias: Name| match aliases.get(&alias) {
        Some(number) => version(store, name, *number).map(Some),
        None => Ok(None),
    };
    Ok(ModelStatus {
        champion: version(champion())?,
        challenger: version(challenger())?,
        decision,
        failure: failed,
    })
}

fn version(store: &Store, model: &Name, number: u64) -> Result<VersionStatus, Error> {
    let created = store.version(model, number)?.created;
    Ok(VersionStatus { version: number, created, directory: model_directory(store, model, number) })
}
