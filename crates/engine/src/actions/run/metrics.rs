//! Numbers that a step writes about its result, shown and held against those of its last run.

use std::collections::BTreeMap;

use plan::ActionId;
use serde_json::Value;

use super::super::Failure;
use crate::{Engine, output::Output, recorded::kept, tracked::Logged};

/// Metrics by name; those in nested objects have dotted names.
pub(super) type Metrics = BTreeMap<String, f64>;

/// How many are shown in one line.
const SHOWN: usize = 4;

/// A file of metrics is read whole.
const LONGEST: u64 = 4 << 20;

/// The metrics in the declared file of an output.
pub(super) fn of(engine: &Engine, output: &Output, declared: Option<&str>) -> Result<Metrics, Failure> {
    let Some(declared) = declared else { return Ok(Metrics::new()) };
    let Some(file) = output.files.iter().find(|file| file.path == declared) else {
        return Err(Failure::failed(format!("it did not write `{declared}` as declared in `metrics`")));
    };
    if file.bytes > LONGEST {
        return Err(Failure::failed(format!("`{declared}` has more than 4 MiB; metrics are a few numbers")));
    }
    let bytes = engine.store.get_bytes(&file.hash)?;
    let value: Value = serde_json::from_slice(&bytes)
        .map_err(|error| Failure::failed(format!("`{declared}` is not JSON: {error}")))?;
    let mut metrics = Metrics::new();
    gather("", &value, &mut metrics);
    Ok(metrics)
}

/// With those that the command logged; what it wrote counts where both have a name.
pub(super) fn joined(written: Metrics, logged: Option<&Logged>) -> Metrics {
    let mut joined: Metrics = logged.iter().flat_map(|logged| logged.metrics.iter().cloned()).collect();
    joined.extend(written);
    joined
}

fn gather(name: &str, value: &Value, metrics: &mut Metrics) {
    match value {
        Value::Number(number) => drop(number.as_f64().map(|number| metrics.insert(name.to_owned(), number))),
        Value::Object(fields) => {
            for (field, value) in fields {
                let name = if name.is_empty() { field.clone() } else { format!("{name}.{field}") };
                gather(&name, value, metrics);
            }
        }
        _ => {}
    }
}

/// The metrics of the step's last run.
pub(super) fn before(engine: &Engine, action: &ActionId) -> Result<Metrics, Failure> {
    let detail = kept(&engine.store, action)?.map(|kept| kept.detail).unwrap_or_default();
    Ok(serde_json::from_value(detail["metrics"].clone()).unwrap_or_default())
}

/// `; accuracy 0.91 (+0.02)`
pub(super) fn said(metrics: &Metrics, before: &Metrics) -> String {
    let mut said = Vec::new();
    for (name, value) in metrics.iter().take(SHOWN) {
        let change = before.get(name).map(|before| value - before).filter(|change| *change != 0.0);
        said.push(match change {
            Some(change) => format!("{name} {} ({:+})", rounded(*value), rounded(change)),
            None => format!("{name} {}", rounded(*value)),
        });
    }
    if metrics.len() > SHOWN {
        said.push(format!("{} more", metrics.len() - SHOWN));
    }
    if said.is_empty() { String::new() } else { format!("; {}", said.join(", ")) }
}

/// Six significant digits.
fn rounded(value: f64) -> f64 {
    format!("{value:.5e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::{Metrics, gather, joined, said};
    use crate::tracked::Logged;

    #[test]
    fn nested_numbers_are_metrics_with_dotted_names_and_anything_else_is_none() {
        let value =
            serde_json::json!({ "accuracy": 0.9, "by": { "class": { "a": 1 } }, "note": "x", "list": [1] });
        let mut metrics = Metrics::new();
        gather("", &value, &mut metrics);
        let expected = [("accuracy".to_owned(), 0.9), ("by.class.a".to_owned(), 1.0)];
        assert_eq!(metrics, Metrics::from(expected));
    }

    #[test]
    fn logged_metrics_join_the_written_ones_and_give_way_to_them() {
        let of = |name: &str, value| (name.to_owned(), value);
        let logged = Logged { run_id: "a".to_owned(), metrics: vec![of("loss", 0.5), of("accuracy", 0.1)] };
        let written = Metrics::from([of("accuracy", 0.9)]);
        let expected = Metrics::from([of("accuracy", 0.9), of("loss", 0.5)]);
        assert_eq!(joined(written.clone(), Some(&logged)), expected);
        assert_eq!(joined(written.clone(), None), written);
    }

    #[test]
    fn a_change_since_the_last_run_is_said_with_its_sign() {
        let of = |value| Metrics::from([("accuracy".to_owned(), value)]);
        assert_eq!(said(&of(0.92), &of(0.9)), "; accuracy 0.92 (+0.02)");
        assert_eq!(said(&of(0.9), &of(0.9)), "; accuracy 0.9");
        assert_eq!(said(&Metrics::new(), &of(0.9)), "");
    }
}
