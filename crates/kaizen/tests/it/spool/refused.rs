//! What a server does not want, or cannot do.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::json;

use super::{Scene, post};
use crate::{context::TestContext, running::Running};

#[test]
fn a_write_that_the_server_does_not_want_is_kept_and_told_and_the_others_arrive() {
    let mut scene = Scene::new();
    let id = scene.says("print(json.dumps(run()))");
    let id = id.as_str().unwrap();
    scene.kill_server();
    let unknown = "f".repeat(32);
    scene.says(&format!("point('{id}', 0)\npoint('{unknown}', 7)\npoint('{id}', 1)\nprint(1)"));
    scene.start_server();
    scene.drained();
    scene.holds(id, 2);
    let shown = scene.context.run(&["spool", "--dir", "spools"]);
    shown.code(0).says("1 not wanted, see spools/1/refused.jsonl");
    let line: serde_json::Value =
        serde_json::from_str(scene.context.read("spools/1/refused.jsonl").trim()).unwrap();
    assert_eq!(line["status"], 404, "{line:#}");
    assert!(
        line["body"].as_str().unwrap().contains(&unknown)
            && line["answer"].as_str().unwrap().contains("not found")
    );
    let ended = scene.spool.take().unwrap().interrupt();
    ended.code(0).says("did not want a write that had waited");
}

/// A server that answers everything with 404, and its address.
fn stranger(context: &TestContext) -> (Child, String) {
    let code = "import http.server\nclass Handler(http.server.BaseHTTPRequestHandler):\n    def do_GET(self):\n        \
        self.send_error(404)\n    def log_message(self, *a): pass\n\
        server = http.server.HTTPServer(('127.0.0.1', 0), Handler)\nprint(server.server_port, flush=True)\nserver.serve_forever()";
    let mut python = Command::new("python3");
    python.args(["-c", code]).current_dir(context.root()).stdout(Stdio::piped()).stdin(Stdio::null());
    let mut child = python.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (child, format!("http://127.0.0.1:{}", line.trim()))
}

#[test]
fn a_server_that_cannot_do_a_write_once_is_refused_by_name() {
    let context = TestContext::empty();
    let (mut child, url) = stranger(&context);
    let arguments = ["spool", "--json", "--dir", "spools", "serve", "--to", &url, "--port", "0"];
    let mut spool = Running::start(context.command(&arguments));
    let at = spool.event("listening")["url"].as_str().unwrap().to_owned();
    let reply = post(&at, "runs/create", &json!({ "experiment_id": "0" }));
    let message = reply.json()["message"].as_str().unwrap().to_owned();
    assert_eq!(reply.status, 400);
    assert!(message.contains(&url) && message.contains("is not a Kaizen server"), "{message}");
    spool.interrupt().code(0);
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn what_makes_no_sense_is_refused_with_the_way_out() {
    let context = TestContext::empty();
    let serve = |to: &str| context.run(&["spool", "serve", "--to", to, "--port", "0"]);
    serve("sqlite:///mlflow.db").code(2).says("`sqlite:///mlflow.db` is no http or https URL");
    context.write("file", "");
    context
        .run(&["spool", "--dir", "file/below", "serve", "--to", "http://127.0.0.1:1"])
        .code(1)
        .says("file/below");
    context.run(&["spool"]).code(0).says("nothing waits");
    context.run(&["spool", "flush"]).code(0).says("sent 0, 0 wait");
}
