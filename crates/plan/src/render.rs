use std::fmt;

use crate::{Action, Condition, Held, Plan};

/// The plan as people read it: one line an action, aligned, with its reasons.
impl fmt::Display for Plan {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.actions.len() {
            0 => writeln!(out, "nothing to do")?,
            1 => writeln!(out, "1 action")?,
            count => writeln!(out, "{count} actions")?,
        }
        let width = self.actions.iter().map(|action| action.id.node.to_string().len()).max().unwrap_or(0);
        for (position, action) in self.actions.iter().enumerate() {
            let Action { id, .. } = action;
            let verb = id.verb.name().replace('_', " ");
            write!(out, "{:>3}  {verb:<8}  {:<width$}  ", position + 1, id.node.to_string())?;
            writeln!(out, "{}", explanation(action))?;
        }
        for blocked in &self.blocked {
            writeln!(out, "  !  blocked   {}: {}", blocked.node, blocked.why)?;
        }
        for Held { node, why, .. } in &self.held {
            writeln!(out, "  ‖  held      {node}: {why}")?;
        }
        Ok(())
    }
}

fn explanation(action: &Action) -> String {
    let reasons: Vec<_> = action.reasons.iter().map(ToString::to_string).collect();
    let condition = match action.condition {
        Condition::Always => "",
        Condition::IfChanged => " (only if it does)",
        Condition::IfPromoted => " (only if it says promote)",
        Condition::IfChampionMoves => " (only if the champion moves)",
    };
    format!("{}{condition}", reasons.join("; "))
}
