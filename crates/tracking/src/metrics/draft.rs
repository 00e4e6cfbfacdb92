//! Metrics as clients send them, and their check before anything is written.

use std::collections::HashMap;

use crate::{
    Error, checks,
    metrics::{
        block,
        point::{Point, kept},
    },
};

/// The most metrics in a request.
const MOST: usize = 1_000;

/// What a client logs: a value under a key.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Metric<'a> {
    /// Of what.
    pub key: &'a str,
    /// The value. What is infinite is kept as the greatest number there is.
    pub value: f64,
    /// When, in milliseconds since 1970.
    pub timestamp: i64,
    /// At which step.
    pub step: i64,
    /// Of which logged model it tells.
    pub model_id: Option<&'a str>,
    /// On which data set that was found out.
    pub dataset_name: Option<&'a str>,
    /// Which version of that.
    pub dataset_digest: Option<&'a str>,
}

/// Points that were checked and put into columns, before the writer gives numbers to their keys.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) names: Vec<String>,
    /// The latest of each name.
    pub(crate) latest: Vec<Point>,
    pub(crate) count: usize,
    pub(crate) columns: Vec<u8>,
    pub(crate) of_models: Vec<OfModel>,
}

/// A point that also tells of a logged model.
#[derive(Debug)]
pub(crate) struct OfModel {
    pub(crate) model_id: String,
    pub(crate) key: String,
    pub(crate) point: Point,
    pub(crate) dataset: Option<(String, String)>,
}

/// How errors name a metric: by its place in the request, or, when it is alone, not at all.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Named {
    ByPlace,
    Alone,
}

impl Draft {
    /// Checks the metrics of a request.
    pub(crate) fn of(metrics: &[Metric<'_>], named: Named) -> Result<Self, Error> {
        let mut names: Vec<&str> = Vec::new();
        let mut places: HashMap<&str, u16> = HashMap::new();
        let mut latest: Vec<Point> = Vec::new();
        let mut points = Vec::with_capacity(metrics.len());
        let mut of_models = Vec::new();
        // More are refused below, with the message for that.
        for (at, metric) in metrics.iter().take(block::MOST - 1).enumerate() {
            let point = Point { timestamp: metric.timestamp, step: metric.step, value: kept(metric.value) };
            let place = match places.get(metric.key) {
                Some(place) => *place,
                None => {
                    checks::key(metric.key, &named.field(at, "name"))?;
                    let place = names.len() as u16;
                    places.insert(metric.key, place);
                    names.push(metric.key);
                    latest.push(point);
                    place
                }
            };
            check_rest(metric, named, at)?;
            let latest = &mut latest[usize::from(place)];
            if point.is_later(*latest) {
                *latest = point;
            }
            points.push((place, point));
            of_models.extend(OfModel::of(metric, point));
        }
        let columns = block::columns(names.len(), &points);
        let names = names.into_iter().map(str::to_owned).collect();
        Ok(Self { names, latest, count: metrics.len(), columns, of_models })
    }

    /// Refuses more than a request may have.
    pub(crate) fn check_count(count: usize) -> Result<(), Error> {
        check_limit("metrics", MOST, count)
    }
}

/// Refuses more than `limit` of something in a request.
pub(crate) fn check_limit(what: &str, limit: usize, count: usize) -> Result<(), Error> {
    if count <= limit {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "A batch logging request can contain at most {limit} {what}. Got {count} {what}. Please split up {what} across multiple requests and try again."
    )))
}

fn check_rest(metric: &Metric<'_>, named: Named, at: usize) -> Result<(), Error> {
    if metric.timestamp < 0 {
        return Err(Error::invalid(format!(
            "Invalid value {} for parameter '{}' supplied: metric '{}' (value={:?}). Timestamp must be a nonnegative long (64-bit integer) ",
            metric.timestamp,
            named.field(at, "timestamp"),
            metric.key,
            metric.value
        )));
    }
    if metric.key.len() > checks::KEY {
        checks::length("Metric name", checks::KEY, metric.key)?;
    }
    if metric.dataset_name.is_some() != metric.dataset_digest.is_some() {
        return Err(Error::invalid(
            "Both dataset_name and dataset_digest must be provided if one is provided",
        ));
    }
    Ok(())
}

impl Named {
    fn field(self, at: usize, field: &str) -> String {
        match self {
            Self::ByPlace => format!("metrics[{at}].{field}"),
            Self::Alone => field.to_owned(),
        }
    }
}

impl OfModel {
    fn of(metric: &Metric<'_>, point: Point) -> Option<Self> {
        let model_id = metric.model_id?.to_owned();
        let dataset = metric.dataset_name.zip(metric.dataset_digest);
        let dataset = dataset.map(|(name, digest)| (name.to_owned(), digest.to_owned()));
        Some(Self { model_id, key: metric.key.to_owned(), point, dataset })
    }
}
