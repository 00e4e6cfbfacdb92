//! Where a project stands.

use base::Name;
use engine::{ModelStatus, ServiceStatus, Status, VersionStatus};

use super::{plain, table::aligned};
use crate::natural;

pub(crate) fn text(status: &Status) -> String {
    let mut text = status.project.to_string();
    if let Some(objective) = &status.objective {
        text.push_str(&format!(": {objective}"));
    }
    text.push('\n');
    let mut rows = Vec::new();
    let mut inputs: Vec<_> = status.inputs.iter().collect();
    inputs.sort_by(|(one, _), (other, _)| natural::order(one, other));
    for (node, input) in inputs {
        let state = match (&input.failure, input.rows, &input.output) {
            (Some(failure), ..) => format!("failed: {}", plain::first(failure)),
            (None, Some(rows), Some(output)) => format!("{rows} rows, {}", output.short()),
            (None, None, Some(output)) => output.short(),
            (None, _, None) => "not made yet".to_owned(),
        };
        rows.push(vec![node.clone(), state]);
    }
    rows.extend(status.models.iter().map(model));
    rows.extend(status.services.iter().map(service));
    text.push_str(&aligned(&rows, 2));
    text.push_str(&super::monitors::status(status));
    for held in &status.held {
        text.push_str(&format!("held: {}: {}\n", held.node, held.why));
    }
    for blocked in &status.blocked {
        text.push_str(&format!("blocked: {}: {}\n", blocked.node, blocked.why));
    }
    match status.pending.as_slice() {
        [] => text.push_str("nothing to do\n"),
        pending => {
            text.push_str(&format!("{} to do: {}; see `kaizen plan`\n", pending.len(), pending.join(", ")))
        }
    }
    text
}

fn model((name, model): (&Name, &ModelStatus)) -> Vec<String> {
    let version = |version: &Option<VersionStatus>| {
        version.as_ref().map_or("none".to_owned(), |version| format!("version {}", version.version))
    };
    let mut state =
        format!("champion {}, challenger {}", version(&model.champion), version(&model.challenger));
    if let Some(decision) = model.decision {
        state.push_str(&format!(", last verdict {}", format!("{decision:?}").to_lowercase()));
    }
    if let Some(failure) = &model.failure {
        state.push_str(&format!("; failed: {}", plain::first(failure)));
    }
    vec![format!("model.{name}"), state]
}

fn service((name, service): (&Name, &ServiceStatus)) -> Vec<String> {
    let state = match service.version {
        Some(version) => {
            format!("model.{} version {version}; `kaizen up` answers at {}", service.model, service.url)
        }
        None => format!("waits for a champion of model.{}", service.model),
    };
    vec![format!("service.{name}"), state]
}
