//! A model made elsewhere as one of ours: raw columns in, `probabilities` or `prediction` out, and a signature.
//!
//! The graph stays as it is, under names that meet no column's. Before it the columns are cast and joined to what its
//! inputs take; behind it the scores are brought into the order of our classes. The engine calls this with what a
//! training command made.

mod inputs;
mod outputs;
mod refusal;
mod renamed;

pub use refusal::Refusal;

use prost::Message;
use table::{Field, Kind};

use crate::{
    Model, Port, Signature,
    build::GraphBuilder,
    proto::{ModelProto, NodeProto, attribute_type},
};

/// What is known of a model that is adopted.
#[derive(Debug, Clone)]
pub struct Adoption<'a> {
    /// The columns that it may read. A matrix takes them in this order.
    pub columns: &'a [Field],
    /// Whether its inputs are these columns in this order, whatever they are called.
    pub in_order: bool,
    /// What it predicts; the inputs are filled in.
    pub signature: Signature,
    /// The model's classes, as the signature spells them, in the order of its probabilities.
    pub classes: Vec<String>,
    /// What the target column holds.
    pub target: Kind,
}

/// The bytes of the model with what makes it one of ours.
///
/// # Errors
/// When the model cannot run here, or its inputs and outputs are not those of such a model; the message names which.
pub fn adopt(bytes: &[u8], adoption: &Adoption<'_>) -> Result<Vec<u8>, Refusal> {
    let model = Model::load(bytes)?;
    let proto = ModelProto::decode(bytes).map_err(crate::Error::from)?;
    let read = inputs::read(model.inputs(), adoption)?;
    let scores = outputs::scores(model.outputs(), &adoption.signature)?;
    let mut graph = GraphBuilder::new("kaizen");
    let mut signature = adoption.signature.clone();
    signature.inputs = read.columns.clone();
    inputs::write(&mut graph, &read);
    graph.append(renamed::graph(proto.graph.unwrap_or_default()));
    outputs::write(&mut graph, scores, (&signature, adoption))?;
    graph.metadata(Signature::KEY, &signature.to_metadata());
    let made = graph.finish_as(proto.ir_version, &proto.opset_import);
    // What was made of it is what is served: it must load as well.
    Model::load(&made)?;
    Ok(made)
}

/// The classes that the model says its probabilities are of; nothing when it does not say, or says two things.
///
/// # Errors
/// When the bytes are no model.
pub fn classes(bytes: &[u8]) -> Result<Option<Vec<String>>, crate::Error> {
    let graph = ModelProto::decode(bytes)?.graph.unwrap_or_default();
    let mut found: Vec<Vec<String>> = graph.node.iter().filter_map(said).collect();
    found.dedup();
    Ok(if found.len() == 1 { found.pop() } else { None })
}

/// The class labels among the attributes of a node.
fn said(node: &NodeProto) -> Option<Vec<String>> {
    let is_classes = |name: &str| name.starts_with("classlabels_");
    node.attribute.iter().filter(|attribute| is_classes(&attribute.name)).find_map(|attribute| {
        let labels: Vec<String> = match attribute.r#type {
            attribute_type::INTS => attribute.ints.iter().map(ToString::to_string).collect(),
            attribute_type::STRINGS => {
                attribute.strings.iter().map(|text| String::from_utf8_lossy(text).into_owned()).collect()
            }
            _ => Vec::new(),
        };
        Some(labels).filter(|labels| !labels.is_empty())
    })
}

/// What an input or output is called inside, where no column is called so.
fn inner(name: &str) -> String {
    if name.is_empty() { String::new() } else { format!("model/{name}") }
}

/// A port in words.
fn described(port: &Port) -> String {
    let shape = match (port.columns, port.rank) {
        (Some(columns), _) => format!(" [rows, {columns}]"),
        (None, Some(rank)) => format!(" with {rank} dimensions"),
        (None, None) => String::new(),
    };
    format!("`{}` ({}{shape})", port.name, port.element)
}

#[cfg(test)]
mod tests;
