//! Traffic from a recorder to disk and back, with processes that end at the wrong moment.

mod following;
mod killed;
mod labelling;
mod panicking;
mod sealing;

use std::{
    fs,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use base::{FixedClock, Name, Size};
use onnx::{
    Element, Signature,
    build::{GraphBuilder, Node},
};
use serving::{
    Limits, Loaded,
    capture::{Recorder, Settings as Recording},
};
use store::Store;
use table::{Field, Kind};
use tempfile::TempDir;

use super::{Handle, Notice, Piece, Position, Settings, Writer, journal, read};

/// A model of a number and a time that predicts the number.
pub(super) fn model(version: &str) -> Loaded {
    let columns = [("x", Kind::Number, Element::Float), ("at", Kind::Time, Element::Double)];
    let mut graph = GraphBuilder::new("late");
    for (name, _, element) in &columns {
        graph.input(name, *element, 1);
    }
    graph.node(Node::new("Identity", &["x"]).output("prediction"));
    graph.output("prediction", Element::Float, Some(1));
    let signature = Signature {
        inputs: columns.map(|(name, kind, _)| Field { name: name.to_owned(), kind }).into(),
        task: "regression".to_owned(),
        classes: Vec::new(),
        positive: None,
        threshold: None,
    };
    graph.metadata(Signature::KEY, &signature.to_metadata());
    Loaded::from_bytes("late", version, &graph.finish()).unwrap()
}

/// A store with a service `late`, and everything its writer says.
pub(super) struct Scene {
    directory: TempDir,
    clock: Arc<FixedClock>,
    store: Store,
    notices: Arc<Mutex<Vec<Notice>>>,
}

impl Scene {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let clock = Arc::new(FixedClock::at("2013-04-01T06:00:00Z".parse().unwrap()));
        let store = Store::open(directory.path(), clock.clone()).unwrap();
        Self { directory, clock, store, notices: Arc::default() }
    }

    fn journals(&self) -> PathBuf {
        journal::directory(&self.store, &service())
    }

    fn recorder(&self, buffer: u64) -> Arc<Recorder> {
        let settings = Recording { model: "delays".to_owned(), rate: 1.0, buffer: Size::bytes(buffer) };
        Arc::new(Recorder::new(settings, self.clock.clone()))
    }

    fn settings(&self, recorder: &Arc<Recorder>) -> Settings {
        let notices = Arc::clone(&self.notices);
        Settings {
            event_time: Some("at".to_owned()),
            every: Duration::from_millis(5),
            observer: Arc::new(move |notice| notices.lock().unwrap().push(notice.clone())),
            ..Settings::new(service(), self.store.clone(), Arc::clone(recorder), self.clock.clone())
        }
    }

    fn start(&self) -> (Arc<Recorder>, Handle) {
        let recorder = self.recorder(1 << 20);
        let handle = Writer::start(self.settings(&recorder)).unwrap();
        (recorder, handle)
    }

    /// Everything after a position, and where that ends.
    fn follow(&self, position: &mut Position) -> Vec<Piece> {
        let mut pieces = Vec::new();
        loop {
            let piece = read(&self.store, &service(), position).unwrap();
            *position = piece.position;
            let more = piece.more;
            pieces.push(piece);
            if !more {
                return pieces;
            }
        }
    }

    fn ids(&self, position: &mut Position) -> Vec<String> {
        let pieces = self.follow(position);
        pieces.into_iter().flat_map(|piece| piece.captured).flat_map(|captured| captured.ids).collect()
    }

    fn noticed(&self, wanted: impl Fn(&Notice) -> bool) -> bool {
        self.notices.lock().unwrap().iter().any(wanted)
    }

    /// Copies the journals that are there, as they are.
    fn copies(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let entries = fs::read_dir(self.journals()).unwrap().map(|entry| entry.unwrap().path());
        entries.map(|path| (path.clone(), fs::read(path).unwrap())).collect()
    }
}

pub(super) fn service() -> Name {
    "late".parse().unwrap()
}

/// One row of this id and event time.
pub(super) fn ask(recorder: &Arc<Recorder>, model: &Loaded, id: &str, at: &str) {
    let body = format!(
        r#"{{"id":"{id}","inputs":[{{"name":"x","shape":[1],"datatype":"FP64","data":[0.1]}},
            {{"name":"at","shape":[1],"datatype":"BYTES","data":["{at}"]}}]}}"#
    );
    let arrival = recorder.arrive(Duration::from_secs(30));
    arrival.answer(model, body.as_bytes(), Limits::default()).unwrap();
}

pub(super) fn ask_each(recorder: &Arc<Recorder>, model: &Loaded, numbers: std::ops::Range<usize>) {
    numbers.for_each(|number| ask(recorder, model, &number.to_string(), "2013-04-02"));
}

pub(super) fn wait_until(what: &str, holds: impl Fn() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(30), "{what} did not come true");
        std::thread::sleep(Duration::from_millis(2));
    }
}

pub(super) fn numbers(range: std::ops::Range<usize>) -> Vec<String> {
    range.map(|number| number.to_string()).collect()
}
