use std::fmt;

use crate::datatype::Datatype;

/// What is wrong with one input of a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// No shape was sent.
    #[error("`shape` is missing; add \"shape\":[N] with the number of rows")]
    NoShape,
    /// No datatype was sent.
    #[error("`datatype` is missing; add \"datatype\":\"{0}\"")]
    NoDatatype(Datatype),
    /// No data was sent, or it follows the JSON as bytes.
    #[error("`data` is missing; add the values as JSON (binary tensor data is not supported)")]
    NoData,
    /// The protocol has no such datatype.
    #[error("`{found}` is not a datatype{}; write \"{takes}\" here", Near(near))]
    UnknownDatatype {
        /// What was sent.
        found: String,
        /// A datatype that the caller may have meant.
        near: Option<String>,
        /// The datatype that the input takes.
        takes: Datatype,
    },
    /// The data is not a tensor's.
    #[error("`data` {0}")]
    Data(#[from] Fault),
    /// The shape is none that the input takes.
    #[error("shape {} does not fit; expected {expected}", Shape(shape))]
    Shape {
        /// The shape sent.
        shape: Vec<i64>,
        /// The shapes taken.
        expected: String,
    },
    /// The data has more or fewer values than its shape.
    #[error(
        "shape {} and the {found} values in `data` disagree; make the shape say what is sent",
        Shape(shape)
    )]
    Length {
        /// The shape sent.
        shape: Vec<i64>,
        /// The number of values sent.
        found: usize,
    },
    /// The data is nested otherwise than its shape says.
    #[error(
        "`data` is nested as {nesting:?} where its shape is {}; make them equal, or send `data` flat",
        Shape(shape)
    )]
    Nesting {
        /// The shape sent.
        shape: Vec<i64>,
        /// The lengths of the nested arrays.
        nesting: Vec<usize>,
    },
    /// There is nothing to predict.
    #[error("there are no rows; send at least one")]
    NoRows,
    /// Another input has more or fewer rows.
    #[error("{rows} rows where `{other}` has {expected}; send every input with the same rows")]
    Rows {
        /// This input's rows.
        rows: usize,
        /// The first input of the model.
        other: String,
        /// Its rows.
        expected: usize,
    },
    /// The values are not what the datatype says.
    #[error("`data` holds {found} where the datatype is {datatype}; correct one of them")]
    NotAsDeclared {
        /// What the values are.
        found: &'static str,
        /// The datatype sent.
        datatype: Datatype,
    },
    /// The datatype is none that the input takes.
    #[error("takes {takes}; {datatype} was sent")]
    Takes {
        /// What the input takes.
        takes: &'static str,
        /// The datatype sent.
        datatype: Datatype,
    },
    /// One value is not possible here.
    #[error("value {position} is {value}; expected {expected}")]
    Value {
        /// Its place in the data, counted from 1.
        position: usize,
        /// The value, or the start of it.
        value: String,
        /// What could stand there.
        expected: String,
    },
}

/// Why the JSON in `data` is not a tensor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It is one value.
    #[error("is not an array; put the values in brackets, one of them too")]
    NotAnArray,
    /// It holds an object.
    #[error("holds an object; send an array of numbers, booleans or text")]
    Object,
    /// It is nested deeper than any input's shape.
    #[error("is nested too deep; send it flat, or nested as its shape says")]
    Deep,
    /// Its rows differ in length.
    #[error("is ragged; give every row the same number of values")]
    Ragged,
    /// It holds values of different types.
    #[error("holds {found} at value {} after {before}; send values of one type", position + 1)]
    Mixed {
        /// The place of the odd value, counted from 0.
        position: usize,
        /// What it is.
        found: &'static str,
        /// What stands before it.
        before: &'static str,
    },
}

/// A near miss, as a question in parentheses.
pub(crate) struct Near<'a>(pub(crate) &'a Option<String>);

impl fmt::Display for Near<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_ref().map_or(Ok(()), |near| write!(out, " (did you mean `{near}`?)"))
    }
}

/// The start of a shape; hostile ones can have millions of dimensions.
struct Shape<'a>(&'a [i64]);

impl fmt::Display for Shape<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: Vec<String> = self.0.iter().take(6).map(i64::to_string).collect();
        let more = if self.0.len() > shown.len() { ",…" } else { "" };
        write!(out, "[{}{more}]", shown.join(","))
    }
}
