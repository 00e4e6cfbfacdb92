//! What MLflow answered, and whether the same is answered here.

use std::fs;

use serde_json::{Map, Value};

use super::fixture;
use crate::{context::TestContext, server_command::server, wire::call};

/// What `make.py` wrote down.
pub(super) fn recorded() -> Value {
    serde_json::from_str(&fs::read_to_string(fixture().join("answers.json")).unwrap()).unwrap()
}

/// The run that has a parameter of this name first.
pub(super) fn run_with(param: &str) -> String {
    let asked = recorded()["asked"].as_array().unwrap().clone();
    let runs = asked.iter().filter(|one| one["path"].as_str().unwrap().ends_with("runs/get"));
    let has =
        |one: &&Value| one["answer"]["run"]["data"]["params"].to_string().contains(&format!("\"{param}\""));
    let found = runs.filter(has).map(|one| one["answer"]["run"]["info"]["run_id"].as_str().unwrap()).next();
    found.unwrap().to_owned()
}

/// Starts a server on `data` and asks it all that MLflow was asked.
#[track_caller]
pub(super) fn check(context: &TestContext) {
    let (_running, url) = server(context, &[]);
    let recorded = recorded();
    let asked = recorded["asked"].as_array().unwrap();
    assert!(asked.len() > 50);
    for one in asked {
        let path = format!("{}{}", one["path"].as_str().unwrap(), query(&one["query"]));
        let body = if one["body"].is_null() { String::new() } else { one["body"].to_string() };
        let reply = call(&url, (one["method"].as_str().unwrap(), &path), &[], &body);
        let status = one["status"].as_u64().unwrap();
        assert_eq!(u64::from(reply.status), status, "{path} {body}: {reply:?}");
        let (here, there) = (reply.json(), &one["answer"]);
        if status == 200 {
            let (mut here, there) = (plain(&here), plain(there));
            if path.ends_with("runs/search") {
                without_models(&mut here);
            }
            assert!(here == there, "{path} {body}:\nhere  {here:#}\nthere {there:#}");
        } else {
            assert_eq!(here["error_code"], there["error_code"], "{path}");
        }
    }
}

fn query(query: &Value) -> String {
    let pairs = query.as_object().unwrap().iter().map(|(key, value)| {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let encoded: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
        format!("{key}={encoded}")
    });
    let pairs: Vec<String> = pairs.collect();
    if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
}

/// Without what is empty, and with lists in one order: MLflow leaves out or keeps the one, and promises none of the other.
fn plain(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields = fields.iter().filter(|(key, _)| *key != "next_page_token");
            let fields = fields.map(|(key, value)| (key.clone(), plain(value)));
            // MLflow does not say that a file has no bytes.
            let is_said =
                |(key, value): &(String, Value)| !is_empty(value) && (key != "file_size" || *value != 0);
            Value::Object(fields.filter(is_said).collect::<Map<_, _>>())
        }
        Value::Array(items) => {
            let mut items: Vec<Value> = items.iter().map(plain).collect();
            items.sort_by_key(Value::to_string);
            Value::Array(items)
        }
        Value::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() < 1e15 => {
                (float as i64).into()
            }
            _ => value.clone(),
        },
        _ => value.clone(),
    }
}

/// Runs that were searched for say here what models they read; MLflow's do only when they are asked for one by one.
fn without_models(answer: &mut Value) {
    for run in answer["runs"].as_array_mut().into_iter().flatten() {
        let run = run.as_object_mut().unwrap();
        if let Some(inputs) = run.get_mut("inputs").and_then(Value::as_object_mut) {
            inputs.remove("model_inputs");
        }
        run.retain(|_, value| !is_empty(value));
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}
