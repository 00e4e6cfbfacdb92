//! Performing a plan: what can be said of its actions, and the two ways in.
//!
//! `pass` is the loop that performs them, several at once; `concluded` makes of what an action returned what the
//! journal keeps; `unfinished` deals with what a killed predecessor left.

mod claims;
mod concluded;
mod lineage;
mod pass;
mod recording;
mod unfinished;

use std::{
    collections::BTreeSet,
    sync::{Arc, atomic::Ordering},
};

use plan::{Blocked, Node, Plan};
use serde::{Deserialize, Serialize};
use store::RunId;

use crate::{Engine, Error, Planned, Project, Request, actions, prune};

/// How many runs of each step keep their folders.
const KEPT: usize = 20;

pub(crate) use pass::key;
pub(crate) use unfinished::Unfinished;

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
    /// The pass ended before its turn came.
    NotBegun,
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

impl Conclusion {
    /// Whether it stands in the way of what needs it.
    pub(crate) fn stops(&self) -> bool {
        matches!(
            self,
            Self::Failed { .. }
                | Self::Refused { .. }
                | Self::NotReached { .. }
                | Self::NotBegun
                | Self::Interrupted
        )
    }

    pub(crate) fn is_failure(&self) -> bool {
        matches!(self, Self::Failed { .. } | Self::Refused { .. })
    }
}

/// What came of a plan.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Pass {
    /// The run it was, when there was something to do.
    pub run: Option<RunId>,
    /// Each action with its conclusion, in order.
    pub conclusions: Vec<(plan::ActionId, Conclusion)>,
    /// What could not be planned.
    pub blocked: Vec<Blocked>,
    /// Whether someone cancelled the run.
    pub cancelled: bool,
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

/// How a plan is performed.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Whether what does not depend on a failed action is still begun.
    pub keep_going: bool,
    /// How many actions run at once at most; as many as there are processors unless given.
    pub slots: Option<usize>,
    /// What the run is called in the list of runs: `up`, `run`, `exec`.
    pub kind: &'static str,
    /// What a retry needs to know.
    pub detail: serde_json::Value,
    /// Whether the file accesses of commands are traced, and compared with what they declare.
    pub audit: bool,
}

impl Policy {
    /// Goes on with whatever can be done, as a line that runs by itself should.
    pub fn of(kind: &'static str) -> Self {
        Self { keep_going: true, slots: None, kind, detail: serde_json::Value::Null, audit: false }
    }
}

impl Engine {
    /// Performs a saved plan exactly, or refuses it as stale.
    ///
    /// # Errors
    /// [`Error::Stale`] names what changed; the store's errors end the pass where it is.
    pub async fn apply_saved(
        self: &Arc<Self>,
        project: &Project,
        saved: &Plan,
        policy: &Policy,
    ) -> Result<Pass, Error> {
        let mut planned = self.plan(project, &Request::default())?;
        planned.note_basis();
        let changes = saved.stale(&planned.plan.basis);
        if !changes.is_empty() || saved.actions != planned.plan.actions {
            return Err(Error::Stale { changes });
        }
        self.apply(&planned, policy).await
    }

    /// Performs a plan: what does not wait for something else at the same time, as far as the machine's resources reach.
    ///
    /// # Errors
    /// [`Error::Interrupted`] when asked to end; the store's errors end the pass where it is.
    pub async fn apply(self: &Arc<Self>, planned: &Planned, policy: &Policy) -> Result<Pass, Error> {
        let adopted = self.adopt(planned, policy).await?;
        if planned.plan.actions.is_empty() {
            return Ok(Pass { blocked: planned.plan.blocked.clone(), ..Pass::default() });
        }
        let detail = policy.detail.clone();
        let command = self.settings.command.clone();
        let run = self.store.begin_run(&store::NewRun { kind: policy.kind.to_owned(), command, detail })?;
        self.tell(&crate::Event::Begun { run, total: planned.plan.actions.len() });
        let telling = lineage::Telling::open(self, &planned.project, (run, policy.kind));
        let passed = pass::Passing::new(self, planned, (policy, run), (adopted, &telling))?.perform().await;
        telling.end().await;
        let status = match &passed {
            Ok(pass) if pass.cancelled => store::RunStatus::Cancelled,
            Ok(pass) if pass.failure().is_some() => store::RunStatus::Failed,
            Ok(_) => store::RunStatus::Done,
            Err(Error::Interrupted) => store::RunStatus::Interrupted,
            // It cannot be recorded; the next start finds it unfinished.
            Err(_) => {
                self.unsettled.store(true, Ordering::Relaxed);
                return passed;
            }
        };
        self.store.settle()?;
        self.store.end_run(run, status, &policy.detail)?;
        self.prune_runs()?;
        passed
    }

    /// Takes away the folders of old runs, on a thread that may wait for the disk.
    fn prune_runs(&self) -> Result<(), Error> {
        let runs = self.store.runs();
        let mut unfinished = BTreeSet::new();
        for entry in self.store.unfinished()? {
            if let Ok(node) = entry.node.parse() {
                unfinished.insert(runs.join(actions::folder_name(&node, entry.id)));
            }
        }
        // What cannot be removed is tried again after the next pass.
        tokio::task::spawn_blocking(move || drop(prune::runs(&runs, KEPT, &unfinished)));
        Ok(())
    }
}
