//! What runs are searched and ordered by.

use std::fmt;

use super::{
    Filter, Order,
    kind::{self, Kind},
    meaning::{self, Takes, Vocabulary},
    name::{Key, Name},
    order,
};
use crate::Error;

/// What a run is found by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Field {
    /// The latest value of the metric of this key, with [`super::Test::Number`]. A run without it is never found, NaN only by `!=`.
    Metric(String),
    /// The param of this key. A run without it is found by `IS NULL` only, not even by `!=`.
    Param(String),
    /// The tag of this key; as a param.
    Tag(String),
    /// Something that every run has. Times are compared with [`super::Test::Number`], the others as texts.
    Attribute(Attribute),
    /// The run has an input whose data set is so. Each comparison may be met by another input.
    Dataset(Dataset),
}

/// What every run has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Attribute {
    /// Its id. The only one that is compared with lists.
    RunId,
    /// Its name, which is the tag `mlflow.runName` too.
    RunName,
    /// `RUNNING`, `SCHEDULED`, `FINISHED`, `FAILED` or `KILLED`.
    Status,
    /// Who ran it.
    UserId,
    /// Where its artifacts are.
    ArtifactUri,
    /// When it began, in milliseconds.
    StartTime,
    /// When it ended, in milliseconds; nothing until then.
    EndTime,
}

/// A part of the record of a data set, as an input of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dataset {
    /// Its name.
    Name,
    /// Its digest.
    Digest,
    /// What the run used it for: the tag `mlflow.data.context` of the input.
    Context,
}

/// What runs are ordered by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Sorted {
    /// The latest value of the metric of this key.
    Metric(String),
    /// The param of this key, as text.
    Param(String),
    /// The tag of this key, as text.
    Tag(String),
    /// Something that every run has.
    Attribute(Attribute),
}

const ATTRIBUTES: [(&str, Attribute); 12] = [
    ("run_id", Attribute::RunId),
    ("run_name", Attribute::RunName),
    ("status", Attribute::Status),
    ("user_id", Attribute::UserId),
    ("artifact_uri", Attribute::ArtifactUri),
    ("start_time", Attribute::StartTime),
    ("end_time", Attribute::EndTime),
    ("run name", Attribute::RunName),
    ("Run name", Attribute::RunName),
    ("Run Name", Attribute::RunName),
    ("created", Attribute::StartTime),
    ("Created", Attribute::StartTime),
];

const DATASET: [(&str, Dataset); 3] =
    [("name", Dataset::Name), ("digest", Dataset::Digest), ("context", Dataset::Context)];

/// Reads a filter of runs.
pub fn parse(filter: &str) -> Result<Filter<Field>, Error> {
    meaning::parse(filter)
}

/// Reads an order of runs and completes it: the latest start first, then by id, so that no two runs are equal.
pub fn order<S: AsRef<str>>(clauses: &[S]) -> Result<Vec<Order<Sorted>>, Error> {
    let orders = order::read(clauses, Sorted::named)?;
    order::refuse_duplicates(&orders)?;
    let natural = [(Attribute::StartTime, true), (Attribute::RunId, false)]
        .map(|(attribute, descending)| Order { field: Sorted::Attribute(attribute), descending });
    Ok(order::completed(orders, natural))
}

impl Vocabulary for Field {
    const LISTED: &'static str = "the 'run_id' attribute";
    const NULLABLE: &'static str = "tags and params";

    fn named(name: &Name<'_>) -> Result<Self, String> {
        let known = [Kind::Metric, Kind::Param, Kind::Tag, Kind::Attribute, Kind::Dataset];
        let key = name.key.as_ref();
        Ok(match Kind::of(name, &known)? {
            Kind::Metric => Self::Metric(key.to_owned()),
            Kind::Param => Self::Param(key.to_owned()),
            Kind::Tag => Self::Tag(key.to_owned()),
            Kind::Attribute => Self::Attribute(kind::attribute(key, &ATTRIBUTES)?),
            Kind::Dataset => Self::Dataset(kind::part("dataset", key, &DATASET)?),
        })
    }

    fn takes(&self) -> Takes {
        match self {
            Self::Metric(_) => Takes::number("metric"),
            Self::Param(_) => Takes::text("param").or_presence(),
            Self::Tag(_) => Takes::text("tag").or_presence(),
            Self::Attribute(Attribute::StartTime) => Takes::number("numeric attribute: start_time"),
            Self::Attribute(Attribute::EndTime) => Takes::number("numeric attribute: end_time"),
            Self::Attribute(Attribute::RunId) => Takes::text("attributes").or_lists(),
            Self::Attribute(_) => Takes::text("attributes"),
            Self::Dataset(_) => Takes::text("dataset attributes").or_lists(),
        }
    }
}

impl Sorted {
    fn named(name: &Name<'_>) -> Result<Self, String> {
        match Field::named(name)? {
            Field::Metric(key) => Ok(Self::Metric(key)),
            Field::Param(key) => Ok(Self::Param(key)),
            Field::Tag(key) => Ok(Self::Tag(key)),
            Field::Attribute(attribute) => Ok(Self::Attribute(attribute)),
            Field::Dataset(_) => {
                Err(String::from("Invalid identifier type 'dataset': runs have several data sets"))
            }
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Metric(key) => write!(f, "metrics.{}", Key(key)),
            Self::Param(key) => write!(f, "params.{}", Key(key)),
            Self::Tag(key) => write!(f, "tags.{}", Key(key)),
            Self::Attribute(attribute) => f.write_str(kind::name_of(attribute, &ATTRIBUTES)),
            Self::Dataset(part) => write!(f, "datasets.{}", kind::name_of(part, &DATASET)),
        }
    }
}

impl fmt::Display for Sorted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Metric(key) => write!(f, "metrics.{}", Key(key)),
            Self::Param(key) => write!(f, "params.{}", Key(key)),
            Self::Tag(key) => write!(f, "tags.{}", Key(key)),
            Self::Attribute(attribute) => f.write_str(kind::name_of(attribute, &ATTRIBUTES)),
        }
    }
}
