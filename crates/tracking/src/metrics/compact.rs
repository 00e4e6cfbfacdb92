//! Long histories put in order: the points of a run's blocks go into parts, each of one key and sorted, so that a page of a
//! history reads little. A piece of work is one transaction and bounded, so the writer is soon free again, and a kill
//! leaves either the blocks or the parts.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rusqlite::{OptionalExtension as _, Transaction};

use crate::{
    Error,
    metrics::{
        block::{self, Block},
        point::Point,
    },
    writer::Writing,
};

/// From how many blocks, or points, a run's are put in order when nobody writes.
const DUE: Load = Load { blocks: 256, points: 200_000 };
/// From how many that is done beside the writing.
const OVERDUE: Load = Load { blocks: 16_384, points: 8_000_000 };
/// Fewer blocks than these are left as they are.
const WORTHWHILE: usize = 64;
/// How much a piece of work takes up.
const PIECE: Load = Load { blocks: 16_384, points: 200_000 };
/// The points of a part.
const PART: usize = 4_096;
/// Of how many runs the load is remembered.
const MOST_RUNS: usize = 100_000;

/// What a run has in blocks.
#[derive(Debug, Clone, Copy, Default)]
struct Load {
    blocks: usize,
    points: usize,
}

/// How much the runs that were written to have in blocks.
#[derive(Debug, Default)]
pub(crate) struct Loads {
    known: HashMap<i64, Load>,
    due: BTreeSet<i64>,
    overdue: BTreeSet<i64>,
}

impl Load {
    fn reaches(self, limit: Self) -> bool {
        self.blocks >= limit.blocks || self.points >= limit.points
    }
}

impl Loads {
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(crate) fn is_any_due(&self) -> bool {
        !self.due.is_empty()
    }

    pub(crate) fn is_any_overdue(&self) -> bool {
        !self.overdue.is_empty()
    }

    pub(crate) fn knows(&self, run: i64) -> bool {
        self.known.contains_key(&run)
    }

    /// Whether a run that was written to before has much is found out when there is time.
    pub(crate) fn look_at(&mut self, run: i64) {
        self.due.insert(run);
    }

    /// This many blocks were there before.
    pub(crate) fn start(&mut self, run: i64, blocks: usize) {
        if self.known.len() >= MOST_RUNS {
            self.known.clear();
        }
        self.known.insert(run, Load { blocks, points: blocks });
    }

    /// One more block.
    pub(crate) fn add(&mut self, run: i64, points: usize) {
        let load = self.known.entry(run).or_default();
        load.blocks += 1;
        load.points += points;
        if load.reaches(DUE) {
            self.due.insert(run);
        }
        if load.reaches(OVERDUE) {
            self.overdue.insert(run);
        }
    }

    fn next(&self) -> Option<i64> {
        self.overdue.first().or_else(|| self.due.first()).copied()
    }

    /// So much of the run was put in order, and whether that was all.
    fn done(&mut self, run: i64, done: Load, is_all: bool) {
        let load = self.known.entry(run).or_default();
        load.blocks = load.blocks.saturating_sub(done.blocks);
        load.points = load.points.saturating_sub(done.points);
        if is_all {
            *load = Load::default();
        }
        if !load.reaches(OVERDUE) {
            self.overdue.remove(&run);
        }
        if is_all || load.blocks < WORTHWHILE {
            self.due.remove(&run);
        }
    }
}

/// How many blocks a run has.
pub(super) fn blocks_of(transaction: &Transaction<'_>, run: i64) -> Result<usize, Error> {
    let sql = "SELECT count(*) FROM points WHERE run = ?1";
    let blocks: u32 = transaction.prepare_cached(sql)?.query_row([run], |row| row.get(0))?;
    Ok(blocks as usize)
}

/// Does the next piece of work, if there is any. The latest values must be folded.
pub(super) fn piece(writing: &mut Writing<'_>) -> Result<(), Error> {
    let Some(run) = writing.memory.loads.next() else { return Ok(()) };
    let transaction = writing.transaction;
    let taken = match Taken::of(transaction, run) {
        Ok(taken) => taken,
        // A damaged block stays as it is. Whoever reads it is told.
        Err(_) => {
            writing.memory.loads.done(run, OVERDUE, true);
            return Ok(());
        }
    };
    if taken.load.blocks >= WORTHWHILE || taken.load.points >= DUE.points / 2 {
        for (key, points) in taken.points {
            merge(transaction, run, key, points)?;
        }
        let sql = "DELETE FROM points WHERE run = ?1 AND id <= ?2";
        transaction.prepare_cached(sql)?.execute((run, taken.last))?;
    }
    writing.memory.loads.done(run, taken.load, taken.is_all);
    Ok(())
}

/// The oldest blocks of a run.
struct Taken {
    points: BTreeMap<i64, Vec<Point>>,
    load: Load,
    last: i64,
    is_all: bool,
}

impl Taken {
    fn of(transaction: &Transaction<'_>, run: i64) -> Result<Self, Error> {
        let mut taken = Self { points: BTreeMap::new(), load: Load::default(), last: 0, is_all: true };
        let mut blocks =
            transaction.prepare_cached("SELECT id, count, block FROM points WHERE run = ?1 ORDER BY id")?;
        let mut rows = blocks.query([run])?;
        while let Some(row) = rows.next()? {
            if taken.load.reaches(PIECE) {
                taken.is_all = false;
                break;
            }
            taken.last = row.get(0)?;
            taken.load.blocks += 1;
            taken.load.points += row.get::<_, u32>(1)? as usize;
            let block = Block::open(row.get_ref(2)?.as_blob().unwrap_or_default())?;
            let mut of_block: Vec<Vec<Point>> = vec![Vec::new(); block.keys.len()];
            block.each(|key, point| of_block[key].push(point))?;
            for (key, points) in block.keys.iter().zip(of_block) {
                taken.points.entry(*key).or_default().extend(points);
            }
        }
        Ok(taken)
    }
}

/// Puts points among the parts of a key.
pub(super) fn merge(
    transaction: &Transaction<'_>,
    run: i64,
    key: i64,
    mut points: Vec<Point>,
) -> Result<(), Error> {
    order(&mut points);
    let Some(first) = points.first().copied() else { return Ok(()) };
    let part = match last_part(transaction, run, key)? {
        None => 0,
        Some(last) => {
            let is_apart = (last.timestamp, last.step) < (first.timestamp, first.step);
            if is_apart && last.count as usize >= PART / 2 {
                last.part + 1
            } else {
                // The last part is filled up, or parts and points overlap.
                let from = if is_apart { (last.timestamp, last.step) } else { (first.timestamp, first.step) };
                take_parts(transaction, run, key, from, &mut points)?.unwrap_or(last.part + 1)
            }
        }
    };
    order(&mut points);
    let sql = "INSERT INTO series (run, key, part, count, last_timestamp, last_step, block)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let mut insert = transaction.prepare_cached(sql)?;
    for (part, points) in (part..).zip(points.chunks(PART)) {
        let last = points.last().copied().unwrap_or(first);
        let bytes = block::of_one(key, points);
        insert.execute((run, key, part, points.len() as u32, last.timestamp, last.step, bytes))?;
    }
    Ok(())
}

/// Sorts, and drops what is there twice.
pub(super) fn order(points: &mut Vec<Point>) {
    points.sort_by(Point::order);
    points.dedup_by(|one, other| one.order(other).is_eq());
}

struct Last {
    part: i64,
    count: u32,
    timestamp: i64,
    step: i64,
}

fn last_part(transaction: &Transaction<'_>, run: i64, key: i64) -> Result<Option<Last>, Error> {
    let sql = "SELECT part, count, last_timestamp, last_step FROM series WHERE run = ?1 AND key = ?2
        ORDER BY part DESC LIMIT 1";
    let last = transaction.prepare_cached(sql)?.query_row((run, key), |row| {
        Ok(Last { part: row.get(0)?, count: row.get(1)?, timestamp: row.get(2)?, step: row.get(3)? })
    });
    Ok(last.optional()?)
}

/// Takes the parts that end there or later out of their table and puts their points before these. Gives the number of the
/// first.
fn take_parts(
    transaction: &Transaction<'_>,
    run: i64,
    key: i64,
    from: (i64, i64),
    points: &mut Vec<Point>,
) -> Result<Option<i64>, Error> {
    let sql = "SELECT part, block FROM series
        WHERE run = ?1 AND key = ?2 AND (last_timestamp, last_step) >= (?3, ?4) ORDER BY part";
    let mut parts = transaction.prepare_cached(sql)?;
    let mut rows = parts.query((run, key, from.0, from.1))?;
    let (mut first, mut taken) = (None, Vec::new());
    while let Some(row) = rows.next()? {
        first = first.or(Some(row.get(0)?));
        let block = Block::open(row.get_ref(1)?.as_blob().unwrap_or_default())?;
        block.each(|_, point| taken.push(point))?;
    }
    if let Some(first) = first {
        let sql = "DELETE FROM series WHERE run = ?1 AND key = ?2 AND part >= ?3";
        transaction.prepare_cached(sql)?.execute((run, key, first))?;
    }
    taken.append(points);
    *points = taken;
    Ok(first)
}
