//! Labels over HTTP.

use std::{
    io::Write as _,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    thread,
    time::Duration,
};

use serving::labels::{Label, Labels, Receipt, Refused};

use server::Settings;

use crate::support::{Answer, Running, rows, settings, trained};

/// Keeps labels in memory, or refuses when its disk is full.
#[derive(Default)]
struct Memory {
    kept: Mutex<Vec<Label>>,
    full: Mutex<bool>,
}

impl Labels for Memory {
    fn put(&self, model: &str, labels: Vec<Label>) -> Result<Receipt, Refused> {
        assert_eq!(model, "late");
        if *self.full.lock().unwrap() {
            return Err(Refused::Unavailable("no space is left".into()));
        }
        let receipt = Receipt { accepted: labels.len() as u64, ..Receipt::default() };
        self.kept.lock().unwrap().extend(labels);
        Ok(receipt)
    }
}

fn labelled() -> (Running, Arc<Memory>) {
    let memory = Arc::new(Memory::default());
    let keeper = Arc::clone(&memory);
    (Running::start_with(settings(), [trained()], |service| service.label_with(keeper)), memory)
}

const LABELS: &str = "/v2/models/late/labels";
const BODY: &str =
    r#"{"labels":[{"id":"7/0","label":true},{"id":"7/1","label":"false","time":"2013-04-01"}]}"#;

#[test]
fn labels_are_kept_before_they_are_acknowledged() {
    let (server, memory) = labelled();
    let answer = server.post(LABELS, BODY);
    assert_eq!(
        (answer.status, answer.body.to_string()),
        (200, r#"{"accepted":2,"replaced":0,"unchanged":0}"#.to_owned())
    );
    let kept = memory.kept.lock().unwrap().clone();
    assert_eq!((kept.len(), kept[1].value.as_str()), (2, "false"));
    assert_eq!(server.post("/v2/models/late/versions/3/labels", BODY).status, 200);
}

#[test]
fn each_refusal_of_labels_has_its_status_and_keeps_nothing() {
    let (server, memory) = labelled();
    let many = format!(r#"{{"labels":[{}]}}"#, vec![r#"{"id":"a","label":true}"#; 10_001].join(","));
    for (method, path, body, status, words) in [
        ("POST", LABELS, "{", 400, "not a list of labels"),
        (
            "POST",
            LABELS,
            r#"{"labels":[{"id":"a","label":2}]}"#,
            400,
            "label 1 (`a`): `2` is not a class of this model",
        ),
        ("POST", LABELS, many.as_str(), 413, "more than 10000 labels in one body; send them in several"),
        ("POST", "/v2/models/lat/labels", BODY, 404, "no model `lat`"),
        ("GET", LABELS, "", 405, "does not answer GET"),
    ] {
        let answer = server.call(method, path, &[], body);
        assert_eq!(answer.status, status, "{path}: {}", answer.error());
        assert!(answer.error().contains(words), "{}", answer.error());
    }
    let mut stream = server.connect();
    let head = format!("POST {LABELS} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n", BODY.len());
    stream.write_all(format!("{head}{}", &BODY[..40]).as_bytes()).unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    assert!(Answer::read(&mut stream).is_err() || memory.kept.lock().unwrap().is_empty());
    assert!(memory.kept.lock().unwrap().is_empty(), "a body that broke off keeps nothing");
}

#[test]
fn labels_that_cannot_be_kept_are_to_be_sent_again_and_the_operator_learns_why() {
    let (server, memory) = labelled();
    *memory.full.lock().unwrap() = true;
    let answer = server.post(LABELS, BODY);
    assert_eq!(answer.status, 503);
    assert_eq!(
        answer.error(),
        "the labels were not kept; send them again later: the server's log has the cause"
    );
    assert!(server.failures.lock().unwrap()[0].cause.contains("no space is left"));
}

#[test]
fn a_server_without_a_project_keeps_no_labels_and_says_where_they_are_kept() {
    let answer = Running::start(settings(), [trained()]).post(LABELS, BODY);
    assert_eq!(answer.status, 404);
    assert!(answer.error().contains("run `kaizen up` in a project"), "{}", answer.error());
}

/// A disk that hangs until it is let go.
#[derive(Default)]
struct Hanging {
    held: Mutex<()>,
    entered: AtomicUsize,
}

impl Labels for Hanging {
    fn put(&self, _: &str, labels: Vec<Label>) -> Result<Receipt, Refused> {
        self.entered.fetch_add(1, SeqCst);
        let _turn = self.held.lock().unwrap();
        Ok(Receipt { accepted: labels.len() as u64, ..Receipt::default() })
    }
}

#[test]
fn labels_on_a_hanging_disk_are_refused_in_time_and_take_few_threads() {
    let disk = Arc::new(Hanging::default());
    let keeper = Arc::clone(&disk);
    let settings = Settings { request_timeout: Duration::from_millis(500), ..settings() };
    let server = Running::start_with(settings, [trained()], |service| service.label_with(keeper));
    let held = disk.held.lock().unwrap();
    thread::scope(|scope| {
        let posts = [(); 30].map(|()| scope.spawn(|| server.post(LABELS, BODY)));
        for answer in posts.map(|post| post.join().unwrap()) {
            assert_eq!(answer.status, 503);
            assert!(answer.error().contains("not kept within 0.5 s"), "{}", answer.error());
        }
    });
    assert_eq!(disk.entered.load(SeqCst), 8, "the others never took a thread");
    assert_eq!(server.post("/v2/models/late/infer", &rows(5_000)).status, 200, "predictions go on");
    drop(held);
    assert_eq!(server.post(LABELS, BODY).status, 200, "so do labels once it is over");
    assert_eq!(disk.entered.load(SeqCst), 9);
}
