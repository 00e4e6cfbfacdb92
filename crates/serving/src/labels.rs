//! Labels: what turned out to be true of rows that a service answered, sent later by request id.
//!
//! `server` reads them from a body with [`read`] and hands them to whoever keeps them, which is
//! `engine` behind the trait [`Labels`]. It answers once they are on disk.

use std::fmt;

use base::{Timestamp, nearest};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::{capture::LONGEST_ID, error::clip, loaded::Loaded};

/// The most labels in one body.
pub const MOST: usize = 10_000;
/// The longest text of a label, in bytes.
const LONGEST: usize = 1_024;

/// What turned out to be true of one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The id of the row: the request's, or `id/0`, `id/1`, … when it had several.
    pub id: String,
    /// The truth, as the data writes it: a class, or a number.
    pub value: String,
    /// When it became known, in event time; nothing for now.
    pub time: Option<Timestamp>,
}

/// What became of the labels of one body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Receipt {
    /// How many were new.
    pub accepted: u64,
    /// How many said again what was known.
    pub unchanged: u64,
    /// How many took the place of another value.
    pub replaced: u64,
}

/// Whoever keeps labels.
pub trait Labels: Send + Sync {
    /// Keeps the labels of a served model, all or none; on disk when this returns. It may wait.
    ///
    /// # Errors
    /// When they could not be kept.
    fn put(&self, model: &str, labels: Vec<Label>) -> Result<Receipt, Refused>;
}

/// Why labels were not kept. The caller's part is in the message, the operator's in the source.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// One of them cannot be kept as it is.
    #[error("{0}")]
    Label(String),
    /// There is no room or no store to keep them in at the moment.
    #[error("the labels were not kept; send them again later: the server's log has the cause")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// What is wrong with a body of labels.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The body is not of the form.
    #[error(
        "the body is not a list of labels: {0}; expected {{\"labels\":[{{\"id\":\"…\",\"label\":true}}]}}"
    )]
    Body(serde_json::Error),
    /// There are too many.
    #[error("more than {MOST} labels in one body; send them in several")]
    TooMany,
    /// One of them is not right.
    #[error("label {position}{}: {problem}", In(id))]
    Label {
        /// Its place in the list, from 1.
        position: usize,
        /// Its id, shortened, if it has one.
        id: Option<String>,
        /// What is wrong, and the way out.
        problem: String,
    },
}

struct In<'a>(&'a Option<String>);

impl fmt::Display for In<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_ref().map_or(Ok(()), |id| write!(out, " (`{id}`)"))
    }
}

#[derive(Deserialize)]
struct Body {
    labels: Listed,
}

/// The labels up to one more than are taken, so that a long list is not held.
struct Listed(Vec<Sent>);

#[derive(Deserialize)]
struct Sent {
    id: Option<Value>,
    /// One that is null is there, and is told apart from one that is not.
    #[serde(default, deserialize_with = "present")]
    label: Option<Value>,
    time: Option<Value>,
}

fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

impl<'de> Deserialize<'de> for Listed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Visitor)
    }
}

struct Visitor;

impl<'de> serde::de::Visitor<'de> for Visitor {
    type Value = Listed;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an array of labels")
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut items: A) -> Result<Listed, A::Error> {
        let mut sent = Vec::new();
        while let Some(label) = items.next_element()? {
            if sent.len() <= MOST {
                sent.push(label);
            }
        }
        Ok(Listed(sent))
    }
}

/// The labels in a body for this model.
///
/// # Errors
/// When the body is not of the form, or a label is not one that the model could have predicted.
pub fn read(loaded: &Loaded, body: &[u8]) -> Result<Vec<Label>, Error> {
    let Body { labels: Listed(sent) } = serde_json::from_slice(body).map_err(Error::Body)?;
    if sent.len() > MOST {
        return Err(Error::TooMany);
    }
    let mut labels = Vec::with_capacity(sent.len());
    for (position, sent) in (1..).zip(sent) {
        let id = sent.id.as_ref().and_then(Value::as_str).map(clip);
        let label = label(loaded, sent).map_err(|problem| Error::Label { position, id, problem })?;
        labels.push(label);
    }
    Ok(labels)
}

fn label(loaded: &Loaded, sent: Sent) -> Result<Label, String> {
    let id = match sent.id {
        Some(Value::String(id)) => id,
        None => return Err("lacks `id`, the id of the request that it is for".to_owned()),
        Some(_) => return Err("its `id` is not text; write it in quotes".to_owned()),
    };
    if id.is_empty() || id.len() > LONGEST_ID {
        return Err(format!("its `id` has {} bytes; an id has 1 to {LONGEST_ID}", id.len()));
    }
    let value = value(loaded, sent.label.ok_or("lacks `label`, the true value")?)?;
    let time = match sent.time {
        None => None,
        Some(Value::String(time)) => Some(time.parse().map_err(|error| format!("its `time`: {error}"))?),
        Some(_) => return Err("its `time` is not text; write it as \"2013-04-01T06:00:00Z\"".to_owned()),
    };
    Ok(Label { id, value, time })
}

/// The value as the data writes it, if the model could have predicted it.
fn value(loaded: &Loaded, sent: Value) -> Result<String, String> {
    let value = match sent {
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) if text.len() <= LONGEST => text,
        Value::String(text) => {
            return Err(format!("its text has {} bytes and the limit is {LONGEST}", text.len()));
        }
        Value::Null => return Err("is null; leave it out until the truth is known".to_owned()),
        _ => return Err("is neither a boolean, a number nor text; send the true value".to_owned()),
    };
    match loaded.signature() {
        Some(signature) if signature.classes.is_empty() => number(value),
        Some(signature) => class(&signature.classes, value),
        None => Ok(value),
    }
}

fn number(value: String) -> Result<String, String> {
    match value.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(value),
        _ => Err(format!("`{}` is not a number, which is what this model predicts", clip(&value))),
    }
}

/// The class of this text; of a number, the class that is the same number.
fn class(classes: &[String], value: String) -> Result<String, String> {
    if classes.contains(&value) {
        return Ok(value);
    }
    let number = value.parse::<f64>().ok();
    let same = |class: &&String| number.is_some() && class.parse::<f64>().ok() == number;
    if let Some(class) = classes.iter().find(same) {
        return Ok(class.clone());
    }
    let shown = clip(&value);
    let near = nearest(&shown, classes.iter().map(String::as_str));
    let near = near.map(|near| format!(" (did you mean `{near}`?)")).unwrap_or_default();
    let known: Vec<String> = classes.iter().take(20).map(|class| format!("`{class}`")).collect();
    Err(format!("`{shown}` is not a class of this model{near}; its classes are {}", known.join(", ")))
}
