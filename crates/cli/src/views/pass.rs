//! What came of a pass: warnings, what is feasible, the gate's verdicts in a short table, and what was not reached.

use engine::{Conclusion, Engine, Explanation, Pass, Project, why};
use plan::{ActionId, Verb};

use super::{verdict, why as explained};

/// Nothing when there is nothing to say beyond the progress.
pub(crate) fn text(engine: &Engine, project: &Project, pass: &Pass) -> String {
    let mut text = String::new();
    for (action, conclusion) in &pass.conclusions {
        let speaks = matches!(action.verb, Verb::Test | Verb::Train | Verb::Gate);
        if speaks && matches!(conclusion, Conclusion::Done { .. }) {
            match why(project, engine.store(), &action.node) {
                Ok(explanation) => text.push_str(&result(action, &explanation)),
                Err(error) => text.push_str(&format!("{action} cannot be shown: {error}\n")),
            }
        }
    }
    let not_reached: Vec<String> = pass
        .conclusions
        .iter()
        .filter(|(_, conclusion)| matches!(conclusion, Conclusion::NotReached { .. }))
        .map(|(action, _)| action.to_string())
        .collect();
    if let (true, Some(run)) = (pass.cancelled, pass.run) {
        text.push_str(&format!("run {run}: cancelled\n"));
    }
    if !not_reached.is_empty() {
        text.push_str(&format!("not reached: {}\n", not_reached.join(", ")));
    }
    text
}

fn result(action: &ActionId, explanation: &Explanation) -> String {
    match (action.verb, &explanation.verdict, &explanation.terms) {
        (Verb::Test, ..) => explained::unmet(&explanation.findings),
        (Verb::Train, ..) => explained::training(&explanation.training),
        (Verb::Gate, Some(verdict), Some(terms)) => verdict::short(&action.node, verdict, terms),
        _ => String::new(),
    }
}
