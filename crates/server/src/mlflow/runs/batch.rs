//! Metrics, parameters and tags of a run, in one request.

use std::borrow::Cow;

use serde::Deserialize;
use tracking::{Error, Pending, Tracking, metrics::Metric, runs::Batch};

use crate::mlflow::{
    answer::{Answer, Answered},
    request::{Fields, RawCall, missing},
    runs::metric::{Plain, of_fields},
};

/// A request as clients send it. What differs is read field by field, which says what is wrong with it.
#[derive(Deserialize)]
struct Usual<'a> {
    #[serde(borrow)]
    run_id: Cow<'a, str>,
    #[serde(borrow, default)]
    metrics: Vec<Plain<'a>>,
    #[serde(borrow, default)]
    params: Vec<Pair<'a>>,
    #[serde(borrow, default)]
    tags: Vec<Pair<'a>>,
}

#[derive(Deserialize)]
struct Pair<'a> {
    #[serde(borrow)]
    key: Cow<'a, str>,
    #[serde(borrow, default)]
    value: Cow<'a, str>,
}

pub(super) async fn log(call: RawCall) -> Answered {
    logged(&call.tracking, &call.body.bytes)?.await?;
    Answer::done()
}

fn logged(tracking: &Tracking, body: &[u8]) -> Result<Pending<()>, Error> {
    if let Ok(usual) = serde_json::from_slice::<Usual<'_>>(body)
        && usual.is_complete()
    {
        return Ok(usual.log(tracking));
    }
    log_fields(tracking, &Fields::of_body(body)?)
}

impl Usual<'_> {
    fn is_complete(&self) -> bool {
        !self.run_id.is_empty()
            && self.metrics.iter().all(|metric| !metric.key.is_empty())
            && self.params.iter().chain(&self.tags).all(|pair| !pair.key.is_empty())
    }

    fn log(&self, tracking: &Tracking) -> Pending<()> {
        let metrics: Vec<Metric<'_>> = self.metrics.iter().map(Plain::metric).collect();
        let params: Vec<(&str, &str)> = self.params.iter().map(Pair::texts).collect();
        let tags: Vec<(&str, &str)> = self.tags.iter().map(Pair::texts).collect();
        tracking.log_batch(&self.run_id, Batch { metrics: &metrics, params: &params, tags: &tags })
    }
}

impl Pair<'_> {
    fn texts(&self) -> (&str, &str) {
        (&self.key, &self.value)
    }
}

fn log_fields(tracking: &Tracking, fields: &Fields) -> Result<Pending<()>, Error> {
    let run_id = fields.run_id()?;
    let metrics = fields.objects("metrics")?;
    let metrics =
        metrics.iter().enumerate().map(|(at, fields)| of_fields(fields, &format!("metrics[{at}].")));
    let metrics: Vec<Metric<'_>> = metrics.collect::<Result<_, _>>()?;
    let (params, tags) = (fields.objects("params")?, fields.objects("tags")?);
    let (params, tags) = (pairs(&params, "params")?, pairs(&tags, "tags")?);
    Ok(tracking.log_batch(run_id, Batch { metrics: &metrics, params: &params, tags: &tags }))
}

fn pairs<'a>(objects: &'a [Fields], list: &str) -> Result<Vec<(&'a str, &'a str)>, Error> {
    let pair = |(at, fields): (usize, &'a Fields)| {
        let key = fields.text("key")?.filter(|key| !key.is_empty());
        let key = key.ok_or_else(|| missing(&format!("{list}[{at}].key")))?;
        Ok((key, fields.text("value")?.unwrap_or_default()))
    };
    objects.iter().enumerate().map(pair).collect()
}
