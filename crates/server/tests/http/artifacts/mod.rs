//! Artifacts over real sockets.

mod holes;
mod life;
mod multipart;
mod pages;
mod transfer;

use std::{
    collections::HashMap,
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    path::PathBuf,
    sync::Arc,
};

use base::{FixedClock, Timestamp};
use serde_json::Value;
use server::Settings;
use tempfile::TempDir;
use tracking::Tracking;

use crate::support::{Running, settings};

/// Where the proxy has its artifacts.
const PROXY: &str = "/api/2.0/mlflow-artifacts/artifacts";

/// A server that keeps artifacts in a directory of its own, beside which is a secret.
struct Keeper {
    running: Running,
    directory: TempDir,
}

/// What came back, of any kind.
#[derive(Debug)]
struct Got {
    status: u16,
    /// By name in lower case; values as they are.
    headers: HashMap<String, String>,
    body: Vec<u8>,
}

impl Keeper {
    fn new() -> Self {
        Self::with(settings())
    }

    fn with(settings: Settings) -> Self {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("secret"), "the secret").unwrap();
        fs::create_dir(directory.path().join("allowed")).unwrap();
        let clock = Arc::new(FixedClock::at(Timestamp::from_micros(1_700_000_000_000_000)));
        let mut kept = tracking::Settings::of(directory.path().join("kept"), clock);
        kept.local_roots = vec![directory.path().join("allowed")];
        let tracking = Tracking::open(kept).unwrap();
        let running = Running::start_with(settings, [], |service| service.track_with(tracking));
        Self { running, directory }
    }

    fn root(&self) -> PathBuf {
        self.directory.path().join("kept/artifacts")
    }

    /// Names of the files that wait.
    fn waiting(&self) -> usize {
        fs::read_dir(self.root().join(".kaizen-uploads")).map_or(0, Iterator::count)
    }

    /// Waits until the server has taken away what a client left half done.
    fn settled(&self) -> bool {
        (0..500).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(10));
            self.waiting() == 0
        })
    }

    fn call(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Got {
        let mut stream = self.running.connect();
        self.send(&mut stream, &format!("{method} {path}"), headers, body.len());
        // A server that refuses early may close while we still write; its answer counts.
        let _ = stream.write_all(body);
        Got::read(&mut stream, method)
    }

    /// Sends the head of a request: its method and target, and the length of a body that follows.
    fn send(&self, stream: &mut TcpStream, line: &str, headers: &[(&str, &str)], length: usize) {
        let mut head = format!("{line} HTTP/1.1\r\nHost: {}\r\n", self.running.address);
        head += &format!("Connection: close\r\nContent-Length: {length}\r\n");
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        stream.write_all(format!("{head}\r\n").as_bytes()).unwrap();
    }

    fn get(&self, path: &str) -> Got {
        self.call("GET", path, &[], b"")
    }

    fn put(&self, path: &str, body: &[u8]) -> Got {
        self.call("PUT", &format!("{PROXY}/{path}"), &[], body)
    }

    fn post(&self, path: &str, body: &Value) -> Got {
        let json = [("Content-Type", "application/json")];
        self.call("POST", path, &json, body.to_string().as_bytes())
    }
}

impl Got {
    fn read(stream: &mut TcpStream, method: &str) -> Self {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).unwrap();
        let status = head[9..12].parse().unwrap();
        let lines = head.lines().skip(1).filter_map(|line| line.split_once(": "));
        let headers: HashMap<_, _> =
            lines.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
        let mut body = Vec::new();
        if method != "HEAD" && status != 304 {
            stream.read_to_end(&mut body).unwrap();
        }
        Self { status, headers, body }
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{self:?}"))
    }

    /// The code of an error in MLflow's form, which has a message and nothing else.
    fn code(&self) -> String {
        let json = self.json();
        assert!(json["message"].is_string() && json.as_object().unwrap().len() == 2, "{json}");
        json["error_code"].as_str().unwrap().to_owned()
    }
}
