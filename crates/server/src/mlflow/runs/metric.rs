//! One metric of a run.

use std::borrow::Cow;

use serde::Deserialize;
use tracking::{Error, Pending, Tracking, metrics::Metric};

use crate::mlflow::{
    answer::{Answer, Answered},
    request::{Fields, RawCall, missing},
    runs::number::number,
};

/// A metric as clients send it, alone or in a list. What differs is read field by field, which says what is wrong with it.
#[derive(Deserialize)]
pub(super) struct Plain<'a> {
    #[serde(borrow, default)]
    run_id: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) key: Cow<'a, str>,
    #[serde(deserialize_with = "number")]
    value: f64,
    timestamp: i64,
    #[serde(default)]
    step: i64,
    #[serde(borrow, default)]
    model_id: Cow<'a, str>,
    #[serde(borrow, default)]
    dataset_name: Cow<'a, str>,
    #[serde(borrow, default)]
    dataset_digest: Cow<'a, str>,
}

pub(super) async fn log(call: RawCall) -> Answered {
    logged(&call.tracking, &call.body.bytes)?.await?;
    Answer::done()
}

fn logged(tracking: &Tracking, body: &[u8]) -> Result<Pending<()>, Error> {
    if let Ok(usual) = serde_json::from_slice::<Plain<'_>>(body)
        && !usual.run_id.is_empty()
        && !usual.key.is_empty()
    {
        return Ok(tracking.log_metric(&usual.run_id, usual.metric()));
    }
    let fields = Fields::of_body(body)?;
    let run_id = fields.run_id()?;
    Ok(tracking.log_metric(run_id, of_fields(&fields, "")?))
}

impl Plain<'_> {
    pub(super) fn metric(&self) -> Metric<'_> {
        Metric {
            key: &self.key,
            value: self.value,
            timestamp: self.timestamp,
            step: self.step,
            model_id: filled(&self.model_id),
            dataset_name: filled(&self.dataset_name),
            dataset_digest: filled(&self.dataset_digest),
        }
    }
}

/// A metric, field by field; `at` is where it stands in the request.
pub(super) fn of_fields<'a>(fields: &'a Fields, at: &str) -> Result<Metric<'a>, Error> {
    let named = |error: Error, name: &str| {
        Error::invalid(error.message.replacen(
            &format!("parameter '{name}'"),
            &format!("parameter '{at}{name}'"),
            1,
        ))
    };
    let key = fields.required_text("key").map_err(|error| named(error, "key"))?;
    let value = fields.number("value").map_err(|error| named(error, "value"))?;
    let value = value.ok_or_else(|| missing(&format!("{at}value")))?;
    let timestamp = fields.required_integer("timestamp").map_err(|error| named(error, "timestamp"))?;
    let step = fields.integer("step").map_err(|error| named(error, "step"))?.unwrap_or(0);
    let text = |name| Ok::<_, Error>(fields.text(name).map_err(|error| named(error, name))?.and_then(filled));
    Ok(Metric {
        key,
        value,
        timestamp,
        step,
        model_id: text("model_id")?,
        dataset_name: text("dataset_name")?,
        dataset_digest: text("dataset_digest")?,
    })
}

fn filled(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}
