use std::fs;

use base::{Clock as _, FixedClock};
use rustix::fs::{FlockOperation, flock};

use super::Lock;
use crate::Error;

fn clock() -> FixedClock {
    FixedClock::at("2026-03-05T14:00:00Z".parse().unwrap())
}

#[test]
fn a_second_holder_is_refused_and_told_who_holds_the_lock_since_when() {
    let dir = tempfile::tempdir().unwrap();
    let held = Lock::acquire(dir.path(), "kaizen up examples/flights", &clock()).unwrap();
    // The lock belongs to the open file, so that a second one is refused in the same process too.
    let error = Lock::acquire(dir.path(), "kaizen apply", &clock()).unwrap_err();
    let Error::Held { pid, since, command } = &error else { panic!("{error}") };
    assert_eq!((*pid, *since), (std::process::id(), clock().now()));
    assert_eq!(command, "kaizen up examples/flights");
    assert!(error.to_string().contains("stop it"), "{error}");

    drop(held);
    Lock::acquire(dir.path(), "kaizen apply", &clock()).unwrap();
}

#[test]
fn what_a_killed_holder_wrote_does_not_hold_the_lock() {
    let dir = tempfile::tempdir().unwrap();
    let text =
        r#"{"pid":1,"started":"2020-01-01T00:00:00Z","command":"a much longer command than the next one"}"#;
    fs::write(dir.path().join("lock"), text).unwrap();
    let _held = Lock::acquire(dir.path(), "kaizen up", &clock()).unwrap();
    let Err(Error::Held { pid, command, .. }) = Lock::acquire(dir.path(), "kaizen up", &clock()) else {
        panic!("not refused")
    };
    assert_eq!((pid, command.as_str()), (std::process::id(), "kaizen up"));
}

#[test]
fn it_is_seen_whether_somebody_holds_the_lock_and_looking_keeps_nobody_from_it() {
    let dir = tempfile::tempdir().unwrap();
    assert!(!Lock::is_held(dir.path()).unwrap(), "there is no lock file yet");
    let held = Lock::acquire(dir.path(), "kaizen up", &clock()).unwrap();
    assert!(Lock::is_held(dir.path()).unwrap());
    drop(held);
    assert!(!Lock::is_held(dir.path()).unwrap());
    let looking = fs::File::open(dir.path().join("lock")).unwrap();
    flock(&looking, FlockOperation::NonBlockingLockShared).unwrap();
    assert!(!Lock::is_held(dir.path()).unwrap(), "two who look do not see each other");
    std::thread::scope(|scope| {
        scope.spawn(move || drop(looking));
        Lock::acquire(dir.path(), "kaizen run", &clock()).unwrap();
    });
}

#[test]
fn a_lock_that_a_dead_holder_left_to_a_program_that_is_starting_is_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    // Larger than any that the system gives.
    let text = r#"{"pid":2147483646,"started":"2020-01-01T00:00:00Z","command":"kaizen run"}"#;
    fs::write(dir.path().join("lock"), text).unwrap();
    let starting = fs::File::open(dir.path().join("lock")).unwrap();
    flock(&starting, FlockOperation::NonBlockingLockExclusive).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            std::thread::sleep(std::time::Duration::from_millis(400));
            drop(starting);
        });
        Lock::acquire(dir.path(), "kaizen run", &clock()).unwrap();
    });
}
