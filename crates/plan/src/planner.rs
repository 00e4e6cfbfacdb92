use std::collections::{BTreeMap, BTreeSet};

use base::{Hash, Name};

use crate::{
    Action, ActionId, Assignment, Blocked, Condition, Desired, Held, Input, Node, Observed, Plan, Reason,
    Recorded, Source, Status, Verb, Wanted,
    basis::basis,
    collect::{Collecting, Monitored},
    differences::{changed_inputs, differing, known},
    is_settled,
    order::{Error, order},
};

/// Compares what is wanted with what was recorded and what is observed.
///
/// # Errors
/// When the nodes do not form a graph without rings.
pub fn plan(desired: &Desired, recorded: &Recorded, observed: &Observed) -> Result<Plan, Error> {
    let mut planner = Planner {
        desired,
        recorded,
        observed,
        upstream: BTreeMap::new(),
        promotions: BTreeSet::new(),
        actions: Vec::new(),
        blocked: Vec::new(),
        held: Vec::new(),
    };
    for node in order(desired)? {
        let wanted = &desired.nodes[node];
        match node {
            Node::Data(name) => planner.data(node, name, wanted),
            Node::Step(_) => planner.step(node, wanted),
            // With the model whose training reads what it collects.
            Node::Monitor(_) => {}
            Node::Model(name) => planner.model(node, name, wanted),
            Node::Service(name) => planner.service(node, name, wanted),
        }
    }
    planner.removed_services();
    let basis = basis(desired, recorded, observed);
    let Planner { actions, blocked, held, .. } = planner;
    Ok(Plan { format: Plan::FORMAT, basis, actions, blocked, held })
}

/// What a node that others read is known to be, once it has been planned.
#[derive(Debug, Clone)]
enum Upstream {
    Ready(Input),
    Blocked,
}

/// Why an action is planned, and when it is then performed.
struct Why {
    reasons: Vec<Reason>,
    condition: Condition,
}

impl Why {
    fn always(reason: Reason) -> Self {
        Self { reasons: vec![reason], condition: Condition::Always }
    }

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

/// What training reads of one monitor, and why the model is trained on it again, if it is.
struct Collected {
    monitor: String,
    input: Input,
    retrain: Option<Reason>,
}

struct Planner<'a> {
    desired: &'a Desired,
    recorded: &'a Recorded,
    observed: &'a Observed,
    upstream: BTreeMap<Node, Upstream>,
    /// Models whose champion may move in this plan.
    promotions: BTreeSet<Name>,
    actions: Vec<Action>,
    blocked: Vec<Blocked>,
    held: Vec<Held>,
}

impl Planner<'_> {
    fn data(&mut self, node: &Node, name: &Name, wanted: &Wanted) {
        let source = match self.observed.sources.get(name) {
            Some(Source::Present(content)) => Input::Known(*content),
            Some(Source::Absent(why)) => return self.block(node, why.clone()),
            None => return self.block(node, "its source was not observed".to_owned()),
        };
        let snapshot = self.consider(Verb::Snapshot, node, wanted, [("source".to_owned(), source)].into());
        let tested = [("snapshot".to_owned(), snapshot)].into();
        if let Some(why) = self.refusal(Verb::Test, node, wanted, &tested) {
            return self.block(node, why);
        }
        let output = self.consider(Verb::Test, node, wanted, tested);
        self.upstream.insert(node.clone(), Upstream::Ready(output));
    }

    fn step(&mut self, node: &Node, wanted: &Wanted) {
        let Some(mut inputs) = self.inputs(node, wanted) else { return };
        for file in &wanted.files {
            let Some(Some(content)) = self.observed.files.get(file) else {
                return self.block(node, format!("the file `{file}` it reads is not there"));
            };
            inputs.insert(file.clone(), Input::Known(*content));
        }
        let output = self.consider(Verb::Run, node, wanted, inputs);
        self.upstream.insert(node.clone(), Upstream::Ready(output));
    }

    fn model(&mut self, node: &Node, name: &Name, wanted: &Wanted) {
        let Some(inputs) = self.inputs(node, wanted) else { return };
        let trained = self.train(node, wanted, inputs);
        let candidate = || [("candidate".to_owned(), trained.clone())];
        let evidence = self.consider(Verb::Evaluate, node, wanted, candidate().into());
        let verdict = self.consider(Verb::Gate, node, wanted, [("evidence".to_owned(), evidence)].into());
        let mut registered = BTreeMap::from(candidate());
        registered.insert("verdict".to_owned(), verdict);
        let version = self.consider(Verb::Register, node, wanted, registered);
        self.promote(node, name, wanted, version);
    }

    /// Plans what its monitors collect, and says what training reads of them.
    fn collected(&mut self, model: &Name) -> Vec<Collected> {
        let mut all = Vec::new();
        for (node, wanted) in &self.desired.nodes {
            let (Node::Monitor(name), true) = (node, wanted.model.as_ref() == Some(model)) else { continue };
            let Some(monitored) = Monitored::new(name, wanted, self.recorded, self.observed) else {
                continue;
            };
            let Collecting { input, collect, held } = monitored.decide();
            self.held.extend(held);
            let mut retrain = None;
            if let Some(collect) = collect {
                let why = Why { reasons: collect.reasons, condition: Condition::Always };
                self.act(ActionId::new(Verb::Collect, node), wanted, collect.inputs, why);
                retrain = collect.retrain;
            }
            all.extend(input.map(|input| Collected { monitor: node.to_string(), input, retrain }));
        }
        all
    }

    fn train(&mut self, node: &Node, wanted: &Wanted, inputs: BTreeMap<String, Input>) -> Input {
        let id = ActionId::new(Verb::Train, node);
        let collected = self.collected(node.name());
        let mut inputs = inputs;
        inputs.extend(self.once_collected(&id));
        inputs.extend(collected.iter().map(|one| (one.monitor.clone(), one.input.clone())));
        let retrains = |why: Why, one: &Collected| match &one.retrain {
            Some(retrain) => why.retrains(&one.monitor, retrain),
            None => why,
        };
        match self.kept(&id, wanted, &inputs) {
            Ok(output) => Input::Known(output),
            Err(why) => {
                let why = collected.iter().rev().fold(why, retrains);
                self.act(id.clone(), wanted, inputs, why);
                Input::From(id)
            }
        }
    }

    /// What the model was trained on of monitors that watch it no more. It is learned from as long
    /// as it is there: to end a watch is no reason to train a model without what it knows.
    fn once_collected(&self, train: &ActionId) -> BTreeMap<String, Input> {
        let record = self.recorded.record(train.verb, &train.node);
        let inputs = record.iter().flat_map(|record| &record.inputs);
        let is_of_monitor = |name: &str| matches!(name.parse(), Ok(Node::Monitor(_)));
        inputs
            .filter(|(name, content)| is_of_monitor(name) && !self.observed.missing.contains(content))
            .map(|(name, content)| (name.clone(), Input::Known(*content)))
            .collect()
    }

    /// The gate moves the champion to a candidate once. Afterwards people may move it elsewhere,
    /// and neither the planner nor another verdict on the same candidate moves it back: that
    /// is why the verdict is a condition of the promotion and not one of its inputs.
    fn promote(&mut self, node: &Node, name: &Name, wanted: &Wanted, version: Input) {
        // Registering takes the verdict, so a version that is known has been judged.
        let judged = matches!(version, Input::Known(_));
        let inputs = [("version".to_owned(), version)].into();
        let record = self.recorded.record(Verb::Promote, node);
        let why = if !judged {
            Why { reasons: vec![Reason::GateDecides], condition: Condition::IfPromoted }
        } else if self.recorded.promotes(node)
            && !is_settled(record, &wanted.fields(Verb::Promote), &known(&inputs))
        {
            Why::always(Reason::GatePassed)
        } else {
            return;
        };
        self.promotions.insert(name.clone());
        self.act(ActionId::new(Verb::Promote, node), wanted, inputs, why);
    }

    fn service(&mut self, node: &Node, name: &Name, wanted: &Wanted) {
        let Some(model) = &wanted.model else { return };
        let id = ActionId::new(Verb::RollOut, node);
        let serving = self.recorded.services.get(name);
        if self.promotions.contains(model) {
            let reason = if serving.is_none() { Reason::NotServing } else { Reason::ChampionMayChange };
            let promotion = Input::From(ActionId::new(Verb::Promote, &Node::Model(model.clone())));
            let inputs = [("champion".to_owned(), promotion)].into();
            let why = Why { reasons: vec![reason], condition: Condition::IfChampionMoves };
            return self.act(id, wanted, inputs, why);
        }
        let Some(champion) = self.recorded.champions.get(model) else {
            let why = format!("model.{model} has no champion yet; see `kaizen why model {model}`");
            return self.block(node, why);
        };
        if let Some(reason) = rollout_reason(serving, model, *champion) {
            self.act(id, wanted, BTreeMap::new(), Why::always(reason));
        }
    }

    fn removed_services(&mut self) {
        for name in self.recorded.services.keys() {
            let node = Node::Service(name.clone());
            if !self.desired.nodes.contains_key(&node) {
                let id = ActionId::new(Verb::Stop, &node);
                self.act(id, &Wanted::default(), BTreeMap::new(), Why::always(Reason::Removed));
            }
        }
    }

    /// The contents of the nodes this one reads, or nothing when one of them is blocked.
    fn inputs(&mut self, node: &Node, wanted: &Wanted) -> Option<BTreeMap<String, Input>> {
        let mut inputs = BTreeMap::new();
        for input in &wanted.inputs {
            match self.upstream.get(input) {
                Some(Upstream::Ready(content)) => inputs.insert(input.to_string(), content.clone()),
                Some(Upstream::Blocked) | None => {
                    self.block(node, format!("waits for {input}"));
                    return None;
                }
            };
        }
        Some(inputs)
    }

    /// Plans the action unless it is settled, and says where its output will come from.
    fn consider(
        &mut self,
        verb: Verb,
        node: &Node,
        wanted: &Wanted,
        inputs: BTreeMap<String, Input>,
    ) -> Input {
        let id = ActionId::new(verb, node);
        match self.kept(&id, wanted, &inputs) {
            Ok(output) => Input::Known(output),
            Err(why) => {
                self.act(id.clone(), wanted, inputs, why);
                Input::From(id)
            }
        }
    }

    /// The output of last time if it still holds, or why the action is planned.
    fn kept(&self, id: &ActionId, wanted: &Wanted, inputs: &BTreeMap<String, Input>) -> Result<Hash, Why> {
        let Some(record) = self.recorded.record(id.verb, &id.node) else {
            return Err(Why::always(Reason::NeverRan));
        };
        let mut certain = Vec::new();
        if record.output().is_some_and(|output| self.observed.missing.contains(&output)) {
            certain.push(Reason::OutputMissing);
        }
        let fields = differing(&record.fields, &wanted.fields(id.verb));
        if !fields.is_empty() {
            certain.push(Reason::SpecChanged { fields });
        }
        certain.extend(changed_inputs(record, inputs));
        if !certain.is_empty() {
            return Err(Why { reasons: certain, condition: Condition::Always });
        }
        let output = record.output().ok_or_else(|| Why::always(Reason::FailedBefore))?;
        let pending = inputs.iter().filter(|(_, input)| matches!(input, Input::From(_)));
        let possible: Vec<_> =
            pending.map(|(name, _)| Reason::InputMayChange { input: name.clone() }).collect();
        if possible.is_empty() {
            return Ok(output);
        }
        Err(Why { reasons: possible, condition: Condition::IfChanged })
    }

    /// Why the same action would be refused again, if nothing it depends on changed since.
    fn refusal(
        &self,
        verb: Verb,
        node: &Node,
        wanted: &Wanted,
        inputs: &BTreeMap<String, Input>,
    ) -> Option<String> {
        let record = self.recorded.record(verb, node)?;
        let Status::Refused { message } = &record.status else { return None };
        let same = record.fields == wanted.fields(verb) && record.inputs == known(inputs);
        same.then(|| message.clone())
    }

    fn act(&mut self, id: ActionId, wanted: &Wanted, inputs: BTreeMap<String, Input>, why: Why) {
        let Why { reasons, condition } = why;
        let fields = wanted.fields(id.verb);
        self.actions.push(Action { id, reasons, condition, fields, inputs });
    }

    fn block(&mut self, node: &Node, why: String) {
        self.upstream.insert(node.clone(), Upstream::Blocked);
        self.blocked.push(Blocked { node: node.clone(), why });
    }
}

fn rollout_reason(serving: Option<&Assignment>, model: &Name, champion: u64) -> Option<Reason> {
    match serving {
        None => Some(Reason::NotServing),
        Some(assignment) if assignment.model != *model => Some(Reason::ModelChanged),
        Some(assignment) if assignment.version != champion => {
            Some(Reason::ChampionChanged { from: assignment.version, to: champion })
        }
        Some(_) => None,
    }
}
