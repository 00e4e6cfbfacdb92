//! What a request may cost, and what is said when it costs more.

use std::{io::Write, time::Duration};

use crate::support::{Answer, BODY, Running, echo, rows, settings};
use base::Size;
use server::Settings;

fn with(settings: Settings) -> Running {
    Running::start(settings, [echo("late", "3")])
}

const INFER: &str = "/v2/models/late/infer";

#[test]
fn a_batch_is_answered_whole() {
    let server = with(settings());
    let answer = server.post(INFER, &rows(50_000));
    assert_eq!(answer.body["outputs"][0]["data"].as_array().map(Vec::len), Some(50_000));
}

#[test]
fn a_body_over_the_limit_is_refused_with_the_limit_even_to_one_who_reads_last() {
    let server = with(Settings { body_limit: Size::bytes(64 << 10), ..settings() });
    let large = rows(100_000);
    let answer = server.post(INFER, &large);
    assert_eq!(answer.status, 413);
    assert!(answer.error().contains("larger than 64.0 KiB"), "{}", answer.error());

    let mut stream = server.connect();
    let head = format!("POST {INFER} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
    let _ = stream.write_all(format!("{head}{:x}\r\n{large}\r\n0\r\n\r\n", large.len()).as_bytes());
    assert_eq!(Answer::read(&mut stream).unwrap().status, 413);
}

#[test]
fn a_body_that_only_claims_to_be_large_is_refused_without_waiting_for_it() {
    let server = with(settings());
    let mut stream = server.connect();
    let head = format!(
        "POST {INFER} HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 99999999999\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    assert_eq!(Answer::read(&mut stream).unwrap().status, 413);
}

#[test]
fn more_rows_than_the_limit_are_refused_with_the_limit() {
    let server = with(Settings { row_limit: 10, ..settings() });
    assert_eq!(server.post(INFER, &rows(10)).status, 200);
    let answer = server.post(INFER, &rows(11));
    assert_eq!(answer.status, 413);
    assert!(answer.error().contains("11 rows and the limit is 10"), "{}", answer.error());
}

#[test]
fn a_body_that_does_not_arrive_is_given_up_in_time() {
    let server = with(Settings { request_timeout: Duration::from_millis(100), ..settings() });
    let mut stream = server.connect();
    let head = format!("POST {INFER} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{{");
    stream.write_all(head.as_bytes()).unwrap();
    let answer = Answer::read(&mut stream).unwrap();
    assert_eq!(answer.status, 408);
    assert!(answer.error().contains("did not arrive within 0.1 s"), "{}", answer.error());
}

#[test]
fn bodies_together_have_a_limit_and_those_beyond_it_are_asked_to_come_back() {
    let limit = Size::bytes(64 << 10);
    let server = with(Settings { body_limit: limit, bodies: limit, ..settings() });
    let mut slow = server.connect();
    let head = format!("POST {INFER} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n", limit.get());
    write!(slow, "{head}Expect: 100-continue\r\n\r\n").unwrap();
    // The server asks for the body once it has set the room for it aside.
    let mut go_on = [0; 25];
    std::io::Read::read_exact(&mut slow, &mut go_on).unwrap();
    assert!(go_on.starts_with(b"HTTP/1.1 100 Continue"));
    let answer = server.post(INFER, BODY);
    assert_eq!(answer.status, 503);
    assert!(answer.error().contains("try again"), "{}", answer.error());
    assert_eq!(server.get("/v2/health/live").status, 200);
}

#[test]
fn a_connection_beyond_the_limit_waits_for_its_turn() {
    let server = with(Settings { connections: 1, ..settings() });
    let mut first = server.connect();
    let ask = b"GET /v2/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n";
    first.write_all(ask).unwrap();
    assert_eq!(Answer::read(&mut first).unwrap().status, 200);
    let mut second = server.connect();
    second.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    second.write_all(ask).unwrap();
    assert!(Answer::read(&mut second).is_err(), "the one place is taken");
    drop(first);
    second.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    assert_eq!(Answer::read(&mut second).unwrap().status, 200);
}

#[test]
fn bytes_that_are_no_http_do_not_disturb_the_server() {
    let server = with(settings());
    for bytes in [
        &b"\x16\x03\x01\x02\x00"[..],
        b"GET\r\n\r\n",
        b"POST /v2 HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"\0",
    ] {
        server.connect().write_all(bytes).unwrap();
    }
    assert_eq!(server.post(INFER, BODY).status, 200);
}
