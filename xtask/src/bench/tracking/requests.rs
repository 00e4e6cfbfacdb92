//! The requests, as MLflow's client sends them.

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::load::Step;
use crate::http::Connection;

const API: &str = "/api/2.0/mlflow";
pub(super) const SEARCH_RUNS: &str = "/api/2.0/mlflow/runs/search";
const LOG_BATCH: &str = "/api/2.0/mlflow/runs/log-batch";
/// Metrics in a batch: as many as a request may have.
const BATCH: usize = 1_000;
/// Metrics of a step.
const KEYS: usize = 10;
/// A time, in milliseconds.
const START: usize = 1_700_000_000_000;
/// Where the number of a step is put into a request that was made before. Numbers of this length are counted from here.
const FIRST_STEP: usize = 10_000_000;

/// Sends a request, and gives the answer if it is none of a fault.
pub(super) fn ask(connection: &mut Connection, request: &[u8]) -> Result<Vec<u8>> {
    let response = connection.send(request)?;
    if response.status != 200 {
        bail!("a request answered {}: {}", response.status, String::from_utf8_lossy(&response.body));
    }
    Ok(response.body)
}

fn call(connection: &mut Connection, path: &str, body: &Value) -> Result<Value> {
    let request = connection.request("POST", path, &body.to_string());
    serde_json::from_slice(&ask(connection, &request)?).context("read an answer")
}

/// Makes an experiment of this name, and gives its id.
pub(super) fn experiment(connection: &mut Connection, name: &str) -> Result<String> {
    let body = json!({ "name": name });
    let made = call(connection, &format!("{API}/experiments/create"), &body)?;
    Ok(made["experiment_id"].as_str().context("the new experiment has no id")?.to_owned())
}

/// The request for a new run.
pub(super) fn create_run(connection: &Connection, experiment: &str, number: usize) -> Vec<u8> {
    let body = json!({
        "experiment_id": experiment,
        "start_time": START + number,
        "run_name": format!("run {number}"),
        "tags": [{ "key": "mlflow.user", "value": "bench" }],
    });
    connection.request("POST", &format!("{API}/runs/create"), &body.to_string())
}

fn run(connection: &mut Connection, experiment: &str, number: usize) -> Result<String> {
    let request = create_run(connection, experiment, number);
    let made: Value = serde_json::from_slice(&ask(connection, &request)?).context("read a new run")?;
    Ok(made["run"]["info"]["run_id"].as_str().context("the new run has no id")?.to_owned())
}

/// Logs one metric of a run, each time for another step.
pub(super) fn log_metric(connection: &mut Connection, experiment: &str) -> Result<Step<'static>> {
    let run = run(connection, experiment, 0)?;
    let body = json!({ "run_id": run, "key": "loss", "value": 0.5, "timestamp": START, "step": FIRST_STEP });
    Ok(stepping(connection.request("POST", &format!("{API}/runs/log-metric"), &body.to_string())))
}

/// Logs a thousand metrics of a run: those of 100 steps, which are others each time.
pub(super) fn log_batch(connection: &mut Connection, experiment: &str) -> Result<Step<'static>> {
    let run = run(connection, experiment, 0)?;
    let metric = |at: usize| {
        let (key, step) = (at % KEYS, at / KEYS);
        let value = (key * 37 + step) as f64 / 1_000.0;
        // Two digits more than the number that changes.
        json!({ "key": format!("metric_{key}"), "value": value, "timestamp": START, "step": FIRST_STEP * 100 + step })
    };
    let body = json!({ "run_id": run, "metrics": (0..BATCH).map(metric).collect::<Vec<_>>() });
    Ok(stepping(connection.request("POST", LOG_BATCH, &body.to_string())))
}

/// Sends a request again and again, with the step moved on.
fn stepping(mut request: Vec<u8>) -> Step<'static> {
    let first = FIRST_STEP.to_string();
    let is_step = |at: &usize| request[*at..].starts_with(first.as_bytes());
    let places: Vec<usize> = (0..request.len()).filter(is_step).collect();
    Box::new(move |connection, at| {
        let step = (FIRST_STEP + at).to_string();
        for place in &places {
            request[*place..*place + step.len()].copy_from_slice(step.as_bytes());
        }
        ask(connection, &request).map(drop)
    })
}

/// Makes a run with 10 metrics and 10 parameters.
pub(super) fn fill(connection: &mut Connection, experiment: &str, number: usize) -> Result<()> {
    let run = run(connection, experiment, number)?;
    let metric = |key: usize| {
        let value = (number * (key + 7) * 7_919 % 100_003) as f64 / 100_003.0;
        json!({ "key": format!("m{key}"), "value": value, "timestamp": START + number, "step": 0 })
    };
    let param =
        |key: usize| json!({ "key": format!("p{key}"), "value": (number * (key + 1) % 10).to_string() });
    let body = json!({
        "run_id": run,
        "metrics": (0..KEYS).map(metric).collect::<Vec<_>>(),
        "params": (0..KEYS).map(param).collect::<Vec<_>>(),
    });
    call(connection, LOG_BATCH, &body).map(drop)
}

/// Searches of these runs, each with what it is.
pub(super) fn searches(experiment: &str) -> [(&'static str, String); 3] {
    let of = |mut body: Value| {
        body["experiment_ids"] = json!([experiment]);
        body["max_results"] = json!(100);
        body.to_string()
    };
    let filter = "metrics.m3 > 0.5 and params.p1 = '4'";
    [
        ("filter and order by a metric", of(json!({ "filter": filter, "order_by": ["metrics.m5 DESC"] }))),
        ("order by a metric", of(json!({ "order_by": ["metrics.m5 DESC"] }))),
        ("the newest", of(json!({}))),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_of_a_batch_moves_on_and_nothing_else_changes() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let mut connection = Connection::open(listener.local_addr().unwrap()).unwrap();
        let mut step = stepping(b"step 1000000007, step 1000000042".to_vec());
        let heard = std::thread::spawn(move || {
            use std::io::{Read as _, Write as _};
            let mut stream = listener.accept().unwrap().0;
            let mut heard = [0; 32];
            stream.read_exact(&mut heard).unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").unwrap();
            String::from_utf8(heard.to_vec()).unwrap()
        });
        step(&mut connection, 3).unwrap();
        assert_eq!(heard.join().unwrap(), "step 1000000307, step 1000000342");
    }

    #[test]
    fn searches_name_their_experiment() {
        for (what, body) in searches("7") {
            let body: Value = serde_json::from_str(&body).unwrap();
            assert_eq!(body["experiment_ids"], json!(["7"]), "{what}");
        }
    }
}
