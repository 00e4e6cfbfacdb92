use std::{collections::BTreeSet, path::Path, sync::Arc, time::Duration};

use base::Hash;
use plan::{Action, ActionId, Brake, Change, Plan, Verb};

use crate::{
    Background, Conclusion, Engine, Error, Event, Pass, Planned, Policy, Project, Request, Variables,
};

/// How often the world is looked at. Files that have not changed are not read again.
const INTERVAL: Duration = Duration::from_secs(1);

/// What is watched, and how it is acted on.
pub struct Watching<'a> {
    /// The project: its file, or the directory that has one.
    pub path: &'a Path,
    /// The environment it is run in.
    pub variables: &'a Variables,
    /// What of it is planned.
    pub request: Request,
    /// How the plans are performed.
    pub policy: Policy,
    /// What works beside and follows the project file.
    pub background: Option<&'a Background>,
}

impl Engine {
    /// Watches the project file, its sources and the store, and acts when they change, until asked to end.
    ///
    /// The second argument is the project, the plan that the caller has just applied to it, and what came of it. What failed is tried
    /// again when something it rests on has changed, not before.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub async fn keep(
        self: &Arc<Self>,
        watching: &Watching<'_>,
        (project, planned, pass): (Project, &Planned, &Pass),
        passed: &(dyn Fn(&Project, &Pass) + Sync),
    ) -> Result<(), Error> {
        let request = Request { settled_uncached: true, force: false, ..watching.request.clone() };
        let mut complained = Vec::new();
        let mut held = Vec::new();
        let mut left = Left::of(self, planned, pass)?;
        let mut project = project;
        let mut seen = None;
        loop {
            tokio::select! {
                () = tokio::time::sleep(INTERVAL) => {}
                () = self.settings.cancel.cancelled() => return Ok(()),
            }
            match Project::load(watching.path, watching.variables) {
                Ok(read) => {
                    complained.clear();
                    if let Some(background) = watching.background {
                        background.follow(&read);
                    }
                    project = read;
                }
                Err(error) => self.complain(&error, &mut complained),
            }
            let mut planned = match self.plan(&project, &request) {
                Ok(planned) => planned,
                // Serving goes on; whatever it is may pass.
                Err(error) => {
                    self.complain(&error, &mut complained);
                    continue;
                }
            };
            self.tell_held(&planned.plan, &mut held);
            let what = left.changes(&planned);
            // A file that is still being written looks different each time: wait until it does not.
            let basis = planned.basis_hash();
            if what.is_empty() || seen != Some(basis) {
                seen = Some(basis);
                continue;
            }
            if planned.plan.actions.is_empty() {
                // Something else is wanted, and it is there already.
                left = Left::of(self, &planned, &Pass::default())?;
                continue;
            }
            planned.hopeless = left.hopeless(&planned);
            self.tell(&Event::Changed { what: demanded(&planned.plan).unwrap_or(what) });
            let pass = match self.apply(&planned, &watching.policy).await {
                Ok(pass) => pass,
                Err(Error::Interrupted) => return Ok(()),
                Err(error) => return Err(error),
            };
            passed(&project, &pass);
            left = if left.has_again(&pass) {
                // What it does may be what changes its inputs: only another change is a reason to try a third time.
                let now = self.plan(&project, &request)?;
                Left {
                    stuck: stuck(&pass),
                    failed: failed(&planned, &pass),
                    ..Left::of(self, &now, &Pass::default())?
                }
            } else {
                Left::of(self, &planned, &pass)?
            };
        }
    }

    /// Says which brakes hold, when they are others than a while ago.
    fn tell_held(&self, plan: &Plan, told: &mut Vec<(String, Brake)>) {
        let holding: Vec<_> = plan.held.iter().map(|held| (held.node.to_string(), held.brake)).collect();
        if *told != holding {
            let held = plan.held.iter().map(|held| format!("{}: {}", held.node, held.why)).collect();
            self.tell(&Event::Held { held });
            *told = holding;
        }
    }

    /// Says once what is wrong with a project file that was just edited; the last good one stays in force.
    fn complain(&self, error: &Error, complained: &mut Vec<String>) {
        let lines = match error {
            Error::Spec { diagnostics, .. } => diagnostics.iter().map(ToString::to_string).collect(),
            other => vec![other.to_string()],
        };
        if *complained != lines {
            self.tell(&Event::Invalid { diagnostics: lines.clone() });
            *complained = lines;
        }
    }
}

/// What monitors demand, in their words; nothing when this plan is about something else.
fn demanded(plan: &Plan) -> Option<Vec<String>> {
    let collects = plan.actions.iter().filter(|action| action.id.verb == Verb::Collect);
    let reasons: Vec<String> = collects.flat_map(|action| &action.reasons).map(ToString::to_string).collect();
    (!reasons.is_empty()).then_some(reasons)
}

/// What a pass left, by which a later change is told from what the pass itself recorded.
struct Left {
    planned: Planned,
    basis: Hash,
    /// What the pass could not do, and the next one could not either.
    stuck: BTreeSet<ActionId>,
    /// Those of them that failed.
    failed: BTreeSet<ActionId>,
}

impl Left {
    fn of(engine: &Engine, planned: &Planned, pass: &Pass) -> Result<Self, Error> {
        let left = planned.recorded_since(&engine.store, pass)?;
        Ok(Self {
            basis: left.basis_hash(),
            planned: left,
            stuck: stuck(pass),
            failed: failed(planned, pass),
        })
    }

    /// What there is to act on that the pass did not know of.
    fn changes(&self, now: &Planned) -> Vec<String> {
        if self.basis != now.basis_hash() {
            let changes = Change::between(&self.planned.basis(), &now.basis());
            if !changes.is_empty() {
                return changes.iter().map(ToString::to_string).collect();
            }
        }
        // Someone moved a champion while the pass ran, or touched what a step left.
        let actions = now.plan.actions.iter().filter(|action| !self.stuck.contains(&action.id));
        actions.map(|action| format!("{} is to be done", action.id)).collect()
    }

    /// Whether something failed that had failed before.
    fn has_again(&self, pass: &Pass) -> bool {
        let is_again = |(action, conclusion): &(ActionId, Conclusion)| {
            conclusion.is_failure() && self.failed.contains(action)
        };
        pass.conclusions.iter().any(is_again)
    }

    /// What failed and is to be done from the same inputs for the same reasons.
    fn hopeless(&self, now: &Planned) -> BTreeSet<ActionId> {
        let is_same =
            |action: &&Action| self.failed.contains(&action.id) && self.planned.plan.actions.contains(action);
        now.plan.actions.iter().filter(is_same).map(|action| action.id.clone()).collect()
    }
}

/// What failed, now or in a pass before that this one did not try again.
fn failed(planned: &Planned, pass: &Pass) -> BTreeSet<ActionId> {
    let failures = pass.conclusions.iter().filter(|(_, conclusion)| conclusion.is_failure());
    failures.map(|(action, _)| action.clone()).chain(planned.hopeless.iter().cloned()).collect()
}

/// What a pass could not do, and the next one could not either.
fn stuck(pass: &Pass) -> BTreeSet<ActionId> {
    let is_done = |conclusion: &Conclusion| {
        matches!(conclusion, Conclusion::Done { .. } | Conclusion::ChampionUnchanged)
    };
    let conclusions = pass.conclusions.iter().filter(|(_, conclusion)| !is_done(conclusion));
    conclusions.map(|(action, _)| action.clone()).collect()
}
