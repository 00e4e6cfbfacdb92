//! From the values that were sent to the elements that the model's input takes.

use std::fmt;

use base::Timestamp;
use onnx::{Element, Elements};
use table::Kind;

use crate::{data::Values, datatype::Datatype, error::clip, problem::Problem, schema::Input};

/// Largest whole number up to which every whole number is an f64.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Elements, and the numbers that they were narrowed from, where they were.
pub(crate) type Converted = (Elements, Option<Vec<f64>>);

pub(crate) fn convert(values: Values, datatype: Datatype, input: &Input) -> Result<Converted, Problem> {
    declared(&values, datatype)?;
    let values = Sent { values, datatype, takes: input.takes() };
    let elements = match (input.kind, input.element) {
        (_, Element::Text) => Elements::Text(values.text()?),
        (_, Element::Boolean) => Elements::Boolean(values.booleans()?),
        (_, Element::Int64) => Elements::Int64(values.whole()?),
        (_, Element::Int32) => Elements::Int32(values.short()?),
        (Some(Kind::Time), element) => return real(element, values.seconds()?),
        (Some(Kind::Boolean), element) => return real(element, values.zero_or_one()?),
        (_, element) => return real(element, values.numbers()?),
    };
    Ok((elements, None))
}

/// Whether the values are what their datatype says.
fn declared(values: &Values, datatype: Datatype) -> Result<(), Problem> {
    let fits = match (values, datatype) {
        (Values::Nulls(_), _)
        | (Values::Booleans(_), Datatype::Bool)
        | (Values::Text(_), Datatype::Bytes)
        | (Values::Integers(_) | Values::Numbers(_), Datatype::Float { .. }) => true,
        (Values::Integers(values), Datatype::Integer { .. }) => {
            let outside = values.iter().position(|value| !in_range(i128::from(*value), datatype));
            return outside.map_or(Ok(()), |place| Err(wrong(place, values[place], range(datatype))));
        }
        (Values::Numbers(values), Datatype::Integer { .. }) => {
            let whole = |value: f64| value.fract() == 0.0 && in_range(value as i128, datatype);
            let outside = values.iter().position(|value| !value.is_nan() && !whole(*value));
            return outside.map_or(Ok(()), |place| Err(wrong(place, values[place], range(datatype))));
        }
        _ => false,
    };
    if fits { Ok(()) } else { Err(Problem::NotAsDeclared { found: values.sort(), datatype }) }
}

fn in_range(value: i128, datatype: Datatype) -> bool {
    datatype.range().is_none_or(|(least, most)| (least..=most).contains(&value))
}

fn range(datatype: Datatype) -> String {
    let (least, most) = datatype.range().unwrap_or((i128::MIN, i128::MAX));
    format!("a whole number from {least} to {most}, which is what {datatype} holds")
}

/// The debug form keeps `1e300` from taking three hundred digits.
fn wrong(place: usize, value: impl fmt::Debug, expected: impl Into<String>) -> Problem {
    Problem::Value { position: place + 1, value: format!("{value:?}"), expected: expected.into() }
}

fn null(place: usize, takes: &str) -> Problem {
    let expected = format!("a value: this input takes {takes}, and none may be missing");
    Problem::Value { position: place + 1, value: "null".to_owned(), expected }
}

fn real(element: Element, values: Vec<f64>) -> Result<Converted, Problem> {
    if element == Element::Double {
        return Ok((Elements::Double(values), None));
    }
    let narrow: Vec<f32> = values.iter().map(|value| *value as f32).collect();
    match narrow.iter().position(|value| value.is_infinite()) {
        Some(place) => Err(wrong(place, values[place], "a number that FP32 holds, within ±3.4e38")),
        None => Ok((Elements::Float(narrow), Some(values))),
    }
}

/// Values that are as declared, on their way into an input that takes something.
struct Sent {
    values: Values,
    datatype: Datatype,
    takes: &'static str,
}

impl Sent {
    fn refused<T>(&self) -> Result<T, Problem> {
        Err(Problem::Takes { takes: self.takes, datatype: self.datatype })
    }

    fn text(self) -> Result<Vec<String>, Problem> {
        match self.values {
            Values::Text(values) => Ok(values),
            Values::Nulls(count) => Ok(vec![String::new(); count]),
            _ => self.refused(),
        }
    }

    fn numbers(self) -> Result<Vec<f64>, Problem> {
        let number = |value: Option<bool>| value.map_or(f64::NAN, |value| f64::from(u8::from(value)));
        match self.values {
            Values::Numbers(values) => Ok(values),
            Values::Integers(values) => Ok(values.into_iter().map(|value| value as f64).collect()),
            Values::Booleans(values) => Ok(values.into_iter().map(number).collect()),
            Values::Nulls(count) => Ok(vec![f64::NAN; count]),
            Values::Text(_) => self.refused(),
        }
    }

    fn zero_or_one(self) -> Result<Vec<f64>, Problem> {
        let numbers = self.numbers()?;
        let odd = numbers.iter().position(|value| !value.is_nan() && *value != 0.0 && *value != 1.0);
        match odd {
            Some(place) => Err(wrong(place, numbers[place], "true, false, 0 or 1")),
            None => Ok(numbers),
        }
    }

    fn seconds(self) -> Result<Vec<f64>, Problem> {
        match self.values {
            Values::Text(values) => {
                values.iter().enumerate().map(|(place, text)| second(place, text)).collect()
            }
            Values::Booleans(_) => self.refused(),
            _ => self.numbers(),
        }
    }

    fn booleans(self) -> Result<Vec<bool>, Problem> {
        let takes = self.takes;
        if let Values::Booleans(values) = self.values {
            let value = |(place, value): (usize, Option<bool>)| value.ok_or_else(|| null(place, takes));
            return values.into_iter().enumerate().map(value).collect();
        }
        let numbers = self.zero_or_one()?;
        match numbers.iter().position(|value| value.is_nan()) {
            Some(place) => Err(null(place, takes)),
            None => Ok(numbers.into_iter().map(|value| value == 1.0).collect()),
        }
    }

    fn whole(self) -> Result<Vec<i64>, Problem> {
        let takes = self.takes;
        if let Values::Integers(values) = self.values {
            return Ok(values);
        }
        let numbers = self.numbers()?.into_iter().enumerate();
        let whole = |(place, value): (usize, f64)| match value {
            _ if value.is_nan() => Err(null(place, takes)),
            _ if value.fract() != 0.0 || value.abs() > EXACT => {
                Err(wrong(place, value, "a whole number that keeps its value as INT64"))
            }
            _ => Ok(value as i64),
        };
        numbers.map(whole).collect()
    }

    fn short(self) -> Result<Vec<i32>, Problem> {
        let whole = self.whole()?.into_iter().enumerate();
        let short = |(place, value): (usize, i64)| {
            i32::try_from(value).map_err(|_| wrong(place, value, "a whole number that INT32 holds"))
        };
        whole.map(short).collect()
    }
}

/// Seconds since the epoch of one ISO 8601 text; empty text is a missing time.
fn second(place: usize, text: &str) -> Result<f64, Problem> {
    if text.is_empty() {
        return Ok(f64::NAN);
    }
    let expected = "ISO 8601 text, such as 2013-04-01T06:00:00Z, or null";
    let time: Timestamp = text.parse().map_err(|_| wrong(place, clip(text), expected))?;
    Ok(time.micros() as f64 / 1e6)
}
