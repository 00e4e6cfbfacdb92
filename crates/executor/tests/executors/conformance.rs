//! What every executor must do: one function for each behaviour, over anything that executors can be made on.

use std::{fs, time::Duration};

use executor::{Error, Exit, Secret, log_text};

use crate::support::{Place, ended, try_ended, wait_for_log, wait_until};

/// A loop that ends when the file `go` is there.
const UNTIL_GO: &str = "while [ ! -e go ]; do sleep 0.02; done";

/// The suite as tests, on places that this expression makes.
macro_rules! conformance {
    ($place:expr) => {
        crate::conformance::conformance! { $place;
            a_command_ends_with_its_code_and_the_end_of_its_output,
            the_environment_is_what_was_given,
            output_is_seen_while_the_command_runs,
            an_end_is_term_and_leaves_time_to_clean_up,
            a_command_that_ignores_term_is_killed_after_its_grace,
            a_command_whose_time_is_up_is_ended,
            a_running_command_is_adopted_when_its_engine_is_gone,
            an_adopted_command_can_be_ended,
            what_ended_without_an_engine_is_collected_once_and_again,
            a_lost_machine_is_told_and_nothing_is_left_after_discarding,
            discarding_ends_what_runs_and_may_be_repeated,
            an_unknown_attempt_is_neither_adopted_nor_in_the_way,
            secrets_do_not_reach_the_log,
            usage_is_measured,
        }
    };
    ($place:expr; $($behaviour:ident,)*) => {$(
        #[tokio::test]
        async fn $behaviour() {
            crate::conformance::$behaviour(&$place).await;
        }
    )*};
}
pub(crate) use conformance;

pub(crate) async fn a_command_ends_with_its_code_and_the_end_of_its_output(place: &dyn Place) {
    let executor = place.executor();
    for code in [0, 7] {
        let line = format!("echo to stdout; echo to stderr >&2; exit {code}");
        let attempt = place.attempt(&format!("code-{code}"), &line);
        let mut running = executor.start(&attempt).await.unwrap();
        let end = ended(&mut running).await;
        assert_eq!((end.exit, end.tail.as_str()), (Exit::Code(code), "to stdout\nto stderr"), "{end:?}");
        assert_eq!(log_text(&attempt.log).unwrap(), "to stdout\nto stderr\n");
        assert_eq!(ended(&mut running).await, end, "the answer stays");
    }
}

pub(crate) async fn the_environment_is_what_was_given(place: &dyn Place) {
    let executor = place.executor();
    let mut attempt = place.attempt("environment", "");
    attempt.command = vec!["env".to_owned()];
    let odd = "several words, \"quotes\", $HOME, ü, a=b";
    attempt
        .environment
        .extend([("LR", "0.1"), ("ODD", odd), ("EMPTY", "")].map(|(a, b)| (a.into(), b.into())));
    let mut running = executor.start(&attempt).await.unwrap();
    let end = ended(&mut running).await;
    let mut expected: Vec<_> =
        attempt.environment.iter().map(|(name, value)| format!("{name}={value}")).collect();
    expected.push(format!("{}={}/environment", executor::MARK, place.marker()));
    expected.sort();
    let mut found: Vec<_> = end.tail.lines().map(str::to_owned).collect();
    found.sort();
    if place.environment_is_exact() {
        assert_eq!(found, expected);
    }
    assert!(expected.iter().all(|variable| found.contains(variable)), "{expected:?} in {found:?}");
}

pub(crate) async fn output_is_seen_while_the_command_runs(place: &dyn Place) {
    let executor = place.executor();
    let attempt = place.attempt("output", &format!("echo one; {UNTIL_GO}; echo two"));
    let mut running = executor.start(&attempt).await.unwrap();
    wait_for_log(executor.as_ref(), &attempt, "one\n").await;
    let seen = executor.log(&attempt.log, 0).await.unwrap();
    let next = seen.from + seen.bytes.len() as u64;
    assert!(executor.log(&attempt.log, next).await.unwrap().bytes.is_empty());
    fs::write(place.work().join("go"), "").unwrap();
    assert_eq!(ended(&mut running).await.exit, Exit::Code(0));
    assert_eq!(executor.log(&attempt.log, next).await.unwrap().bytes, b"two\n");
}

pub(crate) async fn an_end_is_term_and_leaves_time_to_clean_up(place: &dyn Place) {
    let executor = place.executor();
    let line = "trap 'echo cleaned; exit 0' TERM; echo ready; while :; do sleep 0.02; done";
    let attempt = place.attempt("term", line);
    let mut running = executor.start(&attempt).await.unwrap();
    wait_for_log(executor.as_ref(), &attempt, "ready").await;
    running.end();
    let end = ended(&mut running).await;
    assert_eq!(end.exit, Exit::Ended);
    assert!(end.tail.ends_with("cleaned"), "{end:?}");
    wait_until("nothing is left", || place.left("term").is_empty());
}

pub(crate) async fn a_command_that_ignores_term_is_killed_after_its_grace(place: &dyn Place) {
    let executor = place.executor();
    let line = "trap '' TERM; (trap '' TERM; sleep 1000) & echo ready; sleep 1000; sleep 1000";
    let mut attempt = place.attempt("stubborn", line);
    attempt.grace = Duration::from_millis(300);
    let mut running = executor.start(&attempt).await.unwrap();
    wait_for_log(executor.as_ref(), &attempt, "ready").await;
    running.end();
    let end = ended(&mut running).await;
    assert_eq!(end.exit, Exit::Ended);
    assert!(end.usage.wall >= attempt.grace, "{end:?}");
    wait_until("nothing is left", || place.left("stubborn").is_empty());
}

pub(crate) async fn a_command_whose_time_is_up_is_ended(place: &dyn Place) {
    let executor = place.executor();
    let mut attempt = place.attempt("timeout", "echo begun; sleep 1000 & sleep 1000");
    attempt.timeout = Some(Duration::from_millis(1500));
    attempt.grace = Duration::from_millis(200);
    let mut running = executor.start(&attempt).await.unwrap();
    let end = ended(&mut running).await;
    assert_eq!((end.exit, end.tail.as_str()), (Exit::TimedOut, "begun"));
    wait_until("nothing is left", || place.left("timeout").is_empty());
}

pub(crate) async fn a_running_command_is_adopted_when_its_engine_is_gone(place: &dyn Place) {
    let attempt = place.attempt("adopted", &format!("echo one; {UNTIL_GO}; echo two; exit 5"));
    {
        let executor = place.executor();
        executor.start(&attempt).await.unwrap();
        wait_for_log(executor.as_ref(), &attempt, "one\n").await;
    }
    let executor = place.executor();
    let mut running = executor.adopt("adopted").await.unwrap().expect("it still runs");
    fs::write(place.work().join("go"), "").unwrap();
    let end = ended(&mut running).await;
    assert_eq!((end.exit, end.tail.as_str()), (Exit::Code(5), "one\ntwo"));
    drop(running);
    wait_until("the supervisor goes when all is over", || place.living().is_empty());
}

pub(crate) async fn an_adopted_command_can_be_ended(place: &dyn Place) {
    let attempt = place.attempt("adopted", "trap 'exit 0' TERM; echo ready; while :; do sleep 0.02; done");
    {
        let executor = place.executor();
        executor.start(&attempt).await.unwrap();
        wait_for_log(executor.as_ref(), &attempt, "ready").await;
    }
    let executor = place.executor();
    let mut running = executor.adopt("adopted").await.unwrap().expect("it still runs");
    running.end();
    assert_eq!(ended(&mut running).await.exit, Exit::Ended);
    wait_until("nothing is left", || place.left("adopted").is_empty());
}

pub(crate) async fn what_ended_without_an_engine_is_collected_once_and_again(place: &dyn Place) {
    let attempt = place.attempt("collected", &format!("{UNTIL_GO}; echo done; exit 3"));
    drop(place.executor().start(&attempt).await.unwrap());
    fs::write(place.work().join("go"), "").unwrap();
    wait_until("the supervisor goes when all is over", || place.living().is_empty());
    for _ in 0..2 {
        let executor = place.executor();
        let mut running = executor.adopt("collected").await.unwrap().expect("it is known how it ended");
        running.end();
        let end = ended(&mut running).await;
        assert_eq!((end.exit, end.tail.as_str()), (Exit::Code(3), "done"));
        assert!(end.usage.wall > Duration::ZERO && end.usage.read.is_some(), "{end:?}");
        assert_eq!(ended(&mut running).await, end);
    }
}

pub(crate) async fn a_lost_machine_is_told_and_nothing_is_left_after_discarding(place: &dyn Place) {
    let executor = place.executor();
    let attempt = place.attempt("lost", "echo ready; sleep 1000 & sleep 1000");
    let mut running = executor.start(&attempt).await.unwrap();
    wait_for_log(executor.as_ref(), &attempt, "ready").await;
    place.lose();
    let error = try_ended(&mut running).await.unwrap_err();
    assert!(matches!(&error, Error::Lost { id } if id == "lost"), "{error}");
    assert!(executor.adopt("lost").await.unwrap().is_none(), "nobody knows how it ends");
    executor.discard("lost").await.unwrap();
    assert_eq!(place.left("lost"), [0_i32; 0]);
    assert!(executor.adopt("lost").await.unwrap().is_none());
    let again = place.attempt("lost.2", "echo again");
    let mut running = executor.start(&again).await.unwrap();
    assert_eq!(ended(&mut running).await.exit, Exit::Code(0), "the executor goes on with a new supervisor");
}

pub(crate) async fn discarding_ends_what_runs_and_may_be_repeated(place: &dyn Place) {
    let attempt = place.attempt("discarded", "trap '' TERM; echo ready; sleep 1000 & sleep 1000; sleep 1000");
    {
        let executor = place.executor();
        executor.start(&attempt).await.unwrap();
        wait_for_log(executor.as_ref(), &attempt, "ready").await;
    }
    let executor = place.executor();
    for _ in 0..2 {
        executor.discard("discarded").await.unwrap();
        assert_eq!(place.left("discarded"), [0_i32; 0]);
    }
}

pub(crate) async fn an_unknown_attempt_is_neither_adopted_nor_in_the_way(place: &dyn Place) {
    let executor = place.executor();
    assert!(executor.adopt("unknown").await.unwrap().is_none());
    executor.discard("unknown").await.unwrap();
    let chunk = executor.log(&place.attempt("unknown", "").log, 12).await.unwrap();
    assert_eq!((chunk.from, chunk.bytes.len()), (12, 0));
}

pub(crate) async fn secrets_do_not_reach_the_log(place: &dyn Place) {
    let executor = place.executor();
    let line = "echo key=$KEY; printf hun; sleep 0.1; printf 'ter22!\\n'; echo \"$PEM\"";
    let mut attempt = place.attempt("secret", line);
    let pem = "-----BEGIN\nMIIEpQ\n-----END";
    attempt.environment.insert("KEY".to_owned(), "hunter22".to_owned());
    attempt.environment.insert("PEM".to_owned(), pem.to_owned());
    attempt.secrets = vec![Secret::new("hunter22"), Secret::new(pem)];
    let mut running = executor.start(&attempt).await.unwrap();
    let end = ended(&mut running).await;
    let log = log_text(&attempt.log).unwrap();
    assert_eq!((end.tail.as_str(), log.as_str()), ("key=***\n***!\n***", "key=***\n***!\n***\n"));
    let records = fs::read_dir(place.supervisors()).unwrap().flatten();
    for folder in records {
        let record = fs::read_to_string(folder.path().join("record")).unwrap();
        assert!(record.contains("secret") && !record.contains("hunter22"), "{record}");
    }
}

pub(crate) async fn usage_is_measured(place: &dyn Place) {
    let executor = place.executor();
    let mut running = executor.start(&place.attempt("usage", "sleep 0.2")).await.unwrap();
    let usage = ended(&mut running).await.usage;
    assert!(usage.wall >= Duration::from_millis(200) && usage.wall < Duration::from_secs(50), "{usage:?}");
    // What is not above the supervisor's own memory is not known.
    assert!(usage.peak_memory.is_none_or(|bytes| (100_000..10_000_000_000).contains(&bytes)), "{usage:?}");
    assert!(usage.read.is_some() && usage.written.is_some(), "{usage:?}");
}
