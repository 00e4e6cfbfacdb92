//! Inference requests: what is answered, what is converted, and what is refused with which words.

use crate::support::{ask, data, plain, request, tensor, trained};
use onnx::{
    Element,
    build::{Attribute, GraphBuilder, Node},
};
use serde_json::json;
use serving::{Error, ErrorKind, Limits, Loaded, infer};

/// A request for the trained model in which one column is another than usual.
fn with(column: &str, shape: &str, datatype: &str, values: &str) -> String {
    let usual = [
        ("distance", "FP32", "[1400]"),
        ("carrier", "BYTES", "[\"UA\"]"),
        ("holiday", "BOOL", "[true]"),
        ("departure", "BYTES", "[\"2013-04-01T06:00:00Z\"]"),
    ];
    let input = |(name, own, own_values): (&str, &str, &str)| {
        if name == column {
            tensor(name, shape, datatype, values)
        } else {
            tensor(name, "[1]", own, own_values)
        }
    };
    request(&usual.map(input))
}

#[test]
fn a_row_of_columns_is_answered_whatever_their_order() {
    let inputs = [
        tensor("departure", "[1]", "BYTES", "[\"2013-04-01T06:00:00Z\"]"),
        tensor("holiday", "[1,1]", "BOOL", "[[false]]"),
        tensor("carrier", "[1,1]", "BYTES", "[\"UA\"]"),
        tensor("distance", "[1]", "FP32", "[1400]"),
    ];
    let answer = ask(&trained(), &request(&inputs)).unwrap();
    assert_eq!(
        answer,
        json!({"model_name": "late", "model_version": "3", "outputs": [
            {"name": "distance_out", "datatype": "FP32", "shape": [1, 1], "data": [1400.0]},
            {"name": "carrier_out", "datatype": "BYTES", "shape": [1, 1], "data": ["UA"]},
            {"name": "holiday_out", "datatype": "FP32", "shape": [1, 1], "data": [0.0]},
            {"name": "departure_out", "datatype": "FP64", "shape": [1, 1], "data": [1364796000.0]},
        ]})
    );
}

#[test]
fn many_rows_are_answered_with_missing_values_among_them() {
    let inputs = [
        tensor("distance", "[3]", "FP64", "[1.5, null, -2]"),
        tensor("carrier", "[3,1]", "BYTES", "[[\"UA\"], [null], [\"\"]]"),
        tensor("holiday", "[3]", "BOOL", "[true, null, false]"),
        tensor("departure", "[3]", "BYTES", "[null, \"1970-01-01T00:00:00.25Z\", \"\"]"),
    ];
    let answer = ask(&trained(), &request(&inputs)).unwrap();
    assert_eq!(*data(&answer, "distance_out"), json!([1.5, null, -2.0]));
    assert_eq!(*data(&answer, "carrier_out"), json!(["UA", "", ""]));
    assert_eq!(*data(&answer, "holiday_out"), json!([1.0, null, 0.0]));
    assert_eq!(*data(&answer, "departure_out"), json!([null, 0.25, null]));
}

#[test]
fn a_datatype_is_converted_where_the_value_survives() {
    for (column, datatype, sent, arrived) in [
        ("distance", "INT64", "[3]", json!([3.0])),
        ("distance", "UINT8", "[255]", json!([255.0])),
        ("distance", "FP16", "[0.5]", json!([0.5])),
        ("distance", "BOOL", "[true]", json!([1.0])),
        ("distance", "INT32", "[null]", json!([null])),
        ("distance", "INT32", "[3.0]", json!([3.0])),
        ("holiday", "INT8", "[1]", json!([1.0])),
        ("holiday", "FP32", "[0]", json!([0.0])),
        ("departure", "INT64", "[1364796000]", json!([1364796000.0])),
        ("departure", "FP64", "[1364796000.5]", json!([1364796000.5])),
        ("departure", "BYTES", "[\"2013-04-01T08:00:00+02:00\"]", json!([1364796000.0])),
        ("departure", "BYTES", "[\"2013-04-01\"]", json!([1364774400.0])),
        ("carrier", "BYTES", "[\"\\u00e9\\\"\"]", json!(["é\""])),
    ] {
        let answer = ask(&trained(), &with(column, "[1]", datatype, sent)).unwrap();
        assert_eq!(*data(&answer, &format!("{column}_out")), arrived, "{column} {datatype} {sent}");
    }
}

#[test]
fn a_wrong_column_is_refused_by_name_with_what_was_expected() {
    for (column, shape, datatype, values, words) in [
        (
            "distance",
            "[1]",
            "BYTES",
            "[\"far\"]",
            "`distance`: takes numbers: FP32, any other number or BOOL; BYTES was sent",
        ),
        ("distance", "[1]", "FP32", "[\"far\"]", "`distance`: `data` holds text where the datatype is FP32"),
        ("distance", "[1]", "INT8", "[300]", "value 1 is 300; expected a whole number from -128 to 127"),
        ("distance", "[1]", "INT8", "[0.5]", "value 1 is 0.5; expected a whole number"),
        ("distance", "[1]", "FP64", "[1e300]", "value 1 is 1e300; expected a number that FP32 holds"),
        ("distance", "[1]", "float32", "[1]", "`float32` is not a datatype; write \"FP32\" here"),
        ("distance", "[1]", "FP23", "[1]", "did you mean `FP32`?"),
        ("distance", "[2]", "FP32", "[1]", "shape [2] and the 1 values in `data` disagree"),
        ("distance", "[1,2]", "FP32", "[1,2]", "shape [1,2] does not fit; expected [N] or [N,1] for N rows"),
        ("distance", "[-1]", "FP32", "[1]", "shape [-1] and the 1 values"),
        ("distance", "[0]", "FP32", "[]", "there are no rows"),
        ("distance", "[1]", "FP32", "1", "`data` is not an array"),
        ("distance", "[1]", "FP32", "[{\"value\":1}]", "`data` holds an object"),
        ("distance", "[2]", "FP32", "[1,\"a\"]", "`data` holds text at value 2 after whole numbers"),
        ("distance", "[3]", "FP32", "[[1],[2,3]]", "`data` is ragged"),
        ("carrier", "[1]", "INT64", "[1]", "`carrier`: takes text: BYTES; INT64 was sent"),
        ("carrier", "[2]", "BYTES", "[\"UA\",\"AA\"]", "`carrier`: 2 rows where `distance` has 1"),
        ("holiday", "[1]", "INT64", "[2]", "`holiday`: value 1 is 2.0; expected true, false, 0 or 1"),
        ("holiday", "[1]", "BYTES", "[\"true\"]", "`holiday`: takes booleans"),
        ("departure", "[1]", "BYTES", "[\"soon\"]", "`departure`: value 1 is \"soon\"; expected ISO 8601"),
        ("departure", "[1]", "BOOL", "[true]", "`departure`: takes times"),
    ] {
        let error = ask(&trained(), &with(column, shape, datatype, values)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BadInput);
        assert!(error.to_string().contains(words), "{error}\nshould say: {words}");
    }
}

#[test]
fn missing_unknown_and_repeated_columns_are_named_with_the_way_out() {
    let distance = tensor("distance", "[1]", "FP32", "[1]");
    for (inputs, words) in [
        (
            vec![distance.clone()],
            "lacks `carrier`, `holiday`, `departure`; add {\"name\":\"carrier\",\"shape\":[1],\
             \"datatype\":\"BYTES\",\"data\":[\"text\"]}",
        ),
        (
            vec![tensor("distnace", "[1]", "FP32", "[1]")],
            "`distnace` is not an input of this model (did you mean `distance`?)",
        ),
        (
            vec![tensor("Carrier Name", "[1]", "BYTES", "[\"\"]")],
            "it takes `distance`, `carrier`, `holiday`, `departure`",
        ),
        (vec![distance.clone(), distance], "`distance` is sent twice"),
        (vec![r#"{"name":"distance","datatype":"FP32","data":[1]}"#.to_owned()], "`shape` is missing"),
        (vec![r#"{"name":"distance","shape":[1],"data":[1]}"#.to_owned()], "add \"datatype\":\"FP32\""),
        (
            vec![
                r#"{"name":"distance","shape":[1],"datatype":"FP32","parameters":{"binary_data_size":4}}"#
                    .to_owned(),
            ],
            "binary tensor data is not supported",
        ),
    ] {
        let error = ask(&trained(), &request(&inputs)).unwrap_err();
        assert!(error.to_string().contains(words), "{error}\nshould say: {words}");
    }
}

#[test]
fn a_body_that_is_no_request_is_refused_with_its_place_and_the_form_expected() {
    for (body, words) in [
        ("", "EOF while parsing a value at line 1 column 0"),
        ("{}", "missing field `inputs`"),
        ("[]", "expected {\"inputs\":[{\"name\":"),
        ("{\"inputs\":[]} trailing", "trailing characters at line 1 column 15"),
        ("{\"inputs\":[{\"shape\":[1]}]}", "missing field `name`"),
        ("{\"inputs\":[{\"name\":\"distance\",\"shape\":[1.5]}]}", "expected i64"),
        ("{\"inputs\":{}}", "expected an array of inputs"),
        ("{\"inputs\":[\"", "EOF while parsing a string"),
    ] {
        let error = ask(&trained(), body).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BadInput);
        assert!(error.to_string().contains(words), "{error}\nshould say: {words}");
    }
}

#[test]
fn the_id_and_the_wanted_outputs_are_honoured() {
    let usual = with("", "", "", "");
    let body = usual.replacen(
        '{',
        r#"{"id":"a-1","parameters":{"x":1},"outputs":[{"name":"carrier_out"},{"name":"distance_out"}],"#,
        1,
    );
    let answer = ask(&trained(), &body).unwrap();
    assert_eq!(answer["id"], "a-1");
    let names: Vec<_> = answer["outputs"].as_array().unwrap().iter().map(|output| &output["name"]).collect();
    assert_eq!(names, ["carrier_out", "distance_out"]);

    let unknown = usual.replacen('{', r#"{"outputs":[{"name":"carier_out"}],"#, 1);
    let error = ask(&trained(), &unknown).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("`carier_out` is not an output of this model (did you mean `carrier_out`?)")
    );
}

#[test]
fn a_wide_tensor_is_taken_flat_or_nested_or_as_one_row() {
    let model = plain(&[("X", Element::Float, 3)]);
    for (shape, values, arrived) in [
        ("[2,3]", "[1,2,3,4,5,6]", json!([2, 3])),
        ("[2,3]", "[[1,2,3],[4,5,6]]", json!([2, 3])),
        ("[3]", "[1,2,3]", json!([1, 3])),
    ] {
        let answer = ask(&model, &request(&[tensor("X", shape, "FP32", values)])).unwrap();
        assert_eq!(answer["outputs"][0]["shape"], arrived);
        assert_eq!(data(&answer, "X_out")[2], json!(3.0));
    }
    let error = ask(&model, &request(&[tensor("X", "[3,2]", "FP32", "[1,2,3,4,5,6]")])).unwrap_err();
    assert!(
        error.to_string().contains("input `X`: shape [3,2] does not fit; expected [N,3] for N rows"),
        "{error}"
    );
}

#[test]
fn ports_without_a_missing_value_refuse_null_and_fractions() {
    let model = plain(&[("count", Element::Int64, 1), ("open", Element::Boolean, 1)]);
    let body = |count: (&str, &str), open: (&str, &str)| {
        request(&[tensor("count", "[1]", count.0, count.1), tensor("open", "[1]", open.0, open.1)])
    };
    let open = ("BOOL", "[true]");
    let answer = ask(&model, &body(("INT64", "[9007199254740993]"), open)).unwrap();
    assert_eq!(*data(&answer, "count_out"), json!([9_007_199_254_740_993_i64]));
    assert_eq!(*data(&answer, "open_out"), json!([true]));
    let answer = ask(&model, &body(("FP64", "[-4.0]"), ("UINT8", "[0]"))).unwrap();
    assert_eq!(*data(&answer, "count_out"), json!([-4]));
    assert_eq!(*data(&answer, "open_out"), json!([false]));
    for (count, open, words) in [
        (("INT64", "[null]"), open, "`count`: value 1 is null; expected a value"),
        (("FP32", "[0.5]"), open, "`count`: value 1 is 0.5; expected a whole number"),
        (("UINT64", "[18446744073709551615]"), open, "`count`: value 1 is 1.8446744073709552e19"),
        (("INT64", "[1]"), ("BOOL", "[null]"), "`open`: value 1 is null"),
        (("INT64", "[1]"), ("INT64", "[5]"), "`open`: value 1 is 5.0; expected true, false, 0 or 1"),
    ] {
        let error = ask(&model, &body(count, open)).unwrap_err();
        assert!(error.to_string().contains(words), "{error}\nshould say: {words}");
    }
}

#[test]
fn more_rows_than_the_limit_are_refused_with_the_limit() {
    let model = plain(&[("x", Element::Float, 1)]);
    let body = request(&[tensor("x", "[3]", "FP32", "[1,2,3]")]);
    let error = infer(&model, body.as_bytes(), Limits { rows: 2 }).unwrap_err();
    assert!(matches!(error, Error::TooManyRows { rows: 3, limit: 2 }));
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert!(infer(&model, body.as_bytes(), Limits { rows: 3 }).is_ok());
}

#[test]
fn a_text_that_the_graph_takes_for_a_number_is_the_caller_s_to_correct() {
    let mut graph = GraphBuilder::new("casts");
    graph.input("x", Element::Text, 1);
    let cast = Node::new("Cast", &["x"]).attribute("to", Attribute::element(Element::Float));
    graph.node(cast.output("y"));
    graph.output("y", Element::Float, Some(1));
    let model = Loaded::from_bytes("casts", "1", &graph.finish()).unwrap();
    let body = |value: &str| request(&[tensor("x", "[1]", "BYTES", value)]);
    assert_eq!(*data(&ask(&model, &body("[\"1.5\"]")).unwrap(), "y"), json!([1.5]));
    let error = ask(&model, &body("[\"many\"]")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BadInput);
    assert!(error.to_string().contains("`many` is not a number"), "{error}");
}
