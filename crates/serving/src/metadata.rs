use std::collections::BTreeMap;

use onnx::{Port, Signature};
use serde::Serialize;

use crate::{
    datatype::Datatype,
    loaded::Loaded,
    schema::{Form, Input},
};

/// What the metadata call the runtime and the format, as the protocol does: `<project>_<format>`.
pub const PLATFORM: &str = "kaizen_onnx";

/// The protocol's description of a model.
///
/// A column that Kaizen trained on is named with the datatype that says most about it: a number
/// as FP32, which is what the graph calculates with; a boolean as BOOL; a time as BYTES, in ISO
/// 8601. Its kind is in the parameters. Other datatypes are taken too; see the crate's opening.
#[derive(Debug, Serialize)]
pub struct Metadata {
    name: String,
    versions: Vec<String>,
    platform: &'static str,
    inputs: Vec<TensorMetadata>,
    outputs: Vec<TensorMetadata>,
    #[serde(skip_serializing_if = "Parameters::is_empty")]
    parameters: Parameters,
}

/// The protocol's description of one input or output.
#[derive(Debug, Serialize)]
pub struct TensorMetadata {
    name: String,
    datatype: &'static str,
    /// -1 where any length is taken.
    shape: Vec<i64>,
    #[serde(skip_serializing_if = "Parameters::is_empty")]
    parameters: Parameters,
}

/// The protocol allows text, numbers and booleans as values; text is enough here.
type Parameters = BTreeMap<String, String>;

impl Metadata {
    /// The description of a model.
    pub fn of(loaded: &Loaded) -> Self {
        let signature = loaded.signature();
        let schema = loaded.schema();
        Self {
            name: loaded.name().to_owned(),
            versions: vec![loaded.version().to_owned()],
            platform: PLATFORM,
            inputs: schema.inputs.iter().map(input).collect(),
            outputs: schema.outputs.iter().map(|port| output(port, signature)).collect(),
            parameters: signature.map(model).unwrap_or_default(),
        }
    }
}

fn input(input: &Input) -> TensorMetadata {
    let kind = input.kind.map(|kind| ("kind".to_owned(), kind.to_string()));
    TensorMetadata {
        name: input.name.clone(),
        datatype: input.datatype().name(),
        shape: input.dimensions(),
        parameters: kind.into_iter().collect(),
    }
}

fn output(port: &Port, signature: Option<&Signature>) -> TensorMetadata {
    let classes = signature.filter(|_| port.name == "probabilities").map(|signature| &signature.classes);
    let class = |(position, class): (usize, &String)| (format!("class_{position}"), class.clone());
    TensorMetadata {
        name: port.name.clone(),
        datatype: Datatype::of(port.element).name(),
        shape: Form::of(port).dimensions(),
        parameters: classes.into_iter().flatten().enumerate().map(class).collect(),
    }
}

fn model(signature: &Signature) -> Parameters {
    let mut parameters = Parameters::from([("task".to_owned(), signature.task.to_string())]);
    if let Some(positive) = &signature.positive {
        parameters.insert("positive".to_owned(), positive.clone());
    }
    if let Some(threshold) = signature.threshold {
        parameters.insert("threshold".to_owned(), threshold.to_string());
    }
    parameters
}
