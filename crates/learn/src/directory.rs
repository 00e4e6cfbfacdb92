//! A model as a directory that MLflow and people can read: `MLmodel`, `model.onnx` and what belongs to it.
//!
//! MLflow's model format: <https://mlflow.org/docs/latest/ml/model/>, flavors `onnx` and
//! `python_function`. The same training gives the same bytes. Called by the engine when it registers a version.

use serde_json::{Value, json};
use stats::Task;
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

/// The files of the model's directory, by path relative to it.
///
/// # Panics
/// Never: reports are always JSON.
pub fn directory(trained: &Trained, card: &Card<'_>) -> Vec<(String, Vec<u8>)> {
    let pretty = |value: &Value| {
        let mut text = serde_json::to_string_pretty(value).expect("a value is always JSON");
        text.push('\n');
        text.into_bytes()
    };
    let report = serde_json::to_value(&trained.report).expect("a report is always JSON");
    vec![
        ("MLmodel".to_owned(), mlmodel(trained, card).into_bytes()),
        ("model.onnx".to_owned(), trained.model.clone()),
        ("report.json".to_owned(), pretty(&report)),
        ("input_example.json".to_owned(), pretty(&example(trained, card.example))),
        ("requirements.txt".to_owned(), REQUIREMENTS.as_bytes().to_vec()),
        ("python_env.yaml".to_owned(), python_env().into_bytes()),
    ]
}

fn mlmodel(trained: &Trained, card: &Card<'_>) -> String {
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
        inputs = quoted(&inputs(trained).to_string()),
        outputs = quoted(&outputs(trained).to_string()),
    )
}

/// A YAML string in single quotes, where only the quote itself is special.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// The inputs as MLflow types them: tensors, as the graph takes them. Typed as columns, MLflow would
/// hand the graph flat arrays, which no graph with an input for each column accepts.
fn inputs(trained: &Trained) -> Value {
    let input = |field: &table::Field| {
        let dtype = match field.kind {
            Kind::Number | Kind::Boolean => "float32",
            Kind::Text => "str",
            Kind::Time => "float64",
        };
        tensor(&field.name, dtype, &[-1, 1])
    };
    trained.signature.inputs.iter().map(input).collect()
}

fn tensor(name: &str, dtype: &str, shape: &[i64]) -> Value {
    json!({"type": "tensor", "name": name, "tensor-spec": {"dtype": dtype, "shape": shape}})
}

fn outputs(trained: &Trained) -> Value {
    if trained.report.task == Task::Regression {
        return json!([tensor("prediction", "float32", &[-1, 1])]);
    }
    let label = match trained.target_kind {
        Kind::Boolean => "bool",
        Kind::Number => "int64",
        Kind::Text | Kind::Time => "str",
    };
    let classes = trained.classes.len() as i64;
    json!([tensor("label", label, &[-1]), tensor("probabilities", "float32", &[-1, classes])])
}

/// The first rows of the model's inputs, in the form the graph takes: a list of one-element rows each.
fn example(trained: &Trained, table: &Table) -> Value {
    let rows = table.rows().min(EXAMPLE_ROWS);
    let mut inputs = serde_json::Map::new();
    for field in &trained.signature.inputs {
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
