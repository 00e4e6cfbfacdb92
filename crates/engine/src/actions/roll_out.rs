//! `roll_out service.x`: the service answers with its model's champion.

use store::{Author, Change};

use super::{Done, Failure, Turn};
use crate::{Engine, champion, recorded};

pub(crate) fn perform(engine: &Engine, turn: &Turn) -> Result<Done, Failure> {
    let name = turn.action.id.node.name();
    let Some(service) = turn.project.spec.services.get(name) else {
        return Err(Failure::failed(format!("service.{name} is not in the project")));
    };
    let model = &service.model;
    let Some(version) = engine.store.aliases(model)?.get(&recorded::champion()).copied() else {
        return Err(Failure::failed(format!("model.{model} has no champion")));
    };
    // A version that does not load must not take the place of one that answers.
    champion::load(&engine.store, name, model, version)?;
    let artifact = engine.store.version(model, version)?.artifact;
    let because = turn.action.reasons.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
    let by = Author { actor: "rollout".to_owned(), because: Some(because) };
    let detail = serde_json::json!({ "model": model, "version": version });
    let mut done = Done::new(artifact, format!("answers with model.{model} version {version}"), detail);
    done.changes = vec![Change::SetService { service: name.clone(), model: model.clone(), version, by }];
    Ok(done)
}
