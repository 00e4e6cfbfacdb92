//! A model as a directory that MLflow and people can read: `MLmodel`, `model.onnx` and what belongs to it.
//!
//! MLflow's model format: <https://mlflow.org/docs/latest/ml/model/>, flavors `onnx` and
//! `python_function`. The same training gives the same bytes. Called by the engine when it registers a version.

use serde_json::{Value, json};
use table::{Kind, Table, Values};

use crate::train::Trained;

/// The versions MLflow writes into its own files for these packages; any later ones read the model too.
const REQUIREMENTS: &str = "mlflow\nnumpy\nonnx>=1.14\nonnxruntime>=1.16\npandas\n";
const PYTHON: &str = "3.11.0";
/// Rows in the example of an input.
const EXAMPLE_ROWS: usize = 5;

/// What the directory says besides the model itself.
#[derive(Debug, Clone)]
pub struct Card<'a> {
    /// The model's name.
    pub name: &'a str,
    /// Rows to take the example of an input from.
    pub example: &'a Table,
}

/// A model as it is laid out.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a> {
    /// The ONNX model, from raw columns to predictions.
    pub model: &'a [u8],
    /// What the model reads and predicts.
    pub signature: &'a onnx::Signature,
    /// What the target column holds.
    pub target_kind: Kind,
    /// How it was found.
    pub report: &'a Value,
}

/// The files of a trained model's directory, by path relative to it.
///
/// # Panics
/// Never: reports are always JSON.
pub fn directory(trained: &Trained, card: &Card<'_>) -> Vec<(String, Vec<u8>)> {
    let report = serde_json::to_value(&trained.report).expect("a report is always JSON");
    let Trained { model, signature, target_kind, .. } = trained;
    laid_out(Shown { model, signature, target_kind: *target_kind, report: &report }, card)
}

/// The files of any model's directory, by path relative to it.
///
/// # Panics
/// Never: a value is always JSON.
pub fn laid_out(shown: Shown<'_>, card: &Card<'_>) -> Vec<(String, Vec<u8>)> {
    let pretty = |value: &Value| {
        let mut text = serde_json::to_string_pretty(value).expect("a value is always JSON");
        text.push('\n');
        text.into_bytes()
    };
    vec![
        ("MLmodel".to_owned(), mlmodel(shown, card).into_bytes()),
        ("model.onnx".to_owned(), shown.model.to_vec()),
        ("report.json".to_owned(), pretty(shown.report)),
        ("input_example.json".to_owned(), pretty(&example(shown.signature, card.example))),
        ("requirements.txt".to_owned(), REQUIREMENTS.as_bytes().to_vec()),
        ("python_env.yaml".to_owned(), python_env().into_bytes()),
    ]
}

fn mlmodel(shown: Shown<'_>, card: &Card<'_>) -> String {
    format!(
        "artifact_path: {name}
flavors:
  onnx:
    code: null
    data: model.onnx
    onnx_session_options: null
    onnx_version: 1.14.0
    providers:
    - CPUExecutionProvider
  python_function:
    data: model.onnx
    env:
      virtualenv: python_env.yaml
    loader_module: mlflow.onnx
    python_version: {PYTHON}
mlflow_version: 2.0.0
saved_input_example_info:
  artifact_path: input_example.json
  format: tf-serving
  type: ndarray
signature:
  inputs: {inputs}
  outputs: {outputs}
  params: null
",
        name = quoted(card.name),
        inputs = quoted(&inputs(shown.signature).to_string()),
        outputs = quoted(&outputs(shown).to_string()),
    )
}

/// A YAML string in single quotes, where only the quote itself is special.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// The inputs as MLflow types them: tensors, as the graph takes them. Typed as columns, MLflow would
/// hand the graph flat arrays, which no graph with an input for each column accepts.
fn inputs(signature: &onnx::Signature) -> Value {
    let input = |field: &table::Field| {
        let dtype = match field.kind {
            Kind::Number | Kind::Boolean => "float32",
            Kind::Text => "str",
            Kind::Time => "float64",
        };
        tensor(&field.name, dtype, &[-1, 1])
    };
    signature.inputs.iter().map(input).collect()
}

fn tensor(name: &str, dtype: &str, shape: &[i64]) -> Value {
    json!({"type": "tensor", "name": name, "tensor-spec": {"dtype": dtype, "shape": shape}})
}

fn outputs(shown: Shown<'_>) -> Value {
    if shown.signature.classes.is_empty() {
        return json!([tensor("prediction", "float32", &[-1, 1])]);
    }
    let label = match shown.target_kind {
        Kind::Boolean => "bool",
        Kind::Number => "int64",
        Kind::Text | Kind::Time => "str",
    };
    let classes = shown.signature.classes.len() as i64;
    json!([tensor("label", label, &[-1]), tensor("probabilities", "float32", &[-1, classes])])
}

/// The first rows of the model's inputs, in the form the graph takes: a list of one-element rows each.
fn example(signature: &onnx::Signature, table: &Table) -> Value {
    let rows = table.rows().min(EXAMPLE_ROWS);
    let mut inputs = serde_json::Map::new();
    for field in &signature.inputs {
        if let Some(column) = table.column(&field.name) {
            let cells: Vec<Value> = (0..rows).map(|row| json!([cell(&column.values, row)])).collect();
            inputs.insert(field.name.clone(), Value::Array(cells));
        }
    }
    Value::Object(inputs)
}

fn cell(values: &Values, row: usize) -> Value {
    match values {
        Values::Number(values) => json!(values[row]),
        Values::Boolean(values) => json!(values[row].map(|value| f64::from(u8::from(value)))),
        Values::Time(values) => json!(values[row].map(|micros| micros as f64 / 1e6)),
        Values::Text(text) => json!(text.get(row).unwrap_or_default()),
    }
}

fn python_env() -> String {
    format!("python: {PYTHON}\nbuild_dependencies:\n- pip\ndependencies:\n- -r requirements.txt\n")
}
