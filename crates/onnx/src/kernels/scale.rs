//! Operators on each column of a matrix: `Scaler`, `Imputer`, `Normalizer`, `Binarizer`.

use super::{Compiled, Inputs, cast, single};
use crate::{Element, Elements, Problem, Tensor, attributes::Node};

/// The input as a matrix of floats.
pub(super) fn floats(tensor: &Tensor) -> Result<(Vec<f32>, usize, usize), Problem> {
    if tensor.element() == Element::Text {
        return Err(Problem::Type { position: 0, expected: "numbers", found: Element::Text });
    }
    let (rows, columns) = tensor.matrix();
    match cast::to(tensor, Element::Float)?.values {
        Elements::Float(values) => Ok((values, rows, columns)),
        _ => Ok((Vec::new(), rows, columns)),
    }
}

/// One value for every column, or a value a column.
fn by_column<T: Copy>(name: &'static str, values: &[T], columns: usize) -> Result<Vec<T>, Problem> {
    match values {
        [value] => Ok(vec![*value; columns]),
        values if values.len() == columns => Ok(values.to_vec()),
        _ => Err(Problem::attribute(name, format!("1 or {columns} values, not {}", values.len()))),
    }
}

/// `Scaler`: `(x - offset) · scale`.
pub(super) fn scaler(node: &Node<'_>) -> Compiled {
    let (offset, scale) = (node.floats("offset").to_vec(), node.floats("scale").to_vec());
    Ok(single(move |inputs: &Inputs<'_>| {
        let tensor = inputs.need(0)?;
        let (mut values, _, columns) = floats(tensor)?;
        let (offset, scale) = (by_column("offset", &offset, columns)?, by_column("scale", &scale, columns)?);
        for row in values.chunks_exact_mut(columns.max(1)) {
            for ((value, offset), scale) in row.iter_mut().zip(&offset).zip(&scale) {
                *value = (*value - offset) * scale;
            }
        }
        Ok(Tensor { shape: tensor.shape.clone(), values: Elements::Float(values) })
    }))
}

/// `Imputer`: a column's value instead of the one that stands for missing.
pub(super) fn imputer(node: &Node<'_>) -> Compiled {
    let floats = node.floats("imputed_value_floats").to_vec();
    let missing = node.float("replaced_value_float")?.unwrap_or(0.0);
    let integers = node.ints("imputed_value_int64s").to_vec();
    let missing_integer = node.int("replaced_value_int64")?.unwrap_or(0);
    Ok(single(move |inputs: &Inputs<'_>| {
        let tensor = inputs.need(0)?;
        let (_, columns) = tensor.matrix();
        let absent = |value: f32| value == missing || (missing.is_nan() && value.is_nan());
        let values = match &tensor.values {
            Elements::Float(values) => {
                let fill = by_column("imputed_value_floats", &floats, columns)?;
                Elements::Float(impute(values, &fill, absent))
            }
            Elements::Double(values) => {
                let fill = by_column("imputed_value_floats", &floats, columns)?;
                let fill: Vec<f64> = fill.into_iter().map(f64::from).collect();
                Elements::Double(impute(values, &fill, |value| absent(value as f32)))
            }
            Elements::Int64(values) => {
                let fill = by_column("imputed_value_int64s", &integers, columns)?;
                Elements::Int64(impute(values, &fill, |value| value == missing_integer))
            }
            other => {
                let expected = "tensor(float), tensor(double) or tensor(int64)";
                return Err(Problem::Type { position: 0, expected, found: other.element() });
            }
        };
        Ok(Tensor { shape: tensor.shape.clone(), values })
    }))
}

fn impute<T: Copy>(values: &[T], fill: &[T], absent: impl Fn(T) -> bool) -> Vec<T> {
    let filled = values.iter().zip(fill.iter().cycle());
    filled.map(|(value, fill)| if absent(*value) { *fill } else { *value }).collect()
}

/// `Normalizer`: each row divided by its largest value, or by its L1 or L2 norm.
pub(super) fn normalizer(node: &Node<'_>) -> Compiled {
    let norm: fn(&[f32]) -> f32 = match node.text("norm")? {
        None | Some("MAX") => |row| row.iter().copied().fold(f32::MIN, f32::max),
        Some("L1") => |row| row.iter().map(|value| value.abs()).sum(),
        Some("L2") => |row| row.iter().map(|value| value * value).sum::<f32>().sqrt(),
        Some(other) => return Err(Problem::attribute("norm", format!("MAX, L1 or L2, not {other}"))),
    };
    Ok(single(move |inputs: &Inputs<'_>| {
        let tensor = inputs.need(0)?;
        let (mut values, _, columns) = floats(tensor)?;
        for row in values.chunks_exact_mut(columns.max(1)) {
            let norm = norm(row);
            if norm != 0.0 {
                row.iter_mut().for_each(|value| *value /= norm);
            }
        }
        Ok(Tensor { shape: tensor.shape.clone(), values: Elements::Float(values) })
    }))
}

/// `Binarizer`: 1 above the threshold, else 0.
pub(super) fn binarizer(node: &Node<'_>) -> Compiled {
    let threshold = node.float("threshold")?.unwrap_or(0.0);
    Ok(single(move |inputs: &Inputs<'_>| {
        let tensor = inputs.need(0)?;
        let (mut values, ..) = floats(tensor)?;
        values.iter_mut().for_each(|value| *value = if *value > threshold { 1.0 } else { 0.0 });
        Ok(Tensor { shape: tensor.shape.clone(), values: Elements::Float(values) })
    }))
}
