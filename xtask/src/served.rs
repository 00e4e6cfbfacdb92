//! A model directory behind `kaizen serve`, and a request that it answers.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::http::Connection;
use crate::process::{self, Running};

/// Longer than any start; a server that is not there by then will not come.
const GIVE_UP: Duration = Duration::from_secs(30);

/// A running server, ended when this goes out of scope.
pub(crate) struct Served {
    process: Running,
    address: SocketAddr,
}

impl Served {
    /// Starts `kaizen serve` on a model directory of the example, at a free port, and does not wait for it.
    pub(crate) fn start(kaizen: &Path, model: &Path) -> Result<Self> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let mut command = Command::new(kaizen);
        // The directory of a version is named after its number, and a model's name begins with a letter.
        command.arg("serve").arg(model).args(["--name", "late", "--listen", &address.to_string()]);
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let process = Running(command.spawn().with_context(|| format!("start {command:?}"))?);
        Ok(Self { process, address })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The server's peak resident memory so far, in bytes.
    pub(crate) fn peak_memory(&self) -> u64 {
        process::peak_memory(&self.process.0)
    }

    /// Asks until the model is ready, and keeps the connection.
    pub(crate) fn first_answer(&self) -> Result<Connection> {
        let start = Instant::now();
        while start.elapsed() < GIVE_UP {
            if let Ok(mut connection) = Connection::open(self.address) {
                let ready = connection.request("GET", "/v2/health/ready", "");
                if connection.send(&ready)?.status == 200 {
                    return Ok(connection);
                }
            }
            std::thread::sleep(Duration::from_micros(200));
        }
        bail!("kaizen serve did not answer at {} within {} s", self.address, GIVE_UP.as_secs())
    }
}

/// A request for the prediction of one row, as path and body, made from what the server says of its model.
pub(crate) fn one_row_request(connection: &mut Connection) -> Result<(String, String)> {
    let index = get(connection, "/v2/repository/index")?;
    let name = index[0]["name"].as_str().context("the server names no model")?;
    let model = get(connection, &format!("/v2/models/{name}"))?;
    let inputs = model["inputs"].as_array().context("the model names no inputs")?;
    let tensors: Vec<Value> = inputs.iter().map(tensor).collect();
    Ok((format!("/v2/models/{name}/infer"), json!({ "inputs": tensors }).to_string()))
}

fn get(connection: &mut Connection, path: &str) -> Result<Value> {
    let response = connection.send(&connection.request("GET", path, ""))?;
    if response.status != 200 {
        bail!("GET {path} answered {}: {}", response.status, String::from_utf8_lossy(&response.body));
    }
    serde_json::from_slice(&response.body).with_context(|| format!("read the answer to GET {path}"))
}

/// One value for an input, of its datatype.
fn tensor(input: &Value) -> Value {
    let value = match (input["datatype"].as_str(), input["parameters"]["kind"].as_str()) {
        (Some("BYTES"), Some("time")) => json!("2013-04-01T10:15:00Z"),
        (Some("BYTES"), _) => json!("EWR"),
        (Some("BOOL"), _) => json!(true),
        _ => json!(12),
    };
    json!({ "name": input["name"], "shape": [1], "datatype": input["datatype"], "data": [value] })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_input_gets_a_value_of_its_datatype() {
        let time =
            json!({ "name": "at", "datatype": "BYTES", "shape": [-1], "parameters": { "kind": "time" } });
        let number = json!({ "name": "miles", "datatype": "FP32", "shape": [-1] });
        assert_eq!(tensor(&time)["data"], json!(["2013-04-01T10:15:00Z"]));
        assert_eq!(tensor(&number)["data"], json!([12]));
        assert_eq!(tensor(&number)["name"], "miles");
    }
}
