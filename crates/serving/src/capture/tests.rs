//! Requests on their way through a recorder and back.

use std::{sync::Arc, time::Duration};

use base::{FixedClock, Size, Timestamp};
use onnx::{
    Element, Elements, Signature, Tensor,
    build::{GraphBuilder, Node},
};
use proptest::prelude::*;
use table::{Field, Kind, Values};

use super::{
    Captured, Decoder, Draft, Header, Latencies, Outcome, Recorder, Settings, Totals, id::Ids,
    totals_from_table, totals_to_table,
};
use crate::{Limits, Loaded, sent::Sent};

/// A model of one column of each kind that gives its number back as its probabilities' second class.
fn model(version: &str) -> Loaded {
    let columns = [
        ("distance", Kind::Number, Element::Float),
        ("carrier", Kind::Text, Element::Text),
        ("holiday", Kind::Boolean, Element::Float),
        ("departure", Kind::Time, Element::Double),
    ];
    let mut graph = GraphBuilder::new("late");
    for (name, _, element) in &columns {
        graph.input(name, *element, 1);
    }
    graph.node(Node::new("Concat", &["holiday", "distance"]).attribute("axis", 1).output("probabilities"));
    graph.output("probabilities", Element::Float, Some(2));
    let signature = Signature {
        inputs: columns.map(|(name, kind, _)| Field { name: name.to_owned(), kind }).into(),
        task: "binary".to_owned(),
        classes: vec!["false".to_owned(), "true".to_owned()],
        positive: Some("true".to_owned()),
        threshold: Some(0.5),
    };
    graph.metadata(Signature::KEY, &signature.to_metadata());
    Loaded::from_bytes("late", version, &graph.finish()).unwrap()
}

fn body(id: &str, rows: &[(&str, &str, &str, &str)]) -> String {
    let values =
        |of: fn(&(&str, &str, &str, &str)) -> String| rows.iter().map(of).collect::<Vec<_>>().join(",");
    let tensor = |name: &str, datatype: &str, data: String| {
        let count = rows.len();
        format!(r#"{{"name":"{name}","shape":[{count}],"datatype":"{datatype}","data":[{data}]}}"#)
    };
    let inputs = [
        tensor("distance", "FP64", values(|row| row.0.to_owned())),
        tensor("carrier", "BYTES", values(|row| row.1.to_owned())),
        tensor("holiday", "BOOL", values(|row| row.2.to_owned())),
        tensor("departure", "BYTES", values(|row| row.3.to_owned())),
    ];
    format!(r#"{{{id}"inputs":[{}]}}"#, inputs.join(","))
}

struct Scene {
    clock: Arc<FixedClock>,
    recorder: Arc<Recorder>,
}

impl Scene {
    fn with(rate: f64, buffer: u64) -> Self {
        let clock = Arc::new(FixedClock::at("2013-04-01T06:00:00Z".parse().unwrap()));
        let settings = Settings { model: "delays".to_owned(), rate, buffer: Size::bytes(buffer) };
        let recorder = Arc::new(Recorder::new(settings, clock.clone()));
        Self { clock, recorder }
    }

    fn ask(&self, model: &Loaded, body: &str) -> Option<serde_json::Value> {
        let arrival = self.recorder.arrive(Duration::from_secs(30));
        let answer = arrival.answer(model, body.as_bytes(), Limits::default());
        answer.ok().map(|answer| serde_json::from_slice(&answer).unwrap())
    }

    fn taken(&self) -> (Vec<Captured>, Totals) {
        let mut batch = Vec::new();
        let totals = self.recorder.take(&mut batch);
        let mut decoder = Decoder::new(0);
        let read = decoder.read(&batch);
        assert_eq!((read.whole, read.batches), (batch.len(), batch.len()));
        let decoded = decoder.finish();
        assert_eq!((decoded.malformed, &decoded.totals.last().unwrap().1), (0, &totals));
        (decoded.captured, totals)
    }
}

const ROW: (&str, &str, &str, &str) = ("12.66", "\"UA\"", "true", "\"2013-04-02T10:15:00.25Z\"");
const EMPTY: (&str, &str, &str, &str) = ("null", "null", "null", "null");

#[test]
fn a_request_reads_back_as_it_was_sent_with_what_the_model_said() {
    let scene = Scene::with(1.0, 1 << 20);
    let model = model("7");
    scene.ask(&model, &body(r#""id":"r-1","#, &[ROW, EMPTY])).unwrap();
    let (captured, totals) = scene.taken();
    let captured = &captured[0];
    assert_eq!(captured.ids, ["r-1/0", "r-1/1"]);
    assert_eq!((captured.header.model.as_str(), captured.header.version.as_str()), ("delays", "7"));
    let column = |name: &str| captured.inputs.column(name).unwrap().values.clone();
    let Values::Number(distance) = column("distance") else { panic!("numbers") };
    assert!(
        distance[0] == 12.66 && distance[1].is_nan(),
        "the double that was sent, not the float: {distance:?}"
    );
    let Values::Text(carrier) = column("carrier") else { panic!("text") };
    assert_eq!((carrier.get(0), carrier.get(1)), (Some("UA"), None));
    assert_eq!(column("holiday"), Values::Boolean(vec![Some(true), None]));
    let departure: Timestamp = "2013-04-02T10:15:00.25Z".parse().unwrap();
    assert_eq!(column("departure"), Values::Time(vec![Some(departure.micros()), None]));
    assert_eq!(captured.predictions[0], f64::from(12.66_f32), "the second class, as `onnx::score` reads it");
    assert!(captured.predictions[1].is_nan());
    assert_eq!(captured.received[0], scene.clock_now());
    assert_eq!(captured.event_times(Some("departure")), [departure.micros(), captured.received[1]]);
    assert_eq!((totals.answered, totals.requests()), (1, 1));
}

#[test]
fn a_segment_s_table_gives_back_what_was_captured() {
    let scene = Scene::with(1.0, 1 << 20);
    let model = model("7");
    scene.ask(&model, &body(r#""id":"r-1","#, &[ROW]));
    scene.ask(&model, "{}");
    scene.ask(&model, &body("", &[EMPTY, ROW]));
    let (captured, totals) = scene.taken();
    let table = captured[0].clone().into_table().unwrap();
    assert_eq!(table.rows(), 4, "three rows and a failure");
    let read = Captured::from_table("late", "delays", &table).unwrap();
    assert_eq!((&read.ids, &read.failures), (&captured[0].ids, &captured[0].failures));
    assert_eq!(format!("{:?}", read.inputs), format!("{:?}", captured[0].inputs));
    assert_eq!(read.failures[0].outcome, Outcome::ClientError);
    assert_eq!(read.into_table().unwrap().fields(), table.fields());
    assert_eq!((totals.answered, totals.client_errors), (2, 1));
    let totals = vec![(3, totals), (9, Totals::default())];
    assert_eq!(totals_from_table(&totals_to_table(&totals).unwrap()).unwrap(), totals);
    assert!(Captured::from_table("late", "delays", &captured[0].inputs).is_err());
}

#[test]
fn a_response_has_the_id_that_was_sent_or_one_that_was_made() {
    let scene = Scene::with(0.0, 1 << 20);
    let model = model("7");
    assert_eq!(scene.ask(&model, &body(r#""id":"mine","#, &[ROW])).unwrap()["id"], "mine");
    let made = [(); 2].map(|()| scene.ask(&model, &body(r#""id":"","#, &[ROW])).unwrap()["id"].clone());
    assert!(made[0] != made[1] && made[0].as_str().unwrap().len() <= 24, "{made:?}");
    let long = "x".repeat(256);
    let with_long = |rows: &[_]| scene.ask(&model, &body(&format!(r#""id":"{long}","#), rows));
    assert!(with_long(&[ROW]).is_some());
    assert!(with_long(&[ROW, ROW]).is_none(), "its rows' ids would be longer than a label's may be");
    assert!(scene.ask(&model, &body(&format!(r#""id":"{long}x","#), &[ROW])).is_none());
    let (captured, totals) = scene.taken();
    assert!(captured.is_empty(), "a rate of 0 records nothing");
    assert_eq!((totals.answered, totals.client_errors, totals.left_out), (4, 2, 6));
    assert_eq!(totals.latencies.count(), 4);
}

#[test]
fn a_sample_records_its_share_and_counts_everything() {
    let scene = Scene::with(0.25, 8 << 20);
    let model = model("7");
    for number in 0..4_000 {
        scene.ask(&model, &body(&format!(r#""id":"{number}","#), &[ROW]));
    }
    let (captured, totals) = scene.taken();
    let rows = captured[0].rows() as u64;
    assert!((850..1_150).contains(&rows), "{rows}");
    assert_eq!((totals.answered, totals.left_out + rows), (4_000, 4_000));
}

#[test]
fn a_full_buffer_drops_and_counts_and_never_grows() {
    let scene = Scene::with(1.0, 4 << 10);
    let model = model("7");
    for _ in 0..1_000 {
        scene.ask(&model, &body("", &[ROW])).expect("serving goes on");
        assert!(scene.recorder.waiting() <= 5 << 10);
    }
    let (captured, totals) = scene.taken();
    assert!(totals.dropped > 900 && totals.dropped + captured[0].rows() as u64 == 1_000);
    scene.ask(&model, &body("", &[ROW]));
    let (captured, totals) = scene.taken();
    assert_eq!((captured[0].rows(), totals.dropped), (1, 0), "it records again once there is room");
}

#[test]
fn versions_that_answer_at_the_same_time_are_told_apart() {
    let scene = Scene::with(1.0, 8 << 20);
    let models = [model("7"), model("8")];
    std::thread::scope(|scope| {
        for model in &models {
            scope.spawn(|| (0..500).for_each(|_| drop(scene.ask(model, &body("", &[ROW])))));
        }
    });
    let (captured, _) = scene.taken();
    let rows: Vec<_> =
        captured.iter().map(|captured| (captured.header.version.as_str(), captured.rows())).collect();
    assert_eq!(rows, [("7", 500), ("8", 500)]);
}

#[test]
fn a_late_or_abandoned_request_is_the_server_s_fault() {
    let scene = Scene::with(1.0, 1 << 20);
    let arrival = scene.recorder.arrive(Duration::from_secs(1));
    scene.clock.advance(Duration::from_secs(2));
    arrival.answer(&model("7"), body(r#""id":"late","#, &[ROW]).as_bytes(), Limits::default()).unwrap();
    drop(scene.recorder.arrive(Duration::from_secs(1)));
    scene.recorder.refuse(Outcome::ClientError);
    let (captured, totals) = scene.taken();
    assert_eq!((totals.answered, totals.client_errors, totals.server_errors), (0, 1, 2));
    let failure = &captured[0].failures[0];
    assert_eq!((failure.id.as_str(), failure.latency, captured[0].rows()), ("late", 2_000_000, 0));
}

#[test]
fn hours_of_receipt_are_apart() {
    let scene = Scene::with(1.0, 1 << 20);
    let model = model("7");
    scene.ask(&model, &body("", &[ROW]));
    scene.clock.advance(Duration::from_secs(3_600));
    scene.ask(&model, &body("", &[ROW]));
    assert_eq!(scene.taken().0.len(), 2);
}

#[test]
fn a_record_that_is_taken_before_it_is_counted_is_kept_and_counted_later() {
    let scene = Scene::with(1.0, 1 << 20);
    let model = model("7");
    let ids = Ids::new(Timestamp::from_micros(0));
    let mut draft = Draft::new(&ids, 1.0, Timestamp::from_micros(0), &model);
    draft.identify(Some("early"));
    scene.recorder.push(&model, draft.finish(Outcome::ClientError, 5).unwrap());
    let (captured, totals) = scene.taken();
    assert_eq!((captured[0].failures[0].id.as_str(), totals.requests()), ("early", 0));
    let mut batch = vec![7];
    assert_eq!(scene.recorder.take(&mut batch).requests(), 0);
    assert!(batch.is_empty(), "nothing was recorded and nothing counted");
}

#[test]
fn a_count_is_never_taken_before_its_record() {
    let scene = Scene::with(1.0, 64 << 20);
    let model = model("7");
    let (mut counted, mut recorded) = (0, 0);
    let mut take = || {
        let mut batch = Vec::new();
        counted += scene.recorder.take(&mut batch).requests();
        let mut decoder = Decoder::new(0);
        decoder.read(&batch);
        recorded += decoder.finish().captured.iter().map(|one| one.failures.len() as u64).sum::<u64>();
        assert!(counted <= recorded, "{counted} are counted and {recorded} are there");
    };
    std::thread::scope(|scope| {
        let askers =
            [(); 3].map(|()| scope.spawn(|| (0..10_000).for_each(|_| drop(scene.ask(&model, "{}")))));
        while !askers.iter().all(std::thread::ScopedJoinHandle::is_finished) {
            take();
        }
    });
    take();
    assert_eq!((counted, recorded), (30_000, 30_000));
}

/// A record of one number column, encoded directly.
fn record(values: &[f64], texts: &[String]) -> Vec<u8> {
    let loaded = model("7");
    let mut batch = Vec::new();
    let header = Header::of(&loaded, "delays").unwrap();
    let start = super::frame::begin(&mut batch, super::frame::Kind::Header);
    header.encode(loaded.serial(), &mut batch);
    super::frame::end(&mut batch, start);
    let ids = Ids::new(Timestamp::from_micros(0));
    let mut draft = Draft::new(&ids, 1.0, Timestamp::from_micros(0), &loaded);
    draft.identify(Some("id"));
    let rows = values.len();
    let sent = |values: Elements, exact: Option<Vec<f64>>| Sent {
        tensor: Tensor { shape: vec![rows, 1], values },
        exact,
        rows,
    };
    let zeros = vec![0.0; rows];
    let sent = [
        sent(Elements::Float(vec![0.0; rows]), Some(values.to_vec())),
        sent(Elements::Text(texts.to_vec()), None),
        sent(Elements::Float(vec![0.0; rows]), Some(zeros.clone())),
        sent(Elements::Double(zeros), None),
    ];
    draft.inputs(loaded.schema().inputs.iter().map(|input| input.kind), &sent);
    draft.outputs(&loaded, &[]);
    batch.extend_from_slice(draft.finish(Outcome::Answered, 5).unwrap());
    batch
}

#[test]
fn infinities_keep_their_sign_and_a_missing_output_is_no_prediction() {
    let batch = record(&[f64::INFINITY, f64::NEG_INFINITY, f64::NAN, -0.0], &vec![String::new(); 4]);
    let mut decoder = Decoder::new(0);
    decoder.read(&batch);
    let captured = decoder.finish().captured.remove(0);
    let Values::Number(values) = &captured.inputs.columns()[0].values else { panic!("numbers") };
    assert!(values[0] == f64::INFINITY && values[1] == f64::NEG_INFINITY && values[2].is_nan());
    assert!(captured.predictions.iter().all(|value| value.is_nan()) && captured.predictions.len() == 4);
}

proptest! {
    #[test]
    fn any_values_read_back_and_any_cut_gives_whole_records_only(
        rows in prop::collection::vec((any::<f64>(), ".{0,20}"), 1..20), cut in any::<prop::sample::Index>()
    ) {
        let values: Vec<f64> = rows.iter().map(|(value, _)| *value).collect();
        let texts: Vec<String> = rows.iter().map(|(_, text)| text.clone()).collect();
        let batch = record(&values, &texts);
        let mut decoder = Decoder::new(0);
        prop_assert_eq!(decoder.read(&batch).whole, batch.len());
        let captured = decoder.finish().captured.remove(0);
        let Values::Number(numbers) = &captured.inputs.columns()[0].values else { panic!("numbers") };
        let Values::Text(read) = &captured.inputs.columns()[1].values else { panic!("text") };
        for (row, (value, text)) in rows.iter().enumerate() {
            prop_assert!(numbers[row].to_bits() == value.to_bits() || numbers[row].is_nan() && value.is_nan());
            prop_assert_eq!(read.get(row).unwrap_or_default(), text);
        }
        let mut decoder = Decoder::new(0);
        let cut = cut.index(batch.len());
        prop_assert!(decoder.read(&batch[..cut]).whole <= cut);
        prop_assert_eq!(decoder.finish().captured.len(), 0);
    }

    #[test]
    fn hostile_frames_with_good_checksums_are_counted_and_never_believed(
        payloads in prop::collection::vec((1_u8..4, prop::collection::vec(any::<u8>(), 0..80)), 0..20),
        noise in prop::collection::vec(any::<u8>(), 0..60)
    ) {
        let mut batch = record(&[1.0], &["a".to_owned()]);
        for (kind, payload) in &payloads {
            let start = super::frame::begin(&mut batch, super::frame::Kind::Record);
            *batch.last_mut().unwrap() = *kind;
            // Some that begin as a record of the known model does.
            if payload.len() % 2 == 0 { batch.extend_from_slice(&model_serial(&batch)); }
            batch.extend_from_slice(payload);
            super::frame::end(&mut batch, start);
        }
        batch.extend_from_slice(&noise);
        let mut decoder = Decoder::new(0);
        decoder.read(&batch);
        let decoded = decoder.finish();
        for captured in &decoded.captured {
            prop_assert_eq!(captured.inputs.rows(), captured.rows());
            prop_assert_eq!(captured.predictions.len(), captured.rows() * captured.header.width());
        }
    }

    #[test]
    fn merged_latencies_are_those_of_both(one in prop::collection::vec(any::<u32>(), 0..50), other in prop::collection::vec(any::<u32>(), 0..50)) {
        let of = |values: &[u32]| {
            let mut latencies = Latencies::default();
            values.iter().for_each(|value| latencies.add(&Latencies::of([(super::latencies::bucket(*value) as u16, 1)])));
            latencies
        };
        let mut merged = of(&one);
        merged.add(&of(&other));
        prop_assert_eq!(merged, of(&[one, other].concat()));
    }
}

/// The serial in the header that a batch begins with.
fn model_serial(batch: &[u8]) -> [u8; 4] {
    let payload = super::frame::payload(0);
    batch[payload..payload + 4].try_into().unwrap()
}

impl Scene {
    fn clock_now(&self) -> i64 {
        use base::Clock as _;
        self.clock.now().micros()
    }
}
