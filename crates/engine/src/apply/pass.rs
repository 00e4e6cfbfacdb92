//! The loop that performs a plan.
//!
//! `plan::schedule` says what may begin; this loop resolves it (`deciding`), journals its intent, starts it as a task of its own, and
//! journals what came of it. Nothing begins before its intent is on disk, and the outcome of an action goes to disk in
//! the same transaction as the intents of those that waited for it. `ending` is for what comes before the end.

mod deciding;
mod ending;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex},
    time::Duration,
};

use base::{Hash, canonical_json};
use plan::{
    Action, Progress, Record, Recorded, Verb,
    schedule::{Capacity, Claim, Schedule},
};
use store::{Intent, RunId};
use tokio::task::JoinSet;

use super::{
    Conclusion, Pass, Policy, claims, concluded,
    lineage::Telling,
    recording::{self, Ended, Recording},
    unfinished::Found,
};
use crate::{
    Cancel, Engine, Error, Event, Planned, Point, Project,
    actions::{self, Done, Failure, Turn},
};

/// How many actions are journalled ahead of a free place to run in, at first.
const AHEAD: usize = 64;

/// How often another process may ask for the run to be cancelled.
const ASKED: Duration = Duration::from_millis(200);

pub(super) struct Passing<'a> {
    engine: &'a Arc<Engine>,
    project: Arc<Project>,
    planned: &'a Planned,
    telling: &'a Telling,
    actions: Vec<Arc<Action>>,
    keep_going: bool,
    audit: bool,
    plan: Hash,
    run: RunId,
    capacity: Capacity,
    schedule: Schedule,
    recorded: Recorded,
    progress: Progress,
    /// Ends what runs.
    cancel: Cancel,
    /// Whether nothing more begins.
    ending: bool,
    cancelled: bool,
    /// How many actions may be journalled ahead of a free place to run in.
    ahead: usize,
    /// Inputs of what was resolved and has not begun.
    resolved: HashMap<usize, BTreeMap<String, Hash>>,
    /// Intents for the next transaction.
    intents: Vec<(usize, Intent)>,
    /// Numbers in the journal of what may begin.
    entries: HashMap<usize, store::ActionId>,
    /// Commands of a killed predecessor that may yet be wanted.
    found: HashMap<usize, Found>,
    running: JoinSet<Acted>,
    ended: Vec<Ended>,
    conclusions: Vec<Option<Conclusion>>,
    fatal: Option<Error>,
}

/// An action that has returned.
struct Acted {
    place: usize,
    turn: Turn,
    acted: Result<Done, Failure>,
    elapsed: Duration,
}

impl<'a> Passing<'a> {
    pub(super) fn new(
        engine: &'a Arc<Engine>,
        planned: &'a Planned,
        (policy, run): (&Policy, RunId),
        (found, telling): (Vec<Found>, &'a Telling),
    ) -> Result<Self, Error> {
        let project = planned.project.clone();
        let actions: Vec<_> = planned.plan.actions.iter().cloned().map(Arc::new).collect();
        let mut capacity = engine.machine.capacity(policy.slots);
        // What a found command holds of these it keeps; nobody else is given it in this pass.
        let held: BTreeSet<u32> = found.iter().flat_map(Found::gpus).collect();
        capacity.gpus.retain(|gpu| !held.contains(gpu));
        let runs_already: BTreeSet<_> = found.iter().map(|found| actions[found.place].id.clone()).collect();
        let claim = |action: &Action| {
            let claim = claims::of(action, &project, &capacity);
            if runs_already.contains(&action.id) { Claim { gpus: 0, ..claim } } else { claim }
        };
        let schedule = Schedule::new(capacity.clone(), &planned.plan.actions, claim);
        let mut passing = Self {
            engine,
            planned,
            telling,
            keep_going: policy.keep_going,
            audit: policy.audit,
            plan: planned.plan.hash(),
            run,
            capacity,
            schedule,
            recorded: planned.recorded.clone(),
            progress: Progress { missing: planned.observed.missing.clone(), ..Progress::default() },
            cancel: Cancel::default(),
            ending: false,
            cancelled: false,
            ahead: AHEAD,
            resolved: HashMap::new(),
            intents: Vec::new(),
            entries: HashMap::new(),
            found: HashMap::new(),
            running: JoinSet::new(),
            ended: Vec::new(),
            conclusions: vec![None; actions.len()],
            fatal: None,
            project,
            actions,
        };
        for found in found {
            engine.store.adopt(found.entry.id, engine.generation, Some(run))?;
            passing.found.insert(found.place, found);
        }
        Ok(passing)
    }

    pub(super) async fn perform(mut self) -> Result<Pass, Error> {
        let mut recording: Option<Recording> = None;
        let mut asked = tokio::time::interval(ASKED);
        loop {
            self.resolve_ready()?;
            self.start_admitted();
            if recording.is_none() {
                self.look_ahead();
            }
            if recording.is_none()
                && !(self.ended.is_empty() && self.intents.is_empty())
                && self.fatal.is_none()
            {
                let (ended, intents) = (std::mem::take(&mut self.ended), std::mem::take(&mut self.intents));
                recording = Some(Recording::begin(&self.engine.store, ended, intents));
            }
            if recording.is_none() && self.running.is_empty() {
                self.discard_found().await?;
                return self.passed();
            }
            let on_disk = async {
                match &mut recording {
                    Some(recording) => recording.recorded().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                Some(joined) = self.running.join_next() => self.returned(joined),
                recorded = on_disk => {
                    recording = None;
                    match recorded {
                        Ok(recorded) => self.on_disk(recorded)?,
                        Err(error) => self.fail(error),
                    }
                }
                () = self.engine.settings.cancel.cancelled(), if !self.ending => self.end(),
                _ = asked.tick(), if !self.ending => self.look_for_cancel()?,
            }
            while let Some(joined) = self.running.try_join_next() {
                self.returned(joined);
            }
        }
    }

    /// Begins what fits. Its intent is on disk.
    fn start_admitted(&mut self) {
        while !self.ending {
            let Some(start) = self.schedule.start() else { return };
            let place = start.action;
            let action = self.actions[place].clone();
            let (Some(inputs), Some(entry)) = (self.resolved.remove(&place), self.entries.remove(&place))
            else {
                continue;
            };
            let (position, total) = (place + 1, self.actions.len());
            self.engine.tell(&Event::Started { action: Box::new((*action).clone()), position, total });
            let (adopted, unwanted) =
                self.found.remove(&place).map_or((None, None), |found| found.sort_out(entry));
            let gpus = adopted.as_ref().map_or(start.gpus, |adopted| adopted.attempt.gpus.clone());
            let turn = Turn {
                project: self.project.clone(),
                inputs,
                plan: self.plan,
                run: self.run,
                entry,
                gpus,
                earlier: self.planned.written(&action.id.node),
                adopted: Mutex::new(adopted),
                cancel: self.cancel.clone(),
                audit: self.audit,
                action,
            };
            self.telling.begins(&turn);
            self.running.spawn(act(self.engine.clone(), place, (turn, unwanted)));
        }
    }

    /// Notes what an action returned. The next to begin may know of it before it is on disk, since its intent goes to
    /// disk with it.
    fn returned(&mut self, joined: Result<Acted, tokio::task::JoinError>) {
        let Acted { place, turn, acted, elapsed } = match joined {
            Ok(acted) => acted,
            Err(error) => return self.fail(Error::Unknown(format!("perform an action: {error}"))),
        };
        (self.engine.settings.boundary)(&turn.action.id, Point::Acted);
        self.schedule.release(place);
        let concluded = match concluded::of(self.engine, &turn, acted, elapsed) {
            Ok(concluded) => concluded,
            Err(error) => return self.fail(error),
        };
        self.account(place, &concluded.conclusion, concluded.record.clone());
        let output = concluded.record.as_ref().and_then(Record::output);
        let event = self.telling.ended(&turn, &concluded.conclusion, output);
        if concluded.conclusion.is_failure() && !self.keep_going {
            self.stop();
        }
        if turn.action.id.verb != Verb::Promote {
            self.schedule.finish(place);
        }
        self.ended.push(Ended { place, entry: turn.entry, elapsed, concluded, event });
    }

    /// Goes on from what is on disk now.
    fn on_disk(&mut self, recorded: recording::Recorded) -> Result<(), Error> {
        for recording::Said { place, entry, elapsed, conclusion, event } in recorded.said {
            if let Some(event) = event {
                self.telling.tell(event);
            }
            let id = self.actions[place].id.clone();
            (self.engine.settings.boundary)(&id, Point::Concluded);
            match id.verb {
                // The history has it; now requests may see it.
                Verb::RollOut | Verb::Stop => self.engine.serve_recorded()?,
                // Who follows it asks the registry.
                Verb::Promote => self.schedule.finish(place),
                Verb::Run | Verb::Train if matches!(conclusion, Conclusion::Done { .. }) => {
                    let name = actions::folder_name(&id.node, entry);
                    actions::settle(self.engine.store.runs().join(name));
                }
                _ => {}
            }
            self.engine.tell(&Event::Finished { action: id, conclusion: conclusion.clone(), elapsed });
            self.conclusions[place] = Some(conclusion);
        }
        for (place, entry) in recorded.intended {
            (self.engine.settings.boundary)(&self.actions[place].id, Point::Intended);
            self.entries.insert(place, entry);
            if self.ending {
                self.not_begun(place, entry);
            } else {
                self.schedule.admit(place);
            }
        }
        Ok(())
    }

    fn passed(mut self) -> Result<Pass, Error> {
        if let Some(error) = self.fatal.take() {
            return Err(error);
        }
        if self.engine.settings.cancel.is_cancelled() {
            return Err(Error::Interrupted);
        }
        let ids = self.actions.iter().map(|action| action.id.clone());
        let said = self.conclusions.into_iter().map(|said| said.unwrap_or(Conclusion::NotBegun));
        Ok(Pass {
            run: Some(self.run),
            conclusions: ids.zip(said).collect(),
            blocked: self.planned.plan.blocked.clone(),
            cancelled: self.cancelled,
        })
    }
}

/// Performs one action. What a predecessor began for it and is not wanted is ended first.
async fn act(engine: Arc<Engine>, place: usize, (turn, unwanted): (Turn, Option<store::Entry>)) -> Acted {
    let began = engine.settings.clock.elapsed();
    let cleared = match unwanted {
        Some(entry) => engine.discard(&entry).await,
        None => Ok(()),
    };
    let acted = if let Err(error) = cleared {
        Err(error.into())
    } else if turn.runs_command() {
        // Its command is ended first, and it says when it has.
        actions::perform(&engine, &turn).await
    } else {
        tokio::select! {
            acted = actions::perform(&engine, &turn) => acted,
            () = turn.cancel.cancelled() => Err(Failure::Interrupted),
        }
    };
    let elapsed = engine.settings.clock.elapsed().saturating_sub(began);
    Acted { place, turn, acted, elapsed }
}

/// The identity of what an action would do: the same node from these fields and inputs gives what it gave.
pub(crate) fn key(node: &plan::Node, fields: &plan::Fields, inputs: &BTreeMap<String, Hash>) -> Hash {
    Hash::of(canonical_json(&(node, fields, inputs)))
}
