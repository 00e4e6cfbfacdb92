//! When the gate holds or rejects a candidate that was trained on newer rows, the champion was judged on those rows
//! too, and stands. From then on they are what it is held to: how it did in another season is no measure of this one.

use base::{Hash, Name};
use monitor::cause::{Cause, Kind, Ranking};
use plan::{ActionId, Decision, Node, Status, Verb};
use serde::{Deserialize, Serialize};
use store::Store;

use crate::{
    Error,
    actions::{Contents, measured},
    collections::follows,
    recorded::kept,
};

/// The rows on which a version was last judged beside a candidate that did not replace it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judged {
    /// The version that stands.
    pub version: u64,
    /// The number of the candidate beside it; it grows with each, and tells one reference from another.
    pub epoch: u64,
    /// The candidate's tree, which says which rows were held out.
    pub(super) candidate: Hash,
    /// What the rows are made of.
    pub(super) contents: Contents,
}

/// The latest such judgement of a model; nothing while one is under way, or when the latest candidate was promoted.
pub(super) fn latest(store: &Store, name: &Name, model: &spec::Model) -> Result<Option<Judged>, Error> {
    let node = Node::Model(name.clone());
    let find = |verb| kept(store, &ActionId::new(verb, &node));
    let (Some(train), Some(evaluate), Some(gate)) =
        (find(Verb::Train)?, find(Verb::Evaluate)?, find(Verb::Gate)?)
    else {
        return Ok(None);
    };
    let stands =
        matches!(gate.record.status, Status::Done { decision: Some(Decision::Hold | Decision::Reject), .. });
    let whole = follows(&evaluate, "candidate", &train) && follows(&gate, "evidence", &evaluate);
    let (Some(candidate), Some(evidence)) = (train.record.output(), evaluate.record.output()) else {
        return Ok(None);
    };
    let registered = store.versions(name)?.into_iter().find(|version| version.key == candidate);
    let (Some(registered), true) = (registered, stands && whole) else { return Ok(None) };
    let figures = measured(store, &evidence)?;
    let Some(version) = figures.champion_version.filter(|_| figures.champion_missing.is_none()) else {
        return Ok(None);
    };
    let Ok(contents) = Contents::of(model, &train.record.inputs) else { return Ok(None) };
    // Only rows that the version had not seen when it was released are newer ones.
    let newer = !contents.traffic.is_empty() && registered.version > version;
    Ok(newer.then_some(Judged { version, epoch: registered.version, candidate, contents }))
}

/// Whether the likeliest cause is a fault of the data.
pub(super) fn is_fault(ranking: &Ranking) -> bool {
    let fault = |cause: &Cause| {
        matches!(
            cause.kind,
            Kind::UnitChange
                | Kind::BrokenJoin
                | Kind::StuckValue
                | Kind::SwappedColumns
                | Kind::RenamedCategory
                | Kind::ClockShift
                | Kind::Clipping
                | Kind::SchemaChange
        )
    };
    ranking.causes.first().is_some_and(fault)
}
