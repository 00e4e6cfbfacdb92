//! Operators that put tensors together or take them apart: `Concat`, `FeatureVectorizer`, `Split`, `Slice`.

use super::{
    Compiled, Inputs, Kernel, cast,
    shape::{axis, integers},
    single,
};
use crate::{Element, Elements, Problem, Tensor, attributes::Node, tensor};

pub(super) fn concat(node: &Node<'_>) -> Compiled {
    let number = node.int("axis")?.ok_or(Problem::MissingAttribute("axis"))?;
    Ok(single(move |inputs: &Inputs<'_>| {
        let parts = (0..inputs.len()).map(|position| inputs.need(position)).collect::<Result<Vec<_>, _>>()?;
        let first = parts.first().ok_or(Problem::MissingInput(0))?;
        join(&parts, axis(number, first.shape.len())?)
    }))
}

/// The tensors side by side along a dimension; they agree in all others.
fn join(parts: &[&Tensor], dimension: usize) -> Result<Tensor, Problem> {
    let mut shape = parts[0].shape.clone();
    let mut total = 0_usize;
    for part in parts {
        let mut aligned = part.shape.clone();
        if aligned.len() == shape.len() {
            aligned[dimension] = shape[dimension];
        }
        if aligned != shape {
            let shapes: Vec<_> = parts.iter().map(|part| &part.shape).collect();
            return Err(Problem::Shape(format!(
                "the shapes {shapes:?} differ in more than dimension {dimension}"
            )));
        }
        total = total.checked_add(part.shape[dimension]).ok_or(Problem::TooLarge(u128::MAX))?;
    }
    shape[dimension] = total;
    let element = parts[0].element();
    tensor::allow_shape(&shape, element)?;
    let outer: usize = shape[..dimension].iter().product();
    let layout = Layout { parts, outer, count: shape.iter().product() };
    Ok(Tensor { values: layout.elements(element)?, shape })
}

struct Layout<'a> {
    parts: &'a [&'a Tensor],
    /// How often the parts alternate.
    outer: usize,
    count: usize,
}

impl Layout<'_> {
    fn elements(&self, element: Element) -> Result<Elements, Problem> {
        Ok(match element {
            Element::Float => Elements::Float(self.weave(|values| match values {
                Elements::Float(values) => Some(values),
                _ => None,
            })?),
            Element::Double => Elements::Double(self.weave(|values| match values {
                Elements::Double(values) => Some(values),
                _ => None,
            })?),
            Element::Int64 => Elements::Int64(self.weave(|values| match values {
                Elements::Int64(values) => Some(values),
                _ => None,
            })?),
            Element::Int32 => Elements::Int32(self.weave(|values| match values {
                Elements::Int32(values) => Some(values),
                _ => None,
            })?),
            Element::Boolean => Elements::Boolean(self.weave(|values| match values {
                Elements::Boolean(values) => Some(values),
                _ => None,
            })?),
            Element::Text => {
                let bytes = self.parts.iter().map(|part| part.bytes()).sum();
                if bytes > tensor::MAX_BYTES {
                    return Err(Problem::TooLarge(bytes));
                }
                Elements::Text(self.weave(|values| match values {
                    Elements::Text(values) => Some(values),
                    _ => None,
                })?)
            }
        })
    }

    fn weave<T: Clone>(&self, view: impl Fn(&Elements) -> Option<&Vec<T>>) -> Result<Vec<T>, Problem> {
        let mut chunks = Vec::with_capacity(self.parts.len());
        for (position, part) in self.parts.iter().enumerate() {
            let expected = "of the same type as input 0";
            let mismatch = || Problem::Type { position, expected, found: part.element() };
            let values = view(&part.values).ok_or_else(mismatch)?;
            chunks.push((values.as_slice(), values.len().checked_div(self.outer).unwrap_or_default()));
        }
        let mut woven = Vec::with_capacity(self.count);
        for index in 0..self.outer {
            for (values, width) in &chunks {
                match *width {
                    1 => woven.push(values[index].clone()),
                    width => woven.extend_from_slice(&values[index * width..(index + 1) * width]),
                }
            }
        }
        Ok(woven)
    }
}

/// `FeatureVectorizer`: the columns of all inputs as one matrix of floats.
pub(super) fn feature_vectorizer(_: &Node<'_>) -> Compiled {
    Ok(single(|inputs: &Inputs<'_>| {
        let mut parts = Vec::with_capacity(inputs.len());
        for position in 0..inputs.len() {
            let mut part = cast::to(inputs.need(position)?, Element::Float)?;
            let (rows, columns) = part.matrix();
            part.shape = vec![rows, columns];
            parts.push(part);
        }
        if parts.is_empty() {
            return Err(Problem::MissingInput(0));
        }
        join(&parts.iter().collect::<Vec<_>>(), 1)
    }))
}

/// The part of a tensor that has these indices along a dimension.
pub(super) fn pick(tensor: &Tensor, dimension: usize, indices: &[usize]) -> Result<Tensor, Problem> {
    let mut shape = tensor.shape.clone();
    let outer: usize = shape[..dimension].iter().product();
    let inner: usize = shape[dimension + 1..].iter().product();
    let length = std::mem::replace(&mut shape[dimension], indices.len());
    let count = tensor::allow_shape(&shape, Element::Double)?;
    let mut positions = Vec::with_capacity(count);
    for row in 0..outer {
        for index in indices {
            let start = (row * length + index) * inner;
            positions.extend(start..start + inner);
        }
    }
    Ok(Tensor { shape, values: tensor.values.gather(&positions)? })
}

struct Split {
    axis: i64,
    lengths: Vec<i64>,
    outputs: usize,
}

pub(super) fn split(node: &Node<'_>) -> Compiled {
    let outputs = node.proto.output.len();
    let lengths = node.ints("split").to_vec();
    Ok(Box::new(Split { axis: node.int("axis")?.unwrap_or(0), lengths, outputs }))
}

impl Kernel for Split {
    fn run(&self, inputs: &Inputs<'_>, outputs: &mut Vec<Tensor>) -> Result<(), Problem> {
        let tensor = inputs.need(0)?;
        let dimension = axis(self.axis, tensor.shape.len())?;
        let length = tensor.shape[dimension];
        let mut sizes: Vec<i64> = integers(inputs, 1)?.unwrap_or(&self.lengths).to_vec();
        if sizes.is_empty() {
            let even = length.div_ceil(self.outputs.max(1));
            let size = |output: usize| length.saturating_sub(output * even).min(even) as i64;
            sizes = (0..self.outputs).map(size).collect();
        }
        let mut start = 0_usize;
        for size in &sizes {
            let end = usize::try_from(*size).ok().and_then(|size| start.checked_add(size));
            let end = end.filter(|end| *end <= length);
            let wrong = || Problem::Shape(format!("{} cannot be split into {sizes:?}", tensor.describe()));
            let indices: Vec<usize> = (start..end.ok_or_else(wrong)?).collect();
            start += indices.len();
            outputs.push(pick(tensor, dimension, &indices)?);
        }
        Ok(())
    }
}

pub(super) fn slice(node: &Node<'_>) -> Compiled {
    let (starts, ends, axes) =
        (node.ints("starts").to_vec(), node.ints("ends").to_vec(), node.ints("axes").to_vec());
    Ok(single(move |inputs: &Inputs<'_>| {
        let mut result = inputs.need(0)?.clone();
        let starts = integers(inputs, 1)?.unwrap_or(&starts);
        let ends = integers(inputs, 2)?.unwrap_or(&ends);
        let axes = integers(inputs, 3)?.unwrap_or(&axes);
        let steps = integers(inputs, 4)?.unwrap_or_default();
        for (position, (start, end)) in starts.iter().zip(ends).enumerate() {
            let number = axes.get(position).copied().unwrap_or(position as i64);
            let dimension = axis(number, result.shape.len())?;
            let step = steps.get(position).copied().unwrap_or(1);
            let indices = range(*start, *end, step, result.shape[dimension])?;
            result = pick(&result, dimension, &indices)?;
        }
        Ok(result)
    }))
}

/// The indices of Python's `start:end:step` in a dimension of this length.
fn range(start: i64, end: i64, step: i64, length: usize) -> Result<Vec<usize>, Problem> {
    let length = length as i64;
    let place = |number: i64| if number < 0 { number.saturating_add(length) } else { number };
    let (low, high) = if step > 0 { (0, length) } else { (-1, length - 1) };
    let (mut index, end) = (place(start).clamp(low, high), place(end).clamp(low, high));
    let mut indices = Vec::new();
    if step == 0 {
        return Err(Problem::Shape("a slice has the step 0".to_owned()));
    }
    while (step > 0 && index < end) || (step < 0 && index > end) {
        indices.push(index as usize);
        index = index.saturating_add(step);
    }
    Ok(indices)
}

#[cfg(test)]
mod tests {
    use super::{Tensor, join, pick, range};

    #[test]
    fn tensors_are_joined_along_any_dimension() {
        let (left, right) = (Tensor::floats([2, 1], [1., 2.]), Tensor::floats([2, 2], [3., 4., 5., 6.]));
        assert_eq!(join(&[&left, &right], 1).unwrap(), Tensor::floats([2, 3], [1., 3., 4., 2., 5., 6.]));
        assert_eq!(join(&[&left, &left], 0).unwrap(), Tensor::floats([4, 1], [1., 2., 1., 2.]));
        assert!(join(&[&left, &right], 0).is_err());
        assert!(join(&[&left, &Tensor::integers([2, 1], [1, 2])], 1).is_err());
    }

    #[test]
    fn slices_follow_python() {
        assert_eq!(range(-2, i64::MAX, 1, 5).unwrap(), [3, 4]);
        assert_eq!(range(4, i64::MIN, -2, 5).unwrap(), [4, 2, 0]);
        assert_eq!(range(1, 4, 2, 5).unwrap(), [1, 3]);
        assert!(range(0, 1, 0, 5).is_err());
        let picked = pick(&Tensor::floats([2, 3], [0., 1., 2., 3., 4., 5.]), 1, &[2, 0]).unwrap();
        assert_eq!(picked, Tensor::floats([2, 2], [2., 0., 5., 3.]));
    }
}
