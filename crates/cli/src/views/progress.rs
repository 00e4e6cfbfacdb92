//! What happens, as it happens.

use std::{sync::Mutex, time::Duration};

use engine::{Conclusion, Event};
use plan::{Action, ActionId};

use crate::output::{line, note, rewrite};

/// Shows events: rewritten lines on a terminal, plain lines elsewhere, JSON lines when asked.
pub(crate) struct Progress {
    json: bool,
    terminal: bool,
    place: Mutex<Place>,
}

#[derive(Default)]
struct Place {
    position: usize,
    total: usize,
}

impl Progress {
    pub(crate) fn new(json: bool, terminal: bool) -> Self {
        Self { json, terminal, place: Mutex::new(Place::default()) }
    }

    pub(crate) fn show(&self, event: &Event) {
        if self.json {
            return line(event);
        }
        match event {
            Event::Started { action, position, total } => self.started(action, *position, *total),
            Event::Progress { action, message } if self.terminal => {
                rewrite(&format!("{}  {message} …", self.head(action)));
            }
            Event::Progress { .. } => {}
            Event::Finished { action, conclusion, elapsed } => self.finished(action, conclusion, *elapsed),
            Event::Changed { what } => {
                let shown: Vec<_> = what.iter().take(3).cloned().collect();
                let more =
                    if what.len() > 3 { format!(" and {} more", what.len() - 3) } else { String::new() };
                note(&format!("\nchanged: {}{more}", shown.join("; ")));
            }
            Event::Window { monitor, assessment } => note(&super::monitors::window(monitor, assessment)),
            Event::Incident { monitor, what, detail } => {
                note(&super::monitors::incident(monitor, what, detail));
            }
            Event::Held { held } => held.iter().for_each(|held| note(&format!("‖  held  {held}"))),
            Event::NotLabelled { monitor, why } => {
                note(&format!("monitor.{monitor} goes on without some labels: {why}"));
            }
            Event::Webhook { webhook, why } => note(&format!("webhook.{webhook} {why}")),
            Event::NotWatching { monitor, why } => note(&format!("monitor.{monitor} does not watch: {why}")),
            Event::NotCaptured { service, why } => note(&format!("service.{service} is not captured: {why}")),
            Event::Capture { notice } => note(notice),
            Event::NotServing { service, why } => note(&format!("service.{service} does not answer: {why}")),
            Event::Invalid { diagnostics } => {
                note("\nthe project file has errors; the last good one stays in force:");
                diagnostics.iter().for_each(|diagnostic| note(&format!("  {diagnostic}")));
            }
        }
    }

    fn started(&self, action: &Action, position: usize, total: usize) {
        if let Ok(mut place) = self.place.lock() {
            *place = Place { position, total };
        }
        if self.terminal {
            rewrite(&format!("{}  …", self.head(&action.id)));
        }
    }

    fn finished(&self, action: &ActionId, conclusion: &Conclusion, elapsed: Duration) {
        let said = match conclusion {
            Conclusion::Done { summary } => summary.clone(),
            Conclusion::Failed { message } | Conclusion::Refused { message } => format!("failed: {message}"),
            Conclusion::Interrupted => "interrupted".to_owned(),
            _ => return,
        };
        if self.terminal {
            rewrite("");
        }
        note(&format!("{}  {said}  ({})", self.head(action), seconds(elapsed)));
    }

    fn head(&self, action: &ActionId) -> String {
        let (position, total) = self.place.lock().map_or((0, 0), |place| (place.position, place.total));
        let verb = action.verb.name().replace('_', " ");
        format!("{position:>3}/{total}  {verb:<8}  {}", action.node)
    }
}

/// `0.12 s`, `3.4 s`, `75 s`
pub(crate) fn seconds(elapsed: Duration) -> String {
    let seconds = elapsed.as_secs_f64();
    match seconds {
        ..1.0 => format!("{seconds:.2} s"),
        1.0..10.0 => format!("{seconds:.1} s"),
        _ => format!("{seconds:.0} s"),
    }
}
