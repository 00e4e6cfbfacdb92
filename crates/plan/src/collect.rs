//! What a monitor collects for its model's training: whether new labelled traffic becomes an
//! input, what the input is otherwise, or which brake holds. The planner asks for each monitor.

use base::{Hash, Hasher, Name};

use crate::{
    ActionId, Brakes, Collection, Demand, DemandCause, Desired, Held, Input, Node, Observed, Reason,
    Recorded, Status, Verb, Wanted, Watch,
    basis::{Short, Visit},
    brake::{Case, Hold, holding},
    differences::Inputs,
};

/// A declared monitor with all that is known of it.
pub(crate) struct Monitored<'a> {
    name: &'a Name,
    model: &'a Name,
    brakes: &'a Brakes,
    watch: Option<&'a Watch>,
    /// The newest first.
    past: &'a [Collection],
    /// Whether the last collect failed.
    failed: bool,
    /// Whether what was collected last is gone.
    lost: bool,
}

/// What is decided about a monitor.
#[derive(Debug, Default)]
pub(crate) struct Collecting {
    /// What its model's training reads of it; nothing while nothing was ever collected.
    pub(crate) input: Option<Input>,
    /// The collect to plan.
    pub(crate) collect: Option<Collect>,
    /// The brake that holds a demand.
    pub(crate) held: Option<Held>,
}

/// A collect to plan.
#[derive(Debug)]
pub(crate) struct Collect {
    pub(crate) reasons: Vec<Reason>,
    pub(crate) inputs: Inputs<'static>,
    /// Why the model is trained on it; nothing when it only replaces what was lost.
    pub(crate) retrain: Option<Reason>,
}

impl<'a> Monitored<'a> {
    /// The monitor of this name; nothing when it watches no model.
    pub(crate) fn new(
        name: &'a Name,
        wanted: &'a Wanted,
        recorded: &'a Recorded,
        observed: &'a Observed,
    ) -> Option<Self> {
        let past = recorded.collections.get(name).map(Vec::as_slice).unwrap_or_default();
        let record = recorded.record(Verb::Collect, &Node::Monitor(name.clone()));
        Some(Self {
            name,
            model: wanted.model.as_ref()?,
            brakes: &wanted.brakes,
            watch: observed.monitors.get(name),
            past,
            failed: record.is_some_and(|record| matches!(record.status, Status::Failed { .. })),
            lost: past.first().is_some_and(|last| observed.missing.contains(&last.output)),
        })
    }

    /// Whether its traffic is collected now, and why or why not.
    pub(crate) fn decide(&self) -> Collecting {
        let Some((watch, demand)) = self.demand() else { return self.as_it_was() };
        match self.hold(watch, demand) {
            Some(hold) => Collecting { held: Some(self.held(&demand.cause, hold)), ..self.as_it_was() },
            None => self.collect_for(watch, &demand.cause),
        }
    }

    fn demand(&self) -> Option<(&'a Watch, &'a Demand)> {
        let watch = self.watch?;
        Some((watch, watch.demand.as_ref()?))
    }

    fn hold(&self, watch: &Watch, demand: &Demand) -> Option<Hold> {
        holding(&Case { watch, demand, brakes: self.brakes, past: self.past })
    }

    fn held(&self, cause: &DemandCause, hold: Hold) -> Held {
        let Hold { brake, why, until } = hold;
        let node = Node::Model(self.model.clone());
        let why = format!("{}: {why} ({})", brake.name(), shown(cause));
        Held { node, monitor: self.name.clone(), brake, why, until }
    }

    fn collect_for(&self, watch: &Watch, cause: &DemandCause) -> Collecting {
        let (reason, incident) = match cause {
            DemandCause::Schedule { due } => (Reason::Scheduled { due: *due }, None),
            DemandCause::Incident { id, title, .. } => {
                let (title, from, until) = (title.clone(), watch.from, watch.until);
                (
                    Reason::DriftConfirmed { incident: *id, title, from, until, rows: watch.new_rows },
                    Some(*id),
                )
            }
        };
        let failed = self.failed.then_some(Reason::FailedBefore);
        let reasons = [reason].into_iter().chain(failed).collect();
        let inputs = demand_input(&cause.key(), self.past.first());
        self.making(Collect { reasons, inputs, retrain: Some(Reason::Retrain { incident }) })
    }

    /// Without a demand that is met, training goes on reading what was collected last. When
    /// that is gone it is collected again, as it was demanded then.
    fn as_it_was(&self) -> Collecting {
        let Some(last) = self.past.first() else { return Collecting::default() };
        if !self.lost {
            return Collecting { input: Some(Input::Known(last.output)), ..Collecting::default() };
        }
        let inputs = demand_input(&last.cause_key, self.past.get(1));
        self.making(Collect { reasons: vec![Reason::OutputMissing], inputs, retrain: None })
    }

    fn making(&self, collect: Collect) -> Collecting {
        let id = ActionId::new(Verb::Collect, &Node::Monitor(self.name.clone()));
        Collecting { input: Some(Input::From(id)), collect: Some(collect), held: None }
    }
}

/// What a collect is made from: the cause and what was collected before it. The same plan
/// performed twice collects once, and the next demand of the same cause is another.
fn demand_input(cause_key: &str, before: Option<&Collection>) -> Inputs<'static> {
    let before = before.map(|collection| collection.output.to_string()).unwrap_or_default();
    let demand: Hash = Hasher::new().field(cause_key).field(before).finish();
    [("demand", Input::Known(demand))].into()
}

fn shown(cause: &DemandCause) -> String {
    match cause {
        DemandCause::Incident { id, title, .. } => format!("incident {id}: {title}"),
        DemandCause::Schedule { .. } => "its schedule".to_owned(),
    }
}

/// Tells the basis what decides about collecting: who demands it and which brake holds. The
/// numbers behind a decision change all the time, and a saved plan outlasts them.
pub(crate) fn demand_basis(
    desired: &Desired,
    recorded: &Recorded,
    observed: &Observed,
    visit: &mut Visit<'_>,
) {
    for (node, wanted) in &desired.nodes {
        let Node::Monitor(name) = node else { continue };
        let Some(monitored) = Monitored::new(name, wanted, recorded, observed) else { continue };
        if let Some(last) = monitored.past.first() {
            visit(format_args!("last collection of {node}"), format_args!("{}", Short(last.output)));
        }
        let Some((watch, demand)) = monitored.demand() else { continue };
        let brake = monitored.hold(watch, demand).map_or("none", |hold| hold.brake.name());
        visit(format_args!("demand of {node}"), format_args!("{}", demand.cause.key()));
        visit(format_args!("brake of {node}"), format_args!("{brake}"));
    }
}
