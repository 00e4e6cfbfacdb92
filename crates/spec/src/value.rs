use base::Diagnostic;
use serde::Serialize;

use crate::{
    field::{Field, Limits, Shape},
    reader::Node,
};

/// What each kind of decision is worth to the business; a cost is negative.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Value {
    /// A positive that was predicted.
    pub true_positive: f64,
    /// A negative that was predicted to be positive.
    pub false_positive: f64,
    /// A negative that was predicted.
    pub true_negative: f64,
    /// A positive that was predicted to be negative.
    pub false_negative: f64,
    /// What the values are counted in.
    pub currency: String,
}

const CELLS: [&str; 4] = ["true_positive", "false_positive", "true_negative", "false_negative"];
const AMOUNT: Shape = Shape::Number(Limits::Any);

pub(crate) const FIELDS: &[Field] = &[
    Field::optional("true_positive", AMOUNT, "The worth of a positive that was predicted; 0 unless given."),
    Field::optional("false_positive", AMOUNT, "The worth of a false alarm; 0 unless given."),
    Field::optional("true_negative", AMOUNT, "The worth of a negative that was predicted; 0 unless given."),
    Field::optional("false_negative", AMOUNT, "The worth of a positive that was missed; 0 unless given."),
    Field::optional(
        "currency",
        Shape::Text,
        "What the values are counted in, such as EUR; units unless given.",
    ),
];

pub(crate) fn read(node: &Node<'_>) -> Option<Value> {
    let section = node.section()?;
    let [true_positive, false_positive, true_negative, false_negative] =
        CELLS.map(|cell| section.number(cell).unwrap_or(0.0));
    if !section.has_unknown() && !CELLS.iter().any(|cell| section.has(cell)) {
        let nothing = Diagnostic::error("no decision is worth anything");
        node.refuse(nothing.expected(format!("at least one of {}", CELLS.join(", "))));
    }
    let currency = section.text("currency").unwrap_or_else(|| "units".to_owned());
    Some(Value { true_positive, false_positive, true_negative, false_negative, currency })
}
