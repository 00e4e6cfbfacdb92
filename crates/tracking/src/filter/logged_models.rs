//! What logged models are searched and ordered by. This search has its own ways in MLflow: its orders are objects, `IN` is for all texts,
//! and texts of one word need no quotes.

use std::fmt;

use serde::Deserialize;

use super::{
    Filter, MOST_ORDERS, Order,
    kind::{self, Kind},
    meaning::{self, Takes, Vocabulary},
    name::{Key, Name},
    order,
    problem::shortened,
};
use crate::Error;

/// What a logged model is found by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Field {
    /// Something that every logged model has. Times are compared with [`super::Test::Number`], the others as texts.
    Attribute(Attribute),
    /// A metric of this key, with [`super::Test::Number`]: any that was logged for the model, and if the search names data sets, on
    /// one of those.
    Metric(String),
    /// The param of this key. A model without it is never found.
    Param(String),
    /// The tag of this key; as a param.
    Tag(String),
}

/// What every logged model has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Attribute {
    /// Its name.
    Name,
    /// Its id.
    ModelId,
    /// Its type; it may have none.
    ModelType,
    /// `PENDING`, `READY` or `FAILED`.
    Status,
    /// The run that logged it; it may have none.
    SourceRunId,
    /// When it was made, in milliseconds.
    CreationTimestamp,
    /// When it was last changed, in milliseconds.
    LastUpdatedTimestamp,
}

/// What logged models are ordered by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Sorted {
    /// Something that every logged model has.
    Attribute(Attribute),
    /// The latest value of a metric, by time and then step.
    Metric {
        /// Its key.
        key: String,
        /// Only values on data sets of this name.
        dataset_name: Option<String>,
        /// Only values on data sets of this digest.
        dataset_digest: Option<String>,
    },
}

/// One part of an order as it comes over the wire.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct OrderBy {
    /// An attribute, or `metrics.` and a key without quotes. It must be there.
    pub field_name: Option<String>,
    /// Smallest first, which they are unless this is false.
    pub ascending: Option<bool>,
    /// For metrics: only values on data sets of this name.
    pub dataset_name: Option<String>,
    /// For metrics: only values on data sets of this digest.
    pub dataset_digest: Option<String>,
}

const ATTRIBUTES: [(&str, Attribute); 11] = [
    ("name", Attribute::Name),
    ("model_id", Attribute::ModelId),
    ("model_type", Attribute::ModelType),
    ("status", Attribute::Status),
    ("source_run_id", Attribute::SourceRunId),
    ("creation_timestamp", Attribute::CreationTimestamp),
    ("creation_time", Attribute::CreationTimestamp),
    ("creation_timestamp_ms", Attribute::CreationTimestamp),
    ("last_updated_timestamp", Attribute::LastUpdatedTimestamp),
    ("last_updated_time", Attribute::LastUpdatedTimestamp),
    ("last_updated_timestamp_ms", Attribute::LastUpdatedTimestamp),
];

/// Reads a filter of logged models.
pub fn parse(filter: &str) -> Result<Filter<Field>, Error> {
    meaning::parse(filter)
}

/// Reads an order of logged models and completes it: the newest first, then by id.
pub fn order(clauses: &[OrderBy]) -> Result<Vec<Order<Sorted>>, Error> {
    if clauses.len() > MOST_ORDERS {
        return Err(Error::invalid(format!(
            "`order_by` has {} clauses, {MOST_ORDERS} are read",
            clauses.len()
        )));
    }
    let orders = clauses.iter().map(OrderBy::read).collect::<Result<_, _>>()?;
    let natural = [
        Order::descending(Sorted::Attribute(Attribute::CreationTimestamp)),
        Order::ascending(Sorted::Attribute(Attribute::ModelId)),
    ];
    Ok(order::completed(orders, natural))
}

impl OrderBy {
    fn read(&self) -> Result<Order<Sorted>, Error> {
        let Some(name) = &self.field_name else {
            return Err(Error::invalid("`field_name` in the `order_by` clause must be specified."));
        };
        let invalid =
            |hint| Error::invalid(format!("Invalid order by field name: {}{hint}", shortened(name)));
        let field = match name.split_once('.') {
            Some(("metrics", key)) => Sorted::Metric {
                key: key.to_owned(),
                dataset_name: self.dataset_name.clone(),
                dataset_digest: self.dataset_digest.clone(),
            },
            Some(_) => return Err(invalid(", of what has keys only `metrics.<name>` is allowed")),
            None => match ATTRIBUTES.iter().find(|(attribute, _)| *attribute == name.trim()) {
                Some((_, attribute)) => Sorted::Attribute(*attribute),
                None => return Err(invalid("")),
            },
        };
        Ok(Order { field, descending: self.ascending == Some(false) })
    }
}

impl Vocabulary for Field {
    const MALFORMED: &'static str = "Invalid filter string";
    const UNCOMPARABLE: &'static str = "Invalid comparison operator";
    const LISTED: &'static str = "what is a text";
    const NULLABLE: &'static str = "";

    fn named(name: &Name<'_>) -> Result<Self, String> {
        let key = name.key.as_ref();
        Ok(match Kind::of(name, &[Kind::Attribute, Kind::Metric, Kind::Param, Kind::Tag])? {
            Kind::Metric => Self::Metric(key.to_owned()),
            Kind::Param => Self::Param(key.to_owned()),
            Kind::Tag => Self::Tag(key.to_owned()),
            _ => Self::Attribute(kind::attribute(key, &ATTRIBUTES)?),
        })
    }

    fn takes(&self) -> Takes {
        match self {
            Self::Metric(_) => Takes::number("metric"),
            Self::Attribute(Attribute::CreationTimestamp) => {
                Takes::number("numeric attribute: creation_timestamp")
            }
            Self::Attribute(Attribute::LastUpdatedTimestamp) => {
                Takes::number("numeric attribute: last_updated_timestamp")
            }
            Self::Attribute(_) => Takes::text("attributes").or_lists().loosely(),
            Self::Param(_) => Takes::text("param").or_lists().loosely(),
            Self::Tag(_) => Takes::text("tag").or_lists().loosely(),
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Attribute(attribute) => f.write_str(kind::name_of(attribute, &ATTRIBUTES)),
            Self::Metric(key) => write!(f, "metrics.{}", Key(key)),
            Self::Param(key) => write!(f, "params.{}", Key(key)),
            Self::Tag(key) => write!(f, "tags.{}", Key(key)),
        }
    }
}
