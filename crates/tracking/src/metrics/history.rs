//! Histories: the points of a key in order, each once.

use std::cmp::Ordering;

use rusqlite::{OptionalExtension as _, Transaction};
use serde::{Serialize, Serializer, ser::SerializeSeq as _, ser::SerializeStruct as _};

use crate::{
    Error, Tracking,
    metrics::{
        block::Block,
        compact::order,
        point::{Latest, Point, number},
        token,
    },
    runs,
};

/// The most points in one answer, also when all are asked for. The rest is on the next page.
const MOST: usize = 1_000_000;
/// How many times as many points as are wanted are held at most before those are picked.
const SPARE: usize = 4;

/// A page of the history of one key of a run, ordered by time, step and value.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    key: String,
    points: Vec<Point>,
    next_page_token: Option<String>,
}

/// Points of several runs.
#[derive(Debug, Clone, PartialEq)]
pub struct OfRun {
    pub(super) key: String,
    pub(super) runs: Vec<(String, Vec<Point>)>,
}

#[derive(Serialize)]
struct Shown<'a> {
    key: &'a str,
    #[serde(serialize_with = "number")]
    value: f64,
    timestamp: i64,
    step: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    run_id: Option<&'a str>,
}

impl Tracking {
    /// A page of a history, all of it when no size is given. A run or a key that is not there has none.
    ///
    /// # Errors
    /// When the token is none of a page before.
    pub fn metric_history(
        &self,
        run_id: &str,
        key: &str,
        max_results: Option<usize>,
        page_token: Option<&str>,
    ) -> Result<History, Error> {
        let after = page_token.filter(|token| !token.is_empty()).map(token::read).transpose()?;
        let size = max_results.unwrap_or(MOST).min(MOST);
        let mut points = self.read(|transaction| match find(transaction, run_id, key)? {
            Some((run, key)) if size > 0 => points(transaction, run, key, after, size + 1),
            _ => Ok(Vec::new()),
        })?;
        let is_last = points.len() <= size;
        points.truncate(size);
        let next_page_token = points.last().filter(|_| !is_last).map(token::of);
        Ok(History { key: key.to_owned(), points, next_page_token })
    }

    /// The histories of a key in several runs, run by run in the order of their ids; `max_results` points at most.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn metric_history_bulk(
        &self,
        run_ids: &[String],
        key: &str,
        max_results: usize,
    ) -> Result<OfRun, Error> {
        let mut run_ids = run_ids.to_vec();
        run_ids.sort();
        run_ids.dedup();
        self.read(|transaction| {
            let mut left = max_results;
            let mut runs = Vec::new();
            for run_id in run_ids {
                let found = if left == 0 { None } else { find(transaction, &run_id, key)? };
                if let Some((run, key)) = found {
                    let points = points(transaction, run, key, None, left)?;
                    left -= points.len();
                    runs.push((run_id, points));
                }
            }
            Ok(OfRun { key: key.to_owned(), runs })
        })
    }
}

/// The rows of a run and of a key.
pub(super) fn find(
    transaction: &Transaction<'_>,
    run_id: &str,
    key: &str,
) -> Result<Option<(i64, i64)>, Error> {
    let Some(run) = runs::row_of(transaction, run_id)? else { return Ok(None) };
    let sql = "SELECT id FROM metric_keys WHERE name = ?1";
    let key = transaction.prepare_cached(sql)?.query_row([key], |row| row.get(0)).optional()?;
    Ok(key.map(|key| (run, key)))
}

/// The first `limit` points after one.
pub(super) fn points(
    transaction: &Transaction<'_>,
    run: i64,
    key: i64,
    after: Option<Point>,
    limit: usize,
) -> Result<Vec<Point>, Error> {
    let wanted = Wanted { run, key, after };
    let mut points = wanted.in_parts(transaction, limit)?;
    wanted.in_blocks(transaction, limit, &mut points)?;
    points.truncate(limit);
    Ok(points)
}

/// The points of a key of a run, after one.
struct Wanted {
    run: i64,
    key: i64,
    after: Option<Point>,
}

impl Wanted {
    fn has(&self, point: &Point) -> bool {
        self.after.is_none_or(|after| point.order(&after) == Ordering::Greater)
    }

    /// At least the first `limit` of those that were put in order.
    fn in_parts(&self, transaction: &Transaction<'_>, limit: usize) -> Result<Vec<Point>, Error> {
        let sql = "SELECT block FROM series
            WHERE run = ?1 AND key = ?2 AND (last_timestamp, last_step) >= (?3, ?4) ORDER BY part";
        let (timestamp, step) =
            self.after.map_or((i64::MIN, i64::MIN), |after| (after.timestamp, after.step));
        let mut parts = transaction.prepare_cached(sql)?;
        let mut rows = parts.query((self.run, self.key, timestamp, step))?;
        let mut points = Vec::new();
        while points.len() < limit {
            let Some(row) = rows.next()? else { break };
            let block = Block::open(row.get_ref(0)?.as_blob().unwrap_or_default())?;
            block.each(|_, point| points.extend(Some(point).filter(|point| self.has(point))))?;
        }
        Ok(points)
    }

    /// Puts those that are still in the blocks they came in among these. It holds little more than the first `limit`.
    fn in_blocks(
        &self,
        transaction: &Transaction<'_>,
        limit: usize,
        points: &mut Vec<Point>,
    ) -> Result<(), Error> {
        let mut blocks = transaction.prepare_cached("SELECT block FROM points WHERE run = ?1 ORDER BY id")?;
        let mut rows = blocks.query([self.run])?;
        while let Some(row) = rows.next()? {
            let block = Block::open(row.get_ref(0)?.as_blob().unwrap_or_default())?;
            let Some(wanted) = block.keys.iter().position(|of| *of == self.key) else { continue };
            let is_wanted = |of, point: &Point| of == wanted && self.has(point);
            block.each(|of, point| points.extend(Some(point).filter(|point| is_wanted(of, point))))?;
            if points.len() / SPARE > limit.max(64) {
                order(points);
                points.truncate(limit);
            }
        }
        order(points);
        Ok(())
    }
}

impl History {
    /// The points of this page.
    pub fn metrics(&self) -> Vec<Latest> {
        let latest = |point: &Point| Latest {
            key: self.key.clone(),
            value: point.value,
            timestamp: point.timestamp,
            step: point.step,
        };
        self.points.iter().map(latest).collect()
    }

    /// What the next page is asked for with, when there is one.
    pub fn next_page_token(&self) -> Option<&str> {
        self.next_page_token.as_deref()
    }
}

/// `{metrics, next_page_token}`, without what there is none of.
impl Serialize for History {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let mut fields = out.serialize_struct("History", 2)?;
        if !self.points.is_empty() {
            fields.serialize_field("metrics", &Points(&self.key, &[(None, &self.points)]))?;
        }
        if let Some(token) = &self.next_page_token {
            fields.serialize_field("next_page_token", token)?;
        }
        fields.end()
    }
}

/// `{metrics}`, each with the `run_id` it is of.
impl Serialize for OfRun {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let runs: Vec<_> = self.runs.iter().map(|(run, points)| (Some(run.as_str()), &points[..])).collect();
        let mut fields = out.serialize_struct("OfRun", 1)?;
        fields.serialize_field("metrics", &Points(&self.key, &runs))?;
        fields.end()
    }
}

struct Points<'a>(&'a str, &'a [(Option<&'a str>, &'a [Point])]);

impl Serialize for Points<'_> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let Self(key, runs) = self;
        let mut list = out.serialize_seq(None)?;
        for (run_id, points) in *runs {
            for Point { timestamp, step, value } in points.iter().copied() {
                list.serialize_element(&Shown { key, value, timestamp, step, run_id: *run_id })?;
            }
        }
        list.end()
    }
}
