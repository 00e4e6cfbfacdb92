//! Models: loaded, described, sampled, and exchanged while they answer.

use std::{fs, sync::Arc, thread};

use crate::support::{ask, data, echo, plain, trained, trained_bytes};
use onnx::Element;
use serde_json::{Value, json};
use serving::{Catalog, Error, LoadError, Loaded, Metadata, sample_request};
use table::{Column, Table, Values};

fn metadata(model: &Loaded) -> Value {
    serde_json::to_value(Metadata::of(model)).unwrap()
}

#[test]
fn a_trained_model_is_described_by_the_columns_it_was_trained_on() {
    let described = metadata(&trained());
    assert_eq!(described["name"], "late");
    assert_eq!(described["versions"], json!(["3"]));
    assert_eq!(described["platform"], "kaizen_onnx");
    assert_eq!(
        described["inputs"],
        json!([
            {"name": "distance", "datatype": "FP32", "shape": [-1], "parameters": {"kind": "number"}},
            {"name": "carrier", "datatype": "BYTES", "shape": [-1], "parameters": {"kind": "text"}},
            {"name": "holiday", "datatype": "BOOL", "shape": [-1], "parameters": {"kind": "boolean"}},
            {"name": "departure", "datatype": "BYTES", "shape": [-1], "parameters": {"kind": "time"}},
        ])
    );
    assert_eq!(
        described["outputs"][0],
        json!({"name": "distance_out", "datatype": "FP32", "shape": [-1, 1]})
    );
    assert_eq!(described["parameters"], json!({"task": "binary", "positive": "true", "threshold": "0.25"}));
}

#[test]
fn a_model_from_elsewhere_is_described_by_its_ports() {
    let described = metadata(&plain(&[("X", Element::Float, 4), ("id", Element::Int64, 1)]));
    assert_eq!(described["inputs"][0], json!({"name": "X", "datatype": "FP32", "shape": [-1, 4]}));
    assert_eq!(described["inputs"][1], json!({"name": "id", "datatype": "INT64", "shape": [-1]}));
    assert!(described.get("parameters").is_none());
}

#[test]
fn a_sample_request_is_answered_and_holds_the_row_it_was_made_from() {
    for model in [trained(), plain(&[("X", Element::Float, 4), ("s", Element::Text, 1)])] {
        ask(&model, &sample_request(&model, None)).unwrap();
    }
    let carrier = [Some("B\"6")].into_iter().collect();
    let row = Table::new(vec![
        Column::new("departure", Values::Time(vec![Some(1_364_796_000_250_000)])),
        Column::new("carrier", Values::Text(carrier)),
        Column::new("distance", Values::Number(vec![f64::NAN])),
        Column::new("not_a_feature", Values::Number(vec![1.0])),
        Column::new("holiday", Values::Boolean(vec![None])),
    ]);
    let answer = ask(&trained(), &sample_request(&trained(), Some(&row.unwrap()))).unwrap();
    assert_eq!(*data(&answer, "distance_out"), json!([null]));
    assert_eq!(*data(&answer, "carrier_out"), json!(["B\"6"]));
    assert_eq!(*data(&answer, "holiday_out"), json!([null]));
    assert_eq!(*data(&answer, "departure_out"), json!([1364796000.25]));
}

#[test]
fn a_model_is_opened_from_its_file_and_from_its_directory() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("model.onnx");
    fs::write(&file, trained_bytes()).unwrap();
    fs::write(directory.path().join("MLmodel"), "flavors:\n  onnx:\n    data: model.onnx\n").unwrap();
    for path in [directory.path(), &file] {
        assert_eq!(Loaded::open("late", "1", path).unwrap().name(), "late");
    }
}

#[test]
fn bytes_that_are_no_model_are_refused_and_named() {
    let cut = trained_bytes();
    for bytes in [&b"not a model"[..], b"", &cut[..cut.len() / 2]] {
        let refused = Loaded::from_bytes("late", "1", bytes).unwrap_err();
        assert!(matches!(refused, LoadError::Onnx { .. }));
        assert!(refused.to_string().contains("cannot load model `late`"), "{refused}");
    }
}

#[test]
fn a_signature_that_does_not_fit_the_graph_is_refused() {
    let signature = trained().signature().cloned();
    let ports = |carrier: Element| {
        [
            ("distance", Element::Float, 1),
            ("carrier", carrier, 1),
            ("holiday", Element::Float, 1),
            ("departure", Element::Double, 1),
        ]
    };
    let wrong_type =
        Loaded::from_bytes("m", "1", &echo(&ports(Element::Float), signature.as_ref())).unwrap_err();
    assert!(wrong_type.to_string().contains("takes text `carrier`"), "{wrong_type}");
    let mut more = ports(Element::Text).to_vec();
    more.push(("secret", Element::Float, 1));
    let undescribed = Loaded::from_bytes("m", "1", &echo(&more, signature.as_ref())).unwrap_err();
    assert!(undescribed.to_string().contains("takes `secret`"), "{undescribed}");
}

#[test]
fn the_catalog_gives_what_is_served_and_names_what_is_not() {
    let catalog = Catalog::new();
    let refused = |name: &str, version: Option<&str>| catalog.find(name, version).unwrap_err().to_string();
    assert_eq!(refused("late", None), "there is no model `late`; none is loaded yet");
    catalog.set(trained());
    assert_eq!(
        refused("lte", None),
        "there is no model `lte` (did you mean `late`?); this server has `late`"
    );
    assert_eq!(
        refused("late", Some("9")),
        "model `late` has no version `9` here; ask for version `3`, or for none"
    );
    assert!(catalog.find("late", Some("3")).is_ok());
    assert_eq!(catalog.names(), ["late"]);
    assert!(catalog.remove("late").is_some());
    assert!(matches!(catalog.find("late", None), Err(Error::UnknownModel { .. })));
}

#[test]
fn a_model_is_replaced_under_requests_in_flight_and_no_request_sees_half() {
    let catalog = Catalog::new();
    let bytes = trained_bytes();
    let load = |version: &str| Arc::new(Loaded::from_bytes("late", version, &bytes).unwrap());
    let versions = [load("1"), load("2")];
    catalog.set(Arc::clone(&versions[0]));
    let body = sample_request(&versions[0], None);
    thread::scope(|scope| {
        let ask_often = || {
            for _ in 0..200 {
                let model = catalog.find("late", None).unwrap();
                assert_eq!(ask(&model, &body).unwrap()["model_version"], model.version());
            }
        };
        let askers = [scope.spawn(ask_often), scope.spawn(ask_often)];
        while !askers.iter().all(thread::ScopedJoinHandle::is_finished) {
            for version in &versions {
                catalog.set(Arc::clone(version));
            }
        }
    });
    assert_eq!(
        Arc::strong_count(&versions[0]),
        1,
        "nothing holds a replaced model once its requests are done"
    );
}
