//! A disk that is full: it is said, what was acknowledged stays, and when there is room it goes on.

use serde_json::json;

use super::{
    client::{Client, Request},
    logging::Logger,
};
use crate::{context::TestContext, running::Running, server_command::server};

/// A server that may not write files of more than this many kilobytes, which is to it what a full disk is.
fn limited(context: &TestContext, kilobytes: u64) -> (Running, String) {
    let before = format!("trap '' XFSZ; ulimit -S -f {}", kilobytes * 2);
    let arguments = ["server", "--json", "--port", "0", "--data", "data"];
    let mut running = Running::start(context.command_after(&before, &arguments));
    let url = running.event("listening")["url"].as_str().unwrap().to_owned();
    (running, url)
}

#[test]
fn a_full_disk_is_said_loses_nothing_and_is_forgotten_when_there_is_room() {
    let context = TestContext::empty();
    let (running, url) = limited(&context, 1_000);
    let mut logger = Logger::new(&url, 1);
    let refused = logger.log().expect("the server went away");
    assert_eq!(refused.status, 503, "{refused:?}");
    let error = refused.json();
    assert_eq!(error["error_code"], "TEMPORARILY_UNAVAILABLE");
    assert!(error["message"].as_str().unwrap().contains("disk"), "{error}");
    // It is the same for the next, and histories can be read.
    let again = logger.log().expect("the server went away");
    assert_eq!(again.status, 503, "{again:?}");
    let mut client = Client::new(&url);
    client.read(&format!("metrics/get-history?run_id={}&metric_key=key0", logger.ledger.run));
    running.unlimit_files();
    let run = client.run();
    client.send("runs/log-metric", &json!({"run_id": run, "key": "m", "value": 1, "timestamp": 1}));
    logger.ledger.check(&mut client);
    let ended = running.interrupt();
    ended.code(0);
    assert!(!ended.stderr.contains("panicked"), "{ended:?}");
    let (running, url) = server(&context, &[]);
    logger.ledger.check(&mut Client::new(&url));
    running.interrupt().code(0);
}

#[test]
fn a_file_for_which_there_is_no_room_is_refused_and_leaves_nothing() {
    let context = TestContext::empty();
    let (running, url) = limited(&context, 1_000);
    let mut client = Client::new(&url);
    let target = "/api/2.0/mlflow-artifacts/artifacts/a/file";
    let put = |size| Request::new("PUT", target, vec![7; size]);
    let refused = client.ask(&put(3_000_000)).unwrap();
    assert_eq!(refused.status, 507, "{refused:?}");
    assert!(refused.json()["message"].as_str().unwrap().contains("full"), "{refused:?}");
    assert_eq!(client.get(target).status, 404);
    assert_eq!(client.ask(&put(1_000)).unwrap().status, 200);
    running.unlimit_files();
    assert_eq!(client.ask(&put(3_000_000)).unwrap().status, 200);
    assert_eq!(client.get(target).body.len(), 3_000_000);
    running.interrupt().code(0);
}
