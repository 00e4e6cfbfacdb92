//! What came of a pass: failures in full, the gate's verdicts in a short table.

use engine::{Conclusion, Engine, Pass, Project, why};
use plan::{Node, Verb};

use super::verdict;

/// Nothing when nothing was judged, failed or blocked.
pub(crate) fn text(engine: &Engine, project: &Project, pass: &Pass) -> String {
    let mut text = String::new();
    for (action, conclusion) in &pass.conclusions {
        let judged = action.verb == Verb::Gate && matches!(conclusion, Conclusion::Done { .. });
        if judged {
            text.push_str(&judgement(engine, project, &action.node));
        }
    }
    let not_reached: Vec<String> = pass
        .conclusions
        .iter()
        .filter(|(_, conclusion)| matches!(conclusion, Conclusion::NotReached { .. }))
        .map(|(action, _)| action.to_string())
        .collect();
    if !not_reached.is_empty() {
        text.push_str(&format!("not reached: {}\n", not_reached.join(", ")));
    }
    text
}

fn judgement(engine: &Engine, project: &Project, model: &Node) -> String {
    match why(project, engine.store(), model) {
        Ok(explanation) => match (&explanation.verdict, &explanation.terms) {
            (Some(found), Some(terms)) => verdict::short(model, found, terms),
            _ => String::new(),
        },
        Err(error) => format!("the verdict on {model} cannot be shown: {error}\n"),
    }
}
