//! `Softmax`: exponentials that add up to 1.

use super::{Compiled, Inputs, shape::axis, single};
use crate::{Elements, Problem, Tensor, attributes::Node};

/// From version 13 on along one dimension; before, over all dimensions from `axis` on.
pub(super) fn softmax(node: &Node<'_>) -> Compiled {
    let over_rest = (1..13).contains(&node.version);
    let number = node.int("axis")?.unwrap_or(if over_rest { 1 } else { -1 });
    Ok(single(move |inputs: &Inputs<'_>| {
        let tensor = inputs.need(0)?;
        let dimension = axis(number, tensor.shape.len())?;
        let after: usize = tensor.shape[dimension + 1..].iter().product();
        let (length, stride) =
            if over_rest { (tensor.shape[dimension] * after, 1) } else { (tensor.shape[dimension], after) };
        let values = match &tensor.values {
            Elements::Float(values) => {
                let wide: Vec<f64> = values.iter().map(|value| f64::from(*value)).collect();
                Elements::Float(apply(wide, length, stride).into_iter().map(|value| value as f32).collect())
            }
            Elements::Double(values) => Elements::Double(apply(values.clone(), length, stride)),
            other => {
                let expected = "tensor(float) or tensor(double)";
                return Err(Problem::Type { position: 0, expected, found: other.element() });
            }
        };
        Ok(Tensor { shape: tensor.shape.clone(), values })
    }))
}

/// Groups of `length` values that are `stride` apart.
fn apply(mut values: Vec<f64>, length: usize, stride: usize) -> Vec<f64> {
    let block = length * stride;
    if block == 0 {
        return values;
    }
    for group in values.chunks_exact_mut(block) {
        for offset in 0..stride {
            let members = || (offset..block).step_by(stride);
            let largest = members().map(|index| group[index]).fold(f64::NEG_INFINITY, f64::max);
            let mut sum = 0.0;
            for index in members() {
                group[index] = (group[index] - largest).exp();
                sum += group[index];
            }
            members().for_each(|index| group[index] /= sum);
        }
    }
    values
}
