//! Every operator answers as ONNX Runtime does, setting by setting.

mod fixture;

use std::{fs, path::Path};

use fixture::Answers;
use onnx::Model;
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    name: String,
    model: String,
    #[serde(flatten)]
    answers: Answers,
}

fn bytes(hexadecimal: &str) -> Vec<u8> {
    let digit = |digit: u8| char::from(digit).to_digit(16).expect("the fixture has hexadecimal digits") as u8;
    hexadecimal.as_bytes().chunks_exact(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}

#[test]
fn single_operators_answer_as_onnx_runtime_does() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/operators.json");
    let cases: Vec<Case> = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    assert!(cases.len() > 300, "the fixture was cut");
    let mut failures = Vec::new();
    for case in &cases {
        let outputs = Model::load(&bytes(&case.model)).and_then(|model| model.run(case.answers.fed()));
        let failure = match outputs {
            Ok(outputs) => case.answers.difference(&outputs),
            Err(error) => Some(error.to_string()),
        };
        failures.extend(failure.map(|failure| format!("{}: {failure}", case.name)));
    }
    assert!(failures.is_empty(), "{} of {} differ:\n{}", failures.len(), cases.len(), failures.join("\n"));
}
