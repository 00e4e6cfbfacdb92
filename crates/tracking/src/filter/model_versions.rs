//! What model versions are searched and ordered by.

use std::fmt;

use super::{
    Filter, Order, Prompts,
    kind::{self, Kind},
    meaning::{self, Takes, Vocabulary},
    name::{Key, Name},
    order, prompts,
};
use crate::Error;

/// What a model version is found by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Field {
    /// Something that every version has.
    Attribute(Attribute),
    /// The tag of this key. A version without it is never found.
    Tag(String),
}

/// What every model version has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Attribute {
    /// The name of its model.
    Name,
    /// Its number, compared with [`super::Test::Number`]; the others are texts.
    VersionNumber,
    /// The run it came from.
    RunId,
    /// Where its artifacts came from.
    SourcePath,
}

/// What model versions are ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sorted {
    /// The name of the model.
    Name,
    /// The number of the version.
    VersionNumber,
    /// When it was registered.
    CreationTimestamp,
    /// When it was last changed.
    LastUpdatedTimestamp,
}

const ATTRIBUTES: [(&str, Attribute); 4] = [
    ("name", Attribute::Name),
    ("version_number", Attribute::VersionNumber),
    ("run_id", Attribute::RunId),
    ("source_path", Attribute::SourcePath),
];

const SORTED: [(&str, Sorted); 4] = [
    ("name", Sorted::Name),
    ("version_number", Sorted::VersionNumber),
    ("creation_timestamp", Sorted::CreationTimestamp),
    ("last_updated_timestamp", Sorted::LastUpdatedTimestamp),
];

/// Reads a filter of model versions, and whether it asks for prompts.
pub fn parse(filter: &str) -> Result<(Prompts, Filter<Field>), Error> {
    Ok(prompts::split(meaning::parse(filter)?, Field::tag))
}

/// Reads an order of model versions and completes it by name and then by number, the newest version first. With no clause those that were
/// changed last come first.
pub fn order<S: AsRef<str>>(clauses: &[S]) -> Result<Vec<Order<Sorted>>, Error> {
    let mut orders = order::read(clauses, Sorted::named)?;
    order::refuse_duplicates(&orders)?;
    if orders.is_empty() {
        orders.push(Order::descending(Sorted::LastUpdatedTimestamp));
    }
    Ok(order::completed(orders, [Order::ascending(Sorted::Name), Order::descending(Sorted::VersionNumber)]))
}

impl Field {
    fn tag(&self) -> Option<&str> {
        match self {
            Self::Tag(key) => Some(key),
            Self::Attribute(_) => None,
        }
    }
}

impl Vocabulary for Field {
    const LISTED: &'static str = "the 'run_id' attribute";
    const NULLABLE: &'static str = "";

    fn named(name: &Name<'_>) -> Result<Self, String> {
        match Kind::of(name, &[Kind::Attribute, Kind::Tag])? {
            Kind::Tag => Ok(Self::Tag(name.key.clone().into_owned())),
            _ => Ok(Self::Attribute(kind::attribute(&name.key, &ATTRIBUTES)?)),
        }
    }

    fn takes(&self) -> Takes {
        match self {
            Self::Attribute(Attribute::VersionNumber) => {
                Takes::number("numeric attribute: version_number").loosely()
            }
            Self::Attribute(Attribute::RunId | Attribute::Name) => Takes::text("attributes").or_lists(),
            Self::Attribute(Attribute::SourcePath) => Takes::text("attributes"),
            Self::Tag(_) => Takes::text("tag"),
        }
    }
}

impl Sorted {
    fn named(name: &Name<'_>) -> Result<Self, String> {
        match Kind::of(name, &[Kind::Attribute, Kind::Tag])? {
            Kind::Tag => Err(String::from("Invalid order_by entity: tag")),
            _ => kind::attribute(&name.key, &SORTED),
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Attribute(attribute) => f.write_str(kind::name_of(attribute, &ATTRIBUTES)),
            Self::Tag(key) => write!(f, "tags.{}", Key(key)),
        }
    }
}

impl fmt::Display for Sorted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(kind::name_of(self, &SORTED))
    }
}
