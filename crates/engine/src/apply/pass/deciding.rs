//! What becomes of an action once nothing stands in its way: begun, or concluded without.

use std::{collections::BTreeMap, time::Duration};

use base::Hash;
use plan::{Action, Record, Resolution, Verb, resolve};
use store::Intent;

use super::{AHEAD, Passing, key};
use crate::{
    Error, Event, Point,
    apply::{Conclusion, claims},
    recorded,
};

impl Passing<'_> {
    /// Looks further ahead when nothing of what was looked at fits into the places that are free.
    pub(super) fn look_ahead(&mut self) {
        let is_waiting = self.intents.is_empty() && !self.resolved.is_empty();
        if is_waiting && self.schedule.running() < self.capacity.slots && self.schedule.waiting() > 0 {
            self.ahead += AHEAD;
        }
    }

    /// Decides on what nothing stands in the way of any more. What has nothing to do is concluded at once.
    pub(super) fn resolve_ready(&mut self) -> Result<(), Error> {
        loop {
            // Those whose intent is on its way, or on disk without a place to run in, count too.
            let room = self.ahead.saturating_sub(self.resolved.len());
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
        let is_hopeless = self.planned.hopeless.contains(&action.id);
        let conclusion = match resolve(&action, model, &self.recorded, &self.progress) {
            Resolution::Perform(_) if is_hopeless => Conclusion::NotBegun,
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
        let claim = claims::of(action, &self.project, &self.capacity);
        let why = self.capacity.refuses(&claim)?;
        Some(format!("{why}; lower `resources` of {}, or raise it in [run]", action.id.node))
    }

    fn intend(&mut self, place: usize, action: &Action, inputs: BTreeMap<String, Hash>) {
        (self.engine.settings.boundary)(&action.id, Point::Due);
        let wanted = key(&action.id.node, &action.fields, &inputs);
        if let Some(entry) = self.found.get(&place).and_then(|found| found.fits(&wanted)) {
            self.resolved.insert(place, inputs);
            self.entries.insert(place, entry);
            self.schedule.admit(place);
            return;
        }
        let reasons = plan::reasons(action, &self.recorded, &inputs);
        let intent = Intent {
            plan: self.plan,
            action: action.id.to_string(),
            node: action.id.node.to_string(),
            generation: self.engine.generation,
            reason: serde_json::to_value(&reasons).expect("reasons have string keys"),
            key: Some(wanted),
            run: Some(self.run),
        };
        self.resolved.insert(place, inputs);
        self.intents.push((place, intent));
    }

    /// What the actions still to come must know of this one.
    pub(super) fn account(&mut self, place: usize, conclusion: &Conclusion, record: Option<Record>) {
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
}
