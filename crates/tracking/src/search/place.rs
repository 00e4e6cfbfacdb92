//! Where a row stands in an order.

use std::cmp::Ordering;

use rusqlite::{Row, types::ValueRef};

use crate::Error;

/// What a row has of one part of an order.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Place {
    Integer(i64),
    /// Never NaN.
    Real(f64),
    Text(String),
    /// After all numbers, in whichever direction.
    NotANumber,
    /// After everything, in whichever direction.
    Missing,
}

/// The places of a row, one for each part of the order. The last is no other row's.
pub(super) type Position = Vec<Place>;

impl Place {
    /// What stands in a column.
    pub(super) fn of(row: &Row<'_>, column: usize) -> Result<Self, Error> {
        Ok(match row.get_ref(column)? {
            ValueRef::Null | ValueRef::Blob(_) => Self::Missing,
            ValueRef::Integer(integer) => Self::Integer(integer),
            ValueRef::Real(real) => Self::Real(real),
            ValueRef::Text(_) => Self::Text(row.get(column)?),
        })
    }

    /// What stands in two columns of a metric: whether it is NaN, which is nothing where there is none, and the value.
    pub(super) fn of_metric(row: &Row<'_>, column: usize) -> Result<Self, Error> {
        match row.get::<_, Option<bool>>(column)? {
            None => Ok(Self::Missing),
            Some(true) => Ok(Self::NotANumber),
            Some(false) => Self::of(row, column + 1),
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Integer(_) | Self::Real(_) => 0,
            Self::Text(_) => 1,
            Self::NotANumber => 2,
            Self::Missing => 3,
        }
    }

    /// Whether it is a value, which the direction of an order turns round.
    pub(super) fn is_value(&self) -> bool {
        !matches!(self, Self::NotANumber | Self::Missing)
    }

    fn compare(&self, other: &Self, descending: bool) -> Ordering {
        let order = match (self, other) {
            (Self::Integer(one), Self::Integer(other)) => one.cmp(other),
            (Self::Real(one), Self::Real(other)) => one.partial_cmp(other).unwrap_or(Ordering::Equal),
            (Self::Text(one), Self::Text(other)) => one.cmp(other),
            _ => self.rank().cmp(&other.rank()),
        };
        if descending && self.is_value() && other.is_value() { order.reverse() } else { order }
    }
}

/// Which of two rows comes first.
pub(super) fn compare(descending: &[bool], one: &[Place], other: &[Place]) -> Ordering {
    for ((one, other), descending) in one.iter().zip(other).zip(descending) {
        let order = one.compare(other, *descending);
        if order != Ordering::Equal {
            return order;
        }
    }
    Ordering::Equal
}
