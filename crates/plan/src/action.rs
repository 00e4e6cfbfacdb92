use std::{collections::BTreeMap, fmt, str::FromStr};

use base::{Hash, Name, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{Basis, Brake, Fields, Node, Reason};

/// What an action does to its node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// Keep the present contents of a data set as an immutable snapshot.
    Snapshot,
    /// Test a snapshot against the data set's expectations.
    Test,
    /// Execute a step.
    Run,
    /// Keep the labelled traffic that a monitor has seen as an immutable snapshot to train on.
    Collect,
    /// Fit candidates and pick the best on validation rows.
    Train,
    /// Score candidate, baseline and champion on held-out rows.
    Evaluate,
    /// Judge the evaluation by the promotion policy.
    Gate,
    /// Add the candidate to the registry as an immutable version.
    Register,
    /// Move the alias `champion` to the candidate.
    Promote,
    /// Make a service answer with the champion.
    RollOut,
    /// End a service that the project file no longer declares.
    Stop,
}

impl Verb {
    /// Every verb, in the order of a pass.
    pub const ALL: [Self; 11] = [
        Self::Snapshot,
        Self::Test,
        Self::Run,
        Self::Collect,
        Self::Train,
        Self::Evaluate,
        Self::Gate,
        Self::Register,
        Self::Promote,
        Self::RollOut,
        Self::Stop,
    ];

    /// The verb as it is shown and stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Snapshot => "snapshot",
            Self::Test => "test",
            Self::Run => "run",
            Self::Collect => "collect",
            Self::Train => "train",
            Self::Evaluate => "evaluate",
            Self::Gate => "gate",
            Self::Register => "register",
            Self::Promote => "promote",
            Self::RollOut => "roll_out",
            Self::Stop => "stop",
        }
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// Text that names no verb.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an action of this version of kaizen")]
pub struct UnknownVerb(String);

impl FromStr for Verb {
    type Err = UnknownVerb;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.into_iter().find(|verb| verb.name() == text);
        known.ok_or_else(|| UnknownVerb(text.chars().take(80).collect()))
    }
}

/// Names an action within a plan and across plans: one verb on one node.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ActionId {
    /// What is done.
    pub verb: Verb,
    /// To what.
    pub node: Node,
}

impl ActionId {
    /// This verb on this node.
    pub fn new(verb: Verb, node: &Node) -> Self {
        Self { verb, node: node.clone() }
    }
}

/// `train model.late`
impl fmt::Display for ActionId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", self.verb, self.node)
    }
}

/// Where an input's content comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// It is there already, with this content.
    Known(Hash),
    /// An earlier action of the plan makes it.
    From(ActionId),
}

/// When an action of the plan is performed. Applying a plan evaluates this; it chooses nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// In any case.
    Always,
    /// When an earlier action's output differs from the one this was last made from.
    IfChanged,
    /// When the gate's verdict on the candidate is `promote`.
    IfPromoted,
    /// When the model's champion is no longer the version that the service answers with.
    IfChampionMoves,
}

/// One thing to do, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Action {
    /// What is done to what.
    pub id: ActionId,
    /// Why, the weightiest first; never empty.
    pub reasons: Vec<Reason>,
    /// When it is performed.
    pub condition: Condition,
    /// Hashes of the fields of the project file that shape it.
    pub fields: Fields,
    /// What it is made from, by name.
    pub inputs: BTreeMap<String, Input>,
}

impl Action {
    /// Whether the work must be done again: one of its reasons [compels](Reason::compels).
    pub fn compels(&self) -> bool {
        self.reasons.iter().any(Reason::compels)
    }
}

/// A node that cannot go on until someone changes something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blocked {
    /// The node.
    pub node: Node,
    /// What stands in the way, with the way out when it is known.
    pub why: String,
}

/// A retraining that something demands and a brake holds back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// The model that is not retrained.
    pub node: Node,
    /// The monitor whose demand it is.
    pub monitor: Name,
    /// What holds it.
    pub brake: Brake,
    /// Why, in numbers, and what demanded it.
    pub why: String,
    /// When this brake lets go, on the monitor's clock, if time alone releases it.
    pub until: Option<Timestamp>,
}

/// What would be done, in an order in which it can be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The version of this form on disk.
    pub format: u32,
    /// What the plan rests on; compared before a saved plan is applied. [`decide`](crate::decide) leaves it
    /// empty, for plans that are performed at once.
    pub basis: Basis,
    /// The actions; each comes after those it needs.
    pub actions: Vec<Action>,
    /// What cannot go on.
    pub blocked: Vec<Blocked>,
    /// The retraining that brakes hold back. Plans of releases without monitors have none.
    #[serde(default)]
    pub held: Vec<Held>,
}

impl Plan {
    /// The form that this release writes.
    pub const FORMAT: u32 = 1;

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.actions.is_empty()
    }

    /// The plan's identity: the hash of its canonical JSON.
    pub fn hash(&self) -> Hash {
        Hash::of(base::canonical_json(self))
    }
}

#[cfg(test)]
mod tests {
    use super::{Held, Input, Plan, Verb};
    use crate::{Brake, Collection, Node};

    #[test]
    fn a_plan_saved_before_there_were_monitors_is_read() {
        let old = serde_json::json!({ "format": 1, "basis": {}, "actions": [], "blocked": [] });
        let plan: Plan = serde_json::from_value(old).unwrap();
        assert_eq!((plan.format, plan.held.len()), (Plan::FORMAT, 0));
    }

    #[test]
    fn what_is_held_reads_back_as_it_was_written() {
        let monitor = "late".parse().unwrap();
        let (node, until) = (Node::Model("late".parse().unwrap()), "2013-05-16".parse().ok());
        let held = Held { node, monitor, brake: Brake::CoolDown, why: "cool-down".to_owned(), until };
        let written = serde_json::to_value(&held).unwrap();
        assert_eq!(written["brake"], "cool_down");
        assert_eq!(serde_json::from_value::<Held>(written).unwrap(), held);
    }

    #[test]
    fn every_verb_and_every_kind_of_node_is_read_from_its_own_text() {
        for verb in Verb::ALL {
            assert_eq!(verb.name().parse(), Ok(verb));
        }
        for text in ["data.a", "step.a", "monitor.a", "model.a", "service.a"] {
            assert_eq!(text.parse::<Node>().unwrap().to_string(), text);
        }
        assert!("webhook.a".parse::<Node>().is_err());
    }

    #[test]
    fn a_collection_that_was_not_judged_has_no_decision() {
        let output = serde_json::to_value(Input::Known(base::Hash::of("x"))).unwrap()["known"].clone();
        let kept = serde_json::json!({
            "at": "2013-05-02T00:00:00Z", "cause_key": "incident 3", "output": output, "rows": 5,
        });
        assert_eq!(serde_json::from_value::<Collection>(kept).unwrap().decision, None);
    }
}
