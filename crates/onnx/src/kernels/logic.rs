//! `And`, `Or`, `Xor`, `Not`, and `Where`, which chooses by a condition.

use super::{
    Compiled, Inputs,
    broadcast::{self, Lookup, Pair},
    single,
};
use crate::{Elements, Problem, Tensor, attributes::Node, tensor};

fn truths(tensor: &Tensor, position: usize) -> Result<&[bool], Problem> {
    match &tensor.values {
        Elements::Boolean(values) => Ok(values),
        other => Err(Problem::Type { position, expected: "tensor(bool)", found: other.element() }),
    }
}

fn binary(function: fn(bool, bool) -> bool) -> Compiled {
    Ok(single(move |inputs: &Inputs<'_>| {
        let (left, right) = (inputs.need(0)?, inputs.need(1)?);
        let pair = Pair::of(left, right)?;
        let values = pair.map(truths(left, 0)?, truths(right, 1)?, |left, right| function(*left, *right));
        Ok(Tensor { shape: pair.shape, values: Elements::Boolean(values) })
    }))
}

pub(super) fn and(_: &Node<'_>) -> Compiled {
    binary(|left, right| left && right)
}

pub(super) fn or(_: &Node<'_>) -> Compiled {
    binary(|left, right| left || right)
}

pub(super) fn xor(_: &Node<'_>) -> Compiled {
    binary(|left, right| left != right)
}

pub(super) fn not(_: &Node<'_>) -> Compiled {
    Ok(single(|inputs: &Inputs<'_>| {
        let tensor = inputs.need(0)?;
        let values = truths(tensor, 0)?.iter().map(|value| !value).collect();
        Ok(Tensor { shape: tensor.shape.clone(), values: Elements::Boolean(values) })
    }))
}

/// `Where`: the second input's value where the first is true, else the third's.
pub(super) fn choose(_: &Node<'_>) -> Compiled {
    Ok(single(|inputs: &Inputs<'_>| {
        let (condition, yes, no) = (inputs.need(0)?, inputs.need(1)?, inputs.need(2)?);
        let shape = broadcast::shape(&[condition, yes, no])?;
        let choice = Choice {
            condition: truths(condition, 0)?,
            lookups: [condition, yes, no].map(|operand| broadcast::lookup(&operand.shape, &shape)),
            count: shape.iter().product(),
        };
        let values = choice.elements(&yes.values, &no.values)?;
        Ok(Tensor { shape, values })
    }))
}

struct Choice<'a> {
    condition: &'a [bool],
    /// Of the condition and of both values.
    lookups: [Lookup; 3],
    count: usize,
}

impl Choice<'_> {
    fn elements(&self, yes: &Elements, no: &Elements) -> Result<Elements, Problem> {
        Ok(match (yes, no) {
            (Elements::Float(yes), Elements::Float(no)) => {
                Elements::Float(self.pick(yes, no).copied().collect())
            }
            (Elements::Double(yes), Elements::Double(no)) => {
                Elements::Double(self.pick(yes, no).copied().collect())
            }
            (Elements::Int64(yes), Elements::Int64(no)) => {
                Elements::Int64(self.pick(yes, no).copied().collect())
            }
            (Elements::Int32(yes), Elements::Int32(no)) => {
                Elements::Int32(self.pick(yes, no).copied().collect())
            }
            (Elements::Boolean(yes), Elements::Boolean(no)) => {
                Elements::Boolean(self.pick(yes, no).copied().collect())
            }
            (Elements::Text(yes), Elements::Text(no)) => {
                Elements::Text(tensor::copy_texts(self.pick(yes, no).map(String::as_str))?)
            }
            _ => {
                let expected = "of the same type as input 1";
                return Err(Problem::Type { position: 2, expected, found: no.element() });
            }
        })
    }

    fn pick<'b, T>(&'b self, yes: &'b [T], no: &'b [T]) -> impl Iterator<Item = &'b T> {
        let [condition, yes_at, no_at] = &self.lookups;
        (0..self.count).map(move |position| {
            if self.condition[condition.at(position)] {
                &yes[yes_at.at(position)]
            } else {
                &no[no_at.at(position)]
            }
        })
    }
}
