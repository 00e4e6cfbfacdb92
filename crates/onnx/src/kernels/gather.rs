//! `Gather` and `ArrayFeatureExtractor`: values by their index.

use super::{
    Compiled, Inputs, cast, join,
    shape::{axis, integers},
    single,
};
use crate::{Element, Elements, Problem, Tensor, attributes::Node, tensor};

pub(super) fn gather(node: &Node<'_>) -> Compiled {
    let number = node.int("axis")?.unwrap_or(0);
    Ok(single(move |inputs: &Inputs<'_>| {
        let source = inputs.need(0)?;
        let indices = inputs.need(1)?;
        let dimension = axis(number, source.shape.len())?;
        let positions = positions(indices, source.shape[dimension])?;
        let mut result = join::pick(source, dimension, &positions)?;
        result.shape.splice(dimension..=dimension, indices.shape.iter().copied());
        tensor::allow_shape(&result.shape, Element::Double)?;
        Ok(result)
    }))
}

fn positions(indices: &Tensor, length: usize) -> Result<Vec<usize>, Problem> {
    let wide = cast::to(indices, Element::Int64)?;
    let Elements::Int64(numbers) = wide.values else { return Ok(Vec::new()) };
    numbers.into_iter().map(|number| axis(number, length)).collect()
}

/// `ArrayFeatureExtractor`: columns by their index, out of the last dimension.
pub(super) fn array_feature_extractor(_: &Node<'_>) -> Compiled {
    Ok(single(|inputs: &Inputs<'_>| {
        let tensor = inputs.need(0)?;
        let (rows, columns) = tensor.matrix();
        let matrix = Tensor { shape: vec![rows, columns], values: tensor.values.clone() };
        let indices = integers(inputs, 1)?.ok_or(Problem::MissingInput(1))?;
        let wanted = indices.iter().map(|index| axis(*index, columns)).collect::<Result<Vec<_>, _>>()?;
        join::pick(&matrix, 1, &wanted)
    }))
}
