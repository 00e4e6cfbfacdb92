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

/// How many running actions have a line at most; a low terminal has fewer.
const LINES: usize = 8;

/// How often the times that are shown go on.
const TICK: Duration = Duration::from_millis(200);

/// The size of a terminal that does not say.
const SIZE: Size = Size { columns: 80, rows: 24 };

/// How far a run is.
#[derive(Default)]
pub(super) struct Tally {
    total: usize,
    done: usize,
    failed: usize,
    running: BTreeMap<ActionId, Running>,
}

/// How much a terminal shows.
#[derive(Debug, Clone, Copy)]
struct Size {
    columns: usize,
    rows: usize,
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

    /// The lines to show; none when nothing runs. They leave a row for the cursor and one for what is printed.
    fn lines(&self, now: Instant, size: Size) -> Vec<String> {
        if self.running.is_empty() {
            return Vec::new();
        }
        let mut oldest: Vec<_> = self.running.iter().collect();
        oldest.sort_by_key(|(_, running)| running.began);
        let room = LINES.min(size.rows.saturating_sub(3));
        let mut lines = self.aligned(&oldest[..oldest.len().min(room)], now);
        let more = oldest.len().saturating_sub(room);
        let more = if more == 0 { String::new() } else { format!(", {more} of them not shown") };
        let failed = if self.failed == 0 { String::new() } else { format!(", {} failed", self.failed) };
        lines.push(format!("{}/{} done{failed}, {} running{more}", self.done, self.total, oldest.len()));
        lines
    }

    /// Below the lines of what has ended, column by column: `  …/12  run       step.train  3.4 s`.
    fn aligned(&self, running: &[(&ActionId, &Running)], now: Instant) -> Vec<String> {
        let names: Vec<String> = running.iter().map(|(action, _)| action.node.to_string()).collect();
        let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
        let line = |(name, (action, running)): (&String, &(&ActionId, &Running))| {
            let verb = action.verb.name().replace('_', " ");
            let elapsed = seconds(now.saturating_duration_since(running.began));
            let message = &running.message;
            let line = format!("  …/{}  {verb:<8}  {name:<width$}  {elapsed:>6}  {message}", self.total);
            line.trim_end().to_owned()
        };
        names.iter().zip(running).map(line).collect()
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
        let size = size();
        draw(&mut drawn, Some(text), (&lines(&self.tally, size), size));
    }

    /// Takes the area away at once when nothing runs any more.
    pub(super) fn settle(&self) {
        let mut drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        let size = size();
        let lines = lines(&self.tally, size);
        if *drawn > 0 && lines.is_empty() {
            draw(&mut drawn, None, (&lines, size));
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        let mut drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever waits to draw finds nothing to show.
        *self.tally.lock().unwrap_or_else(PoisonError::into_inner) = Tally::default();
        if *drawn > 0 {
            draw(&mut drawn, None, (&[], size()));
        }
    }
}

fn lines(tally: &Mutex<Tally>, size: Size) -> Vec<String> {
    tally.lock().unwrap_or_else(PoisonError::into_inner).lines(Instant::now(), size)
}

fn tick(drawn: &Weak<Mutex<usize>>, tally: &Mutex<Tally>) {
    loop {
        thread::sleep(TICK);
        let Some(drawn) = drawn.upgrade() else { return };
        let mut drawn = drawn.lock().unwrap_or_else(PoisonError::into_inner);
        let size = size();
        let lines = lines(tally, size);
        if *drawn > 0 || !lines.is_empty() {
            draw(&mut drawn, None, (&lines, size));
        }
    }
}

/// Takes the area away, prints what stays, and draws the area anew.
fn draw(drawn: &mut usize, above: Option<&str>, (lines, size): (&[String], Size)) {
    let mut frame = String::new();
    if *drawn > 0 {
        // To the first of its lines, and everything below goes.
        frame.push_str(&format!("\x1b[{drawn}F\x1b[0J"));
    }
    if let Some(text) = above {
        frame.push_str(&format!("{}\n", plain::lines(text)));
    }
    for line in lines {
        // A line that wraps would spoil the count of lines.
        let shown: String = plain::line(line).chars().take(size.columns - 1).collect();
        frame.push_str(&format!("{shown}\n"));
    }
    *drawn = lines.len();
    // A terminal that has gone is no reason to end a run.
    let _ = io::stderr().lock().write_all(frame.as_bytes());
}

/// How much the terminal shows now. One that is hardly there is not drawn for.
fn size() -> Size {
    let said = rustix::termios::tcgetwinsize(io::stderr()).ok();
    let given = |said: Option<u16>, least: u16, usual: usize| {
        said.filter(|number| *number >= least).map_or(usual, usize::from)
    };
    Size {
        columns: given(said.map(|size| size.ws_col), 20, SIZE.columns),
        rows: given(said.map(|size| size.ws_row), 1, SIZE.rows),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::{LINES, SIZE, Size, Tally};

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
        assert_eq!(running(2).lines(Instant::now(), SIZE).len(), 3);
        let many = running(2000).lines(Instant::now(), SIZE);
        assert_eq!(many.len(), LINES + 1);
        assert_eq!(many[LINES], "0/2000 done, 2000 running, 1992 of them not shown");
    }

    #[test]
    fn a_low_terminal_is_never_filled() {
        for rows in 1..12 {
            let lines = running(2000).lines(Instant::now(), Size { rows, ..SIZE });
            assert!(lines.len() < rows.max(2), "{rows} rows: {lines:?}");
            assert!(lines.last().is_some_and(|line| line.contains("2000 running")), "{rows} rows: {lines:?}");
        }
    }

    #[test]
    fn what_runs_is_aligned_below_what_has_ended() {
        let mut tally = Tally::of(12);
        for (name, place) in [("step.a", 1), ("step.longer", 2)] {
            tally.started(&plan::ActionId::new(plan::Verb::Run, &name.parse().unwrap()), place, 12);
        }
        tally.says(&plan::ActionId::new(plan::Verb::Run, &"step.a".parse().unwrap()), "attempt 2");
        let lines = tally.lines(Instant::now(), SIZE);
        let expected = [
            "  …/12  run       step.a       0.00 s  attempt 2",
            "  …/12  run       step.longer  0.00 s",
            "0/12 done, 2 running",
        ];
        assert_eq!(lines, expected);
    }

    #[test]
    fn nothing_is_shown_when_nothing_runs() {
        let mut tally = running(1);
        assert_eq!(tally.finished(&format_action(0), true), (1, 1, 2000));
        assert!(tally.lines(Instant::now(), SIZE).is_empty());
    }
}
