//! Logs metrics, parameters and tags of a run at once.

use crate::{
    Error, Pending, Tracking, checks,
    metrics::{self, Draft, Metric, Named, check_limit},
    runs::{find_active, params, tags, touch},
    writer::Writing,
};

const MOST_PARAMS: usize = 100;
const MOST_TAGS: usize = 100;
const MOST: usize = 1_000;

/// What is logged at once: all of it, or nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Batch<'a> {
    /// Metrics.
    pub metrics: &'a [Metric<'a>],
    /// Parameters.
    pub params: &'a [(&'a str, &'a str)],
    /// Tags.
    pub tags: &'a [(&'a str, &'a str)],
}

/// What was checked and is on its way to the writer.
struct Prepared {
    run_id: String,
    draft: Draft,
    params: Vec<(String, String)>,
    tags: Vec<(String, String)>,
}

impl Tracking {
    /// Logs metrics, parameters and tags of a run.
    pub fn log_batch(&self, run_id: &str, batch: Batch<'_>) -> Pending<()> {
        match Prepared::of(run_id, batch) {
            Ok(prepared) => self.write(move |writing| prepared.log(writing)),
            Err(error) => Pending::refused(error),
        }
    }

    /// Logs one metric of a run.
    pub fn log_metric(&self, run_id: &str, metric: Metric<'_>) -> Pending<()> {
        match Draft::of(&[metric], Named::Alone) {
            Ok(draft) => {
                let (params, tags) = (Vec::new(), Vec::new());
                let prepared = Prepared { run_id: run_id.to_owned(), draft, params, tags };
                self.write(move |writing| prepared.log(writing))
            }
            Err(error) => Pending::refused(error),
        }
    }
}

impl Prepared {
    fn of(run_id: &str, batch: Batch<'_>) -> Result<Self, Error> {
        checks::run_id(run_id)?;
        let draft = Draft::of(batch.metrics, Named::ByPlace)?;
        let params = all(batch.params, "params", params::checked)?;
        let tags = all(batch.tags, "tags", tags::checked)?;
        Draft::check_count(batch.metrics.len())?;
        check_limit("params", MOST_PARAMS, params.len())?;
        check_limit("tags", MOST_TAGS, tags.len())?;
        check_limit("metrics, params, and tags", MOST, batch.metrics.len() + params.len() + tags.len())?;
        params::check_unique(&params)?;
        Ok(Self { run_id: run_id.to_owned(), draft, params, tags })
    }

    fn log(self, writing: &mut Writing<'_>) -> Result<(), Error> {
        let run = find_active(writing, &self.run_id)?;
        params::log_all(writing, &self.run_id, run, &self.params)?;
        for (key, value) in &self.tags {
            tags::set(writing, run, key, value)?;
        }
        if !self.params.is_empty() || !self.tags.is_empty() {
            touch(writing, run.row)?;
        }
        let logged = metrics::log(writing, &self.run_id, run, self.draft)?;
        if let Some(logged) = logged {
            logged.keep(writing.memory);
        }
        Ok(())
    }
}

fn all(
    pairs: &[(&str, &str)],
    list: &str,
    checked: impl Fn(&str, &str, &str) -> Result<(String, String), Error>,
) -> Result<Vec<(String, String)>, Error> {
    let checked = |(at, (key, value)): (usize, &(&str, &str))| checked(key, value, &format!("{list}[{at}]"));
    pairs.iter().enumerate().map(checked).collect()
}
