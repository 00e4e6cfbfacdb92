//! Writes ONNX models. `learn` exports with it; the bytes load here and in ONNX Runtime alike.
//!
//! ```
//! use onnx::{Element, Model, Tensor, build::{GraphBuilder, Node}};
//!
//! let mut graph = GraphBuilder::new("doubles");
//! graph.input("x", Element::Float, 1);
//! let two = graph.constant(Tensor::floats([1], [2.0]));
//! graph.node(Node::new("Mul", &["x", &two]).output("prediction"));
//! graph.output("prediction", Element::Float, Some(1));
//! let model = Model::load(&graph.finish())?;
//! let outputs = model.run(vec![("x".to_owned(), Tensor::floats([2, 1], [1.5, -1.0]))])?;
//! assert_eq!(outputs[0].1, Tensor::floats([2, 1], [3.0, -2.0]));
//! # Ok::<(), onnx::Error>(())
//! ```

use prost::Message;

use crate::{
    Element, Tensor, constant, kernels,
    proto::{
        AttributeProto, DimensionProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto,
        StringStringEntryProto, TensorShapeProto, TensorTypeProto, TypeProto, ValueInfoProto, attribute_type,
    },
};

/// The format version written; ONNX Runtime 1.14 and later read it, as do newer tools.
const IR_VERSION: i64 = 8;
/// The version of the default operators that nodes are written for.
const OPSET: i64 = 17;
/// The version of the `ai.onnx.ml` operators that nodes are written for.
const ML_OPSET: i64 = 3;

/// Collects a graph and gives its bytes. Names of values that are not inputs or outputs are made up.
#[derive(Debug)]
pub struct GraphBuilder {
    graph: GraphProto,
    metadata: Vec<StringStringEntryProto>,
    values: usize,
}

/// One operator of a graph under construction.
#[derive(Debug)]
pub struct Node {
    proto: NodeProto,
}

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq)]
pub enum Attribute {
    /// A number.
    Float(f32),
    /// A whole number, or an element type by [`Attribute::element`].
    Int(i64),
    /// Text.
    Text(String),
    /// Numbers.
    Floats(Vec<f32>),
    /// Whole numbers.
    Ints(Vec<i64>),
    /// Texts.
    Texts(Vec<String>),
    /// A tensor.
    Tensor(Tensor),
}

impl GraphBuilder {
    /// An empty graph of this name.
    pub fn new(name: &str) -> Self {
        let graph = GraphProto { name: name.to_owned(), ..GraphProto::default() };
        Self { graph, metadata: Vec::new(), values: 0 }
    }

    /// Adds an input of shape `[rows, columns]`.
    pub fn input(&mut self, name: &str, element: Element, columns: usize) {
        self.graph.input.push(value_info(name, element, &[None, Some(columns)]));
    }

    /// Adds a constant and gives its name.
    pub fn constant(&mut self, tensor: Tensor) -> String {
        let name = self.fresh("constant");
        self.graph.initializer.push(constant::encode(&name, &tensor));
        name
    }

    /// Adds a node and gives the name of its first output. Nodes come after what they read.
    pub fn node(&mut self, node: Node) -> String {
        self.node_outputs(node, 1).swap_remove(0)
    }

    /// Adds a node with this many outputs and gives their names: those set with [`Node::output`]
    /// first, then made-up ones.
    ///
    /// # Panics
    /// When `count` is 0.
    pub fn node_outputs(&mut self, node: Node, count: usize) -> Vec<String> {
        assert!(count > 0, "a node has an output");
        let mut proto = node.proto;
        while proto.output.len() < count {
            let name = self.fresh(&proto.op_type);
            proto.output.push(name);
        }
        proto.name = format!("{}_{}", proto.op_type, self.graph.node.len());
        let outputs = proto.output.clone();
        self.graph.node.push(proto);
        outputs
    }

    /// Says that the value of this name is an output: of shape `[rows, columns]`, or `[rows]` without columns.
    pub fn output(&mut self, name: &str, element: Element, columns: Option<usize>) {
        let shape: &[_] = if columns.is_some() { &[None, columns] } else { &[None] };
        self.graph.output.push(value_info(name, element, shape));
    }

    /// Stores a note with the model.
    pub fn metadata(&mut self, key: &str, value: &str) {
        self.metadata.push(StringStringEntryProto { key: key.to_owned(), value: value.to_owned() });
    }

    /// Takes in the nodes and constants of another graph, whose names must be its own.
    pub(crate) fn append(&mut self, graph: GraphProto) {
        self.graph.node.extend(graph.node);
        self.graph.initializer.extend(graph.initializer);
    }

    /// The bytes of the model.
    pub fn finish(self) -> Vec<u8> {
        self.finish_as(None, &[])
    }

    /// The bytes of the model, whose operators are of these versions where they say so.
    pub(crate) fn finish_as(self, ir_version: Option<i64>, versions: &[OperatorSetIdProto]) -> Vec<u8> {
        let mut opset_import = versions.to_vec();
        for (domain, version) in [("", OPSET), (kernels::ML_DOMAIN, ML_OPSET)] {
            let is_same = |set: &OperatorSetIdProto| {
                set.domain == domain || (domain.is_empty() && set.domain == "ai.onnx")
            };
            if !opset_import.iter().any(is_same) {
                opset_import.push(OperatorSetIdProto { domain: domain.to_owned(), version });
            }
        }
        let model = ModelProto {
            ir_version: Some(ir_version.map_or(IR_VERSION, |version| version.max(IR_VERSION))),
            producer_name: "kaizen".to_owned(),
            producer_version: env!("CARGO_PKG_VERSION").to_owned(),
            graph: Some(self.graph),
            opset_import,
            metadata_props: self.metadata,
        };
        model.encode_to_vec()
    }

    fn fresh(&mut self, stem: &str) -> String {
        self.values += 1;
        format!("{}.{}", stem.to_lowercase(), self.values)
    }
}

impl Node {
    /// A node that reads the values of these names; an empty name leaves out an optional input.
    /// The operator's domain is known from its name.
    pub fn new(operator: &str, inputs: &[&str]) -> Self {
        let proto = NodeProto {
            op_type: operator.to_owned(),
            domain: kernels::domain_of(operator).to_owned(),
            input: inputs.iter().map(|name| (*name).to_owned()).collect(),
            ..NodeProto::default()
        };
        Self { proto }
    }

    /// The same node with this attribute.
    #[must_use]
    pub fn attribute(mut self, name: &str, value: impl Into<Attribute>) -> Self {
        let mut proto = value.into().into_proto();
        proto.name = name.to_owned();
        self.proto.attribute.push(proto);
        self
    }

    /// The same node with its next output under this name.
    #[must_use]
    pub fn output(mut self, name: &str) -> Self {
        self.proto.output.push(name.to_owned());
        self
    }
}

impl Attribute {
    /// The number of an element type, as the attribute `to` of `Cast` wants it.
    pub fn element(element: Element) -> Self {
        Self::Int(i64::from(element.code()))
    }

    fn into_proto(self) -> AttributeProto {
        let mut proto = AttributeProto::default();
        proto.r#type = match self {
            Self::Float(value) => {
                proto.f = Some(value);
                attribute_type::FLOAT
            }
            Self::Int(value) => {
                proto.i = Some(value);
                attribute_type::INT
            }
            Self::Text(text) => {
                proto.s = Some(text.into_bytes());
                attribute_type::STRING
            }
            Self::Floats(values) => {
                proto.floats = values;
                attribute_type::FLOATS
            }
            Self::Ints(values) => {
                proto.ints = values;
                attribute_type::INTS
            }
            Self::Texts(texts) => {
                proto.strings = texts.into_iter().map(String::into_bytes).collect();
                attribute_type::STRINGS
            }
            Self::Tensor(tensor) => {
                proto.t = Some(Box::new(constant::encode("", &tensor)));
                attribute_type::TENSOR
            }
        };
        proto
    }
}

macro_rules! attribute_from {
    ($($kind:ty => $variant:ident),* $(,)?) => {
        $(impl From<$kind> for Attribute {
            fn from(value: $kind) -> Self {
                Self::$variant(value.into())
            }
        })*
    };
}

attribute_from! {
    f32 => Float,
    i64 => Int,
    &str => Text,
    String => Text,
    Vec<f32> => Floats,
    &[f32] => Floats,
    Vec<i64> => Ints,
    &[i64] => Ints,
    Vec<String> => Texts,
    &[String] => Texts,
    Tensor => Tensor,
}

fn value_info(name: &str, element: Element, shape: &[Option<usize>]) -> ValueInfoProto {
    let dim = |length: &Option<usize>| DimensionProto {
        dim_value: length.map(|length| length as i64),
        dim_param: length.is_none().then(|| "rows".to_owned()),
    };
    let shape = TensorShapeProto { dim: shape.iter().map(dim).collect() };
    let tensor = TensorTypeProto { elem_type: element.code(), shape: Some(shape) };
    let kind = TypeProto { tensor_type: Some(tensor), ..TypeProto::default() };
    ValueInfoProto { name: name.to_owned(), r#type: Some(kind) }
}
