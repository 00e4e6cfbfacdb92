use stats::compat::evidently;

use crate::counts::{Pair, assert_near, columns, reference};

/// What the sums in another order leave.
const TOLERANCE: f64 = 1e-9;

#[test]
fn every_number_of_evidently_is_reproduced() {
    for data in ["flights", "census"] {
        let expected = reference(data, "evidently");
        for (column, pair) in columns(data) {
            let found = match &pair {
                Pair::Numbers(old, new) => serde_json::to_value(evidently::numbers(old, new)),
                Pair::Categories(old, new) => serde_json::to_value(evidently::categories(old, new)),
            };
            for (method, found) in found.unwrap().as_object().unwrap() {
                let expected = &expected["columns"][&column][method];
                assert_near(&format!("{column} {method}"), found.as_f64().unwrap(), expected, TOLERANCE);
            }
        }
    }
}
