//! The bodies of inference requests, from rows and what the model says it takes.

use std::{fmt::Write as _, ops::Range};

use base::Timestamp;
use table::{Column, Kind, Table, Values};

use super::{endpoint::Port, stream};

/// Writes the body of any rows of a table.
#[derive(Debug)]
pub(crate) struct Bodies<'a> {
    tensors: Vec<Tensor<'a>>,
}

/// One input of the model and the columns that fill it.
#[derive(Debug)]
struct Tensor<'a> {
    /// The beginning of its JSON, up to the shape.
    head: String,
    columns: Vec<&'a Column>,
    form: Form,
    wide: bool,
}

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Form {
    Number,
    Whole,
    Boolean,
    Text,
}

impl<'a> Bodies<'a> {
    /// Each input takes the column of its name; a model with one wide input takes the number columns in order.
    pub(crate) fn new(table: &'a Table, inputs: &[Port]) -> Result<Self, String> {
        let mut tensors = Vec::with_capacity(inputs.len());
        for input in inputs {
            let form = form(input)?;
            let width = input.shape.get(1).copied().unwrap_or(1);
            let (columns, wide) = if width > 1 && table.column(&input.name).is_none() {
                (numbers(table, input, width)?, true)
            } else {
                (vec![stream::column(table, &input.name)?], false)
            };
            let head = format!(
                "{{\"name\":{},\"datatype\":\"{}\",\"shape\":[",
                serde_json::Value::from(input.name.as_str()),
                input.datatype
            );
            tensors.push(Tensor { head, columns, form, wide });
        }
        Ok(Self { tensors })
    }

    /// The body of these rows under this id.
    pub(crate) fn write(&self, id: &str, rows: Range<usize>) -> String {
        let mut body = format!("{{\"id\":{},\"inputs\":[", serde_json::Value::from(id));
        for (place, tensor) in self.tensors.iter().enumerate() {
            body.push_str(if place == 0 { "" } else { "," });
            tensor.write(&mut body, rows.clone());
        }
        body.push_str("]}");
        body
    }
}

impl Tensor<'_> {
    fn write(&self, body: &mut String, rows: Range<usize>) {
        body.push_str(&self.head);
        // Writing to a string cannot fail.
        let _ = write!(body, "{}", rows.len());
        if self.wide {
            let _ = write!(body, ",{}", self.columns.len());
        }
        body.push_str("],\"data\":[");
        let mut first = true;
        for row in rows {
            for column in &self.columns {
                body.push_str(if first { "" } else { "," });
                first = false;
                self.form.write(body, &column.values, row);
            }
        }
        body.push_str("]}");
    }
}

impl Form {
    fn write(self, body: &mut String, values: &Values, row: usize) {
        let _ = match (values, self) {
            (Values::Number(values), _) if !values[row].is_finite() => write!(body, "null"),
            (Values::Number(values), Self::Boolean) => write!(body, "{}", values[row] != 0.0),
            (Values::Number(values), Self::Whole) => write!(body, "{}", values[row] as i64),
            (Values::Number(values), Self::Number) => write!(body, "{}", values[row]),
            (Values::Number(values), Self::Text) => write!(body, "\"{}\"", values[row]),
            (Values::Text(text), _) => match text.get(row) {
                Some(text) => write!(body, "{}", serde_json::Value::from(text)),
                None => write!(body, "null"),
            },
            (Values::Boolean(values), form) => match values[row] {
                None => write!(body, "null"),
                Some(value) if form == Self::Boolean => write!(body, "{value}"),
                Some(value) => write!(body, "{}", u8::from(value)),
            },
            (Values::Time(values), form) => match values[row] {
                None => write!(body, "null"),
                Some(micros) if form == Self::Text => write!(body, "\"{}\"", Timestamp::from_micros(micros)),
                Some(micros) => write!(body, "{}", micros as f64 / 1e6),
            },
        };
    }
}

fn form(input: &Port) -> Result<Form, String> {
    match input.datatype.as_str() {
        "FP16" | "FP32" | "FP64" => Ok(Form::Number),
        "BOOL" => Ok(Form::Boolean),
        "BYTES" => Ok(Form::Text),
        whole if whole.starts_with("INT") || whole.starts_with("UINT") => Ok(Form::Whole),
        other => Err(format!(
            "the model's input `{}` takes {other}, which rows of a table cannot fill",
            input.name
        )),
    }
}

fn numbers<'a>(table: &'a Table, input: &Port, width: i64) -> Result<Vec<&'a Column>, String> {
    let numbers = table.columns().iter().filter(|column| column.values.kind() == Kind::Number);
    let columns: Vec<_> = numbers.collect();
    if columns.len() as i64 == width {
        return Ok(columns);
    }
    Err(format!(
        "the model's input `{}` takes {width} numbers a row and the rows have {} columns of numbers; choose them with --columns",
        input.name,
        columns.len()
    ))
}

#[cfg(test)]
mod tests {
    use table::{Column, Table, Text, Values};

    use super::{Bodies, Port};

    fn port(name: &str, datatype: &str, shape: &[i64]) -> Port {
        Port { name: name.to_owned(), datatype: datatype.to_owned(), shape: shape.to_vec() }
    }

    fn table() -> Table {
        let carrier: Text = [Some("U\"A"), None].into_iter().collect();
        Table::new(vec![
            Column::new("distance", Values::Number(vec![1.5, f64::NAN])),
            Column::new("carrier", Values::Text(carrier)),
            Column::new("at", Values::Time(vec![Some(1_000_000), None])),
        ])
        .unwrap()
    }

    #[test]
    fn a_body_has_each_input_by_name_and_missing_values_as_null() {
        let table = table();
        let ports =
            [port("carrier", "BYTES", &[-1]), port("distance", "FP32", &[-1]), port("at", "BYTES", &[-1])];
        let body: serde_json::Value =
            serde_json::from_str(&Bodies::new(&table, &ports).unwrap().write("7", 0..2)).unwrap();
        assert_eq!(body["id"], "7");
        assert_eq!(body["inputs"][0]["data"], serde_json::json!(["U\"A", null]));
        assert_eq!(body["inputs"][1]["data"], serde_json::json!([1.5, null]));
        assert_eq!(body["inputs"][1]["shape"], serde_json::json!([2]));
        assert_eq!(body["inputs"][2]["data"], serde_json::json!(["1970-01-01T00:00:01Z", null]));
    }

    #[test]
    fn a_wide_input_takes_the_number_columns_or_says_how_many_it_wants() {
        let table = Table::new(vec![
            Column::new("a", Values::Number(vec![1.0])),
            Column::new("b", Values::Number(vec![2.0])),
        ])
        .unwrap();
        let bodies = Bodies::new(&table, &[port("x", "FP32", &[-1, 2])]).unwrap();
        let body: serde_json::Value = serde_json::from_str(&bodies.write("i", 0..1)).unwrap();
        assert_eq!(body["inputs"][0]["shape"], serde_json::json!([1, 2]));
        assert_eq!(body["inputs"][0]["data"], serde_json::json!([1, 2]));
        let refused = Bodies::new(&table, &[port("x", "FP32", &[-1, 3])]).unwrap_err();
        assert!(refused.contains("takes 3 numbers a row"), "{refused}");
    }
}
