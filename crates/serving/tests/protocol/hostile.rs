//! Bodies that nobody in their right mind would send: an answer or a refusal, never a panic.

use std::sync::OnceLock;

use crate::support::{request, tensor, trained};
use proptest::prelude::*;
use serving::{ErrorKind, Limits, Loaded, infer};

fn model() -> &'static Loaded {
    static MODEL: OnceLock<Loaded> = OnceLock::new();
    MODEL.get_or_init(trained)
}

fn good() -> String {
    request(&[
        tensor("distance", "[2,1]", "FP32", "[[1.5], [null]]"),
        tensor("carrier", "[2]", "BYTES", "[\"UA\", \"\\u0000\"]"),
        tensor("holiday", "[2]", "BOOL", "[true, false]"),
        tensor("departure", "[2]", "BYTES", "[\"2013-04-01T06:00:00Z\", null]"),
    ])
}

/// Never the server's fault, and when refused then with words.
fn survives(body: &[u8]) {
    match infer(model(), body, Limits { rows: 1_000 }) {
        Ok(answer) => assert!(serde_json::from_slice::<serde_json::Value>(&answer).is_ok()),
        Err(error) => {
            assert!(error.kind() != ErrorKind::Internal && error.to_string().len() < 1_000, "{error}")
        }
    }
}

/// Pieces of JSON that matter to the reader, to be put where they do not belong.
const PIECES: [&str; 16] = [
    "[",
    "]",
    "{",
    "}",
    ",",
    "null",
    "-1",
    "1e999",
    "18446744073709551616",
    "[[]]",
    "\"FP64\"",
    "\"INT8\"",
    "\"\\ud800\"",
    "[9223372036854775807,9223372036854775807]",
    "\"9999-99-99\"",
    "\"+262142-12-31T23:59:59Z\"",
];

proptest! {
    #[test]
    fn a_body_with_changed_bytes_never_panics(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let mut body = good().into_bytes();
        for (place, byte) in changes {
            let place = place.index(body.len());
            body[place] = byte;
        }
        survives(&body);
    }

    #[test]
    fn a_body_with_values_swapped_for_others_never_panics(
        swaps in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 1..4)
    ) {
        let mut body = good();
        for (place, piece) in swaps {
            // A value begins after a colon, a comma or a bracket, and ends before one.
            let starts: Vec<usize> = body.match_indices([':', ',', '[']).map(|(start, _)| start + 1).collect();
            let start = starts[place.index(starts.len())];
            let end = body[start..].find([',', ']', '}']).map_or(body.len(), |length| start + length);
            body.replace_range(start..end, PIECES[piece.index(PIECES.len())]);
        }
        survives(body.as_bytes());
    }

    #[test]
    fn a_body_cut_anywhere_never_panics(place in any::<prop::sample::Index>()) {
        let body = good();
        survives(&body.as_bytes()[..place.index(body.len())]);
    }

    #[test]
    fn any_shape_and_data_never_panic(shape in prop::collection::vec(any::<i64>(), 0..5), values in prop::collection::vec(any::<f64>(), 0..5)) {
        let shape = serde_json::to_string(&shape).unwrap();
        let values = serde_json::to_string(&values).unwrap();
        survives(good().replacen("[2,1]", &shape, 1).replacen("[[1.5], [null]]", &values, 1).as_bytes());
    }
}

#[test]
fn the_body_that_is_changed_is_answered_unchanged() {
    assert!(infer(model(), good().as_bytes(), Limits::default()).is_ok());
}

#[test]
fn depth_and_length_do_not_exhaust_the_stack() {
    survives("[".repeat(1 << 20).as_bytes());
    let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
    survives(good().replacen("[[1.5], [null]]", &deep, 1).as_bytes());
    survives(good().replacen("[2,1]", &format!("[{}1]", "1,".repeat(1 << 16)), 1).as_bytes());
}
