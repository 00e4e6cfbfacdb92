use base::Timestamp;
use serde_json::{Value, json};
use table::{Table, Values};

use crate::{loaded::Loaded, schema::Input};

/// The body of a request that this model answers: the first row of `row`, or where it has no
/// such column (or there is no row) a value that could stand there.
pub fn sample_request(loaded: &Loaded, row: Option<&Table>) -> String {
    let row = row.filter(|row| row.rows() > 0);
    let tensor = |input: &Input| {
        let column = row.and_then(|row| row.column(&input.name));
        let value = column.map_or_else(|| input.example(), |column| first(&column.values));
        let shape: Vec<usize> = input.dimensions().iter().map(|length| (*length).max(1) as usize).collect();
        let count = shape.iter().product();
        json!({
            "name": input.name,
            "shape": shape,
            "datatype": input.datatype().name(),
            "data": vec![value; count],
        })
    };
    let inputs: Vec<Value> = loaded.schema().inputs.iter().map(tensor).collect();
    json!({ "inputs": inputs }).to_string()
}

fn first(values: &Values) -> Value {
    match values {
        Values::Number(values) => number(values[0]),
        Values::Text(text) => text.get(0).into(),
        Values::Boolean(values) => values[0].into(),
        Values::Time(values) => values[0].map(|micros| Timestamp::from_micros(micros).to_string()).into(),
    }
}

/// Whole numbers without a point, as a person would write them; NaN as null.
fn number(value: f64) -> Value {
    let whole = value.fract() == 0.0 && value.abs() < 1e15;
    if whole { (value as i64).into() } else { value.into() }
}
