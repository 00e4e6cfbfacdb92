//! Clients that go in the middle of what they send: a batch is there as a whole or not at all, and half a file leaves nothing.

use std::{
    fs,
    io::Write as _,
    net::{Shutdown, TcpStream},
    path::Path,
};

use serde_json::{Value, json};

use super::{
    API,
    client::{Client, Request},
};
use crate::{
    context::{TestContext, eventually},
    server_command::server,
};

const ARTIFACTS: &str = "/api/2.0/mlflow-artifacts/artifacts";

/// Sends so many bytes of a request, and goes.
fn send_part(client: &Client, request: &Request, bytes: impl Fn(usize) -> usize) {
    let mut all = request.head(&client.address).into_bytes();
    all.extend_from_slice(&request.body);
    let mut stream = TcpStream::connect(&client.address).unwrap();
    stream.write_all(&all[..bytes(all.len())]).unwrap();
    stream.shutdown(Shutdown::Both).unwrap();
}

#[test]
fn a_batch_whose_client_goes_is_there_as_a_whole_or_not_at_all() {
    let context = TestContext::empty();
    let (running, url) = server(&context, &[]);
    let mut client = Client::new(&url);
    let run = client.run();
    for number in 0..60 {
        let metrics: Vec<_> = (0..40)
            .map(|step| json!({"key": "m", "value": number, "timestamp": number, "step": step}))
            .collect();
        let params = json!([{"key": format!("p{number}"), "value": "v"}]);
        let batch = json!({"run_id": run, "metrics": metrics, "params": params}).to_string();
        let request = Request::new("POST", &format!("{API}/runs/log-batch"), batch);
        // The last third sends all of it and does not wait for the answer; but the very last does.
        match number {
            59 => assert_eq!(client.ask(&request).unwrap().status, 200),
            _ => {
                send_part(&client, &request, |length| if number < 40 { length * number / 40 } else { length })
            }
        }
    }
    let whole = batches(&mut client, &run);
    assert!(whole.iter().all(|number| *number >= 40) && whole.last() == Some(&59), "{whole:?}");
    running.interrupt().code(0);
}

/// The batches that are there, each with all that was in it.
fn batches(client: &mut Client, run: &str) -> Vec<i64> {
    let read = client.read(&format!("runs/get?run_id={run}"));
    let params = read["run"]["data"]["params"].as_array().cloned().unwrap_or_default();
    let number = |param: &Value| param["key"].as_str().unwrap()[1..].parse().unwrap();
    let mut there: Vec<i64> = params.iter().map(number).collect();
    there.sort_unstable();
    let history = client.read(&format!("metrics/get-history?run_id={run}&metric_key=m"));
    let points = history["metrics"].as_array().cloned().unwrap_or_default();
    for number in &there {
        assert_eq!(points.iter().filter(|point| point["timestamp"] == *number).count(), 40, "batch {number}");
    }
    assert!(points.len() % 40 == 0, "{} points", points.len());
    there
}

#[test]
fn half_a_file_leaves_nothing_and_what_was_there_stays() {
    let context = TestContext::empty();
    let (running, url) = server(&context, &[]);
    let mut client = Client::new(&url);
    let put = |content: &[u8]| Request::new("PUT", &format!("{ARTIFACTS}/a/file"), content);
    assert_eq!(client.ask(&put(b"as it was")).unwrap().status, 200);
    let before = files(&context.path("data/artifacts"));
    for size in [1_000, 3_000_000] {
        let mut other = put(&vec![7; size]);
        send_part(&client, &other, |length| length - 1);
        send_part(&client, &other, |length| length / 2);
        other.target = format!("{ARTIFACTS}/b/new");
        send_part(&client, &other, |length| length - 1);
        other.headers.push(("Content-MD5".to_owned(), "1B2M2Y8AsgTpgAmY7PhCfg==".to_owned()));
        assert_eq!(client.ask(&other).unwrap().status, 400, "a wrong digest");
    }
    send_chunks(&client, &format!("{ARTIFACTS}/b/new"));
    eventually("nothing is left of what was half sent", || files(&context.path("data/artifacts")) == before);
    assert_eq!(client.get(&format!("{ARTIFACTS}/a/file")).body, b"as it was");
    assert_eq!(client.get(&format!("{ARTIFACTS}/b/new")).status, 404);
    assert_eq!(client.ask(&put(b"as it is")).unwrap().status, 200);
    assert_eq!(client.get(&format!("{ARTIFACTS}/a/file")).body, b"as it is");
    let ended = running.interrupt();
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
}

/// Sends a body of unknown length that never ends, and one whose end is wrong.
fn send_chunks(client: &Client, target: &str) {
    for end in ["5\r\nhello\r\n", "5\r\nhello\r\nzz\r\n", "ffffffffffffffff\r\na", "5\r\nhel"] {
        let address = &client.address;
        let head = format!("PUT {target} HTTP/1.1\r\nHost: {address}\r\nTransfer-Encoding: chunked\r\n\r\n");
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(format!("{head}{end}").as_bytes()).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
    }
}

#[test]
fn half_a_part_of_an_upload_is_none() {
    let context = TestContext::empty();
    let (running, url) = server(&context, &[]);
    let mut client = Client::new(&url);
    let mpu = |verb: &str| format!("/api/2.0/mlflow-artifacts/mpu/{verb}/a");
    let create = Request::new("POST", &mpu("create"), json!({"path": "file", "num_parts": 1}).to_string());
    let begun = client.ask(&create).unwrap().json();
    let target = begun["credentials"][0]["url"].as_str().unwrap().strip_prefix(&url).unwrap().to_owned();
    send_part(&client, &Request::new("PUT", &target, vec![1; 100_000]), |length| length - 1);
    let parts = json!([{"part_number": 1, "etag": ""}]);
    let complete = json!({"path": "file", "upload_id": begun["upload_id"], "parts": parts}).to_string();
    let complete = Request::new("POST", &mpu("complete"), complete);
    let refused = client.ask(&complete).unwrap();
    assert!((400..500).contains(&refused.status), "{refused:?}");
    assert_eq!(client.get(&format!("{ARTIFACTS}/a/file")).status, 404);
    running.interrupt().code(0);
}

/// All files below a directory.
fn files(directory: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            found.extend(files(&entry.path()));
        } else {
            found.push(entry.path().display().to_string());
        }
    }
    found.sort();
    found
}
