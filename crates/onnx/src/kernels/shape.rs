//! Operators that only change the shape, or make a tensor of one: `Reshape`, `Squeeze`, `Unsqueeze`,
//! `Flatten`, `Transpose`, `Expand`, `Shape`, `Constant`, `ConstantOfShape`.

use super::{Compiled, Inputs, broadcast, single};
use crate::{Element, Elements, Problem, Tensor, attributes::Node, tensor};

/// A dimension counted from the front, or with a negative number from the back.
pub(super) fn axis(axis: i64, rank: usize) -> Result<usize, Problem> {
    let counted = if axis < 0 { axis.checked_add(rank as i64) } else { Some(axis) };
    let position = counted.and_then(|counted| usize::try_from(counted).ok());
    let position = position.filter(|position| *position < rank);
    position.ok_or_else(|| Problem::Shape(format!("there is no dimension {axis} among {rank}")))
}

/// The whole numbers at an input, if it is given.
pub(super) fn integers<'a>(inputs: &Inputs<'a>, position: usize) -> Result<Option<&'a [i64]>, Problem> {
    let Some(tensor) = inputs.get(position) else { return Ok(None) };
    match &tensor.values {
        Elements::Int64(values) => Ok(Some(values)),
        other => Err(Problem::Type { position, expected: "tensor(int64)", found: other.element() }),
    }
}

pub(super) fn reshape(node: &Node<'_>) -> Compiled {
    let attribute = node.ints("shape").to_vec();
    let zero_is_zero = node.int("allowzero")? == Some(1);
    Ok(single(move |inputs: &Inputs<'_>| {
        let tensor = inputs.need(0)?;
        let wanted = integers(inputs, 1)?.unwrap_or(&attribute);
        let shape = resolve(&tensor.shape, wanted, zero_is_zero);
        let fits = |shape: &Vec<usize>| {
            tensor::allow_shape(shape, tensor.element()).ok() == Some(tensor.values.len())
        };
        let shape = shape.filter(fits);
        let shape = shape.ok_or_else(|| {
            Problem::Shape(format!("{} cannot be given the shape {wanted:?}", tensor.describe()))
        })?;
        Ok(Tensor { shape, values: tensor.values.clone() })
    }))
}

fn product(shape: &[usize]) -> Option<usize> {
    shape.iter().try_fold(1_usize, |count, length| count.checked_mul(*length))
}

/// The shape with its 0 (as before) and -1 (whatever is left) replaced.
fn resolve(from: &[usize], wanted: &[i64], zero_is_zero: bool) -> Option<Vec<usize>> {
    let mut shape = Vec::with_capacity(wanted.len());
    let mut open = None;
    for (dimension, length) in wanted.iter().enumerate() {
        shape.push(match length {
            -1 if open.is_none() => {
                open = Some(dimension);
                1
            }
            0 if !zero_is_zero => *from.get(dimension)?,
            length => usize::try_from(*length).ok()?,
        });
    }
    if let Some(dimension) = open {
        let rest = product(&shape)?;
        shape[dimension] = product(from)?.checked_div(rest).unwrap_or_default();
    }
    Some(shape)
}

pub(super) fn squeeze(node: &Node<'_>) -> Compiled {
    let attribute = node.ints("axes").to_vec();
    Ok(single(move |inputs: &Inputs<'_>| {
        let tensor = inputs.need(0)?;
        let axes = integers(inputs, 1)?.unwrap_or(&attribute);
        let mut removed: Vec<bool> =
            tensor.shape.iter().map(|length| axes.is_empty() && *length == 1).collect();
        for number in axes {
            let dimension = axis(*number, tensor.shape.len())?;
            if tensor.shape[dimension] != 1 {
                return Err(Problem::Shape(format!("dimension {number} of {} is not 1", tensor.describe())));
            }
            removed[dimension] = true;
        }
        let kept = tensor.shape.iter().zip(removed).filter(|(_, removed)| !removed);
        Ok(Tensor { shape: kept.map(|(length, _)| *length).collect(), values: tensor.values.clone() })
    }))
}

pub(super) fn unsqueeze(node: &Node<'_>) -> Compiled {
    let attribute = node.ints("axes").to_vec();
    Ok(single(move |inputs: &Inputs<'_>| {
        let tensor = inputs.need(0)?;
        let axes = integers(inputs, 1)?.unwrap_or(&attribute);
        let rank = tensor.shape.len() + axes.len();
        let mut added = vec![false; rank];
        for number in axes {
            let dimension = axis(*number, rank)?;
            if std::mem::replace(&mut added[dimension], true) {
                return Err(Problem::Shape(format!("dimension {number} is added twice")));
            }
        }
        let mut lengths = tensor.shape.iter();
        let shape = added.iter().map(|added| if *added { 1 } else { lengths.next().copied().unwrap_or(1) });
        Ok(Tensor { shape: shape.collect(), values: tensor.values.clone() })
    }))
}

pub(super) fn flatten(node: &Node<'_>) -> Compiled {
    let number = node.int("axis")?.unwrap_or(1);
    Ok(single(move |inputs: &Inputs<'_>| {
        let tensor = inputs.need(0)?;
        // One past the last dimension is allowed here: everything into the first.
        let rank = tensor.shape.len();
        let split = if number == rank as i64 { rank } else { axis(number, rank)? };
        let (rows, columns) = tensor.shape.split_at(split);
        let shape = vec![rows.iter().product(), columns.iter().product()];
        Ok(Tensor { shape, values: tensor.values.clone() })
    }))
}

pub(super) fn transpose(node: &Node<'_>) -> Compiled {
    let attribute = node.ints("perm").to_vec();
    Ok(single(move |inputs: &Inputs<'_>| {
        let tensor = inputs.need(0)?;
        let rank = tensor.shape.len();
        let mut order: Vec<usize> = (0..rank).rev().collect();
        if !attribute.is_empty() {
            order = attribute.iter().map(|number| axis(*number, rank)).collect::<Result<_, _>>()?;
        }
        let mut seen = order.clone();
        seen.sort_unstable();
        if !seen.into_iter().eq(0..rank) {
            return Err(Problem::attribute("perm", format!("an order of the {rank} dimensions")));
        }
        let shape: Vec<usize> = order.iter().map(|dimension| tensor.shape[*dimension]).collect();
        let values = tensor.values.gather(&transposed(&tensor.shape, &order))?;
        Ok(Tensor { shape, values })
    }))
}

/// For each position after the transposition, the position before.
fn transposed(from: &[usize], order: &[usize]) -> Vec<usize> {
    let mut strides = vec![1; from.len()];
    for dimension in (1..from.len()).rev() {
        strides[dimension - 1] = strides[dimension] * from[dimension];
    }
    let mut positions = vec![0];
    for dimension in order {
        let mut next = Vec::with_capacity(positions.len() * from[*dimension]);
        for position in &positions {
            next.extend((0..from[*dimension]).map(|index| position + index * strides[*dimension]));
        }
        positions = next;
    }
    positions
}

pub(super) fn expand(_: &Node<'_>) -> Compiled {
    Ok(single(|inputs: &Inputs<'_>| {
        let tensor = inputs.need(0)?;
        let wanted = lengths(integers(inputs, 1)?.ok_or(Problem::MissingInput(1))?)?;
        let pattern = Tensor { shape: wanted, values: Elements::Boolean(Vec::new()) };
        let shape = broadcast::shape(&[tensor, &pattern])?;
        let lookup = broadcast::lookup(&tensor.shape, &shape);
        let positions: Vec<usize> = (0..shape.iter().product()).map(|position| lookup.at(position)).collect();
        Ok(Tensor { values: tensor.values.gather(&positions)?, shape })
    }))
}

fn lengths(numbers: &[i64]) -> Result<Vec<usize>, Problem> {
    let lengths = numbers.iter().map(|number| usize::try_from(*number)).collect::<Result<_, _>>();
    lengths.map_err(|_| Problem::Shape(format!("the shape {numbers:?} is negative")))
}

/// `Shape`, with the part of it that newer versions let one choose.
pub(super) fn shape(node: &Node<'_>) -> Compiled {
    let start = node.int("start")?.unwrap_or(0);
    let end = node.int("end")?;
    Ok(single(move |inputs: &Inputs<'_>| {
        let shape = &inputs.need(0)?.shape;
        let rank = shape.len() as i64;
        let place = |number: i64| {
            let counted = if number < 0 { number.saturating_add(rank) } else { number };
            counted.clamp(0, rank) as usize
        };
        let (start, end) = (place(start), end.map_or(shape.len(), place));
        let values: Vec<i64> = shape[start..end.max(start)].iter().map(|length| *length as i64).collect();
        Ok(Tensor::integers([values.len()], values))
    }))
}

pub(super) fn constant_of_shape(node: &Node<'_>) -> Compiled {
    let value = node.tensor("value")?.unwrap_or_else(|| Tensor::floats([1], [0.0]));
    if value.values.len() != 1 {
        return Err(Problem::attribute("value", "a tensor of one value"));
    }
    Ok(single(move |inputs: &Inputs<'_>| {
        let shape = lengths(integers(inputs, 0)?.ok_or(Problem::MissingInput(0))?)?;
        let count = tensor::allow_shape(&shape, Element::Double)?;
        Ok(Tensor { values: value.values.gather(&vec![0; count])?, shape })
    }))
}

/// The value of a `Constant` node, in any of the attributes that may hold it.
pub(super) fn constant(node: &Node<'_>) -> Result<Tensor, Problem> {
    if let Some(tensor) = node.tensor("value")? {
        return Ok(tensor);
    }
    if let Some(value) = node.float("value_float")? {
        return Ok(Tensor::floats([], [value]));
    }
    if let Some(value) = node.int("value_int")? {
        return Ok(Tensor::integers([], [value]));
    }
    if let Some(value) = node.text("value_string")? {
        return Ok(Tensor::texts([], [value]));
    }
    let (floats, ints, texts) =
        (node.floats("value_floats"), node.ints("value_ints"), node.texts("value_strings")?);
    match (floats.is_empty(), ints.is_empty(), texts.is_empty()) {
        (false, _, _) => Ok(Tensor::floats([floats.len()], floats)),
        (_, false, _) => Ok(Tensor::integers([ints.len()], ints)),
        (_, _, false) => Ok(Tensor::texts([texts.len()], texts)),
        _ => Err(Problem::MissingAttribute("value")),
    }
}
