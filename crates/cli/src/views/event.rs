//! Events that are a line of their own.

use engine::Event;

pub(super) fn text(event: &Event) -> String {
    match event {
        Event::Changed { what } => {
            let shown: Vec<_> = what.iter().take(3).cloned().collect();
            let more = if what.len() > 3 { format!(" and {} more", what.len() - 3) } else { String::new() };
            format!("\nchanged: {}{more}", shown.join("; "))
        }
        Event::Window { monitor, assessment } => super::monitors::window(monitor, assessment),
        Event::Incident { monitor, what, detail } => super::monitors::incident(monitor, what, detail),
        Event::Held { held } => {
            let lines: Vec<_> = held.iter().map(|held| format!("‖  held  {held}")).collect();
            lines.join("\n")
        }
        Event::NotLabelled { monitor, why } => {
            format!("monitor.{monitor} goes on without some labels: {why}")
        }
        Event::Webhook { webhook, why } => format!("webhook.{webhook} {why}"),
        Event::NotWatching { monitor, why } => format!("monitor.{monitor} does not watch: {why}"),
        Event::NotCaptured { service, why } => format!("service.{service} is not captured: {why}"),
        Event::Capture { notice } => notice.clone(),
        Event::NotServing { service, why } => format!("service.{service} does not answer: {why}"),
        Event::Invalid { diagnostics } => {
            let lines: Vec<_> = diagnostics.iter().map(|diagnostic| format!("  {diagnostic}")).collect();
            format!("\nthe project file has errors; the last good one stays in force:\n{}", lines.join("\n"))
        }
        _ => String::new(),
    }
}
