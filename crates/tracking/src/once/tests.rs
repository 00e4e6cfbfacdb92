use std::{sync::Arc, time::Duration};

use base::{FixedClock, Timestamp};

use super::Once;
use crate::{
    Code, Settings, Tracking,
    metrics::Metric,
    runs::{Batch, NewRun},
};

struct Here {
    tracking: Tracking,
    clock: Arc<FixedClock>,
    directory: tempfile::TempDir,
}

fn here() -> Here {
    let directory = tempfile::tempdir().unwrap();
    let clock = Arc::new(FixedClock::at(Timestamp::from_micros(1_000_000)));
    let tracking = Tracking::open(Settings::of(directory.path(), clock.clone())).unwrap();
    Here { tracking, clock, directory }
}

fn once(sequence: u64, settled: u64) -> Once {
    Once { spool: "a".to_owned(), sequence, settled }
}

impl Here {
    fn run(&self) -> String {
        self.tracking.create_run(NewRun::default()).wait().unwrap().info.run_id
    }

    fn log(&self, run: &str, once: Once, value: f64) -> Result<(), Code> {
        let metric = Metric {
            key: "m",
            value,
            timestamp: 1,
            step: 0,
            model_id: None,
            dataset_name: None,
            dataset_digest: None,
        };
        let batch = Batch { metrics: &[metric], ..Batch::default() };
        self.tracking.once(once).log_batch(run, batch).wait().map_err(|error| error.code)
    }

    fn points(&self, run: &str) -> Vec<f64> {
        let history = self.tracking.metric_history(run, "m", None, None).unwrap();
        history.metrics().iter().map(|point| point.value).collect()
    }

    fn notes(&self) -> i64 {
        let count = |transaction: &rusqlite::Transaction<'_>| {
            Ok(transaction.query_row("SELECT count(*) FROM once", [], |row| row.get(0))?)
        };
        self.tracking.read(count).unwrap()
    }
}

#[test]
fn a_write_that_is_sent_again_is_done_once() {
    let here = here();
    let run = here.run();
    assert_eq!(here.log(&run, once(1, 0), 1.0), Ok(()));
    assert_eq!(here.log(&run, once(1, 0), 1.0), Err(Code::AlreadyDone));
    assert_eq!(here.log(&run, once(2, 0), 2.0), Ok(()));
    assert_eq!(here.log(&run, Once { spool: "b".to_owned(), ..once(1, 0) }, 3.0), Ok(()));
    assert_eq!(here.points(&run), [1.0, 2.0, 3.0]);
}

#[test]
fn a_write_that_was_refused_can_be_sent_again() {
    let here = here();
    let id = "0".repeat(32);
    assert_eq!(here.log(&id, once(1, 0), 1.0), Err(Code::ResourceDoesNotExist));
    let new = NewRun { run_id: Some(id.clone()), ..NewRun::default() };
    here.tracking.create_run(new).wait().unwrap();
    assert_eq!(here.log(&id, once(1, 0), 1.0), Ok(()));
    assert_eq!(here.points(&id), [1.0]);
}

#[test]
fn what_was_done_is_known_after_a_restart() {
    let here = here();
    let run = here.run();
    assert_eq!(here.log(&run, once(1, 0), 1.0), Ok(()));
    let Here { tracking, clock, directory } = here;
    drop(tracking);
    let tracking = Tracking::open(Settings::of(directory.path(), clock.clone())).unwrap();
    let here = Here { tracking, clock, directory };
    assert_eq!(here.log(&run, once(1, 0), 1.0), Err(Code::AlreadyDone));
    assert_eq!(here.points(&run), [1.0]);
}

#[test]
fn notes_go_when_they_are_settled_or_their_spool_is_long_gone() {
    let here = here();
    let run = here.run();
    for sequence in 1..=10 {
        here.log(&run, once(sequence, 0), 0.5).unwrap();
    }
    assert_eq!(here.notes(), 10);
    here.log(&run, once(11, 8), 0.5).unwrap();
    assert_eq!(here.notes(), 4);
    here.clock.advance(Duration::from_secs(31 * 24 * 60 * 60));
    let Here { tracking, clock, directory } = here;
    drop(tracking);
    let tracking = Tracking::open(Settings::of(directory.path(), clock.clone())).unwrap();
    assert_eq!(Here { tracking, clock, directory }.notes(), 0);
}

#[test]
fn a_number_is_read_as_it_is_written_and_nothing_else_is() {
    let once = once(7, 3);
    assert_eq!(once.to_string(), "a:7:3");
    assert_eq!("a:7:3".parse(), Ok(once));
    for other in ["", "a", "a:1", ":1:1", "a:1:1:1", "a:-1:1", "a:1:x", "a b:1:1", "a:1:18446744073709551615"]
    {
        assert_eq!(other.parse::<Once>().unwrap_err().code, Code::InvalidParameterValue, "{other}");
    }
}
