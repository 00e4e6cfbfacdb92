//! `ArgMax`, `ArgMin`, `ReduceSum`, `ReduceMean`, `ReduceMax`, `ReduceMin`.

use super::{
    Compiled, Inputs,
    shape::{axis, integers},
    single,
};
use crate::{Elements, Problem, Tensor, attributes::Node, tensor};

/// The values of each group that a reduction makes one of, as positions: one list a result.
struct Groups {
    kept: Vec<usize>,
    squeezed: Vec<usize>,
    strides: Vec<(usize, usize)>,
    reduced: Vec<(usize, usize)>,
}

impl Groups {
    fn of(shape: &[usize], reduced: &[bool]) -> Self {
        let mut stride = 1;
        let mut groups =
            Self { kept: shape.to_vec(), squeezed: Vec::new(), strides: Vec::new(), reduced: Vec::new() };
        for dimension in (0..shape.len()).rev() {
            if reduced[dimension] {
                groups.kept[dimension] = 1;
                groups.reduced.insert(0, (shape[dimension], stride));
            } else {
                groups.squeezed.insert(0, shape[dimension]);
                groups.strides.insert(0, (shape[dimension], stride));
            }
            stride *= shape[dimension];
        }
        groups
    }

    fn offsets(dimensions: &[(usize, usize)]) -> Vec<usize> {
        let mut offsets = vec![0];
        for (length, stride) in dimensions {
            offsets = offsets
                .iter()
                .flat_map(|offset| (0..*length).map(move |index| offset + index * stride))
                .collect();
        }
        offsets
    }

    fn shape(self, keep: bool) -> Vec<usize> {
        if keep { self.kept } else { self.squeezed }
    }

    /// The result of a function of each group.
    fn map<T: Copy, R>(&self, values: &[T], function: impl Fn(&mut dyn Iterator<Item = T>) -> R) -> Vec<R> {
        let members = Self::offsets(&self.reduced);
        let starts = Self::offsets(&self.strides);
        let one = |start: &usize| function(&mut members.iter().map(|member| values[start + member]));
        starts.iter().map(one).collect()
    }
}

/// The position of the greatest value along a dimension; of the first when there are several.
pub(super) fn arg_max(node: &Node<'_>) -> Compiled {
    extreme_position(node, |value, best| value > best)
}

pub(super) fn arg_min(node: &Node<'_>) -> Compiled {
    extreme_position(node, |value, best| value < best)
}

fn extreme_position(node: &Node<'_>, better: fn(f64, f64) -> bool) -> Compiled {
    let number = node.int("axis")?.unwrap_or(0);
    let keep = node.int("keepdims")?.unwrap_or(1) != 0;
    let last = node.int("select_last_index")? == Some(1);
    Ok(single(move |inputs: &Inputs<'_>| {
        let tensor = inputs.need(0)?;
        let dimension = axis(number, tensor.shape.len())?;
        let reduced: Vec<bool> = (0..tensor.shape.len()).map(|other| other == dimension).collect();
        let groups = Groups::of(&tensor.shape, &reduced);
        let values = match super::cast::to(tensor, crate::Element::Double)?.values {
            Elements::Double(values) => values,
            _ => Vec::new(),
        };
        let positions = groups.map(&values, |members| {
            let mut best = (0, f64::NAN);
            for (position, value) in members.enumerate() {
                if position == 0 || better(value, best.1) || (last && value == best.1) {
                    best = (position, value);
                }
            }
            best.0 as i64
        });
        Ok(Tensor::integers(groups.shape(keep), positions))
    }))
}

#[derive(Clone, Copy)]
enum Reduction {
    Sum,
    Mean,
    Max,
    Min,
}

impl Reduction {
    /// Over no values: 0 for a sum, NaN for a mean, the extreme that loses against every value otherwise.
    fn apply(self, members: &mut dyn Iterator<Item = f64>) -> f64 {
        let keep_nan = |best: f64, value: f64, better: bool| {
            if best.is_nan() || value.is_nan() {
                f64::NAN
            } else if better {
                value
            } else {
                best
            }
        };
        match self {
            Self::Sum => members.sum(),
            Self::Mean => {
                let (sum, count) = members.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
                sum / count
            }
            Self::Max => members.fold(f64::NEG_INFINITY, |best, value| keep_nan(best, value, value > best)),
            Self::Min => members.fold(f64::INFINITY, |best, value| keep_nan(best, value, value < best)),
        }
    }
}

fn reduce(node: &Node<'_>, reduction: Reduction) -> Compiled {
    let attribute = node.ints("axes").to_vec();
    let keep = node.int("keepdims")?.unwrap_or(1) != 0;
    let nothing_without_axes = node.int("noop_with_empty_axes")? == Some(1);
    Ok(single(move |inputs: &Inputs<'_>| {
        let tensor = inputs.need(0)?;
        let axes = integers(inputs, 1)?.unwrap_or(&attribute);
        if axes.is_empty() && nothing_without_axes {
            return Ok(tensor.clone());
        }
        let mut reduced = vec![axes.is_empty(); tensor.shape.len()];
        for number in axes {
            reduced[axis(*number, tensor.shape.len())?] = true;
        }
        let groups = Groups::of(&tensor.shape, &reduced);
        // An empty tensor may still have dimensions of any length.
        tensor::allow_shape(&groups.kept, crate::Element::Double)?;
        let values = match &tensor.values {
            Elements::Float(values) => {
                let wide: Vec<f64> = values.iter().map(|value| f64::from(*value)).collect();
                Elements::Float(groups.map(&wide, |members| reduction.apply(members) as f32))
            }
            Elements::Double(values) => {
                Elements::Double(groups.map(values, |members| reduction.apply(members)))
            }
            Elements::Int64(values) => Elements::Int64(
                groups.map(values, |members| reduction.apply(&mut members.map(|value| value as f64)) as i64),
            ),
            other => {
                let expected = "tensor(float), tensor(double) or tensor(int64)";
                return Err(Problem::Type { position: 0, expected, found: other.element() });
            }
        };
        Ok(Tensor { shape: groups.shape(keep), values })
    }))
}

pub(super) fn sum(node: &Node<'_>) -> Compiled {
    reduce(node, Reduction::Sum)
}

pub(super) fn mean(node: &Node<'_>) -> Compiled {
    reduce(node, Reduction::Mean)
}

pub(super) fn max(node: &Node<'_>) -> Compiled {
    reduce(node, Reduction::Max)
}

pub(super) fn min(node: &Node<'_>) -> Compiled {
    reduce(node, Reduction::Min)
}
