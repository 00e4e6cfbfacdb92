//! The loop that performs a plan.
//!
//! `plan::schedule` says what may begin; this loop resolves it, journals its intent, starts it as a task of its own, and
//! journals what came of it. Nothing begins before its intent is on disk, and the outcome of an action goes to disk in
//! the same transaction as the intents of those that waited for it.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex},
    time::Duration,
};

use base::{Hash, canonical_json};
use plan::{
    Action, Progress, Record, Recorded, Resolution, Verb, resolve,
    schedule::{Capacity, Schedule},
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
    recorded,
};

/// How many actions are journalled ahead of a free place to run in.
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
        let capacity = engine.machine.capacity(policy.slots);
        let claim = |action: &Action| claims::of(action, &project, &engine.machine);
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

    /// Decides on what nothing stands in the way of any more. What has nothing to do is concluded at once.
    fn resolve_ready(&mut self) -> Result<(), Error> {
        loop {
            // Those whose intent is on its way, or on disk without a place to run in, count too.
            let room = AHEAD.saturating_sub(self.resolved.len());
            let ready = if self.ending { Vec::new() } else { self.schedule.ready(room) };
            if ready.is_empty() {
                return Ok(());
            }
            for place in ready {
                self.resolve(place)?;
            }
        }
    }

    fn resolve(&mut self, place: usize) -> Result<(), Error> {
        let action = self.actions[place].clone();
        let node = &action.id.node;
        if matches!(action.id.verb, Verb::Promote | Verb::RollOut | Verb::Stop) {
            // People may have moved a champion meanwhile.
            recorded::refresh(&self.engine.store, &self.project.spec, &mut self.recorded)?;
        }
        let model = self.planned.desired.nodes.get(node).and_then(|wanted| wanted.model.as_ref());
        let conclusion = match resolve(&action, model, &self.recorded, &self.progress) {
            Resolution::Unchanged => Conclusion::Unchanged,
            Resolution::NotPromoted => Conclusion::NotPromoted,
            Resolution::ChampionUnchanged => Conclusion::ChampionUnchanged,
            Resolution::NotReached(waits_for) => Conclusion::NotReached { waits_for },
            Resolution::Perform(inputs) => match self.too_much(&action) {
                Some(message) => Conclusion::Failed { message },
                None => {
                    self.intend(place, &action, inputs);
                    return Ok(());
                }
            },
        };
        self.account(place, &conclusion, None);
        if conclusion.is_failure() {
            self.refused(place, &conclusion);
        }
        self.conclusions[place] = Some(conclusion);
        self.schedule.finish(place);
        Ok(())
    }

    /// Says that an action failed which cannot even begin.
    fn refused(&mut self, place: usize, conclusion: &Conclusion) {
        let (action, position, total) = (self.actions[place].clone(), place + 1, self.actions.len());
        let id = action.id.clone();
        self.engine.tell(&Event::Started { action: Box::new((*action).clone()), position, total });
        let elapsed = Duration::ZERO;
        self.engine.tell(&Event::Finished { action: id, conclusion: conclusion.clone(), elapsed });
        if !self.keep_going {
            self.stop();
        }
    }

    /// Why the machine cannot perform it at all.
    fn too_much(&self, action: &Action) -> Option<String> {
        let claim = claims::of(action, &self.project, &self.engine.machine);
        let why = self.capacity.refuses(&claim)?;
        Some(format!("{why}; lower `resources` of {}, or raise it in [run]", action.id.node))
    }

    fn intend(&mut self, place: usize, action: &Action, inputs: BTreeMap<String, Hash>) {
        (self.engine.settings.boundary)(&action.id, Point::Due);
        let wanted = key(&action.fields, &inputs);
        if let Some(entry) = self.found.get(&place).and_then(|found| found.fits(&wanted)) {
            self.resolved.insert(place, inputs);
            self.entries.insert(place, entry);
            self.schedule.admit(place);
            return;
        }
        let intent = Intent {
            plan: self.plan,
            action: action.id.to_string(),
            node: action.id.node.to_string(),
            generation: self.engine.generation,
            reason: serde_json::to_value(&action.reasons).expect("reasons have string keys"),
            key: Some(wanted),
            run: Some(self.run),
        };
        self.resolved.insert(place, inputs);
        self.intents.push((place, intent));
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
            let turn = Turn {
                project: self.project.clone(),
                inputs,
                plan: self.plan,
                entry,
                gpus: start.gpus,
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
                Verb::Run if matches!(conclusion, Conclusion::Done { .. }) => {
                    let name = actions::folder_name(&id.node, entry);
                    actions::settle(&self.engine.store.runs().join(name))?;
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

    /// What the actions still to come must know of this one.
    fn account(&mut self, place: usize, conclusion: &Conclusion, record: Option<Record>) {
        let id = &self.actions[place].id;
        if conclusion.stops() {
            self.progress.stopped.insert(id.node.clone());
        }
        let Some(record) = record else { return };
        if let Some(output) = record.output() {
            self.progress.missing.remove(&output);
        }
        self.recorded.nodes.entry(id.node.clone()).or_default().insert(id.verb, record);
    }

    fn look_for_cancel(&mut self) -> Result<(), Error> {
        if self.engine.store.is_cancel_requested(self.run)? {
            self.cancelled = true;
            self.end();
        }
        Ok(())
    }

    /// Begins nothing more, and ends what runs.
    fn end(&mut self) {
        self.cancel.cancel();
        self.stop();
    }

    /// Begins nothing more.
    fn stop(&mut self) {
        self.ending = true;
        self.schedule.drop_rest();
        self.intents.clear();
        let waiting: Vec<_> = self.entries.drain().collect();
        for (place, entry) in waiting {
            // What was found running is ended before that is recorded.
            if self.found.get(&place).is_none_or(|found| found.entry.id != entry) {
                self.not_begun(place, entry);
            }
        }
    }

    /// Closes an intent that nothing came of.
    fn not_begun(&mut self, place: usize, entry: store::ActionId) {
        self.entries.remove(&place);
        let mut concluded = concluded::interrupted("the run ended before it began", 0);
        concluded.conclusion = Conclusion::NotBegun;
        self.ended.push(Ended { place, entry, elapsed: Duration::ZERO, concluded, event: None });
    }

    /// Ends what a predecessor began and this pass did not go on with.
    async fn discard_found(&mut self) -> Result<(), Error> {
        if self.fatal.is_some() {
            return Ok(());
        }
        for (_, found) in std::mem::take(&mut self.found) {
            self.engine.discard(&found.entry).await?;
        }
        Ok(())
    }

    /// Nothing can be recorded any more.
    fn fail(&mut self, error: Error) {
        self.fatal.get_or_insert(error);
        self.end();
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
    } else if turn.action.id.verb == Verb::Run {
        // A step ends its own command first, and says when it has.
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

/// The identity of what an action would do: from these fields and inputs it gives what it gave.
pub(crate) fn key(fields: &plan::Fields, inputs: &BTreeMap<String, Hash>) -> Hash {
    Hash::of(canonical_json(&(fields, inputs)))
}
