//! What registered models are searched and ordered by.

use std::fmt;

use super::{
    Filter, Order, Prompts,
    kind::{self, Kind},
    meaning::{self, Takes, Vocabulary},
    name::{Key, Name},
    order, prompts,
};
use crate::Error;

/// What a registered model is found by. Both are compared as texts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Field {
    /// Its name.
    Name,
    /// The tag of this key. A model without it is never found.
    Tag(String),
}

/// What registered models are ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sorted {
    /// Their name.
    Name,
    /// When they were last changed.
    LastUpdatedTimestamp,
}

const ATTRIBUTES: [(&str, Field); 1] = [("name", Field::Name)];

const SORTED: [(&str, Sorted); 3] = [
    ("name", Sorted::Name),
    ("last_updated_timestamp", Sorted::LastUpdatedTimestamp),
    ("timestamp", Sorted::LastUpdatedTimestamp),
];

/// Reads a filter of registered models, and whether it asks for prompts.
pub fn parse(filter: &str) -> Result<(Prompts, Filter<Field>), Error> {
    Ok(prompts::split(meaning::parse(filter)?, Field::tag))
}

/// Reads an order of registered models and completes it by name.
pub fn order<S: AsRef<str>>(clauses: &[S]) -> Result<Vec<Order<Sorted>>, Error> {
    let orders = order::read(clauses, Sorted::named)?;
    order::refuse_duplicates(&orders)?;
    Ok(order::completed(orders, [Order::ascending(Sorted::Name)]))
}

impl Field {
    fn tag(&self) -> Option<&str> {
        match self {
            Self::Tag(key) => Some(key),
            Self::Name => None,
        }
    }
}

impl Vocabulary for Field {
    const LISTED: &'static str = "the 'name' attribute";
    const NULLABLE: &'static str = "";

    fn named(name: &Name<'_>) -> Result<Self, String> {
        match Kind::of(name, &[Kind::Attribute, Kind::Tag])? {
            Kind::Tag => Ok(Self::Tag(name.key.clone().into_owned())),
            _ => kind::attribute(&name.key, &ATTRIBUTES),
        }
    }

    fn takes(&self) -> Takes {
        match self {
            Self::Name => Takes::text("attributes").or_lists(),
            Self::Tag(_) => Takes::text("tag"),
        }
    }
}

impl Sorted {
    fn named(name: &Name<'_>) -> Result<Self, String> {
        match (name.kind, SORTED.iter().find(|(key, _)| *key == name.key)) {
            (None, Some((_, sorted))) => Ok(*sorted),
            (None, None) => Err(invalid_order(&name.key)),
            (Some(kind), _) => Err(invalid_order(&format!("{kind}.{}", name.key))),
        }
    }
}

fn invalid_order(key: &str) -> String {
    format!("Invalid order by key '{key}' specified. Valid keys are name, timestamp, last_updated_timestamp")
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name => f.write_str("name"),
            Self::Tag(key) => write!(f, "tags.{}", Key(key)),
        }
    }
}

impl fmt::Display for Sorted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(kind::name_of(self, &SORTED))
    }
}
