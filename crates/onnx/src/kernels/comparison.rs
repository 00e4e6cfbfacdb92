//! `Equal`, `Greater`, `GreaterOrEqual`, `Less`, `LessOrEqual`. Comparing with NaN is false.

use super::{Compiled, Inputs, broadcast::Pair, single};
use crate::{Elements, Problem, Tensor, attributes::Node};

#[derive(Clone, Copy)]
enum Comparison {
    Equal,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

impl Comparison {
    fn map<T: PartialOrd>(self, pair: &Pair, left: &[T], right: &[T]) -> Vec<bool> {
        match self {
            Self::Equal => pair.map(left, right, |left, right| left == right),
            Self::Greater => pair.map(left, right, |left, right| left > right),
            Self::GreaterOrEqual => pair.map(left, right, |left, right| left >= right),
            Self::Less => pair.map(left, right, |left, right| left < right),
            Self::LessOrEqual => pair.map(left, right, |left, right| left <= right),
        }
    }

    fn apply(self, left: &Tensor, right: &Tensor) -> Result<Tensor, Problem> {
        let pair = Pair::of(left, right)?;
        let values = match (&left.values, &right.values) {
            (Elements::Float(left), Elements::Float(right)) => self.map(&pair, left, right),
            (Elements::Double(left), Elements::Double(right)) => self.map(&pair, left, right),
            (Elements::Int64(left), Elements::Int64(right)) => self.map(&pair, left, right),
            (Elements::Int32(left), Elements::Int32(right)) => self.map(&pair, left, right),
            (Elements::Boolean(left), Elements::Boolean(right)) => self.map(&pair, left, right),
            (Elements::Text(left), Elements::Text(right)) => self.map(&pair, left, right),
            _ => {
                let expected = "of the same type as input 0";
                return Err(Problem::Type { position: 1, expected, found: right.element() });
            }
        };
        Ok(Tensor { shape: pair.shape, values: Elements::Boolean(values) })
    }
}

fn compile(comparison: Comparison) -> Compiled {
    Ok(single(move |inputs: &Inputs<'_>| comparison.apply(inputs.need(0)?, inputs.need(1)?)))
}

pub(super) fn equal(_: &Node<'_>) -> Compiled {
    compile(Comparison::Equal)
}

pub(super) fn greater(_: &Node<'_>) -> Compiled {
    compile(Comparison::Greater)
}

pub(super) fn greater_or_equal(_: &Node<'_>) -> Compiled {
    compile(Comparison::GreaterOrEqual)
}

pub(super) fn less(_: &Node<'_>) -> Compiled {
    compile(Comparison::Less)
}

pub(super) fn less_or_equal(_: &Node<'_>) -> Compiled {
    compile(Comparison::LessOrEqual)
}
