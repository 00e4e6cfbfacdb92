//! Reads typed values from the columns of a row, by name or by position. A value that does not parse is
//! an error that names its column.

use std::{error::Error, str::FromStr};

use base::Timestamp;
use rusqlite::{
    Row, RowIndex,
    types::{FromSqlError, Type, ValueRef},
};
use serde::de::DeserializeOwned;

/// A text column that spells a hash, a name or a status.
pub(crate) fn parsed<T>(row: &Row<'_>, column: impl RowIndex) -> rusqlite::Result<T>
where
    T: FromStr<Err: Error + Send + Sync + 'static>,
{
    let text = row.get_ref(column)?.as_str().map_err(|error| mistyped(row, column, error))?;
    text.parse().map_err(|error| unreadable(row, column, Type::Text, error))
}

/// The same, where the column may be null.
pub(crate) fn optional<T>(row: &Row<'_>, column: impl RowIndex) -> rusqlite::Result<Option<T>>
where
    T: FromStr<Err: Error + Send + Sync + 'static>,
{
    if row.get_ref(column)? == ValueRef::Null { Ok(None) } else { parsed(row, column).map(Some) }
}

/// A text column that holds JSON of a known shape.
pub(crate) fn json<T: DeserializeOwned>(row: &Row<'_>, column: &str) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text).map_err(|error| unreadable(row, column, Type::Text, error))
}

/// A counter: a version, a generation, a sequence.
pub(crate) fn count(row: &Row<'_>, column: impl RowIndex) -> rusqlite::Result<u64> {
    let number: i64 = row.get(column)?;
    u64::try_from(number).map_err(|error| unreadable(row, column, Type::Integer, error))
}

/// The same, where the column may be null.
pub(crate) fn optional_count(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<u64>> {
    if row.get_ref(column)? == ValueRef::Null { Ok(None) } else { count(row, column).map(Some) }
}

/// An instant, stored in microseconds.
pub(crate) fn time(row: &Row<'_>, column: impl RowIndex) -> rusqlite::Result<Timestamp> {
    row.get(column).map(Timestamp::from_micros)
}

/// An instant that may not be known.
pub(crate) fn optional_time(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<Timestamp>> {
    let micros: Option<i64> = row.get(column)?;
    Ok(micros.map(Timestamp::from_micros))
}

/// A measured number. Null stands for one that is not a number, which SQLite cannot hold.
pub(crate) fn number(row: &Row<'_>, column: &str) -> rusqlite::Result<f64> {
    let number: Option<f64> = row.get(column)?;
    Ok(number.unwrap_or(f64::NAN))
}

/// The form of a limit on rows, where none means all of them.
pub(crate) fn limit(limit: Option<usize>) -> i64 {
    limit.map_or(i64::MAX, |limit| signed(limit as u64))
}

/// The form of a counter in the database, whose integers are signed.
pub(crate) fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A value of another type than its column should have.
pub(crate) fn mistyped(row: &Row<'_>, column: impl RowIndex, error: FromSqlError) -> rusqlite::Error {
    unreadable(row, column, Type::Text, error)
}

fn unreadable(
    row: &Row<'_>,
    column: impl RowIndex,
    kind: Type,
    error: impl Error + Send + Sync + 'static,
) -> rusqlite::Error {
    let position = column.idx(row.as_ref()).unwrap_or(usize::MAX);
    rusqlite::Error::FromSqlConversionFailure(position, kind, Box::new(error))
}
