//! `promote model.x`: the gate said promote, so the alias `champion` moves to the candidate.

use plan::{ActionId, Verb};
use store::{Author, Change};

use super::{Done, Failure, Turn};
use crate::{
    Engine,
    recorded::{challenger, champion, kept},
};

pub(crate) fn perform(engine: &Engine, turn: &Turn) -> Result<Done, Failure> {
    let model = turn.action.id.node.name();
    let candidate = turn.input("version")?;
    let versions = engine.store.versions(model)?;
    let Some(version) = versions.iter().find(|version| version.key == candidate) else {
        return Err(Failure::failed("the candidate is not in the registry"));
    };
    let number = version.version;
    let judged = kept(&engine.store, &ActionId::new(Verb::Gate, &turn.action.id.node))?;
    let verdict = judged.and_then(|kept| kept.record.output());
    let because = verdict.map(|verdict| format!("verdict {}", verdict.short()));
    let by = Author { actor: "gate".to_owned(), because };
    let mut changes = Vec::new();
    if engine.store.aliases(model)?.get(&challenger()) == Some(&number) {
        changes.push(Change::RemoveAlias { model: model.clone(), alias: challenger(), by: by.clone() });
    }
    changes.push(Change::SetAlias { model: model.clone(), alias: champion(), version: number, by });
    let detail = serde_json::json!({ "version": number });
    let mut done = Done::new(candidate, format!("version {number} is champion"), detail);
    done.changes = changes;
    Ok(done)
}
