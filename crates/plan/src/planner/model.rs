//! A model's actions, and what its training reads of its monitors.

use base::Name;

use super::{Planner, Why};
use crate::{
    ActionId, Condition, Input, Node, Reason, Verb,
    collect::{Collecting, Monitored},
    differences::{Inputs, known},
    is_settled,
    order::Declared,
};

/// What training reads of one monitor, and why the model is trained on it again, if it is.
struct Collected<'a> {
    monitor: &'a str,
    input: Input,
    retrain: Option<Reason>,
}

impl Why {
    /// That a retraining is meant says more than that this input changes, or may.
    fn retrains(self, input: &str, retrain: &Reason) -> Self {
        let is_said = |reason: &Reason| match reason {
            Reason::InputChanged { input: other } | Reason::InputMayChange { input: other } => other == input,
            _ => false,
        };
        let others = self.reasons.into_iter().filter(|reason| !is_said(reason));
        let reasons = [retrain.clone()].into_iter().chain(others).collect();
        Self { reasons, condition: Condition::Always }
    }
}

impl<'a> Planner<'a> {
    pub(super) fn model(&mut self, at: &'a Declared<'a>, name: &Name) {
        let Some(inputs) = self.inputs(at) else { return };
        let Some(inputs) = self.with_own(at, inputs) else { return };
        let trained = self.train(at, name, inputs);
        let evidence = self.consider(Verb::Evaluate, at, [("candidate", trained.clone())].into());
        let verdict = self.consider(Verb::Gate, at, [("evidence", evidence)].into());
        let registered = [("candidate", trained), ("verdict", verdict)].into();
        let version = self.consider(Verb::Register, at, registered);
        self.promote(at, name, version);
    }

    /// Plans what its monitors collect, and says what training reads of them.
    fn collected(&mut self, model: &Name) -> Vec<Collected<'a>> {
        let mut all = Vec::new();
        let declarations = self.declarations;
        for at in declarations.monitors(model) {
            let monitored = Monitored::new(at.node.name(), at.wanted, self.recorded, self.observed);
            let Some(monitored) = monitored else { continue };
            let Collecting { input, collect, held } = monitored.decide();
            self.held.extend(held);
            let mut retrain = None;
            if let Some(collect) = collect {
                let why = Why { reasons: collect.reasons, condition: Condition::Always };
                self.act(Verb::Collect, at, collect.inputs, why);
                retrain = collect.retrain;
            }
            all.extend(input.map(|input| Collected { monitor: &at.title, input, retrain }));
        }
        all
    }

    fn train(&mut self, at: &'a Declared<'a>, model: &Name, inputs: Inputs<'a>) -> Input {
        let collected = self.collected(model);
        let mut inputs = inputs;
        inputs.extend(self.once_collected(at));
        inputs.extend(collected.iter().map(|one| (one.monitor, one.input.clone())));
        let retrains = |why: Why, one: &Collected<'_>| match &one.retrain {
            Some(retrain) => why.retrains(one.monitor, retrain),
            None => why,
        };
        match self.kept(Verb::Train, at, &inputs) {
            Ok(output) => Input::Known(output),
            Err(why) => {
                let why = collected.iter().rev().fold(why, retrains);
                self.act(Verb::Train, at, inputs, why);
                Input::From(ActionId::new(Verb::Train, at.node))
            }
        }
    }

    /// What the model was trained on of monitors that watch it no more. It is learned from as long
    /// as it is there: to end a watch is no reason to train a model without what it knows.
    fn once_collected(&self, at: &Declared<'a>) -> Inputs<'a> {
        let inputs = at.record(Verb::Train).into_iter().flat_map(|record| &record.inputs);
        let is_of_monitor = |name: &str| matches!(name.parse(), Ok(Node::Monitor(_)));
        inputs
            .filter(|(name, content)| is_of_monitor(name) && !self.observed.missing.contains(content))
            .map(|(name, content)| (name.as_str(), Input::Known(*content)))
            .collect()
    }

    /// The gate moves the champion to a candidate once. Afterwards people may move it elsewhere,
    /// and neither the planner nor another verdict on the same candidate moves it back: that
    /// is why the verdict is a condition of the promotion and not one of its inputs.
    fn promote(&mut self, at: &'a Declared<'a>, name: &Name, version: Input) {
        // Registering takes the verdict, so a version that is known has been judged.
        let judged = matches!(version, Input::Known(_));
        let inputs = [("version", version)].into();
        let (record, fields) = (at.record(Verb::Promote), at.wanted.fields(Verb::Promote));
        let why = if !judged {
            Why { reasons: vec![Reason::GateDecides], condition: Condition::IfPromoted }
        } else if self.recorded.promotes(at.node) && !is_settled(record, fields, &known(&inputs)) {
            Why::always(Reason::GatePassed)
        } else {
            return;
        };
        self.promotions.insert(name.clone());
        self.act(Verb::Promote, at, inputs, why);
    }
}
