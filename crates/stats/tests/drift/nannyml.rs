use serde_json::Value;
use stats::compat::nannyml;

use crate::counts::{Pair, assert_near, columns, reference};

/// What the sums in another order leave.
const TOLERANCE: f64 = 1e-9;

#[test]
fn every_number_of_nannyml_is_reproduced() {
    for data in ["flights", "census"] {
        let expected = reference(data, "nannyml");
        for (column, pair) in columns(data) {
            let found = match &pair {
                Pair::Numbers(old, new) => serde_json::to_value(nannyml::numbers(old, new)),
                Pair::Categories(old, new) => serde_json::to_value(nannyml::categories(old, new)),
            };
            for (method, expected) in expected["columns"][&column].as_object().unwrap() {
                let method = method.trim_end_matches("_exact_setting");
                let found = found.as_ref().unwrap()[method].as_f64().unwrap();
                assert_near(&format!("{column} {method}"), found, expected, TOLERANCE);
            }
        }
    }
}

#[test]
fn alerts_follow_from_the_values_of_the_chunks() {
    for data in ["flights", "census"] {
        let expected = reference(data, "nannyml");
        for (column, chunks) in expected["js_10_chunks"].as_object().unwrap() {
            // A chunk without a single value has no distance; half of the chunks are the reference's.
            let values: Vec<Option<f64>> =
                chunks["value"].as_array().unwrap().iter().map(Value::as_f64).collect();
            let of_reference: Vec<f64> = values[..values.len() / 2].iter().flatten().copied().collect();
            let (_, upper) = nannyml::thresholds(&of_reference).unwrap();
            assert_near(column, upper, &chunks["upper_threshold"], TOLERANCE);
            for (value, alert) in values.iter().zip(chunks["alert"].as_array().unwrap()) {
                assert_eq!(value.is_some_and(|value| value > upper), alert.as_bool().unwrap(), "{column}");
            }
        }
    }
}
