mod model;

use std::collections::BTreeSet;

use base::{Hash, Hasher, Name};

use crate::{
    Action, ActionId, Assignment, Basis, Blocked, Condition, Desired, Fields, Held, Input, Node, Observed,
    Plan, Reason, Recorded, Source, Status, Verb,
    basis::basis,
    differences::{Inputs, changed_inputs, differing, known, owned},
    order::{Declarations, Declared, Error},
};

/// Compares what is wanted with what was recorded and what is observed, and notes what the plan rests
/// on: a plan to be saved, or to compare a saved one with.
///
/// # Errors
/// When the nodes do not form a graph without rings.
pub fn plan(desired: &Desired, recorded: &Recorded, observed: &Observed) -> Result<Plan, Error> {
    let plan = decide(desired, recorded, observed)?;
    Ok(Plan { basis: basis(desired, recorded, observed), ..plan })
}

/// The same plan without its basis: one to be performed now. Where little is to be done the basis is
/// most of a plan, and of the time it takes to make.
///
/// # Errors
/// When the nodes do not form a graph without rings.
pub fn decide(desired: &Desired, recorded: &Recorded, observed: &Observed) -> Result<Plan, Error> {
    let declarations = Declarations::new(desired, recorded)?;
    let order = declarations.order()?;
    let mut planner = Planner {
        declarations: &declarations,
        desired,
        recorded,
        observed,
        upstream: vec![Upstream::Blocked; declarations.all.len()],
        promotions: BTreeSet::new(),
        actions: Vec::new(),
        blocked: Vec::new(),
        held: Vec::new(),
    };
    for position in order {
        let at = &declarations.all[position];
        match at.node {
            Node::Data(name) => planner.data(at, name),
            Node::Step(_) => planner.step(at),
            // With the model whose training reads what it collects.
            Node::Monitor(_) => {}
            Node::Model(name) => planner.model(at, name),
            Node::Service(name) => planner.service(at, name),
        }
    }
    planner.removed_services();
    let Planner { actions, blocked, held, .. } = planner;
    Ok(Plan { format: Plan::FORMAT, basis: Basis::new(), actions, blocked, held })
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
}

struct Planner<'a> {
    declarations: &'a Declarations<'a>,
    desired: &'a Desired,
    recorded: &'a Recorded,
    observed: &'a Observed,
    /// What each node is known to be, by position; what was not planned yet is in nobody's way, because
    /// nodes are planned after those they read.
    upstream: Vec<Upstream>,
    /// Models whose champion may move in this plan.
    promotions: BTreeSet<Name>,
    actions: Vec<Action>,
    blocked: Vec<Blocked>,
    held: Vec<Held>,
}

impl<'a> Planner<'a> {
    fn data(&mut self, at: &'a Declared<'a>, name: &Name) {
        let source = match self.observed.sources.get(name) {
            Some(Source::Present(content)) => Input::Known(*content),
            Some(Source::Absent(why)) => return self.block(at, why.clone()),
            None => return self.block(at, "its source was not observed".to_owned()),
        };
        let snapshot = self.consider(Verb::Snapshot, at, [("source", source)].into());
        let tested = [("snapshot", snapshot)].into();
        if let Some(why) = refusal(Verb::Test, at, &tested) {
            return self.block(at, why);
        }
        let output = self.consider(Verb::Test, at, tested);
        self.upstream[at.position] = Upstream::Ready(output);
    }

    fn step(&mut self, at: &'a Declared<'a>) {
        let Some(inputs) = self.inputs(at) else { return };
        let Some(inputs) = self.with_own(at, inputs) else { return };
        let output = self.consider(Verb::Run, at, inputs);
        self.upstream[at.position] = Upstream::Ready(output);
    }

    /// The inputs with the files and facts that a command depends on, or nothing when one of them is not there.
    fn with_own(&mut self, at: &'a Declared<'a>, mut inputs: Inputs<'a>) -> Option<Inputs<'a>> {
        for file in &at.wanted.files {
            let Some(Some(content)) = self.observed.files.get(file) else {
                self.block(at, format!("the file `{file}` it reads is not there"));
                return None;
            };
            inputs.insert(file, Input::Known(*content));
        }
        for name in &at.wanted.facts {
            let why = match self.observed.facts.get(name).map(|fact| &fact.content) {
                Some(Ok(content)) => {
                    add_fact(&mut inputs, name, *content);
                    continue;
                }
                Some(Err(why)) => why.clone(),
                None => format!("`{name}` was not observed"),
            };
            self.block(at, why);
            return None;
        }
        Some(inputs)
    }

    fn service(&mut self, at: &'a Declared<'a>, name: &Name) {
        let Some(model) = &at.wanted.model else { return };
        let serving = self.recorded.services.get(name);
        if self.promotions.contains(model) {
            let reason = if serving.is_none() { Reason::NotServing } else { Reason::ChampionMayChange };
            let promotion = Input::From(ActionId::new(Verb::Promote, &Node::Model(model.clone())));
            let inputs = [("champion", promotion)].into();
            let why = Why { reasons: vec![reason], condition: Condition::IfChampionMoves };
            return self.act(Verb::RollOut, at, inputs, why);
        }
        let Some(champion) = self.recorded.champions.get(model) else {
            let why = format!("model.{model} has no champion yet; see `kaizen why model {model}`");
            return self.block(at, why);
        };
        if let Some(reason) = rollout_reason(serving, model, *champion) {
            self.act(Verb::RollOut, at, Inputs::new(), Why::always(reason));
        }
    }

    fn removed_services(&mut self) {
        if self.desired.partial {
            return;
        }
        for name in self.recorded.services.keys() {
            let node = Node::Service(name.clone());
            if !self.desired.nodes.contains_key(&node) {
                let id = ActionId::new(Verb::Stop, &node);
                self.push(id, &Fields::new(), Inputs::new(), Why::always(Reason::Removed));
            }
        }
    }

    /// The contents of the nodes this one reads, or nothing when one of them is blocked.
    fn inputs(&mut self, at: &'a Declared<'a>) -> Option<Inputs<'a>> {
        let mut inputs = Inputs::new();
        for position in &at.inputs {
            let title = &self.declarations.all[*position].title;
            match &self.upstream[*position] {
                Upstream::Ready(content) => inputs.insert(title, content.clone()),
                Upstream::Blocked => {
                    self.block(at, format!("waits for {title}"));
                    return None;
                }
            };
        }
        Some(inputs)
    }

    /// Plans the action unless it is settled, and says where its output will come from.
    fn consider(&mut self, verb: Verb, at: &Declared<'_>, inputs: Inputs<'_>) -> Input {
        match self.kept(verb, at, &inputs) {
            Ok(output) => Input::Known(output),
            Err(why) => {
                self.act(verb, at, inputs, why);
                Input::From(ActionId::new(verb, at.node))
            }
        }
    }

    /// The output of last time if it still holds, or why the action is planned.
    fn kept(&self, verb: Verb, at: &Declared<'_>, inputs: &Inputs<'_>) -> Result<Hash, Why> {
        let due = if verb == Verb::Run { self.due(at) } else { &[] };
        let certainly = |reasons: Vec<Reason>| Why {
            reasons: reasons.into_iter().chain(due.iter().cloned()).collect(),
            condition: Condition::Always,
        };
        let Some(record) = at.record(verb) else { return Err(certainly(vec![Reason::NeverRan])) };
        let mut certain = Vec::new();
        if record.output().is_some_and(|output| self.observed.missing.contains(&output)) {
            certain.push(Reason::OutputMissing);
        }
        let fields = differing(&record.fields, at.wanted.fields(verb));
        if !fields.is_empty() {
            certain.push(Reason::SpecChanged { fields });
        }
        certain.extend(changed_inputs(record, inputs, &self.observed.facts));
        if !certain.is_empty() {
            return Err(certainly(certain));
        }
        let output = record.output().ok_or_else(|| certainly(vec![Reason::FailedBefore]))?;
        if !due.is_empty() {
            return Err(certainly(Vec::new()));
        }
        let possible = may_change(inputs);
        if possible.is_empty() {
            return Ok(output);
        }
        Err(Why { reasons: possible, condition: Condition::IfChanged })
    }

    /// Why the step runs even though it is settled.
    fn due(&self, at: &Declared<'_>) -> &'a [Reason] {
        self.observed.due.get(at.node).map(Vec::as_slice).unwrap_or_default()
    }

    fn act(&mut self, verb: Verb, at: &Declared<'_>, inputs: Inputs<'_>, why: Why) {
        self.push(ActionId::new(verb, at.node), at.wanted.fields(verb), inputs, why);
    }

    fn push(&mut self, id: ActionId, fields: &Fields, inputs: Inputs<'_>, why: Why) {
        let Why { reasons, condition } = why;
        self.actions.push(Action { id, reasons, condition, fields: fields.clone(), inputs: owned(inputs) });
    }

    fn block(&mut self, at: &Declared<'_>, why: String) {
        self.upstream[at.position] = Upstream::Blocked;
        self.blocked.push(Blocked { node: at.node.clone(), why });
    }
}

/// Files are called what people like, `env.LR` too: then the input is both, so that neither hides the other.
fn add_fact<'a>(inputs: &mut Inputs<'a>, name: &'a str, content: Hash) {
    let content = match inputs.get(name) {
        Some(Input::Known(file)) => Hasher::new().field(file.to_string()).field(content.to_string()).finish(),
        _ => content,
    };
    inputs.insert(name, Input::Known(content));
}

fn may_change(inputs: &Inputs<'_>) -> Vec<Reason> {
    let pending = inputs.iter().filter(|(_, input)| matches!(input, Input::From(_)));
    pending.map(|(name, _)| Reason::InputMayChange { input: (*name).to_owned() }).collect()
}

/// Why the same action would be refused again, if nothing it depends on changed since.
fn refusal(verb: Verb, at: &Declared<'_>, inputs: &Inputs<'_>) -> Option<String> {
    let record = at.record(verb)?;
    let Status::Refused { message } = &record.status else { return None };
    let same = record.fields == *at.wanted.fields(verb) && record.inputs == known(inputs);
    same.then(|| message.clone())
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
