//! Points that were logged elsewhere and come in the order of their history, for [`crate::import`]. They go into parts at
//! once, so that nothing of them has to be put in order later.

use rusqlite::{OptionalExtension as _, Transaction};

use crate::{
    Error,
    metrics::{compact, history, memory::Found, point::Point},
};

/// Puts points of a key among those that are here. What is here twice is here once.
pub(crate) fn add(
    transaction: &Transaction<'_>,
    run: i64,
    key: &str,
    points: Vec<Point>,
) -> Result<(), Error> {
    let key = number(transaction, key)?;
    compact::merge(transaction, run, key, points)
}

/// Makes a point the latest of its key, unless one that is here is later.
pub(crate) fn add_latest(
    transaction: &Transaction<'_>,
    run: Found,
    key: &str,
    point: Point,
) -> Result<(), Error> {
    let key = number(transaction, key)?;
    let sql = "INSERT INTO latest (run, key, experiment, value, is_nan, timestamp, step)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
        ON CONFLICT (run, key) DO UPDATE
        SET value = excluded.value, is_nan = excluded.is_nan, timestamp = excluded.timestamp, step = excluded.step
        WHERE (excluded.step, excluded.timestamp, excluded.value) > (latest.step, latest.timestamp, latest.value)";
    let (value, is_nan) = (point.compared(), point.value.is_nan());
    let values = (run.row, key, run.experiment, value, is_nan, point.timestamp, point.step);
    transaction.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

/// The first `limit` points of a key that are here, after one.
pub(crate) fn here_after(
    transaction: &Transaction<'_>,
    run: i64,
    key: &str,
    after: Option<Point>,
    limit: usize,
) -> Result<Vec<Point>, Error> {
    match known(transaction, key)? {
        Some(key) => history::points(transaction, run, key, after, limit),
        None => Ok(Vec::new()),
    }
}

fn known(transaction: &Transaction<'_>, key: &str) -> Result<Option<i64>, Error> {
    let sql = "SELECT id FROM metric_keys WHERE name = ?1";
    Ok(transaction.prepare_cached(sql)?.query_row([key], |row| row.get(0)).optional()?)
}

fn number(transaction: &Transaction<'_>, key: &str) -> Result<i64, Error> {
    match known(transaction, key)? {
        Some(number) => Ok(number),
        None => {
            Ok(transaction.prepare_cached("INSERT INTO metric_keys (name) VALUES (?1)")?.insert([key])?)
        }
    }
}
