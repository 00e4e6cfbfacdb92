use std::collections::{BTreeMap, BTreeSet};

use base::{Hash, Name};

use crate::{Action, Condition, Input, Node, Reason, Record, Recorded, Verb, is_settled};

/// What becomes of an action when its turn comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolution {
    /// It is performed, from these inputs. A result that is kept of the same fields and inputs may stand
    /// in for the work unless the action [compels](Action::compels).
    Perform(BTreeMap<String, Hash>),
    /// Its inputs came out as they were, so there is nothing to do.
    Unchanged,
    /// The gate did not say promote.
    NotPromoted,
    /// The service already answers with the champion, or there is none.
    ChampionUnchanged,
    /// Something it needs did not finish.
    NotReached(Node),
}

/// What has happened since the plan was made, as far as the actions still to come care.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    /// Nodes on which an action failed or was not reached.
    pub stopped: BTreeSet<Node>,
    /// Recorded outputs that are not there (any more, or yet again).
    pub missing: BTreeSet<Hash>,
}

/// Decides by rule whether an action is performed now. The engine calls this for each
/// action in turn, with the state recorded so far; applying a plan makes no other choice.
///
/// `model` is the model of a service's node.
pub fn resolve(
    action: &Action,
    model: Option<&Name>,
    recorded: &Recorded,
    progress: &Progress,
) -> Resolution {
    let node = &action.id.node;
    let inputs = inputs(action, recorded);
    let follows_champion = action.condition == Condition::IfChampionMoves;
    // A champion that is there already is rolled out even when its successor failed to be made.
    if follows_champion && champion_moved(node, model, recorded) {
        return Resolution::Perform(inputs);
    }
    if let Some(stopped) = stopped(action, progress) {
        return Resolution::NotReached(stopped.clone());
    }
    if follows_champion {
        return Resolution::ChampionUnchanged;
    }
    let record = recorded.record(action.id.verb, node);
    let lost = record.and_then(Record::output).is_some_and(|output| progress.missing.contains(&output));
    // Rolling out and stopping are planned from what serves now, not from what was last done.
    let repeatable = matches!(action.id.verb, Verb::RollOut | Verb::Stop);
    let unsettled = action.reasons.iter().any(Reason::unsettles);
    if !lost && !repeatable && !unsettled && is_settled(record, &action.fields, &inputs) {
        return Resolution::Unchanged;
    }
    if action.condition == Condition::IfPromoted && !recorded.promotes(node) {
        return Resolution::NotPromoted;
    }
    Resolution::Perform(inputs)
}

/// Why an action is performed, now that its inputs are known: of those that might have changed, those that did.
pub fn reasons(action: &Action, recorded: &Recorded, inputs: &BTreeMap<String, Hash>) -> Vec<Reason> {
    let record = recorded.record(action.id.verb, &action.id.node);
    let then = |input: &String| record.and_then(|record| record.inputs.get(input));
    let settled = |reason: &Reason| match reason {
        Reason::InputMayChange { input } if then(input) == inputs.get(input) => None,
        Reason::InputMayChange { input } => Some(Reason::InputChanged { input: input.clone() }),
        other => Some(other.clone()),
    };
    let settled: Vec<_> = action.reasons.iter().filter_map(settled).collect();
    // What was lost meanwhile is no reason of the plan's.
    if settled.is_empty() { action.reasons.clone() } else { settled }
}

/// What the action is made from, as far as it has been made.
fn inputs(action: &Action, recorded: &Recorded) -> BTreeMap<String, Hash> {
    let mut inputs = BTreeMap::new();
    for (name, input) in &action.inputs {
        let content = match input {
            Input::Known(content) => Some(*content),
            Input::From(id) => recorded.record(id.verb, &id.node).and_then(Record::output),
        };
        inputs.extend(content.map(|content| (name.clone(), content)));
    }
    inputs
}

/// The node that this action waits for in vain, if there is one.
fn stopped<'a>(action: &'a Action, progress: &Progress) -> Option<&'a Node> {
    let maker = |input: &'a Input| match input {
        Input::Known(_) => None,
        Input::From(id) => Some(&id.node),
    };
    action.inputs.values().filter_map(maker).find(|node| progress.stopped.contains(*node))
}

fn champion_moved(service: &Node, model: Option<&Name>, recorded: &Recorded) -> bool {
    let Some(model) = model else { return false };
    let Some(champion) = recorded.champions.get(model) else { return false };
    let serving = recorded.services.get(service.name());
    serving.is_none_or(|serving| serving.model != *model || serving.version != *champion)
}
