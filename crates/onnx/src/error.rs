//! What can go wrong with a model: while it is read, while it runs, and while a table is fed to it.

use table::Kind;

use crate::Element;

/// A model that cannot be read, or inputs it cannot run on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The bytes are not an ONNX model.
    #[error("not an ONNX model: {0}; export the model again")]
    Decode(#[from] prost::DecodeError),
    /// The model has no graph.
    #[error("the model has no graph; export it again")]
    NoGraph,
    /// An operator outside the tabular ones.
    #[error(
        "operator `{operator}` of node `{node}` is not supported; export the model with the operators {supported}"
    )]
    Unsupported {
        /// The operator, with its domain unless that is the default one.
        operator: String,
        /// The node's name.
        node: String,
        /// The operators that are.
        supported: String,
    },
    /// A node that cannot be compiled or run.
    #[error("node `{node}` ({operator}): {problem}")]
    Node {
        /// The node's name.
        node: String,
        /// Its operator.
        operator: String,
        /// What is wrong.
        problem: Problem,
    },
    /// A node or output reads a value that nothing before it makes, as in a graph with a cycle.
    #[error(
        "{reader} reads `{value}`, which no input, constant or earlier node makes; export the model again"
    )]
    Undefined {
        /// Who reads it.
        reader: String,
        /// The value's name.
        value: String,
    },
    /// Two things make a value of one name.
    #[error("the value `{0}` is made twice; export the model again")]
    Duplicate(String),
    /// A constant of the graph that cannot be used.
    #[error("constant `{name}`: {problem}")]
    Constant {
        /// The constant's name.
        name: String,
        /// What is wrong.
        problem: Problem,
    },
    /// An input or output whose declared type cannot be used.
    #[error("{port} has {found}; only tensors of float, double, int64, int32, bool and string are supported")]
    Port {
        /// Which one.
        port: String,
        /// Its type, in words.
        found: String,
    },
    /// An input that was not given.
    #[error("input `{0}` is missing")]
    MissingInput(String),
    /// An input that the model does not have.
    #[error("the model has no input `{name}`; its inputs are {known}")]
    UnknownInput {
        /// The name given.
        name: String,
        /// The names it has.
        known: String,
    },
    /// An input of another type or shape than the model takes.
    #[error("input `{name}` must be {expected}, but {found} was given")]
    Input {
        /// The input's name.
        name: String,
        /// What the model takes.
        expected: String,
        /// What was given.
        found: String,
    },
    /// `kaizen.signature` in the metadata is not a signature.
    #[error("the metadata `kaizen.signature` is not a signature: {0}; train the model again")]
    Signature(#[from] serde_json::Error),
    /// A table without a column that the signature names.
    #[error("the table has no column `{0}`, which the model reads")]
    MissingColumn(String),
    /// A column of another kind than the signature says.
    #[error("column `{column}` holds {found} values, but the model was trained on {expected}")]
    Column {
        /// The column's name.
        column: String,
        /// The kind in the signature.
        expected: Kind,
        /// The kind in the table.
        found: Kind,
    },
    /// The model has no output that holds the scores of its task.
    #[error("the model has no output with {expected}; it has {found}")]
    NoScores {
        /// What was looked for.
        expected: String,
        /// The outputs there are.
        found: String,
    },
}

/// What is wrong with a node or a constant.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Problem {
    /// A required attribute is not there.
    #[error("attribute `{0}` is missing")]
    MissingAttribute(&'static str),
    /// An attribute with a value the operator cannot take.
    #[error("attribute `{name}` must be {expected}")]
    Attribute {
        /// The attribute's name.
        name: &'static str,
        /// What it must be.
        expected: String,
    },
    /// A required input is not there.
    #[error("input {0} is missing")]
    MissingInput(usize),
    /// An input of a type the operator cannot take.
    #[error("input {position} must be {expected}, not {found}")]
    Type {
        /// Which input, counted from 0.
        position: usize,
        /// What it takes.
        expected: &'static str,
        /// What it got.
        found: Element,
    },
    /// Shapes that do not go together.
    #[error("{0}")]
    Shape(String),
    /// A value that cannot be used.
    #[error("{0}")]
    Value(String),
    /// A result that would not fit into the memory a run may take.
    #[error("the result would take {0} bytes, more than a run may use; score fewer rows at once")]
    TooLarge(u128),
    /// Trees that no row could be sent through.
    #[error("tree {tree}: {what}")]
    Tree {
        /// The tree's id.
        tree: i64,
        /// What is wrong with it.
        what: String,
    },
    /// The constant's values are in another file, or of a type that is not supported.
    #[error("{0}")]
    Tensor(String),
}

impl Problem {
    pub(crate) fn attribute(name: &'static str, expected: impl Into<String>) -> Self {
        Self::Attribute { name, expected: expected.into() }
    }
}
