//! What experiments are searched and ordered by.

use std::fmt;

use super::{
    Filter, Order,
    kind::{self, Kind},
    meaning::{self, Takes, Vocabulary},
    name::{Key, Name},
    order,
};
use crate::Error;

/// What an experiment is found by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Field {
    /// Something that every experiment has. Times are compared with [`super::Test::Number`], the others as texts.
    Attribute(Attribute),
    /// The tag of this key. An experiment without it is found by `IS NULL` only, not even by `!=`.
    Tag(String),
}

/// What every experiment has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Attribute {
    /// Its name.
    Name,
    /// Its id. Filters compare it as a text; orders go by the number it is.
    ExperimentId,
    /// When it was made, in milliseconds.
    CreationTime,
    /// When it was last changed, in milliseconds.
    LastUpdateTime,
}

const ATTRIBUTES: [(&str, Attribute); 4] = [
    ("name", Attribute::Name),
    ("experiment_id", Attribute::ExperimentId),
    ("creation_time", Attribute::CreationTime),
    ("last_update_time", Attribute::LastUpdateTime),
];

/// Reads a filter of experiments.
pub fn parse(filter: &str) -> Result<Filter<Field>, Error> {
    meaning::parse(filter)
}

/// Reads an order of experiments and completes it. With no clause the newest come first, and of those of a moment the smaller id; else of
/// equal ones the larger id.
pub fn order<S: AsRef<str>>(clauses: &[S]) -> Result<Vec<Order<Attribute>>, Error> {
    let orders = order::read(clauses, Attribute::named)?;
    let natural = match orders.is_empty() {
        true => vec![Order::descending(Attribute::CreationTime), Order::ascending(Attribute::ExperimentId)],
        false => vec![Order::descending(Attribute::ExperimentId)],
    };
    Ok(order::completed(orders, natural))
}

impl Vocabulary for Field {
    const LISTED: &'static str = "the 'experiment_id' attribute";
    const NULLABLE: &'static str = "tags";

    fn named(name: &Name<'_>) -> Result<Self, String> {
        match Kind::of(name, &[Kind::Attribute, Kind::Tag])? {
            Kind::Tag => Ok(Self::Tag(name.key.clone().into_owned())),
            _ => Ok(Self::Attribute(kind::attribute(&name.key, &ATTRIBUTES)?)),
        }
    }

    fn takes(&self) -> Takes {
        match self {
            Self::Attribute(Attribute::CreationTime) => Takes::number("numeric attribute: creation_time"),
            Self::Attribute(Attribute::LastUpdateTime) => {
                Takes::number("numeric attribute: last_update_time")
            }
            Self::Attribute(Attribute::ExperimentId) => Takes::text("attributes").or_lists(),
            Self::Attribute(Attribute::Name) => Takes::text("attributes"),
            Self::Tag(_) => Takes::text("tag").or_presence(),
        }
    }
}

impl Attribute {
    fn named(name: &Name<'_>) -> Result<Self, String> {
        match Field::named(name)? {
            Field::Attribute(attribute) => Ok(attribute),
            Field::Tag(_) => Err(String::from("Invalid order_by entity: tag")),
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Attribute(attribute) => attribute.fmt(f),
            Self::Tag(key) => write!(f, "tags.{}", Key(key)),
        }
    }
}

impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(kind::name_of(self, &ATTRIBUTES))
    }
}
