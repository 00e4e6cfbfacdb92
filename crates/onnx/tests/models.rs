//! Pipelines as teams export them answer as ONNX Runtime does.

mod fixture;

use std::{fs, path::Path};

use fixture::Answers;
use onnx::Model;

fn check(name: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
    let bytes = fs::read(path.with_extension("onnx")).expect("the fixture is there");
    let answers = fs::read_to_string(path.with_extension("json")).expect("the fixture is there");
    let answers: Answers = serde_json::from_str(&answers).expect("make.py wrote this");
    let model = Model::load(&bytes).expect("the model loads");
    let outputs = model.run(answers.fed()).expect("the model runs");
    assert_eq!(outputs.len(), model.outputs().len());
    assert_eq!(answers.difference(&outputs), None);
}

macro_rules! models {
    ($($name:ident),* $(,)?) => {
        $(#[test]
        fn $name() {
            check(stringify!($name));
        })*
    };
}

models! {
    boosting_binary,
    forest_binary,
    forest_names,
    forest_regressor,
    hist_boosting_binary,
    hist_boosting_regressor,
    hist_boosting_three,
    lightgbm_binary,
    lightgbm_regressor,
    lightgbm_three,
    linear_regressor,
    logistic_three,
    perceptron,
    perceptron_binary,
    perceptron_regressor,
    pipeline_logistic,
    pipeline_ordinal,
    pipeline_zipmap,
    xgboost_binary,
    xgboost_regressor,
    xgboost_three,
}
