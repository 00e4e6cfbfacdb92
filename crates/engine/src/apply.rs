use std::{collections::BTreeMap, time::Duration};

use base::{Hash, canonical_json};
use plan::{Action, Blocked, Decision, Node, Plan, Progress, Record, Resolution, Verb, resolve};
use serde::{Deserialize, Serialize};
use store::{Change, Intent, Outcome};

use crate::{
    Engine, Error, Event, Planned, Point, Project,
    actions::{self, Done, Failure, Turn},
    recorded::{keep, recorded},
    webhook::Occurrence,
};

/// What came of one action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "conclusion", rename_all = "snake_case")]
pub enum Conclusion {
    /// It was done.
    Done {
        /// In one line.
        summary: String,
    },
    /// Its inputs came out as they were, so there was nothing to do.
    Unchanged,
    /// The gate did not say promote.
    NotPromoted,
    /// The service answers with the champion already, or there is none.
    ChampionUnchanged,
    /// Something it needs did not finish.
    NotReached {
        /// What.
        waits_for: Node,
    },
    /// It failed and is tried again by the next plan.
    Failed {
        /// Why, with the way out.
        message: String,
    },
    /// It fails on these inputs, always.
    Refused {
        /// Why, with the way out.
        message: String,
    },
    /// Someone asked to end while it ran.
    Interrupted,
}

/// What came of a plan.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Pass {
    /// Each action with its conclusion, in order.
    pub conclusions: Vec<(plan::ActionId, Conclusion)>,
    /// What could not be planned.
    pub blocked: Vec<Blocked>,
}

impl Pass {
    /// The first action that failed or was refused.
    pub fn failure(&self) -> Option<(&plan::ActionId, &str)> {
        self.conclusions.iter().find_map(|(id, conclusion)| match conclusion {
            Conclusion::Failed { message } | Conclusion::Refused { message } => Some((id, message.as_str())),
            _ => None,
        })
    }
}

impl Engine {
    /// Performs a saved plan exactly, or refuses it as stale.
    ///
    /// # Errors
    /// [`Error::Stale`] names what changed; the store's errors end the pass where it is.
    pub async fn apply_saved(&self, project: &Project, saved: &Plan) -> Result<Pass, Error> {
        let planned = self.plan(project)?;
        let changes = saved.stale(&planned.plan);
        if !changes.is_empty() || saved.actions != planned.plan.actions {
            return Err(Error::Stale { changes });
        }
        self.apply(project, &planned).await
    }

    /// Performs a plan, action by action.
    ///
    /// # Errors
    /// [`Error::Interrupted`] when asked to end; the store's errors end the pass where it is.
    pub async fn apply(&self, project: &Project, planned: &Planned) -> Result<Pass, Error> {
        let mut pass = Pass { blocked: planned.plan.blocked.clone(), ..Pass::default() };
        let mut progress = Progress { missing: planned.observed.missing.clone(), ..Progress::default() };
        let plan_hash = planned.plan.hash();
        for (position, action) in planned.plan.actions.iter().enumerate() {
            if self.settings.cancel.is_cancelled() {
                return Err(Error::Interrupted);
            }
            let node = &action.id.node;
            let wanted = planned.desired.nodes.get(node);
            let model = wanted.and_then(|wanted| wanted.model.as_ref());
            let now = recorded(&self.store, &project.spec)?;
            let conclusion = match resolve(action, model, &now, &progress) {
                Resolution::Unchanged => Conclusion::Unchanged,
                Resolution::NotPromoted => Conclusion::NotPromoted,
                Resolution::ChampionUnchanged => Conclusion::ChampionUnchanged,
                Resolution::NotReached(waits_for) => Conclusion::NotReached { waits_for },
                Resolution::Perform(inputs) => {
                    let (position, total) = (position + 1, planned.plan.actions.len());
                    self.tell(&Event::Started { action: Box::new(action.clone()), position, total });
                    self.perform(Turn { project, action, inputs, plan: plan_hash }).await?
                }
            };
            self.account(action, &conclusion, &mut progress, &project.spec)?;
            pass.conclusions.push((action.id.clone(), conclusion));
        }
        Ok(pass)
    }

    /// Notes what the actions still to come must know of this one.
    fn account(
        &self,
        action: &Action,
        conclusion: &Conclusion,
        progress: &mut Progress,
        project: &spec::Project,
    ) -> Result<(), Error> {
        let node = &action.id.node;
        match conclusion {
            Conclusion::Failed { .. } | Conclusion::Refused { .. } | Conclusion::NotReached { .. } => {
                progress.stopped.insert(node.clone());
            }
            Conclusion::Done { .. } => {
                let recorded = recorded(&self.store, project)?;
                let record = recorded.nodes.get(node).and_then(|verbs| verbs.get(&action.id.verb));
                if let Some(output) = record.and_then(Record::output) {
                    progress.missing.remove(&output);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Intent, action, outcome.
    async fn perform(&self, turn: Turn<'_>) -> Result<Conclusion, Error> {
        let began = self.settings.clock.elapsed();
        let boundary = |point| (self.settings.boundary)(&turn.action.id, point);
        boundary(Point::Due);
        let number = self.store.intend(&intent(&turn, self.generation))?;
        boundary(Point::Intended);
        let acted = if turn.action.id.verb == Verb::Run {
            // A step ends its own command first, and says when it has.
            actions::perform(self, &turn).await
        } else {
            tokio::select! {
                acted = actions::perform(self, &turn) => acted,
                () = self.settings.cancel.cancelled() => Err(Failure::Interrupted),
            }
        };
        boundary(Point::Acted);
        let elapsed = self.settings.clock.elapsed().saturating_sub(began);
        let decision = acted.as_ref().ok().and_then(|done| done.decision);
        let (outcome, mut changes, conclusion) = concluded(&turn, acted, elapsed)?;
        changes.extend(self.told(&turn, &conclusion, decision));
        self.store.conclude(number, &outcome, &changes)?;
        boundary(Point::Concluded);
        // The history has it; now requests may see it.
        if matches!(turn.action.id.verb, Verb::RollOut | Verb::Stop) {
            self.serve_recorded()?;
        }
        let action = turn.action.id.clone();
        self.tell(&Event::Finished { action, conclusion: conclusion.clone(), elapsed });
        if conclusion == Conclusion::Interrupted { Err(Error::Interrupted) } else { Ok(conclusion) }
    }
}

impl Engine {
    /// The deliveries that tell webhooks of a verdict or a release, recorded together with it.
    fn told(&self, turn: &Turn<'_>, conclusion: &Conclusion, decision: Option<Decision>) -> Vec<Change> {
        let Conclusion::Done { summary } = conclusion else { return Vec::new() };
        let (topic, what) = match turn.action.id.verb {
            Verb::Gate => (spec::Topic::Verdict, "judged"),
            Verb::RollOut => (spec::Topic::Release, "released"),
            Verb::Stop => (spec::Topic::Release, "stopped"),
            _ => return Vec::new(),
        };
        let mut data = serde_json::json!({ "summary": summary, "reasons": turn.action.reasons });
        if let Some(decision) = decision {
            data["decision"] = serde_json::json!(decision);
        }
        let subject = turn.action.id.node.to_string();
        let occurrence = Occurrence { topic, what, subject, at: self.settings.clock.now(), data };
        occurrence.deliveries(&turn.project.spec).into_iter().map(Change::Enqueue).collect()
    }
}

fn intent(turn: &Turn<'_>, generation: u64) -> Intent {
    let action = turn.action;
    Intent {
        plan: turn.plan,
        action: action.id.to_string(),
        node: action.id.node.to_string(),
        generation,
        reason: serde_json::to_value(&action.reasons).expect("reasons have string keys"),
        key: Some(key(&action.fields, &turn.inputs)),
    }
}

fn key(fields: &plan::Fields, inputs: &BTreeMap<String, Hash>) -> Hash {
    Hash::of(canonical_json(&(fields, inputs)))
}

type Concluded = (Outcome, Vec<Change>, Conclusion);

fn concluded(turn: &Turn<'_>, acted: Result<Done, Failure>, elapsed: Duration) -> Result<Concluded, Error> {
    use plan::Status;
    let millis = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
    let record = |status| Record { fields: turn.action.fields.clone(), inputs: turn.inputs.clone(), status };
    let failed = |message: &str| serde_json::json!({ "message": message, "elapsed_ms": millis });
    match acted {
        Ok(done) => {
            let detail = serde_json::json!({
                "summary": done.summary, "elapsed_ms": millis, "detail": done.detail,
            });
            let status = Status::Done { output: done.output, decision: done.decision };
            let mut changes = done.changes;
            changes.push(keep(&turn.action.id, record(status), done.detail));
            let outcome = Outcome { status: store::Status::Done, detail };
            Ok((outcome, changes, Conclusion::Done { summary: done.summary }))
        }
        Err(Failure::Failed { message, detail }) => {
            let status = Status::Failed { message: message.clone() };
            let changes = vec![keep(&turn.action.id, record(status), detail)];
            let outcome = Outcome { status: store::Status::Failed, detail: failed(&message) };
            Ok((outcome, changes, Conclusion::Failed { message }))
        }
        Err(Failure::Refused { message, detail }) => {
            let status = Status::Refused { message: message.clone() };
            let changes = vec![keep(&turn.action.id, record(status), detail)];
            let outcome = Outcome { status: store::Status::Failed, detail: failed(&message) };
            Ok((outcome, changes, Conclusion::Refused { message }))
        }
        Err(Failure::Interrupted) => {
            let outcome = Outcome { status: store::Status::Interrupted, detail: failed("asked to end") };
            Ok((outcome, Vec::new(), Conclusion::Interrupted))
        }
        Err(Failure::Fatal(error)) => Err(error),
    }
}
