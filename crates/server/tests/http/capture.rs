//! Requests of a recorded service.

use std::{io::Write as _, sync::Arc, time::Duration};

use base::{FixedClock, Size};
use serving::capture::{Decoded, Decoder, Outcome, Recorder, Recorders, Settings as Recording, Totals};

use crate::support::{Answer, BODY, Running, rows, settings, trained};
use server::Settings;

struct Recorded {
    server: Running,
    recorder: Arc<Recorder>,
}

impl Recorded {
    fn start(settings: Settings) -> Self {
        let clock = Arc::new(FixedClock::at("2013-04-01".parse().unwrap()));
        let recording = Recording { model: "delays".to_owned(), ..Recording::default() };
        let recorder = Arc::new(Recorder::new(recording, clock));
        let recorders = Recorders::new();
        recorders.set("late", Arc::clone(&recorder));
        let server = Running::start_with(settings, [trained()], |service| service.record_with(recorders));
        Self { server, recorder }
    }

    fn taken(&self) -> (Decoded, Totals) {
        let mut batch = Vec::new();
        let totals = self.recorder.take(&mut batch);
        let mut decoder = Decoder::new(0);
        decoder.read(&batch);
        (decoder.finish(), totals)
    }
}

const INFER: &str = "/v2/models/late/infer";

#[test]
fn each_answer_has_an_id_and_is_recorded_under_it_small_or_large() {
    let recorded = Recorded::start(settings());
    assert_eq!(recorded.server.post(INFER, BODY).body["id"], "7");
    let made = recorded.server.post(INFER, &rows(1)).body["id"].as_str().unwrap().to_owned();
    let large = recorded.server.post(INFER, &rows(20_000)).body["id"].as_str().unwrap().to_owned();
    let (decoded, totals) = recorded.taken();
    let captured = &decoded.captured[0];
    assert_eq!(captured.ids[..3], ["7/0".to_owned(), "7/1".to_owned(), made]);
    assert_eq!((captured.rows(), captured.ids.last().unwrap()), (20_003, &format!("{large}/19999")));
    assert_eq!((totals.answered, totals.latencies.count()), (3, 3));
}

#[test]
fn what_is_refused_is_counted_by_whose_fault_it_was() {
    let body_limit = Size::bytes(1 << 10);
    let limits = Settings { body_limit, request_timeout: Duration::from_millis(200), ..settings() };
    let recorded = Recorded::start(limits);
    assert_eq!(recorded.server.post(INFER, "{}").status, 400);
    assert_eq!(recorded.server.post(INFER, &rows(10_000)).status, 413);
    let long = format!(r#"{{"id":"{}","inputs":[]}}"#, "x".repeat(257));
    let answer = recorded.server.post(INFER, &long);
    assert_eq!(answer.status, 400);
    assert!(answer.error().contains("has 257 bytes and the limit is 256"), "{}", answer.error());
    let mut stream = recorded.server.connect();
    write!(stream, "POST {INFER} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{{").unwrap();
    assert_eq!(Answer::read(&mut stream).unwrap().status, 408);
    let (decoded, totals) = recorded.taken();
    assert_eq!((totals.answered, totals.client_errors, totals.server_errors), (0, 4, 0));
    let failures = &decoded.captured[0].failures;
    assert_eq!(failures.len(), 2, "the bodies that were there");
    assert!(failures.iter().all(|failure| failure.outcome == Outcome::ClientError && !failure.id.is_empty()));
}

#[test]
fn a_service_without_a_recorder_answers_as_it_was_asked() {
    let server = Running::usual();
    let answer = server.post(INFER, &rows(1));
    assert_eq!((answer.status, answer.body.get("id")), (200, None));
}
