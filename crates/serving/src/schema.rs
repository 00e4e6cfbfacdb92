//! What a model takes and gives, worked out once when it is loaded.

use std::{collections::HashMap, fmt};

use onnx::{Element, Model, Port, Signature};
use table::Kind;

use crate::{datatype::Datatype, loaded::LoadError};

/// The inputs and outputs of a model, in its order.
#[derive(Debug)]
pub(crate) struct Schema {
    pub(crate) inputs: Vec<Input>,
    pub(crate) outputs: Vec<Port>,
    /// Where each input stands in `inputs`.
    pub(crate) positions: HashMap<String, usize>,
}

/// One input of a model.
#[derive(Debug)]
pub(crate) struct Input {
    pub(crate) name: String,
    /// What the graph takes.
    pub(crate) element: Element,
    /// What the column was in training; nothing for a model that does not say.
    pub(crate) kind: Option<Kind>,
    pub(crate) form: Form,
}

/// The shapes that a port of the graph has, rows first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// A value a row, in one dimension.
    List,
    /// This many values a row, in two dimensions.
    Wide(usize),
    /// This many dimensions of any length.
    Open(usize),
    /// The graph does not say.
    Any,
}

impl Schema {
    /// The schema of a graph and, if it has one, the signature that Kaizen wrote into it.
    pub(crate) fn of(name: &str, model: &Model, signature: Option<&Signature>) -> Result<Self, LoadError> {
        let inputs: Vec<Input> = model.inputs().iter().map(|port| Input::of(port, signature)).collect();
        for field in signature.iter().flat_map(|signature| &signature.inputs) {
            if !inputs.iter().any(|input| input.name == field.name && input.holds(field.kind)) {
                let (model, input) = (name.to_owned(), field.name.clone());
                return Err(LoadError::Signature { model, input, kind: field.kind });
            }
        }
        if signature.is_some()
            && let Some(odd) = inputs.iter().find(|input| input.kind.is_none())
        {
            return Err(LoadError::Undescribed { model: name.to_owned(), input: odd.name.clone() });
        }
        let positions = inputs.iter().enumerate().map(|(place, input)| (input.name.clone(), place)).collect();
        Ok(Self { inputs, outputs: model.outputs().to_vec(), positions })
    }
}

impl Input {
    fn of(port: &Port, signature: Option<&Signature>) -> Self {
        let field =
            signature.and_then(|signature| signature.inputs.iter().find(|field| field.name == port.name));
        Self {
            name: port.name.clone(),
            element: port.element,
            kind: field.map(|field| field.kind),
            form: Form::of(port),
        }
    }

    /// Whether the graph's elements can hold a column of this kind.
    fn holds(&self, kind: Kind) -> bool {
        match kind {
            Kind::Text => self.element == Element::Text,
            Kind::Number | Kind::Boolean | Kind::Time => {
                matches!(self.element, Element::Float | Element::Double)
            }
        }
    }

    /// The datatype that the metadata names: the one that says most about the column.
    pub(crate) fn datatype(&self) -> Datatype {
        match self.kind {
            Some(Kind::Boolean) => Datatype::Bool,
            Some(Kind::Time) => Datatype::Bytes,
            _ => Datatype::of(self.element),
        }
    }

    /// The shape that the metadata names: a column is the list that it is, though most graphs
    /// take it in two dimensions.
    pub(crate) fn dimensions(&self) -> Vec<i64> {
        if self.form == Form::Wide(1) { vec![-1] } else { self.form.dimensions() }
    }

    /// What may be sent, for a message.
    pub(crate) fn takes(&self) -> &'static str {
        match (self.kind, self.element) {
            (Some(Kind::Time), _) => {
                "times: BYTES with ISO 8601 text, or seconds since 1970-01-01T00:00:00Z as FP64 or INT64"
            }
            (Some(Kind::Boolean), _) | (_, Element::Boolean) => "booleans: BOOL, or numbers 0 and 1",
            (_, Element::Text) => "text: BYTES",
            (_, Element::Int64) => "whole numbers: INT64",
            (_, Element::Int32) => "whole numbers: INT32",
            (_, Element::Double) => "numbers: FP64, any other number or BOOL",
            (_, Element::Float) => "numbers: FP32, any other number or BOOL",
        }
    }

    /// A value that could stand in the data.
    pub(crate) fn example(&self) -> serde_json::Value {
        match self.datatype() {
            Datatype::Bool => true.into(),
            Datatype::Bytes if self.kind == Some(Kind::Time) => "2013-04-01T06:00:00Z".into(),
            Datatype::Bytes => "text".into(),
            _ => 0.into(),
        }
    }
}

impl Form {
    pub(crate) fn of(port: &Port) -> Self {
        match (port.rank, port.columns) {
            (Some(1), _) => Self::List,
            (_, Some(columns)) => Self::Wide(columns),
            (Some(rank), None) => Self::Open(rank),
            (None, None) => Self::Any,
        }
    }

    /// The shape for the graph of a tensor that was sent in this one: a column may be sent in one
    /// dimension or two, and a single row without its dimension of one.
    pub(crate) fn fit(self, sent: &[i64]) -> Option<Vec<usize>> {
        let sent: Vec<usize> =
            sent.iter().map(|length| usize::try_from(*length)).collect::<Result<_, _>>().ok()?;
        match (self, sent.as_slice()) {
            (Self::List, [rows] | [rows, 1]) => Some(vec![*rows]),
            (Self::Wide(1), [rows]) => Some(vec![*rows, 1]),
            (Self::Wide(width), [length]) if *length == width => Some(vec![1, width]),
            (Self::Wide(width), [_, length]) if *length == width => Some(sent),
            (Self::Open(rank), _) if sent.len() == rank => Some(sent),
            (Self::Any, _) => Some(sent),
            _ => None,
        }
    }

    /// The shape in the metadata: -1 is any length.
    pub(crate) fn dimensions(self) -> Vec<i64> {
        match self {
            Self::List => vec![-1],
            Self::Wide(width) => vec![-1, i64::try_from(width).unwrap_or(i64::MAX)],
            Self::Open(rank) => vec![-1; rank],
            Self::Any => vec![-1, -1],
        }
    }
}

/// The shapes that are taken, for a message.
impl fmt::Display for Form {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::List | Self::Wide(1) => out.write_str("[N] or [N,1] for N rows"),
            Self::Wide(width) => write!(out, "[N,{width}] for N rows"),
            Self::Open(rank) => write!(out, "{rank} dimensions, the first of them for the rows"),
            Self::Any => out.write_str("any shape, rows first"),
        }
    }
}
