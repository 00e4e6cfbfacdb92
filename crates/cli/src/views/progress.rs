//! What happens, as it happens: a live area on a terminal, plain lines elsewhere, JSON lines when asked.
//!
//! Short plans have a line for each action. In long ones the lines would drown what matters, so that only failures and
//! notices have theirs, and now and then a line says how far it is.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use engine::{Conclusion, Event};
use plan::{Action, ActionId};

use super::{
    echo::Echo,
    live::{Live, Tally},
};
use crate::output::{line, note};

/// The longest plan of which every action has a line.
const LISTED: usize = 50;

/// In a longer plan off a terminal, one line for so many parts of it.
const PARTS: usize = 10;

/// Shows events.
pub(crate) struct Progress {
    json: bool,
    /// Shows the output of commands as they print it.
    echo: Option<Echo>,
    live: Option<Live>,
    tally: Arc<Mutex<Tally>>,
}

impl Progress {
    pub(crate) fn new(json: bool, terminal: bool, echo: bool) -> Self {
        let tally = Arc::new(Mutex::new(Tally::default()));
        let live = (terminal && !json && !echo).then(|| Live::start(tally.clone()));
        Self { json, echo: echo.then(Echo::default), live, tally }
    }

    pub(crate) fn show(&self, event: &Event) {
        if self.json {
            return line(event);
        }
        match event {
            Event::Begun { total, .. } => self.tally(|tally| *tally = Tally::of(*total)),
            Event::Started { action, position, total } => self.started(action, *position, *total),
            Event::Progress { action, message } => self.tally(|tally| tally.says(action, message)),
            Event::Running { action, attempt, log } => self.running(action, *attempt, log),
            Event::Finished { action, conclusion, elapsed } => self.finished(action, conclusion, *elapsed),
            Event::Notice { action, text } => self.print(&format!("  !  {}: {text}", action.node)),
            Event::Remark { text } => self.print(text),
            other => self.print(&super::event::text(other)),
        }
    }

    fn tally(&self, change: impl FnOnce(&mut Tally)) {
        change(&mut self.tally.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// A line that stays.
    fn print(&self, text: &str) {
        if text.is_empty() {
            return;
        }
        match &self.live {
            Some(live) => live.print(text),
            None => note(text),
        }
    }

    fn started(&self, action: &Action, position: usize, total: usize) {
        self.tally(|tally| tally.started(&action.id, position, total));
    }

    fn running(&self, action: &ActionId, attempt: u32, log: &Path) {
        let message = if attempt == 1 { String::new() } else { format!("attempt {attempt}") };
        self.tally(|tally| tally.says(action, &message));
        if let Some(echo) = &self.echo {
            echo.follow(action, log);
        }
    }

    fn finished(&self, action: &ActionId, conclusion: &Conclusion, elapsed: Duration) {
        if let Some(echo) = &self.echo {
            echo.finish(action);
        }
        let is_failure = matches!(conclusion, Conclusion::Failed { .. } | Conclusion::Refused { .. });
        let mut place = (0, 0, 0);
        self.tally(|tally| place = tally.finished(action, is_failure));
        let (position, done, total) = place;
        let elapsed = seconds(elapsed);
        let said = match conclusion {
            Conclusion::Done { summary } => format!("{summary}  ({elapsed})"),
            Conclusion::Failed { message } | Conclusion::Refused { message } => {
                format!("failed after {elapsed}: {}", message.replace('\n', "\n      "))
            }
            Conclusion::Interrupted => format!("interrupted after {elapsed}"),
            _ => return self.settle(),
        };
        if total <= LISTED || !matches!(conclusion, Conclusion::Done { .. }) {
            let head = head(action, position, total);
            self.print(&format!("{head}  {said}"));
        } else if self.live.is_none() && (done == total || done % total.div_ceil(PARTS) == 0) {
            self.print(&format!("{done}/{total} done"));
        } else {
            self.settle();
        }
    }

    /// Once nothing runs, what comes next is printed where the area was.
    fn settle(&self) {
        if let Some(live) = &self.live {
            live.settle();
        }
    }
}

fn head(action: &ActionId, position: usize, total: usize) -> String {
    let verb = action.verb.name().replace('_', " ");
    format!("{position:>3}/{total}  {verb:<8}  {}", action.node)
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
