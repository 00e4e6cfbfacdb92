//! The faulty executor: without faults it passes the suite; with them, errors surface and nothing is left running.

use std::path::{Path, PathBuf};

use executor::{Attempt, Error, Executor, Exit, Fault, Faulty};

use crate::{
    conformance,
    support::{LocalPlace, Place, ended, try_ended, wait_for_log, wait_until},
};

struct FaultyPlace {
    inner: LocalPlace,
    faults: Vec<Fault>,
}

impl FaultyPlace {
    fn new(faults: Vec<Fault>) -> Self {
        Self { inner: LocalPlace::new(), faults }
    }
}

impl Place for FaultyPlace {
    fn executor(&self) -> Box<dyn Executor> {
        Box::new(Faulty::new(self.inner.executor(), self.faults.clone()))
    }

    fn attempt(&self, id: &str, line: &str) -> Attempt {
        self.inner.attempt(id, line)
    }

    fn work(&self) -> &Path {
        self.inner.work()
    }

    fn supervisors(&self) -> PathBuf {
        self.inner.supervisors()
    }

    fn marker(&self) -> &str {
        self.inner.marker()
    }

    fn environment_is_exact(&self) -> bool {
        true
    }
}

conformance::conformance!(FaultyPlace::new(Vec::new()));

#[tokio::test]
async fn a_refused_start_leaves_nothing_and_the_next_one_works() {
    let place = FaultyPlace::new(vec![Fault::Start(2)]);
    let executor = place.executor();
    let mut ends = Vec::new();
    for number in 1..=3 {
        let id = format!("start-{number}");
        match executor.start(&place.attempt(&id, "true")).await {
            Ok(mut running) => ends.push(Ok(ended(&mut running).await.exit)),
            Err(error) => ends.push(Err(error.to_string())),
        }
        assert_eq!(place.left(&id), [0_i32; 0]);
    }
    let refused = "start start-2: a fault on purpose".to_owned();
    assert_eq!(ends, [Ok(Exit::Code(0)), Err(refused), Ok(Exit::Code(0))]);
}

#[tokio::test]
async fn a_start_whose_answer_was_lost_is_found_by_its_id() {
    let place = FaultyPlace::new(vec![Fault::StartLost(1), Fault::StartLost(2)]);
    let executor = place.executor();
    let adopted = place.attempt("adopted", "echo here; exit 4");
    let error = executor.start(&adopted).await.err().unwrap();
    assert!(matches!(error, Error::Lost { .. }), "{error}");
    let mut running = executor.adopt("adopted").await.unwrap().expect("it was started");
    assert_eq!(ended(&mut running).await.exit, Exit::Code(4));
    let discarded = place.attempt("discarded", "sleep 1000");
    assert!(executor.start(&discarded).await.is_err());
    wait_until("it runs all the same", || !place.left("discarded").is_empty());
    executor.discard("discarded").await.unwrap();
    assert_eq!(place.left("discarded"), [0_i32; 0]);
}

#[tokio::test]
async fn a_run_on_a_lost_machine_is_told_and_discarded() {
    let place = FaultyPlace::new(vec![Fault::RunLost(1)]);
    let executor = place.executor();
    let attempt = place.attempt("lost", "echo ready; sleep 1000");
    let mut running = executor.start(&attempt).await.unwrap();
    wait_for_log(executor.as_ref(), &attempt, "ready").await;
    for _ in 0..2 {
        let error = try_ended(&mut running).await.unwrap_err();
        assert!(matches!(error, Error::Lost { .. }), "{error}");
    }
    executor.discard("lost").await.unwrap();
    assert_eq!(place.left("lost"), [0_i32; 0]);
}

#[tokio::test]
async fn adopting_discarding_and_reading_fail_once_and_then_work() {
    let place = FaultyPlace::new(vec![Fault::Adopt(1), Fault::Discard(1), Fault::Log(1)]);
    let executor = place.executor();
    let attempt = place.attempt("a", "sleep 1000");
    executor.start(&attempt).await.unwrap();
    let errors = [
        executor.adopt("a").await.err().unwrap().to_string(),
        executor.discard("a").await.err().unwrap().to_string(),
        executor.log(&attempt.log, 0).await.err().unwrap().to_string(),
    ];
    assert!(errors.iter().all(|error| error.ends_with("a fault on purpose")), "{errors:?}");
    assert!(executor.adopt("a").await.unwrap().is_some());
    assert!(executor.log(&attempt.log, 0).await.unwrap().bytes.is_empty());
    executor.discard("a").await.unwrap();
    assert_eq!(place.left("a"), [0_i32; 0]);
}
