//! What `kaizen run` is about to do, and what came of it.

use engine::{Conclusion, Pass, Planned};
use plan::{ActionId, Node};

/// The longest plan that is shown action by action.
const LISTED: usize = 20;

/// What will be done and why; of a long plan only how much it is.
pub(crate) fn planned(planned: &Planned) -> String {
    let plan = &planned.plan;
    let steps = planned.desired.nodes.keys().filter(|node| matches!(node, Node::Step(_))).count();
    if plan.actions.is_empty() && plan.blocked.is_empty() {
        return format!("nothing to do: {} as before", counted(steps, "step is", "steps are"));
    }
    if !plan.actions.is_empty() && plan.actions.len() <= LISTED {
        return plan.to_string().trim_end().to_owned();
    }
    let mut text = match plan.actions.len() {
        0 => "nothing can be done\n".to_owned(),
        count => format!("{count} of {steps} steps to run\n"),
    };
    for blocked in plan.blocked.iter().take(LISTED) {
        text.push_str(&format!("  !  blocked   {}: {}\n", blocked.node, blocked.why));
    }
    text.trim_end().to_owned()
}

/// How many of what, when it is worth a line.
pub(crate) fn text(pass: &Pass) -> String {
    if pass.conclusions.is_empty() {
        return String::new();
    }
    let count = |is: fn(&Conclusion) -> bool| pass.conclusions.iter().filter(|(_, said)| is(said)).count();
    let done = count(|said| matches!(said, Conclusion::Done { .. }));
    let unchanged = count(|said| matches!(said, Conclusion::Unchanged));
    let failed = count(|said| matches!(said, Conclusion::Failed { .. } | Conclusion::Refused { .. }));
    let rest = count(|said| matches!(said, Conclusion::NotReached { .. } | Conclusion::NotBegun));
    let mut parts = vec![format!("{done} done")];
    for (number, word) in [(unchanged, "unchanged"), (failed, "failed"), (rest, "not reached")] {
        if number > 0 {
            parts.push(format!("{number} {word}"));
        }
    }
    let run = pass.run.map(|run| format!("run {run}: ")).unwrap_or_default();
    let ended = if pass.cancelled { "cancelled; " } else { "" };
    format!("{run}{ended}{}{}", parts.join(", "), missed(pass))
}

fn missed(pass: &Pass) -> String {
    let is_missed = |said: &Conclusion| matches!(said, Conclusion::NotReached { .. } | Conclusion::NotBegun);
    let missed: Vec<&ActionId> =
        pass.conclusions.iter().filter(|(_, said)| is_missed(said)).map(|(id, _)| id).collect();
    if missed.is_empty() || missed.len() > LISTED {
        return String::new();
    }
    let names: Vec<_> = missed.iter().map(ToString::to_string).collect();
    format!("\nnot reached: {}", names.join(", "))
}

fn counted(count: usize, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{} {many}", base::grouped(count as u64)) }
}
