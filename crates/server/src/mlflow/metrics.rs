//! Metrics: histories of one run, and of several for charts. Logging them is in `runs`.

use axum::{Router, routing::get};
use tracking::{Error, Tracking};

use crate::{
    mlflow::{
        answer::{Answer, Answered},
        request::{Call, Fields, missing},
    },
    state::State,
};

/// The most runs whose histories are asked for at once.
const MOST_RUNS: usize = 100;
/// The most points of several runs in an answer.
const MOST_POINTS: i64 = 25_000;
/// The most steps of a chart.
const MOST_STEPS: i64 = 2_500;

pub(crate) fn routes() -> Router<State> {
    Router::new()
        .route("/metrics/get-history", get(history))
        .route("/metrics/get-history-bulk", get(bulk))
        .route("/metrics/get-history-bulk-interval", get(interval))
}

async fn history(call: Call) -> Answered {
    let json = call
        .read(|tracking, fields| {
            let (run_id, key) = (fields.run_id()?, fields.required_text("metric_key")?);
            let size = fields.integer("max_results")?.map(size).transpose()?;
            let history = tracking.metric_history(run_id, key, size, fields.text("page_token")?)?;
            json(&history)
        })
        .await?;
    Answer::ready(json)
}

async fn bulk(call: Call) -> Answered {
    let json = call
        .read(|tracking, fields| {
            let run_ids = fields.texts("run_id")?;
            check_bulk(&run_ids)?;
            let key = fields
                .text("metric_key")?
                .ok_or_else(|| Error::invalid("GetMetricHistoryBulk request must specify a metric_key."))?;
            let size = size(fields.integer("max_results")?.unwrap_or(MOST_POINTS).min(MOST_POINTS))?;
            json(&tracking.metric_history_bulk(&run_ids, key, size)?)
        })
        .await?;
    Answer::ready(json)
}

fn check_bulk(run_ids: &[String]) -> Result<(), Error> {
    match run_ids.len() {
        0 => Err(Error::invalid("GetMetricHistoryBulk request must specify at least one run_id.")),
        count if count > MOST_RUNS => Err(Error::invalid(format!(
            "GetMetricHistoryBulk request cannot specify more than {MOST_RUNS} run_ids. Received {count} run_ids."
        ))),
        _ => Ok(()),
    }
}

async fn interval(call: Call) -> Answered {
    Answer::ready(call.read(interval_json).await?)
}

/// Points of several runs, thinned out evenly over the steps that a request names.
pub(super) fn interval_json(tracking: &Tracking, fields: &Fields) -> Result<Vec<u8>, Error> {
    let run_ids = fields.texts("run_ids")?;
    if run_ids.is_empty() {
        return Err(missing("run_ids"));
    }
    if run_ids.len() > MOST_RUNS {
        let count = run_ids.len();
        return Err(Error::invalid(format!(
            "GetMetricHistoryBulkInterval request must specify at most {MOST_RUNS} run_ids. Received {count} run_ids."
        )));
    }
    let key = fields.required_text("metric_key")?;
    let steps = fields.integer("max_results")?.unwrap_or(MOST_STEPS);
    if !(1..=MOST_STEPS).contains(&steps) {
        return Err(Error::invalid(format!("max_results must be between 1 and {MOST_STEPS}.")));
    }
    let between = between(fields)?;
    json(&tracking.metric_history_interval(&run_ids, key, between, size(steps)?)?)
}

fn between(fields: &Fields) -> Result<Option<(i64, i64)>, Error> {
    match (fields.integer("start_step")?, fields.integer("end_step")?) {
        (None, None) => Ok(None),
        (Some(start), Some(end)) if start > end => Err(Error::invalid(format!(
            "end_step must be greater than start_step. Found start_step={start} and end_step={end}."
        ))),
        (Some(start), Some(end)) => Ok(Some((start, end))),
        _ => Err(Error::invalid("If either start step or end step are specified, both must be specified.")),
    }
}

fn size(number: i64) -> Result<usize, Error> {
    usize::try_from(number).map_err(|_| {
        Error::invalid(format!(
            "Invalid value {number} for parameter 'max_results' supplied: it is at least 0"
        ))
    })
}

fn json(value: &impl serde::Serialize) -> Result<Vec<u8>, Error> {
    serde_json::to_vec(value).map_err(|error| Error::internal("write the answer", error))
}
