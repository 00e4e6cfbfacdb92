//! `test data.x`: the expectations, on the snapshot. What passes is the snapshot itself.

use base::Severity;

use super::{Done, Failure, Turn};
use crate::{Engine, output::Output};

pub(crate) async fn perform(engine: &Engine, turn: &Turn) -> Result<Done, Failure> {
    let name = turn.action.id.node.name();
    let Some(data) = turn.project.spec.data.get(name) else {
        return Err(Failure::failed(format!("data.{name} is not in the project")));
    };
    let snapshot = turn.input("snapshot")?;
    let output = Output::load(&engine.store, &snapshot)?;
    let Some(view) = output.view(name.as_str(), &engine.store)? else {
        return Err(Failure::failed("the snapshot holds no rows"));
    };
    let findings = data::test(&view, &data.expect, &engine.limits()).await?;
    let failed = |severity| findings.iter().filter(move |found| !found.passed && found.severity == severity);
    let errors: Vec<_> =
        failed(Severity::Error).map(|found| format!("{}: {}", found.name, found.message)).collect();
    let warnings = failed(Severity::Warning).count();
    let detail = serde_json::json!({ "findings": &findings });
    if !errors.is_empty() {
        return Err(Failure::Refused { message: errors.join("\n"), detail });
    }
    let warned = if warnings > 0 { format!(", {warnings} warned") } else { String::new() };
    let summary = match findings.len() {
        0 => "no expectations are declared".to_owned(),
        count => format!("{} of {count} expectations met{warned}", count - warnings),
    };
    Ok(Done::new(snapshot, summary, detail))
}
