//! Clients that connect and do not say what they want.

use std::{
    io::{Read as _, Write as _},
    thread,
    time::{Duration, Instant},
};

use crate::support::{Answer, BODY, Running, echo, settings};
use server::Settings;

const PATIENCE: Duration = Duration::from_millis(300);

fn impatient(connections: usize) -> Running {
    Running::start(Settings { request_timeout: PATIENCE, connections, ..settings() }, [echo("late", "3")])
}

#[test]
fn whoever_says_nothing_or_too_little_gives_up_its_place_to_another() {
    let server = impatient(2);
    let mut silent = server.connect();
    let mut dripping = server.connect();
    let started = Instant::now();
    let mut last = server.connect();
    write!(last, "GET /v2 HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    while started.elapsed() < 2 * PATIENCE {
        // A byte now and then does not help.
        let _ = dripping.write_all(b"G");
        thread::sleep(PATIENCE / 10);
    }
    assert_eq!(Answer::read(&mut last).unwrap().status, 200);
    assert!(!matches!(silent.read(&mut [0]), Ok(1..)), "a silent client was told something");
}

#[test]
fn a_connection_that_is_used_stays_and_one_that_waits_for_its_next_request_does_not() {
    let server = impatient(8);
    let mut stream = server.connect();
    for _ in 0..4 {
        let length = BODY.len();
        let head = format!(
            "POST /v2/models/late/infer HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n"
        );
        write!(stream, "{head}{BODY}").unwrap();
        assert_eq!(Answer::read(&mut stream).unwrap().status, 200);
        thread::sleep(PATIENCE / 2);
    }
    thread::sleep(PATIENCE);
    let left = stream.read(&mut [0]);
    assert!(!matches!(left, Ok(1..)), "{left:?}");
}
