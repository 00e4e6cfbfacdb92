//! A tracking server that goes away, and training that does not notice: what is acknowledged arrives, once and in order.

mod away;
mod exec;
mod killed;
mod no_room;
mod refused;
mod slow;
mod steps;

use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::{
    context::{TestContext, eventually},
    running::Running,
    wire::{Reply, call},
};

/// A client of MLflow's API that needs Python alone, as `import client`. What is not acknowledged ends it.
const CLIENT: &str = r#"
import json, os, time, urllib.error, urllib.parse, urllib.request

URL = os.environ.get("MLFLOW_TRACKING_URI", "")

def send(method, target, body=None, kind="application/json"):
    request = urllib.request.Request(URL + target, body, {"Content-Type": kind}, method=method)
    if os.environ.get("MLFLOW_TRACKING_TOKEN"):
        request.add_header("Authorization", "Bearer " + os.environ["MLFLOW_TRACKING_TOKEN"])
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise SystemExit(f"{method} {target}: {error.code} {error.read().decode()}")

def call(method, path, **fields):
    target = "/api/2.0/mlflow/" + path
    if method == "GET":
        return send(method, target + "?" + urllib.parse.urlencode(fields))
    return send(method, target, json.dumps(fields).encode())

def patient(method, path, **fields):
    "As MLflow's client does it: what broke off is sent again."
    for _ in range(2000):
        try:
            return call(method, path, **fields)
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.01)
    raise SystemExit("nobody answers")

def run(experiment="0"):
    return call("POST", "runs/create", experiment_id=experiment, start_time=1)["run"]["info"]["run_id"]

def value(step):
    return (step + 0.1) / 3

def point(run_id, step, call=call):
    call("POST", "runs/log-metric", run_id=run_id, key="loss", value=value(step), timestamp=1000 + step, step=step)

def progress(count):
    with open("progress.new", "w") as out:
        out.write(str(count))
    os.rename("progress.new", "progress")

def train(run_id, call=call):
    "Logs until the file `stop` is there, and says how far it has come."
    step = 0
    while not os.path.exists("stop"):
        point(run_id, step, call)
        step += 1
        progress(step)
    return step
"#;

/// A server in `data`, a spool before it in `spools`, and a directory for a client.
struct Scene {
    context: TestContext,
    server: Option<Running>,
    url: String,
    spool: Option<Running>,
    spool_url: String,
}

impl Scene {
    /// With a server that runs.
    fn new() -> Self {
        let mut scene = Self::without_server();
        scene.start_server();
        scene
    }

    /// With a server that does not run yet; its port is known already.
    fn without_server() -> Self {
        let context = TestContext::empty();
        context.write("client.py", CLIENT);
        let (url, spool_url) = (String::new(), String::new());
        let mut scene = Self { context, server: None, url, spool: None, spool_url };
        scene.start_server();
        scene.kill_server();
        scene.start_spool();
        scene
    }

    fn start_server(&mut self) {
        let port = port(&self.url);
        let arguments = ["server", "--json", "--data", "data", "--port", &port];
        let mut server = Running::start(self.context.command(&arguments));
        self.url = server.event("listening")["url"].as_str().unwrap().to_owned();
        self.server = Some(server);
    }

    fn server(&self) -> &Running {
        self.server.as_ref().unwrap()
    }

    fn kill_server(&mut self) {
        let server = self.server.take().unwrap();
        server.signal(rustix::process::Signal::KILL);
        server.ended();
    }

    fn start_spool(&mut self) {
        let port = port(&self.spool_url);
        let url = self.url.clone();
        let arguments = ["spool", "--json", "--dir", "spools", "serve", "--to", &url, "--port", &port];
        let mut spool = Running::start(self.context.command(&arguments));
        self.spool_url = spool.event("listening")["url"].as_str().unwrap().to_owned();
        self.spool = Some(spool);
    }

    fn kill_spool(&mut self) {
        let spool = self.spool.take().unwrap();
        spool.signal(rustix::process::Signal::KILL);
        spool.ended();
    }

    /// Starts Python code of a client.
    fn client(&self, code: &str) -> Child {
        let mut python = Command::new("python3");
        python.args(["-c", &format!("from client import *\n{code}")]).current_dir(self.context.root());
        python.env("MLFLOW_TRACKING_URI", &self.spool_url).stdin(Stdio::null());
        python.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Runs a client to its end; what it printed, as JSON.
    #[track_caller]
    fn says(&self, code: &str) -> Value {
        said(self.client(code))
    }

    /// Waits until the client has come so far.
    #[track_caller]
    fn reaches(&self, count: u64) {
        eventually(&format!("{count} points are acknowledged"), || self.progress() >= count);
    }

    fn progress(&self) -> u64 {
        let path = self.context.path("progress");
        if path.exists() { self.context.read("progress").parse().unwrap() } else { 0 }
    }

    fn waiting(&self) -> u64 {
        waiting(&self.context, "spools")
    }

    /// Waits until everything was sent.
    #[track_caller]
    fn drained(&self) {
        eventually("everything is sent", || self.waiting() == 0);
    }

    /// Asks the server, not the spool.
    fn asked(&self, path: &str) -> Value {
        let reply = self.reply(path);
        assert_eq!(reply.status, 200, "{reply:#?}");
        reply.json()
    }

    fn reply(&self, path: &str) -> Reply {
        call(&self.url, ("GET", &format!("/api/2.0/mlflow/{path}")), &[], "")
    }

    /// The points of a run are those that were acknowledged: all, in order, once, and bit by bit.
    #[track_caller]
    fn holds(&self, run_id: &str, count: u64) {
        holds(&self.url, run_id, count);
    }
}

/// What a client printed, as JSON, once it has ended well.
#[track_caller]
fn said(client: Child) -> Value {
    let ended = client.wait_with_output().unwrap();
    let (out, error) = (String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
    assert!(ended.status.success(), "{out}{error}");
    serde_json::from_str(&out).unwrap_or_else(|failed| panic!("{failed} in {out}{error}"))
}

#[track_caller]
fn holds(url: &str, run_id: &str, count: u64) {
    let target = format!("/api/2.0/mlflow/metrics/get-history?run_id={run_id}&metric_key=loss");
    let history = call(url, ("GET", &target), &[], "").json();
    let points = history["metrics"].as_array().unwrap_or_else(|| panic!("no points in {history:#}"));
    let steps: Vec<_> = points.iter().map(|point| point["step"].as_u64().unwrap()).collect();
    assert_eq!(steps, (0..count).collect::<Vec<_>>());
    for (step, point) in points.iter().enumerate() {
        let value = point["value"].as_f64().unwrap();
        assert_eq!(value.to_bits(), ((step as f64 + 0.1) / 3.0).to_bits(), "{point}");
        assert_eq!(point["timestamp"], json!(1000 + step), "{point}");
    }
}

/// How many writes wait in spools.
fn waiting(context: &TestContext, directory: &str) -> u64 {
    let standing = context.json(&["spool", "--dir", directory]);
    standing.as_array().unwrap().iter().map(|one| one["waiting"].as_u64().unwrap()).sum()
}

/// The port of a URL, or any when there is none yet.
fn port(url: &str) -> String {
    url.rsplit(':').next().filter(|port| !port.is_empty()).unwrap_or("0").to_owned()
}

/// Asks the spool for something to be done.
fn post(url: &str, path: &str, fields: &Value) -> Reply {
    call(url, ("POST", &format!("/api/2.0/mlflow/{path}")), &[], &fields.to_string())
}

/// Waits until the client has ended, and gives what it printed.
#[track_caller]
fn stopped(scene: &Scene, client: Child) -> Value {
    scene.context.write("stop", "");
    said(client)
}
