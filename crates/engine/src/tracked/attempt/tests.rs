use std::{
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use base::{FixedClock, Timestamp};
use tempfile::TempDir;
use tracking::{
    Code, Promises, Settings, Tracking,
    metrics::Metric,
    promise::{Ending, Place, Promise, Secret},
};

use super::{Tracker, end};

/// A tracker with a spool: what was logged arrives when it is settled.
struct Late {
    tracking: Tracking,
    directory: TempDir,
    /// Of the loss, which have not arrived.
    late: Mutex<Vec<f64>>,
    is_stuck: AtomicBool,
}

const RUN: &str = "0123456789abcdef0123456789abcdef";

impl Late {
    fn of(late: &[f64]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let clock = Arc::new(FixedClock::at(Timestamp::from_micros(5_000_000)));
        let tracking = Tracking::open(Settings::of(directory.path(), clock)).unwrap();
        let promise = Promise {
            place: Place::Named("line".to_owned()),
            name: "train".to_owned(),
            user: "tester".to_owned(),
            tags: Vec::new(),
            secret: Secret::new("secret"),
        };
        tracking.promises().promise(RUN, promise);
        Self { tracking, directory, late: Mutex::new(late.to_vec()), is_stuck: AtomicBool::new(false) }
    }

    fn log(&self, value: f64) -> Result<(), tracking::Error> {
        let (model_id, dataset_name, dataset_digest) = (None, None, None);
        let metric =
            Metric { key: "loss", value, timestamp: 1, step: 0, model_id, dataset_name, dataset_digest };
        self.tracking.log_metric(RUN, metric).wait()
    }

    fn status(&self) -> String {
        format!("{:?}", self.tracking.run(RUN).unwrap().info.status)
    }
}

impl Tracker for Late {
    fn address(&self) -> Result<String, String> {
        Err("nobody asks".to_owned())
    }

    fn promises(&self) -> &Promises {
        self.tracking.promises()
    }

    fn directory(&self) -> &Path {
        self.directory.path()
    }

    fn tracking(&self) -> Result<Option<Tracking>, tracking::Error> {
        Ok(Some(self.tracking.clone()))
    }

    fn settle(&self) {
        if self.is_stuck.load(Ordering::SeqCst) {
            return;
        }
        for value in self.late.lock().unwrap().drain(..) {
            assert_eq!(self.promises().run_of("secret").as_deref(), Some(RUN), "the secret lets it in");
            self.log(value).unwrap();
        }
    }

    fn is_waiting(&self) -> bool {
        !self.late.lock().unwrap().is_empty()
    }
}

#[test]
fn a_run_whose_writes_all_waited_is_made_and_closed_and_gives_its_metrics() {
    let tracker = Late::of(&[0.25, 0.5]);
    let logged = end(&tracker, RUN, Ending::Finished).unwrap().unwrap();
    assert_eq!((logged.run_id.as_str(), logged.metrics), (RUN, vec![("loss".to_owned(), 0.5)]));
    assert_eq!(tracker.status(), "Finished");
    assert_eq!(tracker.promises().run_of("secret"), None);
}

#[test]
fn what_arrives_after_its_step_has_ended_finds_its_run() {
    let tracker = Late::of(&[0.5]);
    tracker.is_stuck.store(true, Ordering::SeqCst);
    end(&tracker, RUN, Ending::Failed).unwrap().unwrap();
    assert_eq!(tracker.promises().run_of("secret"), None);
    tracker.log(0.5).unwrap();
    assert_eq!(tracker.status(), "Failed");
    assert_eq!(tracker.tracking.run(RUN).unwrap().data.metrics.len(), 1);
}

#[test]
fn a_step_that_logged_nothing_leaves_no_run() {
    let tracker = Late::of(&[]);
    assert_eq!(end(&tracker, RUN, Ending::Finished).unwrap(), None);
    assert_eq!(tracker.tracking.run(RUN).unwrap_err().code, Code::ResourceDoesNotExist);
}
