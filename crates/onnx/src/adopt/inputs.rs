//! From raw columns to the inputs of a model made elsewhere.

use table::{Field, Kind};

use super::{Adoption, Refusal, described, inner};
use crate::{
    Element, Port, Tensor,
    build::{Attribute, GraphBuilder, Node},
};

/// What the model reads.
pub(super) struct Read<'a> {
    /// The raw columns, each once.
    pub(super) columns: Vec<Field>,
    /// Each input with the columns that make it.
    inputs: Vec<(&'a Port, Vec<Field>)>,
}

/// Which columns make which input.
pub(super) fn read<'a>(ports: &'a [Port], adoption: &Adoption<'_>) -> Result<Read<'a>, Refusal> {
    let columns = adoption.columns;
    let named = |port: &Port| columns.iter().find(|field| field.name == port.name).cloned();
    let inputs = match ports {
        [only] if adoption.in_order || named(only).is_none() || takes_several(only) => {
            vec![(only, columns.to_vec())]
        }
        _ if adoption.in_order && ports.len() == columns.len() => {
            ports.iter().zip(columns).map(|(port, field)| (port, vec![field.clone()])).collect()
        }
        _ => {
            let mut inputs = Vec::with_capacity(ports.len());
            for port in ports {
                let field = named(port).ok_or_else(|| no_column(port, columns))?;
                inputs.push((port, vec![field]));
            }
            inputs
        }
    };
    for (port, fields) in &inputs {
        check(port, fields)?;
    }
    let mut read: Vec<Field> = Vec::new();
    for field in inputs.iter().flat_map(|(_, fields)| fields) {
        if !read.contains(field) {
            read.push(field.clone());
        }
    }
    Ok(Read { columns: read, inputs })
}

fn takes_several(port: &Port) -> bool {
    port.columns.is_some_and(|columns| columns > 1)
}

fn no_column(port: &Port, columns: &[Field]) -> Refusal {
    Refusal::Input { input: described(port), columns: names(columns) }
}

fn names(columns: &[Field]) -> String {
    columns.iter().map(|field| field.name.as_str()).collect::<Vec<_>>().join(", ")
}

/// Refuses columns that the input cannot take.
fn check(port: &Port, fields: &[Field]) -> Result<(), Refusal> {
    let fits_width = match (port.columns, port.rank) {
        (Some(columns), _) => columns == fields.len(),
        (None, Some(1)) => fields.len() == 1,
        (None, rank) => rank.is_none_or(|rank| rank == 2),
    };
    if !fits_width {
        let (columns, names) = (fields.len(), names(fields));
        return Err(Refusal::Width { input: described(port), columns, names });
    }
    for field in fields {
        let is_text = field.kind == Kind::Text;
        if is_text != (port.element == Element::Text) {
            let fix = if is_text {
                "encode it in the model, or exclude it in the project file"
            } else {
                "train on it as the numbers that it holds"
            };
            let column = field.name.clone();
            return Err(Refusal::Kind { input: described(port), column, kind: field.kind, fix });
        }
    }
    Ok(())
}

/// Writes the raw inputs, and what makes the model's own of them.
pub(super) fn write(graph: &mut GraphBuilder, read: &Read<'_>) {
    for field in &read.columns {
        graph.input(&field.name, fed(field.kind), 1);
    }
    for (port, fields) in &read.inputs {
        let parts: Vec<String> = fields.iter().map(|field| cast(graph, field, port.element)).collect();
        let joined = match parts.as_slice() {
            [only] => only.clone(),
            parts => {
                let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
                graph.node(Node::new("Concat", &parts).attribute("axis", 1))
            }
        };
        let made = if port.rank == Some(1) {
            let flat = graph.constant(Tensor::integers([1], [-1]));
            Node::new("Reshape", &[&joined, &flat])
        } else {
            Node::new("Identity", &[&joined])
        };
        graph.node(made.output(&inner(&port.name)));
    }
}

/// What a raw column of this kind is fed as: see [`crate::feed()`].
fn fed(kind: Kind) -> Element {
    match kind {
        Kind::Number | Kind::Boolean => Element::Float,
        Kind::Text => Element::Text,
        Kind::Time => Element::Double,
    }
}

fn cast(graph: &mut GraphBuilder, field: &Field, element: Element) -> String {
    if fed(field.kind) == element {
        return field.name.clone();
    }
    graph.node(Node::new("Cast", &[&field.name]).attribute("to", Attribute::element(element)))
}
