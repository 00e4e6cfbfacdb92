//! Operators on two or more numbers: `Add`, `Sub`, `Mul`, `Div`, `Mod`, `Pow`, `Max`, `Min`, `Sum`.

use super::{Compiled, Inputs, broadcast::Pair, single};
use crate::{Elements, Problem, Tensor, attributes::Node};

/// The numbers that arithmetic works on. Whole numbers wrap, and dividing one by 0 gives 0.
trait Number: Copy {
    fn add(self, other: Self) -> Self;
    fn sub(self, other: Self) -> Self;
    fn mul(self, other: Self) -> Self;
    fn div(self, other: Self) -> Self;
    /// The remainder with the sign of the dividend, as C's `fmod`.
    fn remainder(self, other: Self) -> Self;
    /// The remainder with the sign of the divisor, as Python's `%`.
    fn modulo(self, other: Self) -> Self;
    fn pow(self, other: Self) -> Self;
    fn max(self, other: Self) -> Self;
    fn min(self, other: Self) -> Self;
}

macro_rules! real {
    ($($kind:ty),*) => {
        $(impl Number for $kind {
            fn add(self, other: Self) -> Self { self + other }
            fn sub(self, other: Self) -> Self { self - other }
            fn mul(self, other: Self) -> Self { self * other }
            fn div(self, other: Self) -> Self { self / other }
            fn remainder(self, other: Self) -> Self { self % other }
            fn modulo(self, other: Self) -> Self {
                let remainder = self % other;
                if remainder != 0.0 && (remainder < 0.0) != (other < 0.0) { remainder + other } else { remainder }
            }
            fn pow(self, other: Self) -> Self { self.powf(other) }
            // A missing value stays missing, unlike in the standard library's `max`.
            fn max(self, other: Self) -> Self { if self.is_nan() || self > other { self } else { other } }
            fn min(self, other: Self) -> Self { if self.is_nan() || self < other { self } else { other } }
        })*
    };
}

macro_rules! whole {
    ($($kind:ty),*) => {
        $(impl Number for $kind {
            fn add(self, other: Self) -> Self { self.wrapping_add(other) }
            fn sub(self, other: Self) -> Self { self.wrapping_sub(other) }
            fn mul(self, other: Self) -> Self { self.wrapping_mul(other) }
            fn div(self, other: Self) -> Self { if other == 0 { 0 } else { self.wrapping_div(other) } }
            fn remainder(self, other: Self) -> Self { if other == 0 { 0 } else { self.wrapping_rem(other) } }
            fn modulo(self, other: Self) -> Self {
                let remainder = self.remainder(other);
                if remainder != 0 && (remainder < 0) != (other < 0) { remainder + other } else { remainder }
            }
            fn pow(self, other: Self) -> Self { (self as f64).powf(other as f64) as Self }
            fn max(self, other: Self) -> Self { Ord::max(self, other) }
            fn min(self, other: Self) -> Self { Ord::min(self, other) }
        })*
    };
}

real!(f32, f64);
whole!(i32, i64);

#[derive(Clone, Copy)]
enum Operation {
    Add,
    Sub,
    Mul,
    Div,
    Remainder,
    Modulo,
    Pow,
    Max,
    Min,
}

impl Operation {
    fn map<T: Number>(self, pair: &Pair, left: &[T], right: &[T]) -> Vec<T> {
        match self {
            Self::Add => pair.map(left, right, |left, right| left.add(*right)),
            Self::Sub => pair.map(left, right, |left, right| left.sub(*right)),
            Self::Mul => pair.map(left, right, |left, right| left.mul(*right)),
            Self::Div => pair.map(left, right, |left, right| left.div(*right)),
            Self::Remainder => pair.map(left, right, |left, right| left.remainder(*right)),
            Self::Modulo => pair.map(left, right, |left, right| left.modulo(*right)),
            Self::Pow => pair.map(left, right, |left, right| left.pow(*right)),
            Self::Max => pair.map(left, right, |left, right| left.max(*right)),
            Self::Min => pair.map(left, right, |left, right| left.min(*right)),
        }
    }

    fn apply(self, left: &Tensor, right: &Tensor) -> Result<Tensor, Problem> {
        let pair = Pair::of(left, right)?;
        let values = match (&left.values, &right.values) {
            (Elements::Float(left), Elements::Float(right)) => Elements::Float(self.map(&pair, left, right)),
            (Elements::Double(left), Elements::Double(right)) => {
                Elements::Double(self.map(&pair, left, right))
            }
            (Elements::Int64(left), Elements::Int64(right)) => Elements::Int64(self.map(&pair, left, right)),
            (Elements::Int32(left), Elements::Int32(right)) => Elements::Int32(self.map(&pair, left, right)),
            _ => {
                let expected = "a number of the same type as the other inputs";
                return Err(Problem::Type { position: 1, expected, found: right.element() });
            }
        };
        Ok(Tensor { shape: pair.shape, values })
    }
}

/// A kernel that folds its inputs, of which there must be at least one.
fn fold(operation: Operation) -> Compiled {
    Ok(single(move |inputs: &Inputs<'_>| {
        let first = inputs.need(0)?;
        if inputs.len() == 1 {
            return Ok(first.clone());
        }
        let mut result = operation.apply(first, inputs.need(1)?)?;
        for position in 2..inputs.len() {
            result = operation.apply(&result, inputs.need(position)?)?;
        }
        Ok(result)
    }))
}

fn binary(operation: Operation) -> Compiled {
    Ok(single(move |inputs: &Inputs<'_>| operation.apply(inputs.need(0)?, inputs.need(1)?)))
}

pub(super) fn add(_: &Node<'_>) -> Compiled {
    binary(Operation::Add)
}

pub(super) fn sub(_: &Node<'_>) -> Compiled {
    binary(Operation::Sub)
}

pub(super) fn mul(_: &Node<'_>) -> Compiled {
    binary(Operation::Mul)
}

pub(super) fn div(_: &Node<'_>) -> Compiled {
    binary(Operation::Div)
}

pub(super) fn modulo(node: &Node<'_>) -> Compiled {
    let remainder = node.int("fmod")? == Some(1);
    binary(if remainder { Operation::Remainder } else { Operation::Modulo })
}

/// The exponent may be of another type than the base, which then gives the type of the result.
pub(super) fn pow(_: &Node<'_>) -> Compiled {
    Ok(single(|inputs: &Inputs<'_>| {
        let base = inputs.need(0)?;
        let exponent = super::cast::to(inputs.need(1)?, base.element())?;
        Operation::Pow.apply(base, &exponent)
    }))
}

pub(super) fn max(_: &Node<'_>) -> Compiled {
    fold(Operation::Max)
}

pub(super) fn min(_: &Node<'_>) -> Compiled {
    fold(Operation::Min)
}

pub(super) fn sum(_: &Node<'_>) -> Compiled {
    fold(Operation::Add)
}
