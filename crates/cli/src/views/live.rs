//! The last lines of a terminal: what runs now, and how far the run is. Everything that stays is printed above them.

use std::{
    collections::BTreeMap,
    io::{self, Write as _},
    sync::{Arc, Mutex, PoisonError, Weak},
    thread,
    time::{Duration, Instant},
};

use plan::ActionId;

use super::{plain, progress::seconds};

/// How many running actions have a line.
const LINES: usize = 8;

/// How often the times that are shown go on.
const TICK: Duration = Duration::from_millis(200);

/// The width of a terminal that does not say.
const WIDTH: usize = 80;

/// How far a run is.
#[derive(Default)]
pub(super) struct Tally {
    total: usize,
    done: usize,
    failed: usize,
    running: BTreeMap<ActionId, Running>,
}

struct Running {
    position: usize,
    began: Instant,
    message: String,
}

impl Tally {
    pub(super) fn of(total: usize) -> Self {
        Self { total, ..Self::default() }
    }

    pub(super) fn started(&mut self, action: &ActionId, position: usize, total: usize) {
        self.total = total;
        let running = Running { position, began: Instant::now(), message: String::new() };
        self.running.insert(action.clone(), running);
    }

    pub(super) fn says(&mut self, action: &ActionId, message: &str) {
        if let Some(running) = self.running.get_mut(action) {
            message.clone_into(&mut running.message);
        }
    }

    /// Its place in the plan, how many have ended, and how many there are.
    pub(super) fn finished(&mut self, action: &ActionId, is_failure: bool) -> (usize, usize, usize) {
        let position = self.running.remove(action).map_or(0, |running| running.position);
        self.done += 1;
        self.failed += usize::from(is_failure);
        (position, self.done, self.total)
    }

    /// The lines to show; none when nothing runs.
    fn lines(&self, now: Instant) -> Vec<String> {
        if self.running.is_empty() {
            return Vec::new();
        }
        let mut oldest: Vec<_> = self.running.iter().collect();
        oldest.sort_by_key(|(_, running)| running.began);
        let line = |(action, running): &(&ActionId, &Running)| {
            let elapsed = seconds(now.saturating_duration_since(running.began));
            format!("  …  {action}  {}  {elapsed}", running.message)
        };
        let mut lines: Vec<_> = oldest.iter().take(LINES).map(line).collect();
        let more = oldest.len().saturating_sub(LINES);
        let more = if more == 0 { String::new() } else { format!(", {more} of them not shown") };
        let failed = if self.failed == 0 { String::new() } else { format!(", {} failed", self.failed) };
        lines.push(format!("{}/{} done{failed}, {} running{more}", self.done, self.total, oldest.len()));
        lines
    }
}

/// The live area. It goes when this is dropped.
pub(super) struct Live {
    drawn: Arc<Mutex<usize>>,
    tally: Arc<Mutex<Tally>>,
}

impl Live {
    /// Draws it again and again.
    pub(super) fn start(tally: Arc<Mutex<Tally>>) -> Self {
        let live = Self { drawn: Arc::default(), tally };
        let (drawn, tally) = (Arc::downgrade(&live.drawn), live.tally.clone());
        thread::spawn(move || tick(&drawn, &tally));
        live
    }

    /// Prints a line above the area.
    pub(super) fn print(&self, text: &str) {
        let mut drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        let lines = self.tally.lock().unwrap_or_else(PoisonError::into_inner).lines(Instant::now());
        draw(&mut drawn, Some(text), &lines);
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        draw(&mut self.drawn.lock().unwrap_or_else(PoisonError::into_inner), None, &[]);
    }
}

fn tick(drawn: &Weak<Mutex<usize>>, tally: &Mutex<Tally>) {
    loop {
        thread::sleep(TICK);
        let Some(drawn) = drawn.upgrade() else { return };
        let mut drawn = drawn.lock().unwrap_or_else(PoisonError::into_inner);
        let lines = tally.lock().unwrap_or_else(PoisonError::into_inner).lines(Instant::now());
        if *drawn > 0 || !lines.is_empty() {
            draw(&mut drawn, None, &lines);
        }
    }
}

/// Takes the area away, prints what stays, and draws the area anew.
fn draw(drawn: &mut usize, above: Option<&str>, lines: &[String]) {
    let mut frame = String::new();
    if *drawn > 0 {
        // To the first of its lines, and everything below goes.
        frame.push_str(&format!("\x1b[{drawn}F\x1b[0J"));
    }
    if let Some(text) = above {
        frame.push_str(&format!("{}\n", plain::lines(text)));
    }
    let width = width();
    for line in lines {
        let shown: String = plain::lines(line).replace('\n', " ").chars().take(width).collect();
        frame.push_str(&format!("{shown}\n"));
    }
    *drawn = lines.len();
    // A terminal that has gone is no reason to end a run.
    let _ = io::stderr().lock().write_all(frame.as_bytes());
}

/// A line that wraps would spoil the count of lines.
fn width() -> usize {
    let size = rustix::termios::tcgetwinsize(io::stderr());
    size.ok().map(|size| usize::from(size.ws_col)).filter(|columns| *columns > 20).unwrap_or(WIDTH) - 1
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::{LINES, Tally};

    fn running(count: usize) -> Tally {
        let mut tally = Tally::of(2000);
        for number in 0..count {
            tally.started(&format_action(number), number + 1, 2000);
        }
        tally
    }

    fn format_action(number: usize) -> plan::ActionId {
        let node = format!("step.s{number}").parse().unwrap();
        plan::ActionId::new(plan::Verb::Run, &node)
    }

    #[test]
    fn two_or_two_thousand_running_steps_take_few_lines() {
        assert_eq!(running(2).lines(Instant::now()).len(), 3);
        let many = running(2000).lines(Instant::now());
        assert_eq!(many.len(), LINES + 1);
        assert_eq!(many[LINES], "0/2000 done, 2000 running, 1992 of them not shown");
    }

    #[test]
    fn nothing_is_shown_when_nothing_runs() {
        let mut tally = running(1);
        assert_eq!(tally.finished(&format_action(0), true), (1, 1, 2000));
        assert!(tally.lines(Instant::now()).is_empty());
    }
}
