//! The rows of the recent windows in memory, with their labels as far as they have come.

use std::collections::{BTreeMap, HashMap};

use base::{Hash, Timestamp};
use monitor::{Window, Windows};
use serving::capture::Captured;

use super::cell::Cell;

/// How many windows are held, the open ones included. Labels that come later than that are kept for training and
/// no longer change what was measured.
pub(super) const HELD: i64 = 36;

/// Where a row stands.
#[derive(Debug, Clone, Copy)]
struct Place {
    window: Window,
    version: u64,
    row: usize,
}

/// The rows of the recent windows, by window and version.
#[derive(Debug)]
pub(super) struct Frames {
    windows: Windows,
    cells: BTreeMap<(Window, u64), Cell>,
    places: HashMap<u64, Place>,
}

/// What became of the rows of a piece.
#[derive(Debug, Default)]
pub(super) struct Added {
    /// The rows that are new, by their positions.
    pub(super) rows: Vec<usize>,
    pub(super) repeated: u64,
    pub(super) too_late: u64,
}

impl Frames {
    pub(super) fn new(windows: Windows) -> Self {
        Self { windows, cells: BTreeMap::new(), places: HashMap::new() }
    }

    /// Adds the rows of a piece whose event times these are.
    ///
    /// Rows of windows before `oldest` come too late.
    pub(super) fn add(
        &mut self,
        captured: &Captured,
        events: &[i64],
        version: u64,
        oldest: Option<Window>,
    ) -> Added {
        let mut added = Added::default();
        let mut by_window: BTreeMap<Window, Vec<usize>> = BTreeMap::new();
        let mut here = std::collections::HashSet::new();
        for (row, (id, event)) in captured.ids.iter().zip(events).enumerate() {
            let window = self.windows.of(Timestamp::from_micros(*event));
            let key = key(id);
            if self.places.contains_key(&key) || !here.insert(key) {
                added.repeated += 1;
            } else if oldest.is_some_and(|oldest| window < oldest) {
                added.too_late += 1;
            } else {
                added.rows.push(row);
                by_window.entry(window).or_default().push(row);
            }
        }
        for (window, rows) in by_window {
            let from = self.cells.entry((window, version)).or_default().add(captured, &rows, events);
            self.index(window, version, from);
        }
        added
    }

    /// Notes a label; the event time of its row when it is one of the recent ones and the label is news.
    pub(super) fn label(&mut self, id: &str, value: f64, known: Option<Timestamp>) -> Labelled {
        let Some(place) = self.places.get(&key(id)).copied() else { return Labelled::Unmatched };
        let Some(cell) = self.cells.get_mut(&(place.window, place.version)) else {
            return Labelled::Unmatched;
        };
        if cell.ids.get(place.row).is_none_or(|other| other != id) {
            return Labelled::Unmatched;
        }
        let first = cell.labels[place.row].is_none();
        cell.label(place.row, value, known);
        if first { Labelled::First(Timestamp::from_micros(cell.events[place.row])) } else { Labelled::Again }
    }

    /// The version that answered the most rows of a window.
    pub(super) fn version(&self, window: Window) -> Option<u64> {
        let of_window = self.cells.range((window, 0)..=(window, u64::MAX));
        of_window.max_by_key(|((_, version), cell)| (cell.seen, *version)).map(|((_, version), _)| *version)
    }

    /// The rows that a version answered in a window.
    pub(super) fn cell(&mut self, window: Window, version: u64) -> Option<&mut Cell> {
        self.cells.get_mut(&(window, version))
    }

    /// The windows from the one that holds this instant on, up to this one, of which there are rows.
    pub(super) fn windows_since(&self, since: Timestamp, until: Window) -> Vec<Window> {
        let first = self.windows.of(since);
        let mut windows: Vec<Window> = self.cells.keys().map(|(window, _)| *window).collect();
        windows.dedup();
        windows.retain(|window| *window >= first && *window <= until);
        windows
    }

    /// All rows of a window, those that are not held included.
    pub(super) fn seen(&self, window: Window) -> u64 {
        self.cells.range((window, 0)..=(window, u64::MAX)).map(|(_, cell)| cell.seen).sum()
    }

    /// The windows up to this one in which rows or labels came since they were last assessed, oldest first.
    pub(super) fn changed(&self, until: Window) -> Vec<Window> {
        let changed = self.cells.iter().filter(|((window, _), cell)| *window <= until && cell.changed);
        let mut windows: Vec<Window> = changed.map(|((window, _), _)| *window).collect();
        windows.dedup();
        windows
    }

    /// Takes a window as assessed: what others than the leading version answered in it stays unassessed.
    pub(super) fn assessed(&mut self, window: Window) {
        let of_window = self.cells.range_mut((window, 0)..=(window, u64::MAX));
        of_window.for_each(|(_, cell)| cell.changed = false);
    }

    /// Takes everything up to this window as assessed.
    pub(super) fn settle(&mut self, until: Window) {
        let settled = self.cells.iter_mut().filter(|((window, _), _)| *window <= until);
        settled.for_each(|(_, cell)| cell.changed = false);
    }

    /// Forgets the windows before this one.
    pub(super) fn forget_before(&mut self, oldest: Option<Window>) {
        let Some(oldest) = oldest else { return };
        let left: Vec<(Window, u64)> = self.cells.range(..(oldest, 0)).map(|(place, _)| *place).collect();
        for place in left {
            self.cells.remove(&place);
            self.forget_places(place);
        }
    }

    /// The first window from this one on in which there are rows.
    pub(super) fn first_since(&self, window: Window) -> Option<Window> {
        self.cells.range((window, 0)..).next().map(|((window, _), _)| *window)
    }

    fn forget_places(&mut self, (window, version): (Window, u64)) {
        self.places.retain(|_, place| place.window != window || place.version != version);
    }

    fn index(&mut self, window: Window, version: u64, from: usize) {
        if from == 0 {
            // The sample was halved: rows left it, and the others moved.
            self.forget_places((window, version));
        }
        let Some(cell) = self.cells.get(&(window, version)) else { return };
        for (row, id) in cell.ids.iter().enumerate().skip(from) {
            self.places.insert(key(id), Place { window, version, row });
        }
    }
}

/// What became of a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Labelled {
    /// It is the first of its row, whose event time this is.
    First(Timestamp),
    /// Its row had one.
    Again,
    /// No row of the recent windows has its id.
    Unmatched,
}

/// Ids by their hash: half the memory of the ids themselves, and the id in the cell settles the rest.
fn key(id: &str) -> u64 {
    Hash::of(id).prefix()
}
