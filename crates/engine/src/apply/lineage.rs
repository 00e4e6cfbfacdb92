//! What a pass tells of itself as OpenLineage events: for each action when it begins, and how it ended once that is on disk.

use std::sync::Arc;

use base::Hash;
use plan::{ActionId, Node, Verb};
use spec::StepAction;
use store::RunId;

use super::Conclusion;
use crate::{
    Engine, Project,
    actions::Turn,
    openlineage::{Dataset, Lineage, Occurrence, RunEvent, What},
};

/// Who is told of a pass.
pub(super) struct Telling {
    lineage: Option<Lineage>,
    engine: Arc<Engine>,
    project: Arc<Project>,
    /// The run that all of it belongs to.
    parent: (Hash, String),
}

impl Telling {
    /// Nobody, when the project names nobody.
    pub(super) fn open(engine: &Arc<Engine>, project: &Arc<Project>, (run, kind): (RunId, &str)) -> Self {
        let lineage = project
            .spec
            .lineage
            .as_ref()
            .map(|spec| Lineage::open(spec, &project.root, engine.settings.observer.clone()));
        let key = Hash::of(format!("{} run {run}", project.root.display()));
        let parent = (key, format!("{}.{kind}", project.spec.name));
        Self { lineage, engine: engine.clone(), project: project.clone(), parent }
    }

    /// An action begins.
    pub(super) fn begins(&self, turn: &Turn) {
        if let Some(event) = self.event(turn, What::Start, (None, None)) {
            self.tell(event);
        }
    }

    /// How an action ended, to be told once it is on disk.
    pub(super) fn ended(
        &self,
        turn: &Turn,
        conclusion: &Conclusion,
        output: Option<Hash>,
    ) -> Option<RunEvent> {
        match conclusion {
            Conclusion::Failed { message } | Conclusion::Refused { message } => {
                self.event(turn, What::Fail, (Some(message), None))
            }
            Conclusion::Done { .. } => self.event(turn, What::Complete, (None, output)),
            _ => self.event(turn, What::Abort, (None, None)),
        }
    }

    pub(super) fn tell(&self, event: RunEvent) {
        if let Some(lineage) = &self.lineage {
            lineage.tell(event);
        }
    }

    /// Waits, for a while, until everyone has been told.
    pub(super) async fn end(self) {
        if let Some(lineage) = self.lineage {
            // A thread that panicked has said so itself.
            let _ = tokio::task::spawn_blocking(move || lineage.end()).await;
        }
    }

    fn event(
        &self,
        turn: &Turn,
        what: What,
        (error, output): (Option<&str>, Option<Hash>),
    ) -> Option<RunEvent> {
        let namespace = &self.project.spec.lineage.as_ref()?.namespace;
        let dataset = |name: &str, version: Hash| Dataset {
            namespace: namespace.clone(),
            name: name.to_owned(),
            version: Some(version),
            columns: Vec::new(),
        };
        let is_data = |name: &str| !["env.", "tool.", "trigger."].iter().any(|kind| name.starts_with(kind));
        let inputs = turn.inputs.iter().filter(|(name, _)| is_data(name));
        let action = &turn.action.id;
        let step = self.project.spec.steps.get(action.node.name());
        let sql = step.and_then(|step| match &step.action {
            StepAction::Sql { query } => Some(query.as_str()),
            StepAction::Run { .. } => None,
        });
        Some(RunEvent::of(&Occurrence {
            what,
            at: self.engine.settings.clock.now(),
            run_key: Hash::of(format!("{} action {}", self.project.root.display(), turn.entry)),
            parent: Some((self.parent.0, &self.parent.1)),
            namespace,
            job: &job(action),
            sql: sql.filter(|_| action.verb == Verb::Run),
            error,
            inputs: inputs.map(|(name, hash)| dataset(name, *hash)).collect(),
            outputs: output.map(|output| dataset(&action.node.to_string(), output)).into_iter().collect(),
        }))
    }
}

/// `step.features`, `data.flights`, `model.late.train`
fn job(action: &ActionId) -> String {
    match (&action.node, action.verb) {
        (Node::Step(_), _) | (_, Verb::Snapshot) => action.node.to_string(),
        (node, verb) => format!("{node}.{verb}"),
    }
}
