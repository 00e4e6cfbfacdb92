use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use base::Hash;
use plan::{ActionId, Basis, Desired, Node, Observed, Plan, Recorded};
use store::Store;

use crate::{
    Conclusion, Error, Pass, Project, Request, desired,
    observe::{missing, observe},
    recorded::{Known, Written, known},
};

/// A plan with what it was made from.
#[derive(Debug, Clone)]
pub struct Planned {
    /// What would be done.
    pub plan: Plan,
    /// The project, every fan-out as its instances.
    pub project: Arc<Project>,
    /// What is wanted.
    pub desired: Desired,
    /// What was recorded.
    pub recorded: Recorded,
    /// What was observed.
    pub observed: Observed,
    /// What failed before and would fail again: it is left alone, with what needs it.
    pub(crate) hopeless: BTreeSet<ActionId>,
    /// What each step left in the project.
    left: BTreeMap<Node, Vec<Written>>,
}

impl Planned {
    /// Compares a project with a store and the world, without the right to act.
    ///
    /// # Errors
    /// When the store cannot be read, or the project makes no sense with the files that are there.
    pub fn make(project: &Project, store: &Store, request: &Request) -> Result<Self, Error> {
        let project = project.expanded()?;
        let known = known(store, &project.spec)?;
        let mut desired = desired(&project.spec);
        if request.steps_only || !request.targets.is_empty() {
            restrict(&mut desired, request);
        }
        let observed = observe(&project, store, &known, request)?;
        let plan = plan::decide(&desired, &known.recorded, &observed)?;
        let Known { recorded, left } = known;
        let left = left.into_iter().map(|(node, (left, _))| (node, left.written)).collect();
        Ok(Self { plan, project, desired, recorded, observed, hopeless: BTreeSet::new(), left })
    }

    /// The plan from the same project and world with what has been recorded since.
    ///
    /// The world is not looked at again: what changed in it while a pass ran is for the next plan to find.
    pub(crate) fn recorded_since(&self, store: &Store, pass: &Pass) -> Result<Self, Error> {
        let known = known(store, &self.project.spec)?;
        let mut observed = Observed { missing: missing(store, &known)?, ..self.observed.clone() };
        for (action, conclusion) in &pass.conclusions {
            if matches!(conclusion, Conclusion::Done { .. }) {
                // What made it run again has been answered.
                observed.due.remove(&action.node);
            }
        }
        let plan = plan::decide(&self.desired, &known.recorded, &observed)?;
        Ok(Self { plan, recorded: known.recorded, observed, ..self.clone() })
    }

    /// Notes in the plan what it rests on, for a plan that is saved or compared with a saved one.
    pub fn note_basis(&mut self) {
        self.plan.basis = self.basis();
    }

    /// What the plan rests on.
    pub(crate) fn basis(&self) -> Basis {
        plan::basis(&self.desired, &self.recorded, &self.observed)
    }

    /// The same, as one value to compare.
    pub(crate) fn basis_hash(&self) -> Hash {
        plan::basis_hash(&self.desired, &self.recorded, &self.observed)
    }

    /// Where each node stands, in a word.
    pub fn states(&self) -> BTreeMap<Node, &'static str> {
        let mut states: BTreeMap<Node, &'static str> =
            self.desired.nodes.keys().map(|node| (node.clone(), "done")).collect();
        for action in &self.plan.actions {
            let record =
                self.recorded.nodes.get(&action.id.node).and_then(|verbs| verbs.get(&action.id.verb));
            let has_failed = record.is_some_and(|record| record.output().is_none());
            states.insert(action.id.node.clone(), if has_failed { "failed" } else { "to do" });
        }
        for blocked in &self.plan.blocked {
            states.insert(blocked.node.clone(), "blocked");
        }
        states
    }

    /// The files that a step left in the project when it last ran.
    pub(crate) fn written(&self, node: &Node) -> Vec<Written> {
        self.left.get(node).cloned().unwrap_or_default()
    }
}

/// Leaves what is asked for, with what that reads.
fn restrict(desired: &mut Desired, request: &Request) {
    let targets = if request.targets.is_empty() {
        let is_step = |node: &&Node| matches!(node, Node::Step(_));
        desired.nodes.keys().filter(is_step).cloned().collect()
    } else {
        request.targets.clone()
    };
    desired.only(&targets);
}
