//! What the writer keeps in memory for speed: it can be made again from the database at any time.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use rusqlite::Connection;

use crate::{
    Error,
    metrics::{block::Block, compact, point::Point},
    writer::Writing,
};

/// How many latest values wait at most.
const MOST_CELLS: usize = 50_000;
/// How long they wait at most, in milliseconds, while others are written.
const LONGEST: i64 = 500;
/// How many names of keys and runs are remembered at most.
const MOST_NAMES: usize = 100_000;

/// The latest values that are not in their table yet, and what else saves a look into the database.
pub(crate) struct Memory {
    /// Tells readers whether they must ask for the latest values first.
    unfolded: Arc<AtomicBool>,
    cells: HashMap<(i64, i64), Cell>,
    /// The last block. What is deleted was folded before, so that its number is not given again after a restart.
    pub(super) last_block: i64,
    keys: HashMap<String, i64>,
    runs: HashMap<String, Found>,
    pub(super) loads: compact::Loads,
    /// Since when, in milliseconds, some of the cells wait.
    waiting_since: Option<i64>,
    /// Whether it could not be made again, and must be before it is used.
    is_stale: bool,
}

#[derive(Clone, Copy)]
struct Cell {
    experiment: i64,
    point: Point,
}

/// A run as the writer needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) row: i64,
    /// The row of its experiment.
    pub(crate) experiment: i64,
    pub(crate) is_active: bool,
}

impl Memory {
    /// What the database holds that is not folded. `unfolded` tells readers whether they must ask for it first.
    pub(crate) fn load(connection: &Connection, unfolded: Arc<AtomicBool>) -> Result<Self, Error> {
        let mut memory = Self {
            unfolded,
            cells: HashMap::new(),
            last_block: 0,
            keys: HashMap::new(),
            runs: HashMap::new(),
            loads: compact::Loads::default(),
            waiting_since: None,
            is_stale: false,
        };
        memory.refill(connection)?;
        memory.committed();
        Ok(memory)
    }

    fn refill(&mut self, connection: &Connection) -> Result<(), Error> {
        self.cells.clear();
        self.waiting_since = None;
        self.keys.clear();
        self.runs.clear();
        self.loads.clear();
        self.last_block = connection.query_row("SELECT through FROM folded", [], |row| row.get(0))?;
        let sql = "SELECT points.id, run, experiment, block FROM points JOIN runs ON runs.id = run
            WHERE points.id > ?1 ORDER BY points.id";
        let mut blocks = connection.prepare_cached(sql)?;
        let mut rows = blocks.query([self.last_block])?;
        while let Some(row) = rows.next()? {
            self.last_block = row.get(0)?;
            let (run, experiment): (i64, i64) = (row.get(1)?, row.get(2)?);
            let block = Block::open(row.get_ref(3)?.as_blob().unwrap_or_default())?;
            block.each(|key, point| self.note(run, block.keys[key], experiment, point))?;
            self.loads.look_at(run);
        }
        self.is_stale = false;
        Ok(())
    }

    /// Makes it again when that failed before.
    pub(super) fn refresh(&mut self, connection: &Connection) -> Result<(), Error> {
        if self.is_stale { self.refill(connection) } else { Ok(()) }
    }

    /// Whether there is something to do when nobody writes.
    pub(crate) fn has_unfolded(&self) -> bool {
        !self.cells.is_empty() || self.loads.is_any_due()
    }

    /// Whether it holds as much as it may, or for as long: who reads the database alone sees only what is folded.
    pub(crate) fn is_full(&self, now: i64) -> bool {
        let is_late = self.waiting_since.is_some_and(|since| now.saturating_sub(since) >= LONGEST);
        self.cells.len() >= MOST_CELLS || is_late || self.loads.is_any_overdue()
    }

    /// Puts all of it into its tables.
    pub(crate) fn fold(writing: &mut Writing<'_>) -> Result<(), Error> {
        writing.memory.refresh(writing.transaction)?;
        let memory = &*writing.memory;
        if memory.cells.is_empty() {
            return Ok(());
        }
        let mut cells: Vec<((i64, i64), Cell)> = memory.cells.iter().map(|(at, cell)| (*at, *cell)).collect();
        cells.sort_unstable_by_key(|(at, _)| *at);
        let sql = "INSERT INTO latest (run, key, experiment, value, is_nan, timestamp, step)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
            ON CONFLICT (run, key) DO UPDATE
            SET value = excluded.value, is_nan = excluded.is_nan, timestamp = excluded.timestamp, step = excluded.step
            WHERE (excluded.step, excluded.timestamp, excluded.value) > (latest.step, latest.timestamp, latest.value)";
        let mut upsert = writing.transaction.prepare_cached(sql)?;
        let mut bump =
            writing.transaction.prepare_cached("UPDATE runs SET version = version + 1 WHERE id = ?1")?;
        let mut before = None;
        for ((run, key), Cell { experiment, point }) in cells {
            let (value, is_nan) = (point.compared(), point.value.is_nan());
            upsert.execute((run, key, experiment, value, is_nan, point.timestamp, point.step))?;
            if before.replace(run) != Some(run) {
                bump.execute([run])?;
            }
        }
        let mut through = writing.transaction.prepare_cached("UPDATE folded SET through = ?1")?;
        through.execute([memory.last_block])?;
        writing.memory.cells.clear();
        writing.memory.waiting_since = None;
        Ok(())
    }

    /// Folds, and puts a piece of a long history in order when nobody waits or that cannot wait.
    pub(crate) fn tidy(writing: &mut Writing<'_>, is_idle: bool) -> Result<(), Error> {
        Self::fold(writing)?;
        if is_idle || writing.memory.loads.is_any_overdue() { compact::piece(writing) } else { Ok(()) }
    }

    /// The transaction is on the disk.
    pub(crate) fn committed(&mut self) {
        self.unfolded.store(!self.cells.is_empty() || self.is_stale, Ordering::Release);
    }

    /// The transaction is lost, and with it what this holds of it.
    pub(crate) fn reload(&mut self, connection: &Connection) {
        // When it cannot be read now, it is tried again before the next use.
        self.is_stale = self.refill(connection).is_err();
        self.committed();
    }

    pub(super) fn note(&mut self, run: i64, key: i64, experiment: i64, point: Point) {
        match self.cells.entry((run, key)) {
            Entry::Vacant(cell) => drop(cell.insert(Cell { experiment, point })),
            Entry::Occupied(mut cell) if point.is_later(cell.get().point) => cell.get_mut().point = point,
            Entry::Occupied(_) => {}
        }
    }

    /// Some cells wait from now on.
    pub(super) fn wait_from(&mut self, now: i64) {
        self.waiting_since.get_or_insert(now);
    }

    pub(super) fn key(&self, name: &str) -> Option<i64> {
        self.keys.get(name).copied()
    }

    pub(super) fn remember_key(&mut self, name: String, id: i64) {
        if self.keys.len() >= MOST_NAMES {
            self.keys.clear();
        }
        self.keys.insert(name, id);
    }

    pub(crate) fn run(&self, run_id: &str) -> Option<Found> {
        self.runs.get(run_id).copied()
    }

    pub(crate) fn remember_run(&mut self, run_id: &str, found: Found) {
        if self.runs.len() >= MOST_NAMES {
            self.runs.clear();
        }
        self.runs.insert(run_id.to_owned(), found);
    }

    /// Runs are looked up again: some changed.
    pub(crate) fn forget_runs(&mut self) {
        self.runs.clear();
    }

    pub(crate) fn forget_run(&mut self, run_id: &str) {
        self.runs.remove(run_id);
    }
}
