//! `MatMul` and `Gemm`: products of matrices.

use super::{Compiled, Inputs, broadcast, single};
use crate::{Element, Elements, Problem, Tensor, attributes::Node, tensor};

/// A matrix seen as it is, or transposed.
struct Matrix<'a, T> {
    values: &'a [T],
    rows: usize,
    columns: usize,
}

trait Real: Copy + std::ops::Mul<Output = Self> + std::ops::AddAssign + Default {}

impl Real for f32 {}
impl Real for f64 {}

/// Row by row, so that the inner loop runs along rows of the right matrix and of the result.
fn multiply<T: Real>(left: &Matrix<'_, T>, right: &Matrix<'_, T>) -> Vec<T> {
    let width = right.columns;
    let mut product = vec![T::default(); left.rows * width];
    if width == 0 || left.columns == 0 {
        return product;
    }
    for (row, sums) in left.values.chunks_exact(left.columns).zip(product.chunks_exact_mut(width)) {
        for (factor, others) in row.iter().zip(right.values.chunks_exact(width)) {
            for (sum, other) in sums.iter_mut().zip(others) {
                *sum += *factor * *other;
            }
        }
    }
    product
}

fn transpose<T: Copy>(values: &[T], rows: usize, columns: usize) -> Vec<T> {
    let mut transposed = Vec::with_capacity(values.len());
    for column in 0..columns {
        transposed.extend((0..rows).map(|row| values[row * columns + column]));
    }
    transposed
}

/// Matrices of floats, and with leading dimensions on the left whose rows all count as rows.
pub(super) fn matmul(_: &Node<'_>) -> Compiled {
    Ok(single(|inputs: &Inputs<'_>| {
        let (left, right) = (inputs.need(0)?, inputs.need(1)?);
        let mismatch =
            || Problem::Shape(format!("{} and {} do not multiply", left.describe(), right.describe()));
        let inner = *left.shape.last().ok_or_else(mismatch)?;
        let (depth, columns) = match right.shape.as_slice() {
            [depth] => (*depth, 1),
            [depth, columns] => (*depth, *columns),
            _ => return Err(mismatch()),
        };
        if inner != depth {
            return Err(mismatch());
        }
        let outer = &left.shape[..left.shape.len() - 1];
        let rows = outer.iter().product();
        let mut shape = outer.to_vec();
        shape.extend(right.shape.get(1));
        tensor::allow_shape(&shape, Element::Double)?;
        let values = match (&left.values, &right.values) {
            (Elements::Float(left), Elements::Float(right)) => Elements::Float(multiply(
                &Matrix { values: left, rows, columns: inner },
                &Matrix { values: right, rows: depth, columns },
            )),
            (Elements::Double(left), Elements::Double(right)) => Elements::Double(multiply(
                &Matrix { values: left, rows, columns: inner },
                &Matrix { values: right, rows: depth, columns },
            )),
            _ => {
                let expected = "floating point and of the same type as input 0";
                return Err(Problem::Type { position: 1, expected, found: right.element() });
            }
        };
        Ok(Tensor { shape, values })
    }))
}

struct Gemm {
    alpha: f32,
    beta: f32,
    transpose_left: bool,
    transpose_right: bool,
}

/// `Gemm`: `alpha · A · B + beta · C`, of floats.
pub(super) fn gemm(node: &Node<'_>) -> Compiled {
    let gemm = Gemm {
        alpha: node.float("alpha")?.unwrap_or(1.0),
        beta: node.float("beta")?.unwrap_or(1.0),
        transpose_left: node.int("transA")?.unwrap_or(0) != 0,
        transpose_right: node.int("transB")?.unwrap_or(0) != 0,
    };
    Ok(single(move |inputs: &Inputs<'_>| gemm.run(inputs)))
}

impl Gemm {
    fn run(&self, inputs: &Inputs<'_>) -> Result<Tensor, Problem> {
        let (left_values, rows, inner) = operand(inputs, 0, self.transpose_left)?;
        let (right_values, depth, columns) = operand(inputs, 1, self.transpose_right)?;
        if inner != depth {
            return Err(Problem::Shape(format!("{inner} columns do not multiply with {depth} rows")));
        }
        let shape = vec![rows, columns];
        tensor::allow_shape(&shape, Element::Double)?;
        let left = Matrix { values: &left_values, rows, columns: inner };
        let right = Matrix { values: &right_values, rows: depth, columns };
        let mut product = multiply(&left, &right);
        if self.alpha != 1.0 {
            product.iter_mut().for_each(|value| *value *= self.alpha);
        }
        if let Some(offset) = inputs.get(2) {
            self.add(&mut product, &shape, offset)?;
        }
        Ok(Tensor { shape, values: Elements::Float(product) })
    }

    fn add(&self, product: &mut [f32], shape: &[usize], offset: &Tensor) -> Result<(), Problem> {
        let pattern = Tensor { shape: shape.to_vec(), values: Elements::Boolean(Vec::new()) };
        if broadcast::shape(&[&pattern, offset])? != shape {
            return Err(Problem::Shape(format!("{} cannot be added to {shape:?}", offset.describe())));
        }
        let found = offset.element();
        let wrong = || Problem::Type { position: 2, expected: "tensor(float)", found };
        let values = offset.as_floats().ok_or_else(wrong)?;
        let lookup = broadcast::lookup(&offset.shape, shape);
        for (position, value) in product.iter_mut().enumerate() {
            *value += self.beta * values[lookup.at(position)];
        }
        Ok(())
    }
}

/// Values, rows and columns of an input that must be a matrix of floats.
fn operand(
    inputs: &Inputs<'_>,
    position: usize,
    transposed: bool,
) -> Result<(Vec<f32>, usize, usize), Problem> {
    let tensor = inputs.need(position)?;
    let found = tensor.element();
    let wrong = || Problem::Type { position, expected: "a matrix of tensor(float)", found };
    let values = tensor.as_floats().ok_or_else(wrong)?;
    match tensor.shape.as_slice() {
        [rows, columns] if transposed => Ok((transpose(values, *rows, *columns), *columns, *rows)),
        [rows, columns] => Ok((values.to_vec(), *rows, *columns)),
        _ => Err(Problem::Shape(format!("input {position} must be a matrix, not {}", tensor.describe()))),
    }
}
