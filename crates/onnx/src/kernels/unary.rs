//! Operators on one number: rounding, signs, roots, logarithms, activations, `Clip`, `IsNaN`.

use super::{Compiled, Inputs, cast, single};
use crate::{Element, Elements, Problem, Tensor, attributes::Node};

/// Calculates in double precision and rounds, which is never worse than single precision.
fn real(function: fn(f64) -> f64) -> Compiled {
    Ok(single(move |inputs: &Inputs<'_>| {
        let tensor = inputs.need(0)?;
        let values = match &tensor.values {
            Elements::Float(values) => {
                Elements::Float(values.iter().map(|value| function(f64::from(*value)) as f32).collect())
            }
            Elements::Double(values) => {
                Elements::Double(values.iter().map(|value| function(*value)).collect())
            }
            other => return Err(not_a_number(other.element())),
        };
        Ok(Tensor { shape: tensor.shape.clone(), values })
    }))
}

fn not_a_number(found: Element) -> Problem {
    Problem::Type { position: 0, expected: "tensor(float) or tensor(double)", found }
}

/// As [`real`], and the same for whole numbers.
fn number(function: fn(f64) -> f64, whole: fn(i64) -> i64) -> Compiled {
    let real = real(function)?;
    Ok(single(move |inputs: &Inputs<'_>| {
        let tensor = inputs.need(0)?;
        let values = match &tensor.values {
            Elements::Int64(values) => Elements::Int64(values.iter().map(|value| whole(*value)).collect()),
            Elements::Int32(values) => {
                Elements::Int32(values.iter().map(|value| whole(i64::from(*value)) as i32).collect())
            }
            _ => {
                let mut outputs = Vec::with_capacity(1);
                real.run(inputs, &mut outputs)?;
                return Ok(outputs.swap_remove(0));
            }
        };
        Ok(Tensor { shape: tensor.shape.clone(), values })
    }))
}

pub(super) fn abs(_: &Node<'_>) -> Compiled {
    number(f64::abs, i64::wrapping_abs)
}

pub(super) fn neg(_: &Node<'_>) -> Compiled {
    number(|value| -value, i64::wrapping_neg)
}

pub(super) fn relu(_: &Node<'_>) -> Compiled {
    // Comparing so keeps NaN, as ONNX Runtime does.
    number(|value| if value < 0.0 { 0.0 } else { value }, |value| value.max(0))
}

pub(super) fn floor(_: &Node<'_>) -> Compiled {
    real(f64::floor)
}

pub(super) fn ceil(_: &Node<'_>) -> Compiled {
    real(f64::ceil)
}

pub(super) fn sqrt(_: &Node<'_>) -> Compiled {
    real(f64::sqrt)
}

pub(super) fn exp(_: &Node<'_>) -> Compiled {
    real(f64::exp)
}

pub(super) fn log(_: &Node<'_>) -> Compiled {
    real(f64::ln)
}

pub(super) fn tanh(_: &Node<'_>) -> Compiled {
    real(f64::tanh)
}

pub(super) fn reciprocal(_: &Node<'_>) -> Compiled {
    real(|value| 1.0 / value)
}

pub(super) fn sigmoid(_: &Node<'_>) -> Compiled {
    real(|value| 1.0 / (1.0 + (-value).exp()))
}

pub(super) fn is_nan(_: &Node<'_>) -> Compiled {
    Ok(single(|inputs: &Inputs<'_>| {
        let tensor = inputs.need(0)?;
        let values = match &tensor.values {
            Elements::Float(values) => values.iter().map(|value| value.is_nan()).collect(),
            Elements::Double(values) => values.iter().map(|value| value.is_nan()).collect(),
            other => return Err(not_a_number(other.element())),
        };
        Ok(Tensor { shape: tensor.shape.clone(), values: Elements::Boolean(values) })
    }))
}

/// `Clip`: the bounds are attributes before version 11, then optional inputs.
pub(super) fn clip(node: &Node<'_>) -> Compiled {
    let low = node.float("min")?.map(f64::from);
    let high = node.float("max")?.map(f64::from);
    Ok(single(move |inputs: &Inputs<'_>| {
        let tensor = inputs.need(0)?;
        let low = bound(inputs, 1)?.or(low).unwrap_or(f64::NEG_INFINITY);
        let high = bound(inputs, 2)?.or(high).unwrap_or(f64::INFINITY);
        let clip = |value: f64| if value < low { low } else { value };
        let clip = |value: f64| if clip(value) > high { high } else { clip(value) };
        let values = match &tensor.values {
            Elements::Float(values) => {
                Elements::Float(values.iter().map(|value| clip(f64::from(*value)) as f32).collect())
            }
            Elements::Double(values) => Elements::Double(values.iter().map(|value| clip(*value)).collect()),
            Elements::Int64(values) => {
                Elements::Int64(values.iter().map(|value| clip(*value as f64) as i64).collect())
            }
            other => return Err(not_a_number(other.element())),
        };
        Ok(Tensor { shape: tensor.shape.clone(), values })
    }))
}

fn bound(inputs: &Inputs<'_>, position: usize) -> Result<Option<f64>, Problem> {
    let Some(tensor) = inputs.get(position) else { return Ok(None) };
    let values = cast::to(tensor, Element::Double)?.values;
    match values {
        Elements::Double(values) if values.len() == 1 => Ok(Some(values[0])),
        _ => Err(Problem::Shape(format!("input {position} must be one number"))),
    }
}
