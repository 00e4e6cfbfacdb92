//! `Cast`: from one element type to another.

use super::{Compiled, Inputs, single};
use crate::{Element, Elements, Problem, Tensor, attributes::Node, tensor};

pub(super) fn cast(node: &Node<'_>) -> Compiled {
    let element = node.element("to")?.ok_or(Problem::MissingAttribute("to"))?;
    Ok(single(move |inputs: &Inputs<'_>| to(inputs.need(0)?, element)))
}

/// The tensor with its values in this type.
pub(super) fn to(tensor: &Tensor, element: Element) -> Result<Tensor, Problem> {
    tensor::allow(tensor.values.len(), element)?;
    let values = &tensor.values;
    let values = match element {
        Element::Float => Elements::Float(match values {
            Elements::Float(values) => values.clone(),
            // Not by way of double precision, which would round whole numbers twice.
            Elements::Int64(values) => values.iter().map(|value| *value as f32).collect(),
            _ => doubles(values)?.into_iter().map(|value| value as f32).collect(),
        }),
        Element::Double => Elements::Double(doubles(values)?),
        Element::Int64 => Elements::Int64(integers(values)?),
        Element::Int32 => Elements::Int32(integers(values)?.into_iter().map(|value| value as i32).collect()),
        Element::Boolean => Elements::Boolean(match values {
            Elements::Boolean(values) => values.clone(),
            Elements::Text(_) => return Err(unreadable("true or false", "text")),
            _ => doubles(values)?.into_iter().map(|value| value != 0.0).collect(),
        }),
        Element::Text => Elements::Text(texts(values)?),
    };
    Ok(Tensor { shape: tensor.shape.clone(), values })
}

fn unreadable(what: &str, text: &str) -> Problem {
    Problem::Value(format!("`{}` is not {what}", text.chars().take(80).collect::<String>()))
}

fn doubles(values: &Elements) -> Result<Vec<f64>, Problem> {
    Ok(match values {
        Elements::Float(values) => values.iter().map(|value| f64::from(*value)).collect(),
        Elements::Double(values) => values.clone(),
        Elements::Int64(values) => values.iter().map(|value| *value as f64).collect(),
        Elements::Int32(values) => values.iter().map(|value| f64::from(*value)).collect(),
        Elements::Boolean(values) => values.iter().map(|value| f64::from(u8::from(*value))).collect(),
        Elements::Text(texts) => {
            let parsed =
                texts.iter().map(|text| text.trim().parse().map_err(|_| unreadable("a number", text)));
            parsed.collect::<Result<_, _>>()?
        }
    })
}

fn integers(values: &Elements) -> Result<Vec<i64>, Problem> {
    Ok(match values {
        Elements::Int64(values) => values.clone(),
        Elements::Int32(values) => values.iter().map(|value| i64::from(*value)).collect(),
        Elements::Boolean(values) => values.iter().map(|value| i64::from(*value)).collect(),
        Elements::Float(values) => values.iter().map(|value| *value as i64).collect(),
        Elements::Double(values) => values.iter().map(|value| *value as i64).collect(),
        Elements::Text(texts) => {
            let parsed =
                texts.iter().map(|text| text.trim().parse().map_err(|_| unreadable("a whole number", text)));
            parsed.collect::<Result<_, _>>()?
        }
    })
}

fn texts(values: &Elements) -> Result<Vec<String>, Problem> {
    Ok(match values {
        Elements::Text(texts) => tensor::copy_texts(texts.iter().map(String::as_str))?,
        Elements::Int64(values) => values.iter().map(ToString::to_string).collect(),
        Elements::Int32(values) => values.iter().map(ToString::to_string).collect(),
        Elements::Boolean(values) => values.iter().map(|value| u8::from(*value).to_string()).collect(),
        Elements::Float(values) => values.iter().map(|value| significant(f64::from(*value))).collect(),
        Elements::Double(values) => values.iter().map(|value| significant(*value)).collect(),
    })
}

/// A number as C's `%.8g` writes it, which is what ONNX Runtime makes of floats and doubles.
fn significant(value: f64) -> String {
    const DIGITS: i32 = 8;
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value < 0.0 { "-INF" } else { "INF" }.to_owned();
    }
    let scientific = format!("{value:.*e}", DIGITS as usize - 1);
    let (mantissa, exponent) = scientific.split_once('e').expect("this format writes an exponent");
    let exponent: i32 = exponent.parse().expect("the exponent is a whole number");
    if !(-4..DIGITS).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{}e{sign}{:02}", trim(mantissa), exponent.abs());
    }
    let decimals = usize::try_from(DIGITS - 1 - exponent).unwrap_or_default();
    trim(&format!("{value:.decimals$}")).to_owned()
}

/// Without zeros that say nothing.
fn trim(number: &str) -> &str {
    if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.') } else { number }
}

#[cfg(test)]
mod tests {
    use super::significant;

    #[test]
    fn floats_become_text_as_printf_writes_them() {
        let cases = [(1.0, "1"), (0.1, "0.1"), (-2.5, "-2.5"), (123_456.0, "123456"), (1e10, "1e+10")];
        for (value, text) in cases.into_iter().chain([(1e-5, "1e-05"), (0.0001, "0.0001"), (0.0, "0")]) {
            assert_eq!(significant(value), text);
        }
        assert_eq!(significant(f64::from(0.1_f32)), "0.1");
        assert_eq!(significant(1.0 / 3.0), "0.33333333");
    }
}
