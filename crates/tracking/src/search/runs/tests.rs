//! Searches of runs: tables, a property over made-up runs, filters and orders, and the plans of their statements.

mod model;
mod plans;
mod property;
mod tables;

use std::sync::Arc;

use base::{FixedClock, Timestamp};
use serde_json::Value;
use tempfile::TempDir;

use super::*;
use crate::{
    Settings,
    metrics::Metric,
    runs::{Batch, NewRun},
};

/// A tracking directory of a test.
struct Here {
    tracking: Tracking,
    _directory: TempDir,
}

impl Here {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let clock = Arc::new(FixedClock::at(Timestamp::from_micros(5_000_000)));
        let tracking = Tracking::open(Settings::of(directory.path(), clock)).unwrap();
        Self { tracking, _directory: directory }
    }

    /// Makes a run of experiment 0.
    fn run(&self, id: &str, started: i64) {
        let name = Some(format!("name of {id}"));
        let new = NewRun { run_id: Some(id.to_owned()), name, started, ..NewRun::default() };
        self.tracking.create_run(new).wait().unwrap();
    }

    fn log(&self, id: &str, metrics: &[(&str, f64)], params: &[(&str, &str)], tags: &[(&str, &str)]) {
        let metrics: Vec<Metric<'_>> = metrics.iter().map(|(key, value)| metric(key, *value)).collect();
        let batch = Batch { metrics: &metrics, params, tags };
        self.tracking.log_batch(id, batch).wait().unwrap();
    }

    /// The ids of what is found, page after page of that size, in any of the ways to find it.
    fn found(&self, search: &RunSearch) -> Vec<String> {
        let found = self.pages(search, 0);
        assert_eq!(self.pages(search, usize::MAX), found, "{search:?}");
        found
    }

    fn pages(&self, search: &RunSearch, few: usize) -> Vec<String> {
        let mut search = search.clone();
        let mut all = Vec::new();
        loop {
            let page = self.tracking.search_runs_by(&search, few).unwrap();
            all.extend(ids(&page));
            search.page_token = page.next_page_token;
            if search.page_token.is_none() {
                return all;
            }
        }
    }
}

fn metric(key: &str, value: f64) -> Metric<'_> {
    Metric { key, value, timestamp: 1, step: 0, model_id: None, dataset_name: None, dataset_digest: None }
}

fn ids<T: AsRef<[u8]>>(page: &Found<T>) -> Vec<String> {
    let id = |run: &T| {
        let run: Value = serde_json::from_slice(run.as_ref()).unwrap();
        run["info"]["run_id"].as_str().unwrap().to_owned()
    };
    page.found.iter().map(id).collect()
}

fn search(filter: &str, order_by: &[&str]) -> RunSearch {
    RunSearch {
        experiment_ids: vec!["0".to_owned()],
        filter: filter.to_owned(),
        order_by: order_by.iter().map(|clause| (*clause).to_owned()).collect(),
        ..RunSearch::default()
    }
}
