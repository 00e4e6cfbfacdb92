//! NumPy's rule for operands of different shapes: shapes are aligned at their last dimension,
//! and a length of 1 is repeated.

use crate::{Element, Problem, Tensor, tensor};

/// How an operand's values are found for each position of the result.
pub(super) enum Lookup {
    /// The operand has the shape of the result.
    Same,
    /// One value for all.
    Scalar,
    /// A row of this many values for every row.
    Row(usize),
    /// A value a row, for rows of this many values.
    Column(usize),
    /// Any other repetition: the operand's position for each of the result.
    Table(Vec<usize>),
}

impl Lookup {
    #[inline]
    pub(super) fn at(&self, position: usize) -> usize {
        match self {
            Self::Same => position,
            Self::Scalar => 0,
            Self::Row(length) => position % length,
            Self::Column(width) => position / width,
            Self::Table(positions) => positions[position],
        }
    }
}

/// The shape of a result of these operands.
pub(super) fn shape(operands: &[&Tensor]) -> Result<Vec<usize>, Problem> {
    let mut shape: Vec<usize> = Vec::new();
    for operand in operands {
        if operand.shape.len() > shape.len() {
            let added = operand.shape.len() - shape.len();
            shape.splice(0..0, std::iter::repeat_n(1, added));
        }
        let offset = shape.len() - operand.shape.len();
        for (result, length) in shape[offset..].iter_mut().zip(&operand.shape) {
            if *result == 1 {
                *result = *length;
            } else if *length != 1 && length != result {
                let shapes: Vec<_> = operands.iter().map(|operand| &operand.shape).collect();
                return Err(Problem::Shape(format!("the shapes {shapes:?} do not go together")));
            }
        }
    }
    // The largest element type, so that the check holds whatever is computed.
    tensor::allow_shape(&shape, Element::Double)?;
    Ok(shape)
}

/// How an operand of shape `from` is read for a result of shape `to`, which [`shape`] gave.
pub(super) fn lookup(from: &[usize], to: &[usize]) -> Lookup {
    let count: usize = from.iter().product();
    let total: usize = to.iter().product();
    if count == total {
        return Lookup::Same;
    }
    if count == 1 {
        return Lookup::Scalar;
    }
    match (from, to) {
        ([length] | [1, length], [.., last]) if length == last => Lookup::Row(*length),
        ([_, 1], [_, width]) => Lookup::Column(*width),
        _ => Lookup::Table(positions(from, to)),
    }
}

fn positions(from: &[usize], to: &[usize]) -> Vec<usize> {
    let mut strides = vec![0; to.len()];
    let offset = to.len() - from.len();
    let mut stride = 1;
    for dimension in (0..from.len()).rev() {
        if from[dimension] != 1 {
            strides[offset + dimension] = stride;
        }
        stride *= from[dimension];
    }
    let total = to.iter().product();
    let mut index = vec![0; to.len()];
    let mut positions = Vec::with_capacity(total);
    let mut position = 0;
    while positions.len() < total {
        positions.push(position);
        for dimension in (0..to.len()).rev() {
            index[dimension] += 1;
            position += strides[dimension];
            if index[dimension] < to[dimension] {
                break;
            }
            position -= strides[dimension] * to[dimension];
            index[dimension] = 0;
        }
    }
    positions
}

/// Two operands, aligned.
pub(super) struct Pair {
    pub(super) shape: Vec<usize>,
    left: Lookup,
    right: Lookup,
}

impl Pair {
    pub(super) fn of(left: &Tensor, right: &Tensor) -> Result<Self, Problem> {
        let shape = shape(&[left, right])?;
        let (left, right) = (lookup(&left.shape, &shape), lookup(&right.shape, &shape));
        Ok(Self { shape, left, right })
    }

    /// The function of each pair of values.
    pub(super) fn map<A, B, R>(&self, left: &[A], right: &[B], function: impl Fn(&A, &B) -> R) -> Vec<R> {
        match (&self.left, &self.right) {
            (Lookup::Same, Lookup::Same) => {
                left.iter().zip(right).map(|(left, right)| function(left, right)).collect()
            }
            (Lookup::Same, Lookup::Scalar) => left.iter().map(|left| function(left, &right[0])).collect(),
            (Lookup::Scalar, Lookup::Same) => right.iter().map(|right| function(&left[0], right)).collect(),
            _ => {
                let total = self.shape.iter().product();
                let value =
                    |position| function(&left[self.left.at(position)], &right[self.right.at(position)]);
                (0..total).map(value).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Pair, Tensor};

    fn add(left: (&[usize], &[f32]), right: (&[usize], &[f32])) -> (Vec<usize>, Vec<f32>) {
        let pair = Pair::of(&Tensor::floats(left.0, left.1), &Tensor::floats(right.0, right.1)).unwrap();
        let values = pair.map(left.1, right.1, |left, right| left + right);
        (pair.shape, values)
    }

    #[test]
    fn operands_are_repeated_as_numpy_does() {
        let matrix: (&[usize], &[f32]) = (&[2, 3], &[0., 1., 2., 3., 4., 5.]);
        assert_eq!(add(matrix, (&[3], &[10., 20., 30.])).1, [10., 21., 32., 13., 24., 35.]);
        assert_eq!(add((&[2, 1], &[10., 20.]), matrix).1, [10., 11., 12., 23., 24., 25.]);
        assert_eq!(add((&[], &[1.]), matrix).1, [1., 2., 3., 4., 5., 6.]);
        assert_eq!(add((&[2, 1], &[1., 2.]), (&[1, 2], &[10., 20.])), (vec![2, 2], vec![11., 21., 12., 22.]));
        assert_eq!(
            add((&[2, 1, 2], &[1., 2., 3., 4.]), (&[2, 1], &[10., 20.])),
            (vec![2, 2, 2], vec![11., 12., 21., 22., 13., 14., 23., 24.])
        );
        assert_eq!(add((&[0, 3], &[]), (&[3], &[1., 2., 3.])), (vec![0, 3], vec![]));
    }

    #[test]
    fn shapes_that_do_not_go_together_are_refused() {
        let (left, right) = (Tensor::floats([2], [1., 2.]), Tensor::floats([3], [1., 2., 3.]));
        assert!(Pair::of(&left, &right).is_err());
        let huge = Tensor::floats([1 << 16, 1], vec![0.; 1 << 16]);
        let wide = Tensor::floats([1 << 16], vec![0.; 1 << 16]);
        assert!(Pair::of(&huge, &wide).is_err());
    }
}
