//! Events as their schema wants them, and what becomes of them when nobody listens.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    os::unix::fs::PermissionsExt as _,
    path::Path,
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use base::{Hash, Timestamp};
use serde_json::{Value, json};
use spec::LineageSink;

use super::{Dataset, Lineage, Occurrence, QUEUE, RunEvent, Sink, What, event::Column};
use crate::Event;

fn occurrence(what: What, job: &str) -> Occurrence<'_> {
    Occurrence {
        what,
        at: Timestamp::from_micros(1_385_323_200_250_000),
        run_key: Hash::of(job),
        parent: None,
        namespace: "rides",
        job,
        sql: None,
        error: None,
        inputs: Vec::new(),
        outputs: Vec::new(),
    }
}

fn event(job: &str) -> RunEvent {
    RunEvent::of(&occurrence(What::Start, job))
}

fn dataset(name: &str) -> Dataset {
    Dataset { namespace: "rides".to_owned(), name: name.to_owned(), version: None, columns: Vec::new() }
}

fn read(event: &RunEvent) -> Value {
    serde_json::from_str(event.as_str()).unwrap()
}

/// That a text is a URI, as far as our events have them.
fn assert_uri(value: &Value) {
    let text = value.as_str().unwrap();
    assert!(text.starts_with("https://") && !text.contains(' '), "{text}");
}

/// The least that every facet has.
fn assert_facets(value: &Value, names: &[&str]) {
    let facets = value["facets"].as_object().unwrap();
    let mut names = names.to_vec();
    names.sort_unstable();
    assert_eq!(facets.keys().map(String::as_str).collect::<Vec<_>>(), names);
    for facet in facets.values() {
        assert_uri(&facet["_producer"]);
        assert_uri(&facet["_schemaURL"]);
    }
}

fn assert_uuid(value: &Value) {
    let text = value.as_str().unwrap();
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    assert_eq!(lengths, [8, 4, 4, 4, 12], "{text}");
    assert!(text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b'-')), "{text}");
    assert_eq!(&text[14..15], "8", "the version, in {text}");
    assert!(matches!(&text[19..20], "8" | "9" | "a" | "b"), "the variant, in {text}");
}

#[test]
fn a_bare_event_has_all_that_the_schema_requires_and_nothing_unknown() {
    for (what, word) in
        [(What::Start, "START"), (What::Complete, "COMPLETE"), (What::Fail, "FAIL"), (What::Abort, "ABORT")]
    {
        let event = read(&RunEvent::of(&occurrence(what, "step.features")));
        let fields: Vec<&str> = event.as_object().unwrap().keys().map(String::as_str).collect();
        let known = ["eventTime", "eventType", "inputs", "job", "outputs", "producer", "run", "schemaURL"];
        assert_eq!(fields, known);
        assert_eq!(event["eventType"], word);
        assert_eq!(event["eventTime"], "2013-11-24T20:00:00.250Z");
        assert_eq!(event["schemaURL"], "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent");
        assert_uri(&event["producer"]);
        assert_uuid(&event["run"]["runId"]);
        assert_facets(&event["run"], &["processing_engine"]);
        assert_eq!(event["run"]["facets"]["processing_engine"]["name"], "kaizen");
        assert_eq!(event["run"]["facets"]["processing_engine"]["version"], env!("CARGO_PKG_VERSION"));
        assert_eq!(event["job"], json!({"namespace": "rides", "name": "step.features", "facets": {}}));
        assert_eq!((&event["inputs"], &event["outputs"]), (&json!([]), &json!([])));
    }
}

#[test]
fn an_event_of_everything_says_parent_error_query_versions_and_columns() {
    let column = Column { name: "late".to_owned(), kind: "boolean".to_owned() };
    let version = Hash::of("content");
    let output = Dataset { version: Some(version), columns: vec![column], ..dataset("step.features") };
    let event = read(&RunEvent::of(&Occurrence {
        parent: Some((Hash::of("run 7"), "kaizen run")),
        sql: Some("SELECT \"x\"\nFROM flights"),
        error: Some("no column `x`"),
        inputs: vec![dataset("data.flights")],
        outputs: vec![output],
        ..occurrence(What::Fail, "step.features")
    }));
    assert_facets(&event["run"], &["processing_engine", "parent", "errorMessage"]);
    let facets = &event["run"]["facets"];
    assert_uuid(&facets["parent"]["run"]["runId"]);
    assert_ne!(facets["parent"]["run"]["runId"], event["run"]["runId"]);
    assert_eq!(facets["parent"]["job"], json!({"namespace": "rides", "name": "kaizen run"}));
    assert_eq!(facets["errorMessage"]["message"], "no column `x`");
    assert!(facets["errorMessage"]["programmingLanguage"].is_string(), "the schema requires it");
    assert_facets(&event["job"], &["sql"]);
    assert_eq!(event["job"]["facets"]["sql"]["query"], "SELECT \"x\"\nFROM flights");
    assert_eq!(event["inputs"], json!([{"namespace": "rides", "name": "data.flights", "facets": {}}]));
    let output = &event["outputs"][0];
    assert_facets(output, &["version", "schema"]);
    assert_eq!(output["facets"]["version"]["datasetVersion"], version.to_string());
    assert_eq!(output["facets"]["schema"]["fields"], json!([{"name": "late", "type": "boolean"}]));
    let schema = "https://openlineage.io/spec/facets/1-1-1/SchemaDatasetFacet.json#/$defs/SchemaDatasetFacet";
    assert_eq!(output["facets"]["schema"]["_schemaURL"], schema);
}

#[test]
fn the_id_of_a_run_is_made_from_its_key_alone() {
    let id = |what, job| read(&RunEvent::of(&occurrence(what, job)))["run"]["runId"].clone();
    assert_eq!(id(What::Start, "step.a"), id(What::Complete, "step.a"));
    assert_ne!(id(What::Start, "step.a"), id(What::Start, "step.b"));
    for number in 0..200 {
        assert_uuid(&read(&event(&number.to_string()))["run"]["runId"]);
    }
}

#[test]
fn of_a_long_error_the_end_is_told_whole_letters_only() {
    let error = format!("{}the cause", "ä".repeat(10_000));
    let event = read(&RunEvent::of(&Occurrence { error: Some(&error), ..occurrence(What::Fail, "step.a") }));
    let message = event["run"]["facets"]["errorMessage"]["message"].as_str().unwrap();
    assert!(message.starts_with("…ä") && message.ends_with("äthe cause"), "{message}");
    assert!((4_000..4_100).contains(&message.len()), "{}", message.len());
}

/// A lineage, and what its observer hears.
struct Scene {
    lineage: Lineage,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Scene {
    fn to(to: LineageSink, root: &Path) -> Self {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let hear = Arc::clone(&heard);
        let observer = Arc::new(move |event: &Event| {
            if let Event::Remark { text } = event {
                hear.lock().unwrap().push(text.clone());
            }
        });
        let spec = spec::Lineage { to, namespace: "rides".to_owned() };
        Self { lineage: Lineage::open(&spec, root, observer), heard }
    }

    fn file(path: &str, root: &Path) -> Self {
        Self::to(LineageSink::File(path.to_owned()), root)
    }

    fn ended(self) -> Vec<String> {
        self.lineage.end();
        self.heard.lock().unwrap().clone()
    }
}

#[test]
fn a_file_gets_a_line_for_each_event_in_order_after_those_it_has() {
    let root = tempfile::tempdir().unwrap();
    for round in 0..2 {
        let scene = Scene::file("out/events.jsonl", root.path());
        for number in 0..100 {
            scene.lineage.tell(event(&format!("step.{round}_{number}")));
        }
        assert_eq!(scene.ended(), [""; 0]);
    }
    let path = root.path().join("out/events.jsonl");
    let text = fs::read_to_string(&path).unwrap();
    let jobs: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["job"]["name"].clone())
        .collect();
    let told: Vec<String> =
        (0..2).flat_map(|round| (0..100).map(move |number| format!("step.{round}_{number}"))).collect();
    assert_eq!(jobs, told);
    assert!(text.ends_with('\n'));
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o133, 0, "nobody but the owner writes, and nobody executes: {mode:o}");
}

#[test]
fn an_absolute_path_is_taken_as_it_is() {
    let (root, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let path = elsewhere.path().join("events.jsonl");
    let scene = Scene::file(path.to_str().unwrap(), root.path());
    scene.lineage.tell(event("step.a"));
    assert_eq!(scene.ended(), [""; 0]);
    assert_eq!(fs::read_to_string(path).unwrap().lines().count(), 1);
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
}

#[test]
fn a_file_that_cannot_be_written_is_named_at_the_first_event_and_the_lost_are_counted_at_the_end() {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join("events.jsonl")).unwrap();
    let scene = Scene::file("events.jsonl", root.path());
    for job in ["step.a", "step.b", "step.c"] {
        scene.lineage.tell(event(job));
    }
    let heard = scene.ended();
    let path = root.path().join("events.jsonl").display().to_string();
    assert_eq!(heard.len(), 2, "{heard:?}");
    assert!(heard[0].starts_with(&format!("an OpenLineage event did not reach {path}: ")), "{heard:?}");
    assert_eq!(heard[1], format!("3 of 3 OpenLineage events did not reach {path}"));
}

#[test]
fn a_file_that_comes_back_gets_what_is_told_from_then_on() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("events.jsonl");
    fs::create_dir(&path).unwrap();
    let scene = Scene::file("events.jsonl", root.path());
    scene.lineage.tell(event("step.lost"));
    wait_until(|| !scene.heard.lock().unwrap().is_empty());
    fs::remove_dir(&path).unwrap();
    scene.lineage.tell(event("step.told"));
    let heard = scene.ended();
    assert!(heard[1].starts_with("1 of 2 OpenLineage events"), "{heard:?}");
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(text.contains("step.told"));
}

#[test]
fn a_line_of_which_only_a_part_was_written_does_not_spoil_the_next() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("events.jsonl");
    fs::write(&path, "{\"eventType\":\"STA").unwrap();
    let mut sink = Sink::File { path: path.clone(), is_torn: true };
    for job in ["step.a", "step.b"] {
        sink.deliver(&event(job)).unwrap();
    }
    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines, ["{\"eventType\":\"STA", event("step.a").as_str(), event("step.b").as_str()]);
}

fn wait_until(done: impl Fn() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < Duration::from_secs(20), "it never happens");
        thread::sleep(Duration::from_millis(2));
    }
}

/// A receiver that gives these answers in turn, then 201, and keeps what it was sent.
struct Receiver {
    url: String,
    bodies: Arc<Mutex<Vec<String>>>,
}

impl Receiver {
    fn answering(statuses: &'static [u16]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/api/v1/lineage?token=hidden", listener.local_addr().unwrap());
        let bodies = Arc::new(Mutex::new(Vec::new()));
        let keep = Arc::clone(&bodies);
        thread::spawn(move || {
            let mut statuses = statuses.iter();
            for stream in listener.incoming() {
                let status = statuses.next().unwrap_or(&201);
                let body = answer(&mut stream.unwrap(), *status);
                keep.lock().unwrap().push(body);
            }
        });
        Self { url, bodies }
    }

    fn scene(&self) -> Scene {
        Scene::to(LineageSink::Url(self.url.clone()), Path::new("/nowhere"))
    }

    fn jobs(&self) -> Vec<String> {
        let job = |body: &String| {
            let event: Value = serde_json::from_str(body).unwrap();
            event["job"]["name"].as_str().unwrap().to_owned()
        };
        self.bodies.lock().unwrap().iter().map(job).collect()
    }
}

/// Reads one request and answers it; gives its body.
fn answer(stream: &mut TcpStream, status: u16) -> String {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if line == "\r\n" {
            break;
        }
        head += &line.to_lowercase();
    }
    for line in head.lines() {
        if let Some(value) = line.strip_prefix("content-length: ") {
            length = value.parse().unwrap();
        }
    }
    assert!(head.starts_with("post /api/v1/lineage?token=hidden "), "{head}");
    assert!(head.contains("content-type: application/json\r\n"), "{head}");
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let answer = format!("HTTP/1.1 {status} Whatever\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    stream.write_all(answer.as_bytes()).unwrap();
    String::from_utf8(body).unwrap()
}

#[test]
fn an_address_gets_a_request_for_each_event_in_order() {
    let receiver = Receiver::answering(&[]);
    let scene = receiver.scene();
    for job in ["step.a", "step.b", "step.c"] {
        scene.lineage.tell(event(job));
    }
    assert_eq!(scene.ended(), [""; 0]);
    assert_eq!(receiver.jobs(), ["step.a", "step.b", "step.c"]);
}

#[test]
fn an_event_is_tried_three_times_while_the_receiver_is_busy_and_once_when_it_is_refused() {
    let receiver = Receiver::answering(&[503, 429, 200, 422, 500, 500, 500, 302]);
    let scene = receiver.scene();
    for job in ["step.tried", "step.refused", "step.lost", "step.moved", "step.told"] {
        scene.lineage.tell(event(job));
    }
    let heard = scene.ended();
    let jobs = receiver.jobs();
    assert_eq!(jobs[..4], ["step.tried", "step.tried", "step.tried", "step.refused"]);
    assert_eq!(jobs[4..], ["step.lost", "step.lost", "step.lost", "step.moved", "step.told"]);
    assert_eq!(heard.len(), 2, "{heard:?}");
    assert!(heard[0].contains("it answered 422") && !heard[0].contains("hidden"), "{heard:?}");
    assert!(heard[1].starts_with("3 of 5 OpenLineage events did not reach http://127.0.0.1:"), "{heard:?}");
}

#[test]
fn a_receiver_that_is_away_is_said_once_and_counted_and_holds_up_nothing() {
    let root = tempfile::tempdir().unwrap();
    let url = "http://127.0.0.1:1/";
    let scene = Scene::to(LineageSink::Url(url.to_owned()), root.path());
    for number in 0..50 {
        scene.lineage.tell(event(&format!("step.s{number}")));
    }
    let begun = Instant::now();
    let heard = scene.ended();
    assert!(begun.elapsed() < Duration::from_secs(8), "those after the first are tried once");
    assert_eq!(heard.len(), 2, "{heard:?}");
    assert_eq!(heard[1], format!("50 of 50 OpenLineage events did not reach {url}"));
}

#[test]
fn a_receiver_that_hangs_blocks_nobody_and_the_end_waits_no_longer_than_it_may() {
    // It accepts, in the queue of its port, and never answers.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let scene = Scene::to(LineageSink::Url(url.clone()), Path::new("/nowhere"));
    let told = QUEUE + 100;
    let begun = Instant::now();
    for number in 0..told {
        scene.lineage.tell(event(&format!("step.s{number}")));
    }
    scene.lineage.end_within(Duration::from_millis(100));
    assert!(begun.elapsed() < Duration::from_secs(4), "nothing waited for an answer");
    let heard = scene.heard.lock().unwrap().clone();
    assert_eq!(heard.len(), 2, "{heard:?}");
    assert!(heard[0].contains("as many wait to be sent as may"), "{heard:?}");
    assert_eq!(heard[1], format!("{told} of {told} OpenLineage events did not reach {url} in time"));
}
